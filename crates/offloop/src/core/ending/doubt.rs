//! A lane that goes down while it gets a call.

use std::time::Duration;

use crate::core::{Core, Order, Place};
use crate::error::Error;
use crate::instant::Instant;
use crate::lane::{Loss, Stop};

impl<S> Core<S> {
    /// The lane goes down, in another thread than the one that is just sending it this call: whether the call is lost with the others or
    /// will run all the same, nobody can tell. To be followed by [`down`](Self::down).
    pub(crate) fn doubt(&mut self, lane: usize, id: u64, error: &Error, loss: Loss, now: Instant) {
        // If the lane can be made to forget the call, it has to. If it is not the lane's any more, that is so, or the lane is closed.
        let held = [Place::Held { lane }, Place::Orphan { lane }];
        let holds = self.jobs.get(id).is_some_and(|job| held.contains(&job.place));
        if holds && self.lanes.traits(lane).is_some_and(|traits| traits.stop == Stop::Terminate) {
            self.order(lane, Order::Reset);
        }
        if self.let_go(lane, id).is_some() {
            let loss = if loss == Loss::NeverStarted { loss } else { Loss::MaybeRan };
            self.retry(id, error.clone(), loss, Duration::ZERO, now);
        }
    }
}
