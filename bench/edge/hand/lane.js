// The far side: reads a number of eight bytes, computes, and answers with eight bytes.

export function sum(number) {
  let sum = 0;
  for (let i = 0; i < number; i += 1) sum += i * i;
  return sum;
}

export default {
  async fetch(request) {
    const [number] = new Float64Array(await request.arrayBuffer());
    return new Response(Float64Array.of(sum(number)));
  },
};
