// A pool that is driven from Rust; see `drive/src/lib.rs`.
export function driven(pool, more = {}) {
  return {
    trips: async (count) => [...(await pool.trips(count))],
    flight: (total, flight) => pool.flight(total, flight),
    bytes: async (length, count) => [...(await pool.bytes(length, count))],
    spin: (count, rounds) => pool.spin(count, BigInt(rounds)),
    stop: () => pool.free(),
    ...more,
  };
}
