//! One alarm for everything that is to happen at some time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::instant::Instant;

/// What is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// The job's deadline passes.
    Deadline(u64),
    /// The job's back-off ends.
    Retry(u64),
    /// A look at the lane is due: its back-off ends, or a job that nobody waits for keeps it busy.
    Lane(usize),
}

#[derive(Default)]
pub(super) struct Alarms {
    heap: BinaryHeap<Reverse<(Instant, Alarm)>>,
    armed: Option<Instant>,
}

impl Alarms {
    pub(super) fn add(&mut self, when: Instant, alarm: Alarm) {
        self.heap.push(Reverse((when, alarm)));
    }

    /// The moment to be woken at, if that has to be earlier than asked for so far.
    pub(super) fn arm(&mut self) -> Option<Instant> {
        let Reverse((when, _)) = *self.heap.peek()?;
        if self.armed.is_some_and(|armed| armed <= when) {
            return None;
        }
        self.armed = Some(when);
        self.armed
    }

    /// Everything whose time has come.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Alarm> {
        self.armed = None;
        let mut due = Vec::new();
        while let Some(&Reverse((when, alarm))) = self.heap.peek()
            && when <= now
        {
            self.heap.pop();
            due.push(alarm);
        }
        due
    }

    /// Everything there is.
    pub(super) fn take(&mut self) -> Vec<Alarm> {
        self.armed = None;
        self.heap.drain().map(|Reverse((_, alarm))| alarm).collect()
    }

    /// Forgets alarms of jobs that are gone once they outnumber the others, so that short jobs with far deadlines do not pile up.
    pub(super) fn tidy(&mut self, jobs: usize, is_alive: impl Fn(u64) -> bool) {
        if self.heap.len() > 64 && self.heap.len() / 4 > jobs {
            self.heap.retain(|Reverse((_, alarm))| match alarm {
                Alarm::Deadline(id) | Alarm::Retry(id) => is_alive(*id),
                Alarm::Lane(_) => true,
            });
        }
    }
}

#[cfg(test)]
impl Alarms {
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}
