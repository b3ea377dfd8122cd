//! The far side of a lane: a call in, a reply out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::blob::Blob;
use crate::error::Error;
use crate::instant::Instant;
use crate::task::{Context, Report, Tasks};
use crate::wire::{Call, Reply};

/// Runs a call to its end. `now` is the platform's clock.
///
/// A task's panic becomes [`Error::Failed`] where panics unwind; on wasm a panic ends the instance, and the lane's platform
/// tells the caller.
pub(crate) fn serve(tasks: &Tasks, call: Call, report: &dyn Report, now: impl Fn() -> Instant) -> Reply {
    let Call { id, task, deadline, input } = call;
    let start = now();
    let result = match tasks.at(task) {
        _ if report.is_cancelled() => Err(Error::Cancelled),
        _ if deadline.is_some_and(|deadline| deadline <= start) => Err(Error::TimedOut),
        None => Err(Error::UnknownTask { name: format!("at index {task}") }),
        Some(_) if !input.blobs.iter().all(Blob::is_here) => Err(Error::gone()),
        Some(entry) => catch_unwind(AssertUnwindSafe(|| entry.run(&Context::new(report), input)))
            .unwrap_or_else(|panic| Err(Error::Failed { message: message(&*panic) })),
    };
    Reply { id, busy: now() - start, result }
}

/// The text of a panic, whichever way it was raised.
pub(crate) fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
