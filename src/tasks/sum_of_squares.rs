//! The classic: `sum(i * i for i in range(n))`.

use std::hint::black_box;
use std::ops::Range;

/// The sum of the squares of the numbers in `range`, exact up to the largest `u64`.
///
/// It really loops: the compiler would replace the plain loop by a closed formula, which gives the same answer and is no
/// CPU work at all. [`black_box`] hides each number from it.
#[must_use]
pub fn sum_of_squares(range: Range<u64>) -> u128 {
    range.map(|i| u128::from(black_box(i)) * u128::from(i)).sum()
}
