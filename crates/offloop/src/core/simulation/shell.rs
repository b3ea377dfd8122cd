//! The shell around the core: it does what the core wants done, when it gets round to it.

use std::sync::Arc;

use super::losses::lost_for;
use super::planted::Bug;
use super::world::{World, label};
use crate::core::{Action, Deed, INLINE, News, Order};
use crate::error::LostReason;
use crate::lane::{Loss, Stop};
use crate::wire::Call;

/// A call that the shell is handing to a lane: other threads go on meanwhile.
pub(super) struct Hand {
    pub(super) lane: usize,
    pub(super) call: Arc<Call>,
    /// The lane has it, and its `send` has not returned.
    arrived: bool,
    /// The lane was down when it came.
    pub(super) doubtful: bool,
}

impl World {
    /// The shell performs one action. False if there is none.
    pub(super) fn act(&mut self) -> bool {
        if self.hand_over() {
            return true;
        }
        let Some(action) = self.core.action() else { return false };
        match action {
            Action::Tell(News::Finish { .. }) if self.strikes(Bug::LostResult) => {}
            Action::Tell(News::Finish { slot, result, .. }) => self.finish(slot, &result),
            Action::Tell(News::Wake(_)) if self.strikes(Bug::LostWakeUp) => {}
            Action::Tell(News::Wake(waker)) => waker.wake(),
            Action::Tell(News::Forget(waker)) => drop(waker),
            Action::Do(Deed::Lane { lane, order }) => self.obey(lane, order),
            Action::Do(Deed::Inline { call }) => {
                self.start(&call);
                self.inline.push_back(call);
            }
            Action::Do(Deed::Alarm(_)) if self.strikes(Bug::ForgottenAlarm) => {}
            // There is no thread that waits, and none can be started.
            Action::Do(Deed::Alarm(_)) if self.timeless && self.random.chance(50) => {
                self.say(|_| "nobody waits for the alarm".to_owned());
                self.alarm = None;
                self.core.without_alarm(&lost_for(LostReason::NoThread), self.now);
            }
            Action::Do(Deed::Alarm(when)) => self.alarm = Some(when),
        }
        true
    }

    fn obey(&mut self, lane: usize, order: Order) {
        match order {
            Order::Send(call) => {
                self.say(|_| format!("send {} to lane {lane}", call.id));
                let job = &mut self.jobs[label(&call)];
                assert!(!job.ended, "a job is sent that has ended");
                job.sent = true;
                self.hand = Some(Hand { lane, call, arrived: false, doubtful: false });
                // Seldom other threads come in between.
                while !self.random.chance(20) && self.hand_over() {}
            }
            Order::Cancel(_) if lane == INLINE => {}
            Order::Cancel(id) => self.lanes[lane].cancel(id),
            Order::Reset => {
                self.say(|_| format!("reset lane {lane}"));
                self.lanes[lane].reset();
            }
            Order::Close if self.strikes(Bug::LeakedLane) => {}
            Order::Close => {
                self.say(|_| format!("close lane {lane}"));
                self.lanes[lane].close();
            }
        }
    }

    /// The call in hand gets to its lane, or the lane's `send` returns. False if there is none.
    fn hand_over(&mut self) -> bool {
        let Some(hand) = &mut self.hand else { return false };
        if hand.arrived {
            self.hand = None;
            return true;
        }
        hand.arrived = true;
        let (lane, call, doubtful) = (hand.lane, hand.call.clone(), hand.doubtful);
        if doubtful {
            self.say(|_| format!("{} gets to lane {lane}, which was down", call.id));
            self.lanes[lane].find(call);
        } else if self.lanes[lane].traits.stop == Stop::Wait && self.lanes[lane].cannot_start(&mut self.random) {
            self.say(|_| format!("lane {lane} cannot start"));
            self.slack += 1;
            self.core.down(lane, &lost_for(LostReason::NoThread), Loss::NeverStarted, self.now);
        } else {
            self.lanes[lane].send(call);
        }
        true
    }
}
