//! How whoever waits is woken.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes. A waker is somebody else's code, run wherever a result happens to come in: if it panics, which it has then said itself,
/// neither that thread nor the others who are to be woken in it may have to bear it.
pub(crate) fn wake(waker: Waker) {
    let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
}
