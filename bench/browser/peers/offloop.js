import { Pool } from '/pkg/ours.js';

export async function start(lanes) {
  const pool = new Pool(lanes);
  await pool.first();
  return {
    trips: async (count) => [...(await pool.trips(count))],
    flight: (total, flight) => pool.flight(total, flight),
    map: (total) => pool.map(total),
    bytes: async (length, count) => [...(await pool.bytes(length, count))],
    spin: (count, rounds) => pool.spin(count, BigInt(rounds)),
    stop: () => pool.free(),
  };
}
