import { double, echo, load, spin } from '../tasks.js';

onmessage = async ({ data }) => {
  await load(data);
  onmessage = run;
  postMessage(true);
};

function run({ data }) {
  if (typeof data === 'number') postMessage(double(data));
  else if (typeof data === 'bigint') postMessage(spin(data));
  else if (data instanceof Uint8Array) {
    const bytes = echo(data);
    postMessage(bytes, [bytes.buffer]);
  } else postMessage(data.map(double));
}
