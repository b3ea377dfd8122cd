//! The far side of a lane: it takes its time, and may misbehave in every way that the contract allows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::losses::lost;
use super::random::Random;
use crate::error::Error;
use crate::instant::Instant;
use crate::lane::{Loss, Stop, Traits};
use crate::wire::{Call, Payload, Reply};

/// The task that runs until its lane is reset.
pub(super) const ENDLESS: u32 = 2;

pub(super) enum Message {
    Call(Arc<Call>),
    Cancel(u64),
}

pub(super) enum Event {
    Replies(Vec<Reply>),
    Lost(Vec<u64>, Error, Loss),
    Down(Error, Loss),
}

/// What a step of the far side means to the world.
pub(super) enum Step {
    Nothing,
    /// A task begins to run.
    Started(Arc<Call>),
    /// This reaches the executor.
    Event(Event),
}

pub(super) struct Far {
    pub(super) traits: Traits,
    /// On the way there.
    to: VecDeque<Message>,
    arrived: VecDeque<Arc<Call>>,
    running: Option<Arc<Call>>,
    /// On the way back.
    from: VecDeque<Event>,
    /// Calls that the executor is owed an ending for.
    pub(super) owed: Vec<u64>,
    pub(super) closed: bool,
    /// Nothing runs any more, and the executor will soon know.
    crashed: bool,
    /// How many more accidents there will be, so that all comes to an end.
    faults: usize,
    /// How much more often than seldom they come.
    mood: usize,
}

fn reply(id: u64, result: Result<Payload, Error>) -> Reply {
    Reply { id, busy: Duration::ZERO, result }
}

impl Far {
    pub(super) fn new(traits: Traits, faults: usize, mood: usize) -> Self {
        Self {
            traits,
            to: VecDeque::new(),
            arrived: VecDeque::new(),
            running: None,
            from: VecDeque::new(),
            owed: Vec::new(),
            closed: false,
            crashed: false,
            faults,
            mood,
        }
    }

    /// As it was before the first call, but for the accidents that there have been.
    fn afresh(&self) -> Self {
        Self::new(self.traits, self.faults, self.mood)
    }

    /// Whether nothing can be started to run a call, so that the lane is down with all it has.
    pub(super) fn cannot_start(&mut self, random: &mut Random) -> bool {
        let down = self.accident(2, random);
        if down {
            *self = self.afresh();
        }
        down
    }

    /// There will be no more accidents.
    pub(super) fn calm_down(&mut self) {
        self.faults = 0;
    }

    pub(super) fn send(&mut self, call: Arc<Call>) {
        assert!(!self.closed, "a call is sent to a lane that is closed");
        self.owed.push(call.id);
        assert!(self.owed.len() <= self.traits.prefetch, "a lane holds {:?}, more than it takes", self.owed);
        self.to.push_back(Message::Call(call));
    }

    /// A call comes that was lost with all others while it was on its way.
    pub(super) fn find(&mut self, call: Arc<Call>) {
        self.to.push_back(Message::Call(call));
    }

    pub(super) fn cancel(&mut self, id: u64) {
        if self.closed {
            return;
        }
        if self.traits.stop == Stop::Release {
            // The call has its ending. The far side may compute on, and its reply may come all the same.
            self.owed.retain(|owed| *owed != id);
        }
        self.to.push_back(Message::Cancel(id));
    }

    pub(super) fn reset(&mut self) {
        assert_eq!(self.traits.stop, Stop::Terminate, "only some lanes can be reset");
        *self = self.afresh();
    }

    pub(super) fn close(&mut self) {
        assert!(!self.closed, "a lane is closed twice");
        *self = Self { closed: true, ..self.afresh() };
    }

    pub(super) fn is_busy(&self) -> bool {
        let gets_on = !self.runs_for_ever() && (!self.arrived.is_empty() || self.running.is_some());
        !self.to.is_empty() || !self.from.is_empty() || gets_on
    }

    fn runs_for_ever(&self) -> bool {
        self.running.as_ref().is_some_and(|call| call.task == ENDLESS)
    }

    /// Something happens on the far side, or on the way.
    pub(super) fn step(&mut self, now: Instant, random: &mut Random) -> Step {
        if self.closed {
            return Step::Nothing;
        }
        if self.accident(4, random) {
            self.fail(random);
        }
        if random.chance(50) && (self.running.is_some() || !self.arrived.is_empty()) {
            return self.run(now, random);
        }
        if random.chance(50)
            && let Some(message) = self.to.pop_front()
        {
            match message {
                _ if self.crashed => {}
                Message::Call(call) => self.arrived.push_back(call),
                Message::Cancel(id) => self.heed(id, random),
            }
            return Step::Nothing;
        }
        match self.from.pop_front() {
            Some(event) => {
                self.settle_up(&event);
                Step::Event(event)
            }
            None => Step::Nothing,
        }
    }

    /// The executor learns what became of these calls.
    fn settle_up(&mut self, event: &Event) {
        match event {
            Event::Replies(replies) => self.owed.retain(|owed| replies.iter().all(|reply| reply.id != *owed)),
            Event::Lost(ids, ..) => self.owed.retain(|owed| !ids.contains(owed)),
            Event::Down(..) => *self = self.afresh(),
        }
    }

