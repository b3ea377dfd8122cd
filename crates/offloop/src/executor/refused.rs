//! What comes back from a job that was not taken.

use std::fmt;

use crate::error::Error;

/// Why [`Executor::try_submit`](crate::Executor::try_submit) did not take a job, and the input that it was given, as it was.
///
/// With `?` it becomes the [`Error`], where that is what a function gives.
///
/// # Examples
///
/// ```ignore-wasm32
/// # use offloop::{Error, Executor, Options, Refused};
/// fn length(text: String) -> usize {
///     text.len()
/// }
/// offloop::tasks! { length }
///
/// # futures_executor::block_on(async {
/// let pool = Executor::threads(&TASKS, Options::default());
/// pool.close().await;
/// let Err(Refused { error, input }) = pool.try_submit(length, "again".to_owned()) else { unreachable!() };
/// assert_eq!((error, input.as_str()), (Error::Closed, "again"));
/// # });
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Refused<I> {
    /// Why.
    pub error: Error,
    /// The task's input.
    pub input: I,
}

impl<I> From<Refused<I>> for Error {
    fn from(refused: Refused<I>) -> Self {
        refused.error
    }
}

// Inputs need not be shown, and may be large.
impl<I> fmt::Debug for Refused<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<I> fmt::Display for Refused<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<I> std::error::Error for Refused<I> {}
