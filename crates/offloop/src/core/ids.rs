//! A map by job id that costs next to nothing to look into.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Ids are counted up by the core itself, so nobody can choose them to collide, and the standard hasher's defence, a good part
/// of a trivial call's cost, is not needed.
pub(super) type ById<T> = HashMap<u64, T, BuildHasherDefault<Spread>>;

/// Spreads numbers that follow each other over the whole word, as the map wants it: its buckets are chosen by the low bits, and
/// told apart by the high ones. Knuth's multiplicative hashing, The Art of Computer Programming, volume 3, section 6.4.
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
