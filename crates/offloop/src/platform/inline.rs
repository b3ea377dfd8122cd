//! A lane in the calling thread, for places that have no other: a job is done when `submit` returns.

use std::sync::Arc;

use crate::lane::{self, Events, Lane, Stop, Traits};
use crate::task::Tasks;
use crate::wire::Call;

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
        lane::run(self.tasks, &call, &self.events);
    }

    fn cancel(&self, _: u64) {}

    fn close(&self) {}
}
