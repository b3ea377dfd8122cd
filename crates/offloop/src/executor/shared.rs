//! The shell around [`Core`]: one lock, and somebody who does what the core decides.

mod sink;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::hand::Hand;
use super::handle::Slot;
use super::told::Told;
use crate::apart::Apart;
use crate::core::{Core, Deed, INLINE, Limits, Load, Next, Order, Request};
use crate::error::{Error, LostReason};
use crate::foreign::contain;
use crate::instant::Instant;
use crate::lane::{self, Events, Factory, Lane, Loss, Sink};
use crate::options::Options;
use crate::platform::{self, PROMPT, now};
use crate::stats::Recorder;
use crate::task::Tasks;
use crate::wire::Payload;

/// More than any machine has use for, and few enough to be made while a page waits for it.
const MOST_LANES: usize = 1024;

pub(super) struct Shared {
    pub(super) tasks: &'static Tasks,
    pub(super) recorder: Recorder,
    factory: Factory,
    state: Apart<Mutex<State>>,
    alarm: Mutex<Option<platform::Alarm>>,
    itself: Weak<Shared>,
}

struct State {
    core: Core<Arc<Slot>>,
    lanes: Vec<Option<Arc<dyn Lane>>>,
    /// Somebody performs the core's actions; others leave theirs to them, so that all are performed in order, and a lane
    /// that replies from within `send` does not recurse.
    performing: bool,
    /// The call that is being sent to a lane while the lock is free.
    hand: Hand,
}

impl Shared {
    pub(super) fn new(tasks: &'static Tasks, options: Options, factory: Factory) -> Arc<Self> {
        let Options { queue, retries, attempt_limit: attempt, inline_on_skew, recorder, .. } = options;
        let limits = Limits { queue, retries, attempt, inline_on_skew };
        // Chance need not be good here, only different from executor to executor.
        let seed = now().as_micros().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let core = Core::new(limits, seed, recorder.clone());
        let state = Apart(Mutex::new(State { core, lanes: Vec::new(), performing: false, hand: Hand::default() }));
        Arc::new_cyclic(|itself| Self {
            tasks,
            recorder,
            factory,
            state,
            alarm: Mutex::new(None),
            itself: itself.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the core decide, then does what follows from it, or leaves that to whoever is at it.
    pub(super) fn drive<T>(&self, decide: impl FnOnce(&mut Core<Arc<Slot>>) -> T) -> T {
        let mut state = self.lock();
        let result = decide(&mut state.core);
        if !state.performing {
            self.perform(state);
        }
        result
    }

    fn perform<'a>(&'a self, state: MutexGuard<'a, State>) {
        /// Whatever panics must not leave the executor without anybody to perform.
        struct Done<'a>(&'a Shared);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                let mut state = self.0.lock();
                state.performing = false;
                state.hand.leave();
            }
        }

