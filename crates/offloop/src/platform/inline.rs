//! A lane in the calling thread, for places that have no other: a job is done when `submit` returns.

use std::sync::Arc;

use super::now;
use crate::lane::{Events, Lane, Stop, Traits};
use crate::serve::serve;
use crate::task::{Report, Tasks};
use crate::wire::{Call, Progress};

pub(crate) struct Inline {
    tasks: &'static Tasks,
    events: Events,
}

impl Inline {
    pub(crate) fn new(tasks: &'static Tasks, events: Events) -> Self {
        Self { tasks, events }
    }
}

impl Lane for Inline {
    fn traits(&self) -> Traits {
        Traits { stop: Stop::Wait, prefetch: 1, ahead: std::time::Duration::ZERO, shared: false }
    }

    fn send(&self, call: Arc<Call>) {
        run(self.tasks, &call, &self.events);
    }

    fn cancel(&self, _: u64) {}

    fn close(&self) {}
}

/// Runs a call here and now and reports to `events`.
pub(crate) fn run(tasks: &Tasks, call: &Call, events: &Events) {
    let reply = serve(tasks, call.clone(), &Reporter { id: call.id, events }, now);
    events.reply(vec![reply]);
}

struct Reporter<'a> {
    id: u64,
    events: &'a Events,
}

impl Report for Reporter<'_> {
    fn progress(&self, done: u64, total: u64) {
        self.events.progress(Progress { id: self.id, done, total });
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}