    fn run(&mut self, now: Instant, random: &mut Random) -> Step {
        if self.runs_for_ever() {
            return Step::Nothing;
        }
        if let Some(call) = self.running.take() {
            let result = match random.below(20) {
                0 | 1 => Err(Error::Failed { message: "simulated".to_owned() }),
                // A lane of its own, or what it has made, cannot be had.
                2 if self.accident(50, random) => Err(lost(Loss::MaybeRan, random)),
                3 if self.accident(50, random) => Err(Error::Malformed { what: "simulated".to_owned() }),
                _ => Ok(call.input.clone()),
            };
            self.answer(call.id, result, random);
            return Step::Nothing;
        }
        let Some(call) = self.arrived.pop_front() else { return Step::Nothing };
        let refused = match random.below(3) {
            0 if self.accident(10, random) => Some(Error::Skew { ours: 1, theirs: 2 }),
            1 if self.accident(10, random) => Some(Error::Full),
            2 if self.accident(10, random) => Some(Error::Closed),
            _ => call.deadline.filter(|deadline| *deadline <= now).map(|_| Error::TimedOut),
        };
        if let Some(error) = refused {
            // The second time it would refuse what is sent to it again meanwhile, and run that all the same.
            let times = if call.task == 0 { 1 } else { 1 + usize::from(self.accident(5, random)) };
            self.answer_times(times, call.id, Err(error), random);
            return Step::Nothing;
        }
        self.running = Some(call.clone());
        Step::Started(call)
    }

    fn answer(&mut self, id: u64, result: Result<Payload, Error>, random: &mut Random) {
        let times = 1 + usize::from(self.accident(5, random));
        self.answer_times(times, id, result, random);
    }

    fn answer_times(&mut self, times: usize, id: u64, result: Result<Payload, Error>, random: &mut Random) {
        for reply in std::iter::repeat_n(reply(id, result), times) {
            match self.from.back_mut() {
                Some(Event::Replies(earlier)) if random.chance(30) => earlier.push(reply),
                _ => self.from.push_back(Event::Replies(vec![reply])),
            }
        }
    }

    fn heed(&mut self, id: u64, random: &mut Random) {
        if let Some(at) = self.arrived.iter().position(|call| call.id == id) {
            self.arrived.remove(at);
        } else if self.running.as_ref().is_some_and(|call| call.id == id) && random.chance(50) {
            self.running = None;
        } else {
            return;
        }
        // Where the call has its ending already an answer is not owed.
        if self.traits.stop != Stop::Release || random.chance(50) {
            self.answer(id, Err(Error::Cancelled), random);
        }
    }

    fn accident(&mut self, percent: usize, random: &mut Random) -> bool {
        let happens = self.faults > 0 && random.chance((self.mood * percent).min(90));
        self.faults -= usize::from(happens);
        happens
    }

    /// One of the accidents that the contract knows.
    fn fail(&mut self, random: &mut Random) {
        if self.crashed {
            return;
        }
        let started = self.running.is_some();
        match random.below(6) {
            // Single calls are lost on the way, or by the far side.
            0 => {
                let on_the_way = self.to.iter().position(|message| matches!(message, Message::Call(_)));
                if let Some(at) = on_the_way
                    && let Some(Message::Call(call)) = self.to.remove(at)
                {
                    let loss = random.of(&[Loss::Refused, Loss::Reset, Loss::NeverStarted, Loss::MaybeRan]);
                    self.from.push_back(Event::Lost(vec![call.id], lost(loss, random), loss));
                }
            }
            1 => {
                if let Some(call) = self.running.take() {
                    let lost = lost(Loss::MaybeRan, random);
                    self.from.push_back(Event::Lost(vec![call.id, 1 << 60], lost, Loss::MaybeRan));
                }
            }
            // The lane goes down with everything.
            2 => {
                let loss = if started {
                    Loss::MaybeRan
                } else {
                    random.of(&[Loss::Idle, Loss::Reset, Loss::NeverStarted, Loss::Refused])
                };
                self.from.push_back(Event::Down(lost(loss, random), loss));
                self.crashed = true;
                self.running = None;
                self.arrived.clear();
            }
            // All that were on their way together, or run.
            3 => {
                let ids: Vec<u64> =
                    self.running.take().into_iter().chain(self.arrived.drain(..)).map(|call| call.id).collect();
                let loss =
                    if started { Loss::MaybeRan } else { random.of(&[Loss::Refused, Loss::Reset, Loss::MaybeRan]) };
                self.from.push_back(Event::Lost(ids, lost(loss, random), loss));
            }
            // It is of another build.
            4 => {
                if let Some(call) = self.arrived.pop_front() {
                    let skew = Error::Skew { ours: 1, theirs: 2 };
                    self.from.push_back(Event::Lost(vec![call.id], skew, Loss::NeverStarted));
                }
            }
            _ => self.from.push_back(Event::Replies(vec![reply(1 << 60, Ok(Payload::default()))])),
        }
    }
}
