//! Looks after calls and replies that wait for a call that should be short, in case it is not.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::{Crew, State};
use crate::platform::native::{Alarm, now};

/// How often to look. More often costs a part of the time that is saved by not waking threads.
const PERIOD: Duration = Duration::from_millis(1);

#[derive(Default)]
pub(super) struct Guard {
    alarm: Option<Alarm>,
}

impl Crew {
    /// Something waits for a call that should be short. Whether it will be looked after.
    pub(super) fn watch(&self, state: &mut State) -> bool {
        state.guard.alarm.is_some() || self.arm(state)
    }

    fn arm(&self, state: &mut State) -> bool {
        let itself = self.itself.clone();
        let ring = move || {
            if let Some(crew) = itself.upgrade() {
                crew.look_after();
            }
        };
        state.guard.alarm =
            Some((self.alarm)(now() + PERIOD, Arc::new(ring))).filter(|alarm| alarm.refusal().is_none());
        state.guard.alarm.is_some()
    }

    fn look_after(&self) {
        let mut state = self.lock();
        state.guard.alarm = None;
        let State { crew, calls, backlog, brief, .. } = &mut *state;
        let (mut replies, mut watched) = (Vec::new(), false);
        for member in crew.iter_mut().flatten().filter(|member| member.brief) {
            let mut load = member.own.lock();
            if load.begun != member.seen {
                member.seen = load.begun;
                watched = true;
                continue;
            }
            // It has not begun a call for a while: what runs is not short, and others come to what waits for it.
            member.brief = false;
            *brief -= 1;
            replies.append(&mut load.replies);
            while let Some(waiting) = load.calls.pop_back() {
                *backlog += waiting.weight();
                calls.push_front(waiting);
            }
        }
        self.waiting.0.store(calls.len(), Relaxed);
        if watched {
            self.arm(&mut state);
        }
        // Somebody runs the calls in any case, so that it makes no difference if no thread can be started.
        let tell = !state.calls.is_empty() && self.cover(&mut state).unwrap_or(false);
        let events = state.events.clone();
        drop(state);
        self.tell(tell);
        if let Some(events) = events.filter(|_| !replies.is_empty()) {
            events.reply_all(&mut replies);
        }
    }
}

#[cfg(test)]
impl Guard {
    pub(super) fn is_armed(&self) -> bool {
        self.alarm.is_some()
    }
}