        let done = Done(self);
        // After `done`, so that the lock is free when that is dropped.
        let mut state = state;
        loop {
            let mut told = Told::default();
            let more = state.sift(&mut told);
            // Cleared under the lock in which the core had nothing more to say, so that no action is left lying. Results need not be
            // kept in order with anything, so that the lock is not taken again for them.
            state.performing = more;
            if !more {
                drop(state);
                std::mem::forget(done);
                return told.tell();
            }
            if told.is_any() {
                // The deed is taken only then: meanwhile the core may hear that it need not be done.
                drop(state);
                told.tell();
            } else if let Some(deed) = state.core.deed() {
                let lane = state.lane_of(&deed);
                drop(state);
                self.act(deed, lane);
            } else {
                drop(state);
            }
            state = self.lock();
            state.hand.leave();
        }
    }

    fn act(&self, deed: Deed, lane: Option<Arc<dyn Lane>>) {
        match deed {
            Deed::Lane { lane: index, order } => {
                // If there is none it was closed meanwhile, which ended its calls.
                if let Some(lane) = lane {
                    self.order(index, lane, order);
                }
            }
            Deed::Inline { call } => {
                let sink: Weak<dyn Sink> = self.itself.clone();
                lane::run(self.tasks, &call, &Events::new(INLINE, sink));
            }
            Deed::Alarm(when) => self.set_alarm(when),
        }
    }

    /// A lane may be somebody else's, and panic. What it does with the call that it was given nobody knows then; it may go on with others.
    fn order(&self, index: usize, lane: Arc<dyn Lane>, order: Order) {
        let sent = if let Order::Send(call) = &order { Some(call.id) } else { None };
        let obeyed = contain(|| {
            match order {
                Order::Send(call) => lane.send(call),
                Order::Cancel(id) => lane.cancel(id),
                Order::Reset => lane.reset(),
                Order::Close => lane.close(),
            }
            // Here, since it may be the last of it.
            drop(lane);
        });
        if let (Err(said), Some(id)) = (obeyed, sent) {
            let error = Error::lost(LostReason::Panicked, said);
            self.drive(|core| core.lost(index, &[id], &error, Loss::MaybeRan, now()));
        }
    }

    fn set_alarm(&self, when: Instant) {
        let itself = self.itself.clone();
        let alarm = platform::alarm(
            when,
            Arc::new(move || {
                if let Some(shared) = itself.upgrade() {
                    shared.drive(|core| core.tick(now()));
                }
            }),
        );
        if let Some(error) = alarm.refusal() {
            return self.drive(|core| core.without_alarm(error, now()));
        }
        let earlier = self.alarm.lock().unwrap_or_else(PoisonError::into_inner).replace(alarm);
        drop(earlier);
    }

    /// A job ready to be submitted.
    pub(super) fn request(
        &self,
        task: u32,
        input: Payload,
        deadline: Option<Instant>,
    ) -> Result<Request<Arc<Slot>>, Error> {
        let entry = self.tasks.at(task).ok_or_else(|| Error::UnknownTask { name: format!("at index {task}") })?;
        Ok(Request::new(task, entry.is_idempotent(), input, deadline, Arc::default()))
    }

    pub(super) fn resize(&self, lanes: usize) {
        let lanes = lanes.clamp(1, MOST_LANES);
        loop {
            let mut state = self.lock();
            if state.core.lane_count() >= lanes || state.core.is_closed() {
                drop(state);
                // Counted again under the lock that they are retired under: two who make it smaller must not take each other's last lane.
                self.drive(|core| core.retire_lanes(core.lane_count().saturating_sub(lanes), now()));
                return;
            }
            let index = state.core.vacant();
            let sink: Weak<dyn Sink> = self.itself.clone();
            let lane: Arc<dyn Lane> = (self.factory)(Events::new(index, sink)).into();
            if state.lanes.len() <= index {
                state.lanes.resize_with(index + 1, || None);
            }
            if let Some(place) = state.lanes.get_mut(index) {
                *place = Some(lane.clone());
            }
            let traits = lane.traits();
            let occupied = lane.occupied();
            // Asked of shared lanes only; a closure that holds nothing takes no memory.
            let load: Load = if traits.shared { Box::new(move || load_of(&*lane)) } else { Box::new(|| 0) };
            // What follows from it is done with the last of them.
            state.core.add_lane(traits, load, occupied, now());
        }
    }

    /// False if the job had ended before.
    pub(super) fn cancel(&self, id: u64) -> bool {
        self.drive(|core| core.cancel(id, now()))
    }

    pub(super) fn warm(&self) {
        let lanes: Vec<_> = self.lock().lanes.iter().flatten().cloned().collect();
        for lane in lanes {
            lane.warm();
        }
    }
}

impl State {
    /// Hands calls to lanes that take them at once, and gives what is to be told once the lock is free, up to the first deed that is to
    /// wait for that, too; whether there is one.
    fn sift(&mut self, told: &mut Told) -> bool {
        let Self { core, lanes, .. } = self;
        loop {
            let lane = match core.next() {
                Next::Tell(news) => {
                    told.add(news, core.news_left());
                    continue;
                }
                Next::Send(lane) => lanes.get(lane).and_then(Option::as_ref),
                Next::Do => return true,
                Next::Rest => return false,
            };
            let Some(lane) = lane.filter(|lane| PROMPT && lane.is_prompt()) else { return true };
            let Some(Deed::Lane { lane: index, order: Order::Send(call) }) = core.deed() else { return true };
            match lane.take(call) {
                Ok(true) => told.nudge(lane),
                Ok(false) => {}
                Err(error) => core.down(index, &error, Loss::NeverStarted, now()),
            }
        }
    }

    fn lane_of(&mut self, deed: &Deed) -> Option<Arc<dyn Lane>> {
        match deed {
            Deed::Lane { lane, order: Order::Close } => self.lanes.get_mut(*lane).and_then(Option::take),
            Deed::Lane { lane, order: Order::Send(call) } => {
                self.hand.take(*lane, call.id);
                self.lanes.get(*lane).cloned().flatten()
            }
            Deed::Lane { lane, order: Order::Cancel(_) | Order::Reset } => self.lanes.get(*lane).cloned().flatten(),
            Deed::Inline { .. } | Deed::Alarm(_) => None,
        }
    }
}

/// Asked under the executor's lock, and in the midst of its decisions: a lane that panics is one to keep away from.
fn load_of(lane: &dyn Lane) -> usize {
    contain(|| lane.load()).unwrap_or(usize::MAX)
}

impl Drop for Shared {
    fn drop(&mut self) {
        let state = self.state.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        for lane in state.lanes.iter().flatten() {
            let _ = contain(|| lane.close());
        }
    }
}
