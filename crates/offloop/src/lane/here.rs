//! A call run in the calling thread, for lanes that are in no other place.

use super::Events;
use crate::budget::charge_task;
use crate::platform::now;
use crate::serve::serve_kept;
use crate::task::{Report, Tasks};
use crate::wire::{Call, Progress};

/// Runs a call here and now: its progress and its reply have been told to `events` when this returns. A call whose deadline has passed
/// is not begun, but answered with [`Error::TimedOut`](crate::Error::TimedOut).
///
/// # Panics
///
/// Only where panics cannot be caught, as on wasm, where a task's panic ends the instance. Elsewhere it is part of the reply.
///
/// # Examples
///
/// A lane that computes in the thread that sends:
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use offloop::lane::{self, Events, Factory, Lane, Stop, Traits};
/// use offloop::wire::Call;
/// use offloop::{Executor, Options};
///
/// fn double(n: u32) -> u32 {
///     2 * n
/// }
/// offloop::tasks! { double }
///
/// struct Here(Events);
///
/// impl Lane for Here {
///     fn traits(&self) -> Traits {
///         Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: false }
///     }
///     fn send(&self, call: Arc<Call>) {
///         lane::run(&TASKS, &call, &self.0);
///     }
///     fn cancel(&self, _: u64) {}
///     fn close(&self) {}
/// }
///
/// let factory: Factory = Box::new(|events| Box::new(Here(events)));
/// let pool = Executor::with_lanes(&TASKS, Options::default(), factory);
/// assert_eq!(futures_executor::block_on(pool.run(double, 21)), Ok(42));
/// ```
pub fn run(tasks: &Tasks, call: &Call, events: &Events) {
    let reply = serve_kept(tasks, call, &Reporter { id: call.id, events }, now(), now);
    charge_task(reply.busy);
    events.reply(vec![reply]);
}

struct Reporter<'a> {
    id: u64,
    events: &'a Events,
}

impl Report for Reporter<'_> {
    fn progress(&self, done: u64, total: u64) {
        self.events.progress(Progress { id: self.id, done, total });
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}
