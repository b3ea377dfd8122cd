//! How an executor comes to its end: after its last job, or at once.

use std::task::Waker;

use super::{Core, News, Order, Phase};
use crate::error::Error;
use crate::instant::Instant;

impl<S> Core<S> {
    /// Takes no more jobs; the ones taken are finished.
    pub(crate) fn close(&mut self, now: Instant) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
        }
        self.settle(now);
    }

    /// Takes no more jobs and ends all there are.
    pub(crate) fn abort(&mut self, now: Instant) {
        for id in self.jobs.ids(|_| true) {
            self.finish(id, Err(Error::Cancelled), now);
        }
        self.jobs.clear();
        self.queue.clear();
        self.end();
        self.settle(now);
    }

    pub(super) fn end(&mut self) {
        if self.phase != Phase::Closed {
            self.phase = Phase::Closed;
            self.jobs.clear();
            for lane in self.lanes.close_all() {
                self.order(lane, Order::Close);
            }
            let closers = std::mem::take(&mut self.closers);
            self.wake_all(closers);
        }
    }

    pub(super) fn wake_all(&mut self, wakers: Vec<Waker>) {
        for waker in wakers {
            self.tell(News::Wake(waker));
        }
    }

    /// Wakes `waker` when the executor is closed.
    pub(crate) fn on_closed(&mut self, waker: &Waker) {
        if !self.closers.iter().any(|known| known.will_wake(waker)) {
            self.closers.push(waker.clone());
        }
    }
}
