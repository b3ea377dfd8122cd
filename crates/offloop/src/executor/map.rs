//! One task over many items.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};

use super::{Executor, Handle, Submit};
use crate::error::Error;
use crate::platform::now;
use crate::task::Task;

/// How many jobs a stream may have under way, for each lane: what a lane may hold ahead, and as much again of results that wait
/// for an earlier one. Reached only by jobs so short that lanes take many at once.
const AHEAD: usize = 128;

/// Feeds items to the executor as long as it is hungry.
struct Feed<F, M, I: Iterator>
where
    F: Task<M>,
{
    executor: Executor,
    task: F,
    items: Option<I>,
    waiting: Option<Submit<F::Output>>,
    /// The error that ends the stream, with the item that got it. Returned after all other results.
    end: Option<(usize, Error)>,
    /// How many items have been taken.
    taken: usize,
    /// How long each may take.
    each: Option<Duration>,
    marker: PhantomData<fn() -> M>,
}

impl<F, M, I> Feed<F, M, I>
where
    F: Task<M>,
    I: Iterator<Item = F::Input>,
{
    /// Submits items and passes their handles, or the reasons why there are none, to `push`. `Pending` while an item waits for
    /// room; the number of items under way is `count` plus those pushed.
    fn poll(&mut self, context: &mut Context<'_>, mut count: usize, mut push: impl FnMut(Entry<F::Output>)) {
        // A closed executor has no lanes.
        let limit = self.limit();
        loop {
            if let Some(submit) = &mut self.waiting {
                let Poll::Ready(handle) = Pin::new(submit).poll(context) else { return };
                self.waiting = None;
                count += 1;
                let index = self.taken - 1;
                let ended = handle.as_ref().map_or(true, Handle::has_ended);
                match handle {
                    Err(error) if self.is_last(&error) => {
                        self.end = Some((index, error));
                        self.items = None;
                    }
                    handle => push(Entry { index, job: handle.into() }),
                }
                if ended {
                    // Inline, or refused: the result is there, and may well be the next to be given.
                    return;
                }
            }
            if count >= limit || count > 0 && !self.is_wanted(context) {
                return;
            }
            let Some(item) = self.items.as_mut().and_then(Iterator::next) else {
                self.items = None;
                return;
            };
            self.taken += 1;
            self.waiting = Some(match self.each {
                Some(each) => self.executor.within(each).submit(self.task, item),
                None => self.executor.submit(self.task, item),
            });
        }
    }

    /// Whether another item should be submitted now. If not, the task is woken when it should: also if that is because jobs of others
    /// have ended.
    fn is_wanted(&self, context: &Context<'_>) -> bool {
        self.executor.shared.drive(|core| {
            let hungry = core.is_hungry();
            if !hungry {
                core.on_hungry(context.waker());
            }
            hungry
        })
    }

    /// Whether every item that is left would get this error, too.
    fn is_last(&self, error: &Error) -> bool {
        match error {
            Error::Closed | Error::UnknownTask { .. } => true,
            // An item's own time may be over before that of all.
            Error::TimedOut => self.executor.deadline.is_some_and(|deadline| deadline <= now()),
            _ => false,
        }
    }

    fn limit(&self) -> usize {
        self.executor.lanes().max(1).saturating_mul(AHEAD)
    }

    /// The end of the items is seen only when none of them waits for room.
    fn is_done(&self) -> bool {
        self.items.is_none()
    }
}

/// An item that is under way.
struct Entry<R> {
    index: usize,
    job: Job<R>,
}

/// A handle, or the reason why there is none.
enum Job<R> {
    Handle(Handle<R>),
    Refused(Option<Error>),
}

impl<R> From<Result<Handle<R>, Error>> for Job<R> {
    fn from(handle: Result<Handle<R>, Error>) -> Self {
        handle.map_or_else(|error| Self::Refused(Some(error)), Self::Handle)
    }
}

impl<R: super::handle::Output> Future for Entry<R> {
    type Output = (usize, Result<R, Error>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let result = match &mut self.job {
            Job::Handle(handle) => ready!(Pin::new(handle).poll(context)),
            Job::Refused(error) => Err(error.take().unwrap_or(Error::Cancelled)),
        };
        Poll::Ready((self.index, result))
    }
}

