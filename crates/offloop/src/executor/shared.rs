//! The shell around [`Core`]: one lock, and somebody who does what the core decides.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::handle::Slot;
use crate::apart::Apart;
use crate::blob::Blob;
use crate::core::{Action, Core, INLINE, Limits, Load, Request};
use crate::error::Error;
use crate::instant::Instant;
use crate::lane::{self, Events, Factory, Lane, Loss, Sink};
use crate::options::Options;
use crate::platform::{self, PROMPT, now};
use crate::stats::Recorder;
use crate::task::Tasks;
use crate::wake::wake;
use crate::wire::{Payload, Progress, Reply};

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
}

impl Shared {
    pub(super) fn new(tasks: &'static Tasks, options: Options, factory: Factory) -> Arc<Self> {
        let Options { queue, retries, inline_on_skew, recorder, .. } = options;
        let limits = Limits { queue, retries, inline_on_skew };
        // Chance need not be good here, only different from executor to executor.
        let seed = now().as_micros().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let core = Core::new(limits, seed, recorder.clone());
        let state = Apart(Mutex::new(State { core, lanes: Vec::new(), performing: false }));
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

    fn perform<'a>(&'a self, mut state: MutexGuard<'a, State>) {
        /// A lane that panics must not leave the executor without anybody to perform.
        struct Done<'a>(&'a Shared);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.lock().performing = false;
            }
        }

        let done = Done(self);
        loop {
            let mut told = Told::default();
            state.sift(&mut told);
            let rest = state.core.count() == 0;
            // Cleared under the lock in which the core had nothing more to say, so that no action is left lying. Results need not be
            // kept in order with anything, so that the lock is not taken again for them.
            state.performing = !rest;
            if rest {
                drop(state);
                std::mem::forget(done);
                return told.tell();
            }
            if told.is_any() {
                drop(state);
                told.tell();
            } else if let Some(action) = state.core.action() {
                let lane = state.lane_of(&action);
                drop(state);
                self.act(action, lane);
            } else {
                drop(state);
            }
            state = self.lock();
        }
    }

    fn act(&self, action: Action<Arc<Slot>>, lane: Option<Arc<dyn Lane>>) {
        match (action, lane) {
            (Action::Send { call, .. }, Some(lane)) => lane.send(call),
            (Action::Cancel { id, .. }, Some(lane)) => lane.cancel(id),
            (Action::Reset { .. }, Some(lane)) => lane.reset(),
            (Action::Close { .. }, Some(lane)) => lane.close(),
            (Action::Inline { call }, _) => {
                let sink: Weak<dyn Sink> = self.itself.clone();
                lane::run(self.tasks, &call, &Events::new(INLINE, sink));
            }
            (Action::Alarm(when), _) => self.set_alarm(when),
            // The lane was closed meanwhile, which ended its calls.
            (Action::Send { .. } | Action::Cancel { .. } | Action::Reset { .. } | Action::Close { .. }, None) => {}
            // `Told` does these.
            (Action::Finish { .. } | Action::Wake(_), _) => {}
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
        // A body that is passed on as it comes can be sent once.
        let idempotent = entry.is_idempotent() && input.blobs.iter().all(Blob::is_here);
        Ok(Request::new(task, idempotent, input, deadline, Arc::default()))
    }

    pub(super) fn resize(&self, lanes: usize) {
        let lanes = lanes.max(1);
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
            // Asked of shared lanes only; a closure that holds nothing takes no memory.
            let load: Load = if traits.shared { Box::new(move || lane.load()) } else { Box::new(|| 0) };
            state.core.add_lane(traits, load, now());
            if !state.performing {
                self.perform(state);
            }
        }
    }

    pub(super) fn warm(&self) {
        let lanes: Vec<_> = self.lock().lanes.iter().flatten().cloned().collect();
        for lane in lanes {
            lane.warm();
        }
    }
}

impl State {
    /// Hands calls to lanes that take them at once, and gives what is to be told once the lock is free, up to the first action that is
    /// neither.
    fn sift(&mut self, told: &mut Told) {
        let Self { core, lanes, .. } = self;
        loop {
            if let Some(action) = core.telling() {
                told.add(action, core.count());
                continue;
            }
            let lane = core.sending().and_then(|lane| lanes.get(lane)?.as_ref());
            let Some(lane) = lane.filter(|lane| PROMPT && lane.is_prompt()) else { return };
            let Some(Action::Send { lane: index, call }) = core.action() else { return };
            match lane.take(call) {
                Ok(true) => told.nudge(lane),
                Ok(false) => {}
                Err(error) => core.down(index, &error, Loss::NeverStarted, now()),
            }
        }
    }

    fn lane_of(&mut self, action: &Action<Arc<Slot>>) -> Option<Arc<dyn Lane>> {
        match action {
            Action::Send { lane, .. } | Action::Cancel { lane, .. } | Action::Reset { lane } => {
                self.lanes.get(*lane).cloned().flatten()
            }
            Action::Close { lane } => self.lanes.get_mut(*lane).and_then(Option::take),
            Action::Inline { .. } | Action::Finish { .. } | Action::Wake(_) | Action::Alarm(_) => None,
        }
    }
}

/// What is to be told once the lock is free: results and wakers, and lanes with calls for threads that sleep.
#[derive(Default)]
struct Told {
    first: Option<Action<Arc<Slot>>>,
    more: Vec<Action<Arc<Slot>>>,
    nudged: Option<Arc<dyn Lane>>,
    /// How often.
    times: usize,
}

impl Told {
    /// So many may follow.
    fn add(&mut self, action: Action<Arc<Slot>>, more: usize) {
        match self.first {
            None => {
                self.first = Some(action);
                self.more.reserve(more);
            }
            Some(_) => self.more.push(action),
        }
    }

    /// Lanes that are nudged are of one kind, and one of them is enough.
    fn nudge(&mut self, lane: &Arc<dyn Lane>) {
        self.nudged.get_or_insert_with(|| lane.clone());
        self.times += 1;
    }

    fn is_any(&self) -> bool {
        self.first.is_some() || self.nudged.is_some()
    }

    fn tell(self) {
        let Self { first, more, nudged, times } = self;
        if let Some(lane) = nudged.filter(|_| PROMPT) {
            (0..times).for_each(|_| lane.nudge());
        }
        let tell = |action: Action<Arc<Slot>>| match action {
            Action::Finish { slot, result, call } => slot.finish(result, call),
            Action::Wake(waker) => wake(waker),
            _ => {}
        };
        first.into_iter().for_each(tell);
        more.into_iter().for_each(tell);
    }
}

impl Sink for Shared {
    fn reply(&self, lane: usize, replies: Vec<Reply>, now: Instant) {
        self.drive(|core| core.reply(lane, replies, now));
    }

    fn reply_all(&self, replies: &mut Vec<(usize, Reply)>) {
        // Never elsewhere, and what follows would be part of every page.
        if PROMPT {
            self.drive(|core| core.reply_all(replies, now()));
        }
    }

    fn progress(&self, lane: usize, progress: Progress) {
        let slot = self.lock().core.slot(progress.id).cloned();
        let _ = lane;
        if let Some(slot) = slot {
            slot.progress(progress.done, progress.total);
        }
    }

    fn lost(&self, lane: usize, ids: &[u64], error: Error, loss: Loss) {
        self.drive(|core| core.lost(lane, ids, &error, loss, now()));
    }

    fn down(&self, lane: usize, error: Error, loss: Loss) {
        self.drive(|core| core.down(lane, &error, loss, now()));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let state = self.state.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        for lane in state.lanes.iter().flatten() {
            lane.close();
        }
    }
}
