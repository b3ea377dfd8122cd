//! A lane that is a thread, more or less: as many threads as there are lanes take the calls of all of them. They are started with the
//! first calls and end after some idle time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use super::crew::Crew;
use super::no_thread;
use crate::error::Error;
use crate::lane::{Events, Factory, Lane, Loss, Stop, Traits};
use crate::task::Tasks;
use crate::wire::{Call, Reply};

/// Makes lanes that share their threads.
pub(crate) fn factory(tasks: &'static Tasks) -> Factory {
    let crew = Crew::new(tasks);
    Box::new(move |events| {
        crew.join(&events);
        Box::new(Thread { crew: crew.clone(), events, closed: AtomicBool::new(false) })
    })
}

struct Thread {
    crew: Arc<Crew>,
    events: Events,
    closed: AtomicBool,
}

impl Lane for Thread {
    fn traits(&self) -> Traits {
        // Calls that are known to be short are handed over many at a time, since to wake a thread takes longer than they do. Whichever
        // thread is free takes the next ones, and what is stuck behind a call that turns out to be long is taken from there within moments.
        Traits { stop: Stop::Wait, prefetch: 64, ahead: Duration::from_micros(100), shared: false }
    }

    fn send(&self, call: Arc<Call>) {
        match self.take(call) {
            Ok(true) => self.nudge(),
            Ok(false) => {}
            Err(error) => self.events.down(error, Loss::NeverStarted),
        }
    }

    // To let go of the executor's lock and take it again for each call was a good part of a trivial one.
    fn is_prompt(&self) -> bool {
        true
    }

    fn take(&self, call: Arc<Call>) -> Result<bool, Error> {
        self.crew.take(call, self.events.lane()).map_err(|error| no_thread("for a lane", &error))
    }

    fn nudge(&self) {
        self.crew.tell(true);
    }

    fn cancel(&self, id: u64) {
        if self.crew.cancel(id) {
            self.events.reply(vec![Reply { id, busy: Duration::ZERO, result: Err(Error::Cancelled) }]);
        }
    }

    fn warm(&self) {
        self.crew.warm();
    }

    fn close(&self) {
        if !self.closed.swap(true, Relaxed) {
            self.crew.leave(self.events.lane());
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.close();
    }
}
