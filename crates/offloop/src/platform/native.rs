//! Clock, alarm and lanes where there are threads.

mod alarm;
mod crew;
mod thread;

pub(crate) use alarm::{Alarm, alarm, now};
pub(crate) use thread::factory;

use crate::error::{Error, LostReason};

/// Threads take calls at once.
pub(crate) const PROMPT: bool = true;

/// The async runtime that polls a task runs the others, and is whichever the user likes.
pub(crate) const HAS_EVENT_LOOP: bool = false;

/// Bytes on their way into the program: natively there are none.
pub(crate) enum Body {}

impl Body {
    pub(crate) fn len(&self) -> usize {
        match *self {}
    }
}

/// The system gives no thread.
fn no_thread(purpose: &str, error: &std::io::Error) -> Error {
    Error::lost(
        LostReason::NoThread,
        format!("no thread could be started {purpose} ({error}): allow this process more of them, or more memory"),
    )
}

/// Processors that this process may use.
pub(crate) fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}
