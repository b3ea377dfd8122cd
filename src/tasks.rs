//! The functions that run on lanes, one a file, and the one table of them.

mod bounds;
mod count_primes;
#[cfg(feature = "faults")]
mod faults;
mod identify;
mod mandelbrot;
#[cfg(feature = "password")]
mod password;
#[cfg(feature = "mandelbrot")]
mod strip;
mod sum_of_squares;
#[cfg(feature = "thumbnail")]
mod thumbnail;

#[cfg(feature = "password")]
pub use bounds::hashing;
pub use bounds::{Bound, Cost as CallCost, TIME_MAX, bound, check};
pub use count_primes::count_primes;
#[cfg(feature = "faults")]
pub use faults::panic_with;
pub use identify::{Identity, identify};
pub use mandelbrot::{Tile, tile};
#[cfg(feature = "password")]
pub use password::{Cost, Password, PasswordError, Verification, hash_password, verify_password};
#[cfg(feature = "mandelbrot")]
pub use strip::{Picture, Rows, Strip, strip};
pub use sum_of_squares::sum_of_squares;
#[cfg(feature = "thumbnail")]
pub use thumbnail::{Fit, Format, SIDE_MAX, Thumbnail, ThumbnailError, ThumbnailOptions, thumbnail};

offloop::tasks! {
    #[idempotent]
    sum_of_squares,
    #[idempotent]
    count_primes,
    #[idempotent]
    identify,
    #[idempotent]
    mandelbrot::tile,
    #[cfg(feature = "mandelbrot")]
    #[idempotent]
    strip,
    #[cfg(feature = "password")]
    #[idempotent]
    hash_password,
    #[cfg(feature = "password")]
    #[idempotent]
    verify_password,
    #[cfg(feature = "thumbnail")]
    #[idempotent]
    thumbnail,
    #[cfg(feature = "faults")]
    faults::panic_with,
    #[cfg(feature = "faults")]
    faults::spin,
    #[cfg(feature = "faults")]
    faults::never_end,
    #[cfg(feature = "faults")]
    faults::hoard,
    #[cfg(feature = "faults")]
    faults::swell,
}
