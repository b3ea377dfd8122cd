//! A map whose keys all fall into one place is right as well, and as slow as a list.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use crate::core::ids::Spread;

fn spread(value: impl Hash) -> u64 {
    let mut hasher = Spread::default();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn numbers_that_follow_each_other_are_spread_over_the_low_bits_and_the_high_ones() {
    for first in [0_u64, 1, 1_000_000, 1 << 40] {
        let hashes: Vec<u64> = (first..first + 256).map(spread).collect();
        let low: HashSet<u64> = hashes.iter().map(|hash| hash & 0xff).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(low.len() > 200 && high.len() > 100, "{} and {}", low.len(), high.len());
    }
}

#[test]
fn every_part_of_a_longer_key_counts() {
    let keys = [[1_u8, 2], [2, 1], [1, 3], [0, 2], [0, 0], [3, 3]];
    let hashes: HashSet<u64> = keys.iter().map(|key| spread(key.map(u64::from))).collect();
    let bytes: HashSet<u64> = keys.iter().map(spread).collect();
    assert_eq!((hashes.len(), bytes.len()), (keys.len(), keys.len()));
}