macro_rules! stream {
    ($(#[$doc:meta])* $name:ident, $pending:ident) => {
        $(#[$doc])*
        #[must_use = "streams do nothing unless polled"]
        pub struct $name<F, M, I: Iterator>
        where
            F: Task<M>,
        {
            feed: Feed<F, M, I>,
            pending: $pending<Entry<F::Output>>,
        }

        impl<F, M, I> $name<F, M, I>
        where
            F: Task<M>,
            I: Iterator<Item = F::Input>,
        {
            pub(super) fn new(executor: Executor, task: F, items: I) -> Self {
                let items = Some(items);
                let feed = Feed { executor, task, items, waiting: None, end: None, taken: 0, each: None, marker: PhantomData };
                Self { feed, pending: $pending::new() }
            }

            /// Each item must be done within this time from when it is submitted, or gives [`Error::TimedOut`]; the others go on.
            /// [`Executor::within`] is for all of them together, and both may be given.
            pub fn each_within(mut self, timeout: Duration) -> Self {
                self.feed.each = Some(timeout);
                self
            }

            fn poll_indexed(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, Result<F::Output, Error>)>> {
                let Self { feed, pending } = self;
                loop {
                    let count = pending.len();
                    feed.poll(context, count, |entry| extend(pending, entry));
                    let fed = pending.len() > count;
                    match Pin::new(&mut *pending).poll_next(context) {
                        Poll::Ready(None) if feed.is_done() => {
                            return Poll::Ready(feed.end.take().map(|(index, error)| (index, Err(error))));
                        }
                        // All that was submitted has ended, but there are more items, of which one waits for room.
                        Poll::Ready(None) => return Poll::Pending,
                        Poll::Pending if fed => {
                            // A job may have ended while it was submitted, and so made the executor hungry again.
                            if !feed.is_done() && feed.waiting.is_none() && feed.executor.shared.drive(|core| core.is_hungry()) && pending.len() < feed.limit() {
                                continue;
                            }
                            return Poll::Pending;
                        }
                        poll => return poll,
                    }
                }
            }
        }

        // Nothing in it is ever pinned in place.
        impl<F: Task<M>, M, I: Iterator> Unpin for $name<F, M, I> {}

        impl<F, M, I> Stream for $name<F, M, I>
        where
            F: Task<M>,
            I: Iterator<Item = F::Input>,
        {
            type Item = Result<F::Output, Error>;

            fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                self.poll_indexed(context).map(|next| next.map(|(_, result)| result))
            }
        }

        impl<F: Task<M>, M, I: Iterator> fmt::Debug for $name<F, M, I> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("pending", &self.pending.len()).finish_non_exhaustive()
            }
        }
    };
}

fn extend<T>(pending: &mut impl Extend<T>, entry: T) {
    pending.extend([entry]);
}

stream! {
    /// Results in the order of the items; see [`Executor::map`].
    Map, FuturesOrdered
}
stream! {
    /// Results in the order of their coming; see [`Executor::map_unordered`].
    MapUnordered, FuturesUnordered
}

impl<F, M, I> MapUnordered<F, M, I>
where
    F: Task<M>,
    I: Iterator<Item = F::Input>,
{
    /// The same results, each with the index of its item: which one it answers.
    ///
    /// # Examples
    ///
    /// ```ignore-wasm32
    /// # use offloop::{Executor, Options};
    /// use futures_util::StreamExt;
    ///
    /// fn length(text: String) -> usize {
    ///     text.len()
    /// }
    /// offloop::tasks! { #[idempotent] length }
    ///
    /// # futures_executor::block_on(async {
    /// let pool = Executor::threads(&TASKS, Options::default());
    /// let texts = ["a", "lane", "is"].map(String::from);
    /// let mut lengths = [0; 3];
    /// let mut results = pool.map_unordered(length, texts).indexed();
    /// while let Some((index, length)) = results.next().await {
    ///     lengths[index] = length?;
    /// }
    /// assert_eq!(lengths, [1, 4, 2]);
    /// # Ok::<(), offloop::Error>(()) }).unwrap();
    /// ```
    pub fn indexed(self) -> Indexed<F, M, I> {
        Indexed(self)
    }
}

/// Results in the order of their coming, each with the index of its item; see [`MapUnordered::indexed`].
#[must_use = "streams do nothing unless polled"]
pub struct Indexed<F: Task<M>, M, I: Iterator>(MapUnordered<F, M, I>);

impl<F, M, I> Stream for Indexed<F, M, I>
where
    F: Task<M>,
    I: Iterator<Item = F::Input>,
{
    type Item = (usize, Result<F::Output, Error>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_indexed(context)
    }
}

impl<F: Task<M>, M, I: Iterator> fmt::Debug for Indexed<F, M, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Indexed").field(&self.0).finish()
    }
}
