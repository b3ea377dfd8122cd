//! The classic: `sum(i * i for i in range(n))`.

use std::hint::black_box;
use std::ops::Range;

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
    // 128 bits throughout: on wasm as natively this takes as long as carrying by hand does, half a nanosecond a number.
    let squares = range.map(|i| {
        let i = u128::from(black_box(i));
        i.wrapping_mul(i)
    });
    squares.fold(0, u128::wrapping_add)
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
