//! Running somebody else's code.

use std::any::Any;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Runs code that may panic. What it said then; neither the thread nor whoever else is served in it has to bear it.
pub(crate) fn contain<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = message(&*panic);
        // Whatever was thrown is somebody else's, too. The second time is enough.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            forget(again);
        }
        text
    })
}

/// Wakes. A waker is somebody else's code, run wherever a result happens to come in.
pub(crate) fn wake(waker: Waker) {
    // It has told of its panic by itself.
    let _ = contain(|| waker.wake());
}

/// The text of a panic, whichever way it was raised.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
