//! Tasks that misbehave, so that tests can watch what happens then. Only compiled with the feature `faults`.

use std::hint::black_box;

use offloop::{Blob, Context};

use super::sum_of_squares;

/// Panics with `message`.
///
/// # Panics
///
/// Always.
pub fn panic_with(message: String) -> u32 {
    std::panic::panic_any(message)
}

/// Occupies its lane for about as many nanoseconds as `units`, whatever its caller does meanwhile.
pub(super) fn spin(units: u64) -> u64 {
    black_box(sum_of_squares(0..units));
    units
}

/// Computes until it is cancelled, where it can be told; for ever elsewhere.
pub(super) fn never_end(context: &Context) -> u32 {
    while !context.is_cancelled() {
        black_box(sum_of_squares(0..100_000));
    }
    0
}

/// Takes memory until there is none left: at most 4 GiB on wasm. Not for native tests, where it would end the process.
pub(super) fn hoard() -> usize {
    let mut hoard = Vec::new();
    while hoard.len() < 64 {
        hoard.push(black_box(Vec::<u8>::with_capacity(256 << 20)));
    }
    hoard.len()
}

/// A result with so many bytes.
pub(super) fn swell(bytes: u32) -> Blob {
    vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)].into()
}
