//! How jobs leave their lanes: by a reply, by a loss, because nobody waits any more.

mod doubt;
mod retry;

use std::time::Duration;

use super::alarms::Alarm;
use super::lanes::Load;
use super::{Core, Deed, INLINE, Order, Place, next_random};
use crate::error::{Error, LostReason};
use crate::instant::{Instant, nanos};
use crate::lane::{Loss, Stop, Traits};
use crate::wire::Reply;

/// How long a call that nobody waits for may keep a lane before the lane is reset: shorter than starting a worker takes,
/// longer than the calls that are sent ahead are expected to run.
const GRACE: Duration = Duration::from_millis(4);

impl<S> Core<S> {
    /// Adds a lane, which is left alone until a moment if there is one, and gives its index, which is the one that `vacant` named.
    pub(crate) fn add_lane(&mut self, traits: Traits, load: Load, until: Option<Instant>, now: Instant) -> usize {
        let lane = self.lanes.add(traits, load, until, now);
        if let Some(until) = until {
            self.alarms.add(until, Alarm::Lane(lane));
        }
        self.settle(now);
        lane
    }

    /// The index that the next lane will get.
    pub(crate) fn vacant(&self) -> usize {
        self.lanes.vacant()
    }

    /// How many lanes take jobs.
    pub(crate) fn lane_count(&self) -> usize {
        self.lanes.count()
    }

    /// Takes lanes out of service, idle or not; each is closed when it has nothing left to do.
    pub(crate) fn retire_lanes(&mut self, count: usize, now: Instant) {
        for lane in self.lanes.retire(count) {
            self.order(lane, Order::Close);
        }
        self.settle(now);
    }

    /// Calls ended with these replies.
    pub(crate) fn reply(&mut self, lane: usize, replies: Vec<Reply>, now: Instant) {
        let took = self.lanes.took(lane, replies.len(), now);
        for reply in replies {
            self.ended(lane, reply, took, now);
        }
        self.expect_progress(lane, now);
        self.settle(now);
    }

    /// As `reply`, for replies of several lanes, each with its lane.
    pub(crate) fn reply_all(&mut self, replies: &mut Vec<(usize, Reply)>, now: Instant) {
        // Lane by lane, and those of a lane in their order. Sorting them takes as long, and makes a page 2 kB larger.
        while let Some(&(lane, _)) = replies.first() {
            let count = replies.iter().filter(|(other, _)| *other == lane).count();
            let took = self.lanes.took(lane, count, now);
            for (_, reply) in replies.extract_if(.., |(other, _)| *other == lane) {
                self.ended(lane, reply, took, now);
            }
            self.expect_progress(lane, now);
        }
        self.settle(now);
    }

    #[inline]
    fn ended(&mut self, lane: usize, Reply { id, busy, result }: Reply, took: u64, now: Instant) {
        let Some(task) = self.let_go(lane, id) else { return };
        // A call that was refused says nothing of how long its task takes.
        if lane != INLINE && matches!(result, Ok(_) | Err(Error::Failed { .. })) {
            // Where the far side's clock runs it knows best: on a loaded machine the way there and back takes longer than many a
            // task, and would never let calls be sent ahead.
            self.lanes.learn(task, if busy.is_zero() { took } else { nanos(busy).min(took) });
        }
        if let Some(job) = self.jobs.get_mut(id) {
            // What the job waited at the lane, behind others, counts as waiting.
            job.sent = job.sent.max(now - Duration::from_nanos(took));
        }
        match result {
            Err(Error::Skew { .. }) if self.limits.inline_on_skew && lane != INLINE => self.run_inline(id),
            // The far side's queue or executor, which the caller would take for its own.
            Err(error @ (Error::Full | Error::Closed)) => {
                let (reason, loss) = match error {
                    Error::Full => (LostReason::Overloaded, Loss::Refused),
                    _ => (LostReason::Reset, Loss::Reset),
                };
                self.retry(id, Error::lost(reason, "it refused the job each time"), loss, Duration::ZERO, now);
            }
            Err(error @ Error::Lost { reason, .. }) => {
                let loss = if reason.may_have_run() { Loss::MaybeRan } else { Loss::Idle };
                self.retry(id, error, loss, Duration::from_nanos(took), now);
            }
            result => self.complete(id, result, now),
        }
    }

    /// These calls will get no reply; the lane goes on.
    pub(crate) fn lost(&mut self, lane: usize, ids: &[u64], error: &Error, loss: Loss, now: Instant) {
        self.lost_since(lane, ids, error, loss, Instant::from_micros(0), now);
    }

    /// As `lost`, for calls of which none can have begun before `began`.
    pub(crate) fn lost_since(
        &mut self,
        lane: usize,
        ids: &[u64],
        error: &Error,
        loss: Loss,
        began: Instant,
        now: Instant,
    ) {
        // A lane that fails at once is always the least busy one: without a rest it would get the retries, too.
        if matches!(loss, Loss::Refused | Loss::MaybeRan) {
            self.rest(lane, None, now);
        }
        let (running, since) = (self.lanes.running(lane), self.lanes.since(lane));
        for &id in ids {
            if self.let_go(lane, id).is_some() {
                let ran = if running == Some(id) { now - since.max(began) } else { Duration::ZERO };
                match error {
                    Error::Skew { .. } if self.limits.inline_on_skew => self.run_inline(id),
                    _ => self.retry(id, error.clone(), loss, ran, now),
                }
            }
        }
        if self.lanes.running(lane) != running {
            self.lanes.begin(lane, now);
        }
        self.expect_progress(lane, now);
        self.settle(now);
    }

