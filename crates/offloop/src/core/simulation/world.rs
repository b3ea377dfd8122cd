//! The world around the core: the shell, the clock, and what is known of each job.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Waker;
use std::time::Duration;

use super::far::Far;
use super::planted::Bug;
use super::random::Random;
use super::shell::Hand;
use super::users::{Flag, Submitter};
use crate::core::{Core, Limits};
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
    pub(super) accepted: Instant,
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
    /// Each lane has traits of its own.
    pub(super) mixed: bool,
    pub(super) faults: bool,
    /// There may be nobody to wait for an alarm.
    pub(super) timeless: bool,
    /// Accidents come one right after the other.
    moody: bool,
    /// So many things happen that what has ended piles up, if it can.
    long: bool,
    pub(super) lanes: Vec<Far>,
    pub(super) hand: Option<Hand>,
    pub(super) inline: VecDeque<Arc<Call>>,
    /// By label.
    pub(super) jobs: Vec<Job>,
    pub(super) submitters: Vec<Submitter>,
    pub(super) closers: Vec<Arc<Flag>>,
    /// Streams of jobs that wait for the queue to be short.
    pub(super) feeders: Vec<Arc<Flag>>,
    /// Lanes were taken away from granted submitters, so that the bound may be passed by as many.
    pub(super) slack: usize,
    pub(super) closing: bool,
    pub(super) aborted: bool,
}

/// No lane holds more calls.
pub(super) const MOST_AHEAD: usize = 3;

pub(super) fn label(call: &Call) -> usize {
    usize::from_le_bytes(call.input.bytes[..].try_into().unwrap())
}

fn some_traits(random: &mut Random) -> Traits {
    Traits {
        stop: random.of(&[Stop::Wait, Stop::Release, Stop::Terminate]),
        prefetch: 1 + random.below(MOST_AHEAD),
        ahead: random.of(&[Duration::ZERO, Duration::from_millis(1), Duration::from_secs(60)]),
        shared: random.chance(30),
    }
}

impl World {
    pub(super) fn new(seed: u64, trace: bool, planted: Option<Bug>) -> Self {
        let mut random = Random::new(seed);
        let long = random.below(400) == 0;
        let limits = Limits {
            queue: random.below(if long { 120 } else { 4 }),
            retries: u32::try_from(random.below(3)).unwrap(),
            attempt: random.chance(30).then(|| Duration::from_millis(20)),
            inline_on_skew: random.chance(50),
        };
        let traits = some_traits(&mut random);
        let (recorder, faults, lanes) = (Recorder::new(), random.chance(60), 1 + random.below(3));
        let (mixed, moody, timeless) = (random.chance(10), random.chance(20), faults && random.chance(10));
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
            mixed,
            faults,
            timeless,
            moody,
            long,
            lanes: Vec::new(),
            hand: None,
            inline: VecDeque::new(),
            jobs: Vec::new(),
            submitters: Vec::new(),
            closers: Vec::new(),
            feeders: Vec::new(),
            slack: 0,
            closing: false,
            aborted: false,
        };
        world.say(|world| {
            format!("{:?} {:?} mixed: {mixed}, faults: {faults}, moody: {moody}", world.limits, world.traits)
        });
        (0..lanes).for_each(|_| world.add_lane());
        world
    }

    /// The whole life of an executor.
    pub(super) fn run(mut self) {
        let steps = if self.long { 200 + self.random.below(1_300) } else { 10 + self.random.below(90) };
        for _ in 0..steps {
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
            68..70 => self.feed(),
            65..85 => drop(self.act()),
            _ => self.far(),
        }
    }

    /// Lets everything go its way until nothing more can happen.
    fn drain(&mut self) {
        for _ in 0..if self.long { 400_000 } else { 20_000 } {
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
        let traits = match self.mixed {
            true => Traits { shared: self.traits.shared, ..some_traits(&mut self.random) },
            false => self.traits,
        };
        let faults = if self.faults { self.random.below(if self.moody { 40 } else { 12 }) } else { 0 };
        let far = Far::new(traits, faults, if self.moody { 8 } else { 1 });
        match self.lanes.get_mut(index) {
            Some(place) => {
                assert!(place.closed, "a new lane takes the place of one that is not closed");
                *place = far;
            }
            None => self.lanes.push(far),
        }
        let load = self.random.below(3);
        let after = self.random.of(&[0, 1_000, 500_000, 20_000_000]);
        let occupied = self.random.chance(20).then(|| self.now + Duration::from_micros(after));
        assert_eq!(self.core.add_lane(traits, Box::new(move || load), occupied, self.now), index);
    }

    fn resize(&mut self) {
        if self.core.is_closed() {
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
}
