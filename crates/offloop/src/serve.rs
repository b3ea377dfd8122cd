//! The far side of a lane: a call in, a reply out.

use crate::blob::Blob;
use crate::error::Error;
use crate::foreign::contain;
use crate::instant::Instant;
use crate::task::{Context, Report, Tasks};
use crate::wire::{Call, Reply};

/// Runs a call to its end. `now` is the platform's clock.
///
/// A task's panic becomes [`Error::Failed`] where panics unwind; on wasm a panic ends the instance, and the lane's platform
/// tells the caller.
#[cfg_attr(
    not(all(target_arch = "wasm32", any(feature = "browser", feature = "edge"))),
    allow(dead_code, reason = "where calls do not cross a border, the executor keeps them")
)]
pub(crate) fn serve(tasks: &Tasks, mut call: Call, report: &dyn Report, now: impl Fn() -> Instant) -> Reply {
    let blobs = std::mem::take(&mut call.input.blobs);
    run(tasks, &call, blobs, report, now(), now)
}

/// As [`serve`], for a call that the executor keeps, to send it again if need be. `start` is the time.
pub(crate) fn serve_kept(
    tasks: &Tasks,
    call: &Call,
    report: &dyn Report,
    start: Instant,
    now: impl Fn() -> Instant,
) -> Reply {
    run(tasks, call, call.input.blobs.clone(), report, start, now)
}

fn run(
    tasks: &Tasks,
    call: &Call,
    blobs: Vec<Blob>,
    report: &dyn Report,
    start: Instant,
    now: impl Fn() -> Instant,
) -> Reply {
    let result = match tasks.at(call.task) {
        _ if report.is_cancelled() => Err(Error::Cancelled),
        _ if call.deadline.is_some_and(|deadline| deadline <= start) => Err(Error::TimedOut),
        None => Err(Error::UnknownTask { name: format!("at index {}", call.task) }),
        Some(_) if !blobs.iter().all(Blob::is_here) => Err(Error::body_gone()),
        Some(entry) => {
            let run = || entry.run_parts(&Context::new(report), &call.input.bytes, blobs);
            contain(run).unwrap_or_else(|message| Err(Error::Failed { message }))
        }
    };
    Reply { id: call.id, busy: now() - start, result }
}
