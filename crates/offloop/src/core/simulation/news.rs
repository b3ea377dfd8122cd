//! What the executor hears from its lanes.

use std::time::Duration;

use super::far::{Event, Step};
use super::planted::Bug;
use super::world::World;
use crate::core::INLINE;
use crate::lane::{Loss, Stop};
use crate::wire::Reply;

impl World {
    /// Something happens at a lane.
    pub(super) fn far(&mut self) {
        if let Some(call) = self.inline.pop_front() {
            let reply = Reply { id: call.id, busy: Duration::ZERO, result: Ok(call.input.clone()) };
            return self.core.reply(INLINE, vec![reply], self.now);
        }
        // Lanes that share threads give their replies together.
        let shares_threads = self.traits.stop == Stop::Wait;
        if shares_threads && self.random.chance(30) {
            return self.far_together();
        }
        let lane = self.random.below(self.lanes.len());
        if let Some(event) = self.step_at(lane) {
            self.hear(lane, event);
        }
    }

    fn far_together(&mut self) {
        let (lanes, first) = (self.lanes.len(), self.random.below(self.lanes.len()));
        let mut together = Vec::new();
        for n in 0..3 * lanes {
            let lane = (first + n) % lanes;
            match self.step_at(lane) {
                Some(Event::Replies(replies)) => together.extend(replies.into_iter().map(|reply| (lane, reply))),
                Some(event) => {
                    // What a lane has said before comes before.
                    self.core.reply_all(&mut together, self.now);
                    self.hear(lane, event);
                }
                None => {}
            }
        }
        self.core.reply_all(&mut together, self.now);
        assert!(together.is_empty(), "replies are left lying");
    }

    fn step_at(&mut self, lane: usize) -> Option<Event> {
        match self.lanes[lane].step(self.now, &mut self.random) {
            Step::Nothing => {}
            Step::Started(call) => self.start(&call),
            Step::Event(event) => {
                if let Event::Replies(replies) = &event {
                    let told: Vec<_> = replies.iter().map(|reply| (reply.id, reply.result.is_ok())).collect();
                    self.say(|_| format!("lane {lane} replies {told:?}"));
                }
                return Some(event);
            }
        }
        None
    }

    fn hear(&mut self, lane: usize, event: Event) {
        match event {
            Event::Replies(replies) => self.core.reply(lane, replies, self.now),
            Event::Lost(ids, error, loss) => {
                self.say(|_| format!("lane {lane} has lost {ids:?}, {loss:?}"));
                self.slack += 1;
                let loss = if self.strikes(Bug::GivenUp) { Loss::NeverStarted } else { loss };
                self.core.lost(lane, &ids, &error, loss, self.now);
            }
            Event::Down(error, loss) => {
                self.say(|_| format!("lane {lane} is down, {loss:?}"));
                self.slack += 1;
                if let Some(hand) = self.hand.as_mut().filter(|hand| hand.lane == lane) {
                    hand.doubtful = true;
                    let id = hand.call.id;
                    self.core.doubt(lane, id, &error, loss, self.now);
                }
                self.core.down(lane, &error, loss, self.now);
            }
        }
    }
}
