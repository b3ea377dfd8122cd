//! The functions that run on lanes, one a file, and the one table of them.

mod bounds;
mod count_primes;
#[cfg(feature = "faults")]
mod faults;
mod identify;
mod mandelbrot;
mod sum_of_squares;

pub use bounds::check;
pub use count_primes::count_primes;
#[cfg(feature = "faults")]
pub use faults::panic_with;
pub use identify::{Identity, identify};
pub use mandelbrot::{Tile, tile};
pub use sum_of_squares::sum_of_squares;

macro_rules! table {
    ($($extra:path),*) => {
        offloop::tasks! {
            #[idempotent]
            sum_of_squares,
            #[idempotent]
            count_primes,
            #[idempotent]
            identify,
            #[idempotent]
            mandelbrot::tile,
            $($extra),*
        }
    };
}

#[cfg(not(feature = "faults"))]
table!();
#[cfg(feature = "faults")]
table!(faults::panic_with, faults::spin, faults::never_end);
