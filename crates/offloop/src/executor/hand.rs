//! The call that is just being sent to a lane, while the executor's lock is free.

use crate::platform::PROMPT;

/// Its lane may have threads of its own, and one of them may say meanwhile that all is lost.
#[derive(Default)]
pub(super) struct Hand {
    lane: usize,
    id: u64,
    /// The thread that sends it; 0 if there is none.
    thread: usize,
}

impl Hand {
    /// This thread is about to send this call. It meets another one there only where calls may be taken at once.
    pub(super) fn take(&mut self, lane: usize, id: u64) {
        if PROMPT {
            *self = Self { lane, id, thread: this_thread() };
        }
    }

    /// It is sent.
    pub(super) fn leave(&mut self) {
        if PROMPT {
            self.thread = 0;
        }
    }

    /// The call that another thread is sending to this lane.
    pub(super) fn elsewhere(&self, lane: usize) -> Option<u64> {
        (PROMPT && self.lane == lane && ![0, this_thread()].contains(&self.thread)).then_some(self.id)
    }
}

/// Which thread this is, of those that live.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}
