//! What an isolate has heard of a place, over all its requests, and how long ago.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::instant::Instant;

/// So long a silence of a place that has calls counts as one more call: as long as most parts of a job take.
const SILENCE: Duration = Duration::from_millis(20);

/// How long a place that has failed is avoided: as long as its process takes to start again. Doubled with each failure in a row, five times.
const REST: Duration = Duration::from_millis(50);
const MOST_DOUBLINGS: u32 = 5;

/// How long a body may take to arrive before its call counts as [`LATE_BODY`] calls. Its client may be slow, or the place stands still: so it weighs
/// more, but not more and more, or a few slow clients would keep others away from a place.
const BODY_TIME: Duration = Duration::from_millis(500);
const LATE_BODY: usize = 8;

/// What a place that has just failed weighs more than one that answers.
const FAILING: usize = 1_000;

#[derive(Default)]
pub(super) struct Pulse {
    next: Cell<u64>,
    /// Fetches that are under way, oldest first, with the moments when they were sent.
    under_way: RefCell<Vec<(u64, Instant)>>,
    /// Those whose bodies may still be coming: they may wait for their clients.
    with_bodies: RefCell<Vec<(u64, Instant)>>,
    heard: Cell<Option<Instant>>,
    failed: Cell<Option<Instant>>,
    /// In a row.
    failures: Cell<u32>,
}

/// A fetch that is under way, until it is dropped.
pub(super) struct Departure {
    number: u64,
    pulse: Rc<Pulse>,
}

impl Pulse {
    pub(super) fn depart(self: &Rc<Self>, now: Instant) -> Departure {
        self.depart_in(&self.under_way, now)
    }

    pub(super) fn depart_with_body(self: &Rc<Self>, now: Instant) -> Departure {
        self.depart_in(&self.with_bodies, now)
    }

    fn depart_in(self: &Rc<Self>, list: &RefCell<Vec<(u64, Instant)>>, now: Instant) -> Departure {
        let number = self.next.replace(self.next.get() + 1);
        list.borrow_mut().push((number, now));
        Departure { number, pulse: self.clone() }
    }

    /// An answer has come, or a part of one.
    pub(super) fn heard(&self, now: Instant) {
        self.heard.set(Some(now));
        self.failures.set(0);
        self.failed.set(None);
    }

    pub(super) fn failed(&self, now: Instant) {
        // Those that fail together are one failure.
        if self.failed.replace(Some(now)) != Some(now) {
            self.failures.set(self.failures.get().saturating_add(1));
        }
    }

    /// Since when a place is silent that has something to say. It runs one call at a time, so the oldest one can have begun then.
    fn silent_since(&self) -> Option<(u64, Instant)> {
        let (oldest, sent) = *self.under_way.borrow().first()?;
        Some((oldest, self.heard.get().map_or(sent, |heard| heard.max(sent))))
    }

    /// Before when this fetch's first call cannot have begun: never if another fetch was before it.
    pub(super) fn began(&self, departure: Option<&Departure>, now: Instant) -> Instant {
        let first = self.silent_since().filter(|(oldest, _)| departure.is_some_and(|one| one.number == *oldest));
        match first {
            Some((_, since)) => {
                // The next in line has not begun before this moment.
                self.heard.set(Some(now));
                since
            }
            None => now,
        }
    }

    /// How many calls the silence and the failures of a place count for.
    pub(super) fn weight(&self, now: Instant) -> usize {
        let silence = self.silent_since().map_or(Duration::ZERO, |(_, since)| now - since);
        let silent = usize::try_from(silence.as_millis() / SILENCE.as_millis()).unwrap_or(usize::MAX);
        let rest = REST * (1 << self.failures.get().saturating_sub(1).min(MOST_DOUBLINGS));
        let is_failing = self.failed.get().is_some_and(|failed| now - failed < rest);
        let late = self.with_bodies.borrow().iter().filter(|(_, sent)| now - *sent > BODY_TIME).count();
        silent.saturating_add(LATE_BODY * late).saturating_add(if is_failing { FAILING } else { 0 })
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        for list in [&self.pulse.under_way, &self.pulse.with_bodies] {
            list.borrow_mut().retain(|(number, _)| *number != self.number);
        }
    }
}
