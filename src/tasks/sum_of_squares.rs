//! The classic: `sum(i * i for i in range(n))`.

use std::hint::black_box;
use std::ops::Range;

/// Numbers below this have squares that fit into 64 bits.
const SMALL: u64 = 1 << 32;

/// The sum of the squares of the numbers in `range`. Exact as long as the sum is below 2^128, which holds for every range
/// below 10^13; an empty range gives 0.
///
/// It really loops: the compiler would replace the plain loop by a closed formula, which gives the same answer and is no
/// CPU work at all. [`black_box`] hides each number from it.
///
/// # Examples
///
/// ```
/// assert_eq!(offloop_edge::tasks::sum_of_squares(0..10_000), 333_283_335_000);
/// ```
#[must_use]
pub fn sum_of_squares(range: Range<u64>) -> u128 {
    let small = range.start.min(SMALL)..range.end.min(SMALL);
    let large = range.start.max(SMALL)..range.end.max(SMALL);
    sum_small(small).wrapping_add(sum_large(large))
}

/// On wasm a multiplication in 128 bits is a call that returns through memory: ten times slower than all the rest. So both loops
/// multiply in 64 bits, this one with room to spare, and carry by hand.
fn sum_small(range: Range<u64>) -> u128 {
    let (mut high, mut low) = (0_u64, 0_u64);
    for i in range {
        let i = black_box(i);
        let (sum, carry) = low.overflowing_add(i.wrapping_mul(i));
        low = sum;
        high += u64::from(carry);
    }
    u128::from(high) << 64 | u128::from(low)
}

/// Squares in two halves: (h·2^32 + l)² = h²·2^64 + h·l·2^33 + l².
fn sum_large(range: Range<u64>) -> u128 {
    let mut sum = 0_u128;
    for i in range {
        let i = black_box(i);
        let (high, low) = (i >> 32, i & (SMALL - 1));
        let square = (u128::from(high * high) << 64) + (u128::from(high * low) << 33) + u128::from(low * low);
        sum = sum.wrapping_add(square);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::sum_of_squares;
    use std::ops::Range;

    /// The closed formula for 0..n.
    fn formula(n: u64) -> u128 {
        let n = u128::from(n);
        let (halved, odd) = (n.saturating_sub(1) * n / 2, (2 * n).saturating_sub(1));
        if halved % 3 == 0 { halved / 3 * odd } else { halved * (odd / 3) }
    }

    fn assert_exact(range: Range<u64>) {
        assert_eq!(sum_of_squares(range.clone()), formula(range.end) - formula(range.start), "{range:?}");
    }

    #[test]
    fn agrees_with_the_formula() {
        for n in [0, 1, 2, 3, 10, 10_000, 10_000_000] {
            assert_exact(0..n);
        }
        assert_eq!(sum_of_squares(0..10_000), 333_283_335_000);
    }

    #[test]
    fn is_exact_where_64_bits_overflow() {
        let edge = 1_u64 << 32;
        assert_exact(edge - 1_000..edge);
        assert_exact(edge - 1_000..edge + 1_000);
        assert_exact(edge..edge + 1);
        assert_exact(9_999_999_990_000..10_000_000_000_000);
    }

    #[test]
    #[allow(clippy::reversed_empty_ranges)]
    fn an_empty_or_reversed_range_is_zero() {
        assert_eq!(sum_of_squares(5..5), 0);
        assert_eq!(sum_of_squares(10..3), 0);
        assert_eq!(sum_of_squares(u64::MAX..0), 0);
    }
}
