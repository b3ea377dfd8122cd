//! The shell around the core: it does what the core wants done, when it gets round to it.

use super::far::lost;
use super::planted::Bug;
use super::world::{World, label};
use crate::core::{Action, Deed, INLINE, News, Order};
use crate::lane::{Loss, Stop};

impl World {
    /// The shell performs one action. False if there is none.
    pub(super) fn act(&mut self) -> bool {
        let Some(action) = self.core.action() else { return false };
        match action {
            Action::Tell(News::Finish { .. }) if self.strikes(Bug::LostResult) => {}
            Action::Tell(News::Finish { slot, result, .. }) => self.finish(slot, &result),
            Action::Tell(News::Wake(_)) if self.strikes(Bug::LostWakeUp) => {}
            Action::Tell(News::Wake(waker)) => waker.wake(),
            Action::Do(Deed::Lane { lane, order }) => self.obey(lane, order),
            Action::Do(Deed::Inline { call }) => {
                self.start(&call);
                self.inline.push_back(call);
            }
            Action::Do(Deed::Alarm(_)) if self.strikes(Bug::ForgottenAlarm) => {}
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
                if self.lanes[lane].traits.stop == Stop::Wait && self.lanes[lane].cannot_start(&mut self.random) {
                    self.say(|_| format!("lane {lane} cannot start"));
                    self.slack += 1;
                    return self.core.down(lane, &lost(), Loss::NeverStarted, self.now);
                }
                self.lanes[lane].send(call);
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
}
