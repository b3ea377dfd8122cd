//! What the core wants done: what is told to those who wait, and what the shell does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use super::Core;
use crate::error::Error;
use crate::instant::Instant;
use crate::wire::{Call, Payload};

/// What somebody who waits is told.
pub(crate) enum News<S> {
    /// Give the caller its result, and what is left of the call.
    Finish { slot: S, result: Result<Payload, Error>, call: Arc<Call> },
    /// Wake a future that waits for room or for the end.
    Wake(Waker),
    /// Drop the waker of one that does not wait any more.
    Forget(Waker),
}

/// What the executor's shell does, or has a lane do.
pub(crate) enum Deed {
    /// Have the lane do this.
    Lane { lane: usize, order: Order },
    /// Run this call in the calling thread and report as [`INLINE`](super::INLINE).
    Inline { call: Arc<Call> },
    /// Call `tick` at this moment. Replaces an earlier request.
    Alarm(Instant),
}

/// What a lane is to do.
pub(crate) enum Order {
    /// Take this call.
    Send(Arc<Call>),
    /// Know that nobody waits for this call.
    Cancel(u64),
    /// Stop what it does, at once.
    Reset,
    /// End for good.
    Close,
}

/// What comes next.
pub(crate) enum Next<S> {
    Tell(News<S>),
    /// Send a call to this lane.
    Send(usize),
    /// Do something else.
    Do,
    Rest,
}

/// News and deeds, in one order: each deed is due once what was to be told before it has been taken.
pub(super) struct Agenda<S> {
    news: VecDeque<News<S>>,
    /// Each with the number of news that there had been.
    deeds: VecDeque<(u64, Deed)>,
    /// How many news there have been.
    told: u64,
}

impl<S> Default for Agenda<S> {
    fn default() -> Self {
        Self { news: VecDeque::new(), deeds: VecDeque::new(), told: 0 }
    }
}

impl<S> Agenda<S> {
    /// The first of the deeds, if it is due.
    fn due(&self) -> Option<&Deed> {
        let (after, deed) = self.deeds.front()?;
        let waiting = u64::try_from(self.news.len()).unwrap_or(u64::MAX);
        (self.told - waiting >= *after).then_some(deed)
    }
}

impl<S> Core<S> {
    /// What comes next. What is to be told is taken with this, what is to be done is not.
    #[inline]
    pub(crate) fn next(&mut self) -> Next<S> {
        match self.agenda.due() {
            Some(Deed::Lane { lane, order: Order::Send(_) }) => Next::Send(*lane),
            Some(_) => Next::Do,
            None => self.agenda.news.pop_front().map_or(Next::Rest, Next::Tell),
        }
    }

    /// What is to be done next. To be asked for when [`next`](Self::next) has said that it is due.
    pub(crate) fn deed(&mut self) -> Option<Deed> {
        let (_, deed) = self.agenda.deeds.pop_front()?;
        // Not before: a new lane under this index would be closed in place of the old one.
        if let Deed::Lane { lane, order: Order::Close } = deed {
            self.lanes.vacate(lane);
        }
        Some(deed)
    }

    /// How much there is to tell.
    pub(crate) fn news_left(&self) -> usize {
        self.agenda.news.len()
    }

    pub(super) fn tell(&mut self, news: News<S>) {
        self.agenda.told += 1;
        self.agenda.news.push_back(news);
    }

    pub(super) fn order(&mut self, lane: usize, order: Order) {
        self.act(Deed::Lane { lane, order });
    }

    pub(super) fn act(&mut self, deed: Deed) {
        self.agenda.deeds.push_back((self.agenda.told, deed));
    }

    /// Takes back calls that the shell has not handed to the lane yet and of which this is true.
    #[inline]
    pub(super) fn withdraw(&mut self, lane: usize, is_such: impl Fn(u64) -> bool) {
        // Nearly always, and asked at each reply.
        if self.agenda.deeds.is_empty() {
            return;
        }
        self.agenda.deeds.retain(|(_, deed)| match deed {
            Deed::Lane { lane: to, order: Order::Send(call) } => *to != lane || !is_such(call.id),
            Deed::Lane { order: Order::Cancel(_) | Order::Reset | Order::Close, .. }
            | Deed::Inline { .. }
            | Deed::Alarm(_) => true,
        });
    }
}

/// For tests, which take everything as it comes.
#[cfg(test)]
pub(crate) enum Action<S> {
    Tell(News<S>),
    Do(Deed),
}

#[cfg(test)]
impl<S> Core<S> {
    pub(super) fn action(&mut self) -> Option<Action<S>> {
        match self.next() {
            Next::Tell(news) => Some(Action::Tell(news)),
            Next::Send(_) | Next::Do => self.deed().map(Action::Do),
            Next::Rest => None,
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.agenda.news.is_empty() && self.agenda.deeds.is_empty()
    }
}
