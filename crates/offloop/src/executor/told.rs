//! What is told once the executor's lock is free.

use std::sync::Arc;

use super::handle::Slot;
use crate::core::News;
use crate::foreign::{contain, wake};
use crate::lane::Lane;
use crate::platform::PROMPT;

/// Results and wakers, and lanes with calls for threads that sleep.
#[derive(Default)]
pub(super) struct Told {
    first: Option<News<Arc<Slot>>>,
    more: Vec<News<Arc<Slot>>>,
    nudged: Option<Arc<dyn Lane>>,
    /// How often.
    times: usize,
}

impl Told {
    /// So many may follow.
    pub(super) fn add(&mut self, news: News<Arc<Slot>>, more: usize) {
        match self.first {
            None => {
                self.first = Some(news);
                self.more.reserve(more);
            }
            Some(_) => self.more.push(news),
        }
    }

    /// Lanes that are nudged are of one kind, and one of them is enough.
    pub(super) fn nudge(&mut self, lane: &Arc<dyn Lane>) {
        self.nudged.get_or_insert_with(|| lane.clone());
        self.times += 1;
    }

    pub(super) fn is_any(&self) -> bool {
        self.first.is_some() || self.nudged.is_some()
    }

    pub(super) fn tell(self) {
        let Self { first, more, nudged, times } = self;
        if let Some(lane) = nudged.filter(|_| PROMPT) {
            (0..times).for_each(|_| lane.nudge());
        }
        if let Some(news) = first {
            tell(news);
        }
        more.into_iter().for_each(tell);
    }
}

fn tell(news: News<Arc<Slot>>) {
    match news {
        News::Finish { slot, result, call } => slot.finish(result, call),
        News::Wake(waker) => wake(waker),
        News::Forget(waker) => _ = contain(|| drop(waker)),
    }
}
