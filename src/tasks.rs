//! The functions that run on lanes, one a file, and the one table of them.

mod sum_of_squares;

pub use sum_of_squares::sum_of_squares;

offloop::tasks! {
    #[idempotent]
    sum_of_squares,
}
