//! What lanes tell the executor.

use super::Shared;
use crate::error::Error;
use crate::instant::Instant;
use crate::lane::{Loss, Sink};
use crate::platform::{PROMPT, now};
use crate::wire::{Progress, Reply};

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

    fn lost(&self, lane: usize, ids: &[u64], error: Error, loss: Loss, began: Instant) {
        self.drive(|core| core.lost_since(lane, ids, &error, loss, began, now()));
    }

    fn down(&self, lane: usize, error: Error, loss: Loss) {
        let mut state = self.lock();
        let now = now();
        if let Some(id) = state.hand.elsewhere(lane) {
            state.core.doubt(lane, id, &error, loss, now);
        }
        state.core.down(lane, &error, loss, now);
        if !state.performing {
            self.perform(state);
        }
    }
}