    /// The lane is gone with everything it held.
    pub(crate) fn down(&mut self, lane: usize, error: &Error, loss: Loss, now: Instant) {
        match loss {
            Loss::NeverStarted => self.rest(lane, Some(error), now),
            // Once is no reason to keep away from it.
            Loss::MaybeRan | Loss::Refused if self.lanes.fails_again(lane) => self.rest(lane, None, now),
            Loss::MaybeRan | Loss::Refused | Loss::Idle | Loss::Reset => {}
        }
        let ran = now - self.lanes.since(lane);
        self.withdraw(lane, |_| true);
        let mut held = self.lanes.release_all(lane).into_iter();
        match loss {
            // Whatever kept this one from starting does not keep the others. Another build stays one: whoever waits must hear of it.
            Loss::NeverStarted if self.lanes.any_works() && !matches!(error, Error::Skew { .. }) => {}
            Loss::NeverStarted => {
                for id in held.by_ref() {
                    self.complete(id, Err(error.clone()), now);
                }
            }
            Loss::Idle | Loss::Reset => {}
            Loss::MaybeRan | Loss::Refused => {
                if let Some(running) = held.next() {
                    self.retry(running, error.clone(), loss, ran, now);
                }
            }
        }
        for id in held.rev() {
            self.requeue(id);
        }
        self.close_if_done(lane);
        self.settle(now);
    }

    /// Nobody waits for the job any more.
    pub(crate) fn cancel(&mut self, id: u64, now: Instant) -> bool {
        let waited = self.slot(id).is_some();
        self.stop(id, Error::Cancelled, now);
        self.settle(now);
        waited
    }

    /// Nobody waits any more for the jobs that no lane has. How many they were.
    pub(crate) fn cancel_queued(&mut self, now: Instant) -> usize {
        let ids = self.jobs.ids(|job| matches!(job.place, Place::Queued | Place::Delayed));
        for &id in &ids {
            self.stop(id, Error::Cancelled, now);
        }
        self.settle(now);
        ids.len()
    }

    /// Ends the job's handle with `error`, and the job itself as far as its lane allows.
    pub(super) fn stop(&mut self, id: u64, error: Error, now: Instant) {
        let Some(job) = self.jobs.get(id) else { return };
        if job.slot.is_none() {
            return;
        }
        let place = job.place;
        self.finish(id, Err(error), now);
        let Place::Held { lane } = place else {
            self.jobs.remove(id);
            return;
        };
        let stop = self.lanes.traits(lane).map_or(Stop::Wait, |traits| traits.stop);
        if stop == Stop::Release {
            self.let_go(lane, id);
            self.jobs.remove(id);
            self.order(lane, Order::Cancel(id));
        } else if stop == Stop::Terminate && self.lanes.running(lane) == Some(id) {
            self.reset(lane);
        } else {
            if let Some(job) = self.jobs.get_mut(id) {
                job.place = Place::Orphan { lane };
            }
            self.order(lane, Order::Cancel(id));
        }
    }

    /// If the call that runs on a terminable lane is one that nobody waits for, gives it a moment and then ends it.
    fn expect_progress(&mut self, lane: usize, now: Instant) {
        if self.orphan_runs(lane) {
            self.alarms.add(now + GRACE, Alarm::Lane(lane));
        }
    }

    pub(super) fn evict_orphan(&mut self, lane: usize) {
        if self.orphan_runs(lane) {
            self.reset(lane);
        }
    }

    fn orphan_runs(&self, lane: usize) -> bool {
        let terminable = self.lanes.traits(lane).is_some_and(|traits| traits.stop == Stop::Terminate);
        let job = self.lanes.running(lane).and_then(|id| self.jobs.get(id));
        terminable && job.is_some_and(|job| job.slot.is_none())
    }

    /// Stops the lane; what it held and somebody waits for is queued again, in order.
    fn reset(&mut self, lane: usize) {
        self.withdraw(lane, |_| true);
        self.order(lane, Order::Reset);
        for id in self.lanes.release_all(lane).into_iter().rev() {
            self.requeue(id);
        }
        self.close_if_done(lane);
    }

    /// The lane no longer has the call. Gives its task, unless the call was not the lane's or nobody waits for it.
    #[inline]
    fn let_go(&mut self, lane: usize, id: u64) -> Option<u32> {
        let job = self.jobs.get(id)?;
        let task = job.call.task;
        let orphan = match job.place {
            Place::Held { lane: held } if held == lane => false,
            Place::Orphan { lane: held } if held == lane => true,
            _ => return None,
        };
        // An answer to an earlier try, come twice or from before a reset that the shell has yet to do: the call need not be sent behind it.
        self.withdraw(lane, |sent| sent == id);
        if self.lanes.release(lane, id) {
            self.order(lane, Order::Close);
        }
        if orphan {
            self.jobs.remove(id);
            return None;
        }
        Some(task)
    }

    fn close_if_done(&mut self, lane: usize) {
        if self.lanes.close_if_done(lane) {
            self.order(lane, Order::Close);
        }
    }

    fn run_inline(&mut self, id: u64) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.place = Place::Held { lane: INLINE };
            let call = job.call.clone();
            self.act(Deed::Inline { call });
        }
    }

    fn rest(&mut self, lane: usize, broken: Option<&Error>, now: Instant) {
        let random = next_random(&mut self.random);
        if let Some(until) = self.lanes.rest(lane, broken, now, random) {
            self.alarms.add(until, Alarm::Lane(lane));
        }
    }
}
