//! The world around the core: the shell, the clock, and what is known of each job.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Waker;
use std::time::Duration;

use super::far::Far;
use super::planted::Bug;
use super::random::Random;
use super::users::{Flag, Submitter};
use crate::core::{Action, Core, Deed, INLINE, Limits, News, Order};
use crate::instant::Instant;
use crate::lane::{Stop, Traits};
use crate::stats::Recorder;
use crate::wire::Call;

/// What is known of a job from outside.
pub(super) struct Job {
    pub(super) id: Option<u64>,
    pub(super) idempotent: bool,
    /// Runs until its lane is reset.
    pub(super) endless: bool,
    pub(super) deadline: Option<Instant>,
    pub(super) cancelled: bool,
    pub(super) sent: bool,
    pub(super) starts: u32,
    pub(super) ended: bool,
}

pub(super) struct World {
    pub(super) random: Random,
    pub(super) trace: bool,
    pub(super) planted: Option<Bug>,
    pub(super) core: Core<usize>,
    pub(super) recorder: Recorder,
    pub(super) limits: Limits,
    pub(super) now: Instant,
    pub(super) alarm: Option<Instant>,
    pub(super) traits: Traits,
    pub(super) faults: bool,
    pub(super) lanes: Vec<Far>,
    pub(super) inline: VecDeque<Arc<Call>>,
    /// By label.
    pub(super) jobs: Vec<Job>,
    pub(super) submitters: Vec<Submitter>,
    pub(super) closers: Vec<Arc<Flag>>,
    /// Lanes were taken away from granted submitters, so that the bound may be passed by as many.
    pub(super) slack: usize,
    pub(super) closing: bool,
    pub(super) aborted: bool,
}

pub(super) fn label(call: &Call) -> usize {
    usize::from_le_bytes(call.input.bytes[..].try_into().unwrap())
}

impl World {
    pub(super) fn new(seed: u64, trace: bool, planted: Option<Bug>) -> Self {
        let mut random = Random::new(seed);
        let limits = Limits {
            queue: random.below(4),
            retries: u32::try_from(random.below(3)).unwrap(),
            inline_on_skew: random.chance(50),
        };
        let traits = Traits {
            stop: random.of(&[Stop::Wait, Stop::Release, Stop::Terminate]),
            prefetch: 1 + random.below(3),
            ahead: random.of(&[Duration::ZERO, Duration::from_millis(1), Duration::from_secs(60)]),
            shared: random.chance(30),
        };
        let (recorder, faults, lanes) = (Recorder::new(), random.chance(60), 1 + random.below(3));
        let mut world = Self {
            core: Core::new(limits, random.next(), recorder.clone()),
            random,
            trace,
            planted,
            recorder,
            limits,
            now: Instant::from_micros(1_000_000),
            alarm: None,
            traits,
            faults,
            lanes: Vec::new(),
            inline: VecDeque::new(),
            jobs: Vec::new(),
            submitters: Vec::new(),
            closers: Vec::new(),
            slack: 0,
            closing: false,
            aborted: false,
        };
        world.say(|world| format!("{:?} {:?} faults: {faults}", world.limits, world.traits));
        (0..lanes).for_each(|_| world.add_lane());
        world
    }

    /// The whole life of an executor.
    pub(super) fn run(mut self) {
        for _ in 0..10 + self.random.below(90) {
            self.step();
            self.check();
        }
        self.drain();
        if !self.core.is_closed() {
            self.check_lanes_are_free();
            self.drain();
            self.say(|_| "close".to_owned());
            self.close();
            self.drain();
        }
        self.check_all_is_over();
    }

    pub(super) fn say(&self, what: impl FnOnce(&Self) -> String) {
        if self.trace {
            eprintln!("{:>9} {}", self.now.as_micros(), what(self));
        }
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..20 => self.submit(),
            20..30 => self.wait(),
            30..45 => self.poll(false),
            45..48 => self.poll(true),
            48..50 => self.leave(),
            50..57 => self.cancel(),
            57..62 => self.advance(),
            62..64 => self.tick(self.alarm),
            64..65 => self.resize(),
            65 if self.random.chance(15) => self.close(),
            66 if self.random.chance(15) => self.abort(),
            67 if self.random.chance(15) => self.cancel_queued(),
            65..85 => drop(self.act()),
            _ => self.far(),
        }
    }

    /// Lets everything go its way until nothing more can happen.
    fn drain(&mut self) {
        for _ in 0..20_000 {
            while self.act() {}
            self.check();
            let woken = self.submitters.iter().any(|submitter| submitter.woken.0.load(Relaxed));
            if woken {
                self.poll(false);
            } else if self.lanes.iter().any(Far::is_busy) || !self.inline.is_empty() {
                self.far();
            } else if let Some(alarm) = self.alarm {
                self.now = self.now.max(alarm);
                self.tick(self.alarm);
            } else {
                return;
            }
        }
        panic!("this goes on for ever");
    }

    fn advance(&mut self) {
        let micros = self.random.of(&[1, 100, 1_000, 20_000, 500_000, 20_000_000]);
        self.now = self.now + Duration::from_micros(micros);
    }

    fn tick(&mut self, alarm: Option<Instant>) {
        // Alarms may ring without being asked for, but never are they needed earlier than asked for.
        if alarm.is_some_and(|alarm| alarm <= self.now) {
            self.alarm = None;
        }
        self.core.tick(self.now);
    }

    fn add_lane(&mut self) {
        let index = self.core.vacant();
        let far = Far::new(self.traits, if self.faults { self.random.below(12) } else { 0 });
        match self.lanes.get_mut(index) {
            Some(place) => {
                assert!(place.closed, "a new lane takes the place of one that is not closed");
                *place = far;
            }
            None => self.lanes.push(far),
        }
        let load = self.random.below(3);
        assert_eq!(self.core.add_lane(self.traits, Box::new(move || load), self.now), index);
    }

    fn resize(&mut self) {
        if self.closing || self.aborted {
            return;
        }
        self.slack += self.core.lane_count();
        if self.core.lane_count() > 1 && self.random.chance(50) {
            self.say(|_| "one lane less".to_owned());
            self.core.retire_lanes(1, self.now);
        } else {
            self.say(|_| "one lane more".to_owned());
            self.add_lane();
        }
    }

    pub(super) fn close(&mut self) {
        self.closing = true;
        self.core.close(self.now);
        let woken = Arc::new(Flag::default());
        if !self.core.is_closed() {
            self.core.on_closed(&Waker::from(woken.clone()));
            self.closers.push(woken);
        }
    }

    fn abort(&mut self) {
        self.say(|_| "abort".to_owned());
        self.aborted = true;
        self.core.abort(self.now);
    }

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
