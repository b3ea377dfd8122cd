//! A job's caller's side.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::{replace, take};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::canceller::Canceller;
use super::shared::Shared;
use crate::budget::charge_result;
use crate::error::Error;
use crate::foreign::wake;
use crate::task::Tasks;
use crate::timer::Proceed;
use crate::wire::{Call, Payload};

/// A job that was accepted; a future of its result.
///
/// Dropping the handle cancels the job: if it waits it never starts, and if it runs it is stopped as far as its lane allows.
/// [`detach`](Self::detach) lets it go on instead.
#[must_use = "dropping a handle cancels its job; await it, or let the job go on with detach"]
pub struct Handle<R> {
    shared: Arc<Shared>,
    slot: Arc<Slot>,
    id: u64,
    ended: bool,
    /// `is_finished` has said so: the next poll must give the result.
    was_told: AtomicBool,
    proceed: Proceed,
    output: PhantomData<fn() -> R>,
}

/// How many bytes of an argument may wait with the result for the handle.
const SMALL: usize = 256;

/// Where a job's result waits for its handle.
#[derive(Default)]
pub(super) struct Slot(Mutex<State>);

#[derive(Default)]
struct State {
    outcome: Outcome,
    extra: Option<Box<Extra>>,
}

/// What has become of the job.
enum Outcome {
    /// It has not ended. Who waits for that.
    Open(Option<Waker>),
    /// It has ended, and this is for the handle. The call is kept for its memory to be given back in the thread that it came from, which
    /// is cheaper.
    Ended(Result<Payload, Error>, Option<Arc<Call>>),
    /// The handle has its result.
    Taken,
}

impl Default for Outcome {
    fn default() -> Self {
        Self::Open(None)
    }
}

/// What most jobs never need.
#[derive(Default)]
struct Extra {
    progress: Option<(u64, u64)>,
    /// Of the streams that wait for the next report, each with its number.
    listeners: Vec<(usize, Waker)>,
    /// How many streams there have been.
    streams: usize,
    /// Keeps the executor alive for a detached job.
    keep: Option<Arc<Shared>>,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn finish(&self, result: Result<Payload, Error>, call: Arc<Call>) {
        // Not kept for longer than needed, if it is worth mentioning.
        let call = Some(call).filter(|call| call.input.len() <= SMALL);
        let mut state = self.lock();
        let before = replace(&mut state.outcome, Outcome::Ended(result, call));
        let extra = state.extra.as_mut().map(|extra| (take(&mut extra.listeners), extra.keep.take()));
        drop(state);
        // Wakers and the executor's end may run foreign code, so not under the lock.
        if let Outcome::Open(Some(waker)) = before {
            wake(waker);
        }
        if let Some((listeners, keep)) = extra {
            listeners.into_iter().for_each(|(_, waker)| wake(waker));
            drop(keep);
        }
    }

    pub(super) fn progress(&self, done: u64, total: u64) {
        let mut state = self.lock();
        let extra = state.extra();
        extra.progress = Some((done, total));
        let listeners = take(&mut extra.listeners);
        drop(state);
        listeners.into_iter().for_each(|(_, waker)| wake(waker));
    }
}

/// Types that a finished job's payload can be turned into.
pub trait Output: Sized {
    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if it holds something else.
    fn read(payload: Payload, tasks: &Tasks) -> Result<Self, Error>;
}

impl<R: DeserializeOwned + 'static> Output for R {
    fn read(payload: Payload, tasks: &Tasks) -> Result<Self, Error> {
        tasks.result(payload).map_err(|error| error.of("the result"))
    }
}

impl Output for Payload {
    fn read(payload: Payload, _: &Tasks) -> Result<Self, Error> {
        Ok(payload)
    }
}

impl<R> Handle<R> {
    pub(super) fn new(shared: Arc<Shared>, slot: Arc<Slot>, id: u64) -> Self {
        let (was_told, proceed) = (AtomicBool::new(false), Proceed::default());
        Self { shared, slot, id, ended: false, was_told, proceed, output: PhantomData }
    }

    /// Cancels the job; awaiting the handle then gives [`Error::Cancelled`]. False if the job had ended before.
    pub fn cancel(&self) -> bool {
        self.shared.cancel(self.id)
    }

    /// What cancels this job from elsewhere, while the handle is awaited.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller::new(Arc::downgrade(&self.shared), self.id)
    }

    /// Lets the job go on with nobody waiting for its result. The executor lives at least as long as the job.
    pub fn detach(mut self) {
        self.ended = true;
        let mut state = self.slot.lock();
        if state.is_open() {
            state.extra().keep = Some(self.shared.clone());
        }
    }

    /// Whether the job has ended, with a result or without. If so, the handle is ready at the next poll.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let is_finished = self.has_ended();
        if is_finished {
            self.was_told.store(true, Relaxed);
        }
        is_finished
    }

    pub(super) fn has_ended(&self) -> bool {
        !self.slot.lock().is_open()
    }

    /// The task's latest report, as units done and units in all (0: unknown).
    #[must_use]
    pub fn progress(&self) -> Option<(u64, u64)> {
        self.slot.lock().extra.as_ref()?.progress
    }

    /// The task's reports as a stream that ends with the job. Reports that come faster than they are read are skipped.
    pub fn progress_stream(&self) -> ProgressStream {
        let mut state = self.slot.lock();
        let extra = state.extra();
        extra.streams += 1;
        ProgressStream { slot: self.slot.clone(), number: extra.streams, last: None, proceed: Proceed::default() }
    }
}

impl<R: Output> Future for Handle<R> {
    type Output = Result<R, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut state = this.slot.lock();
        if let Outcome::Open(waiting) = &mut state.outcome {
            if waiting.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                return Poll::Pending;
            }
            let before = waiting.replace(context.waker().clone());
            // To drop it may run foreign code, so not under the lock.
            drop(state);
            drop(before);
            return Poll::Pending;
        }
        if !*this.was_told.get_mut() && this.proceed.poll(context).is_pending() {
            return Poll::Pending;
        }
        let outcome = replace(&mut state.outcome, Outcome::Taken);
        drop(state);
        // Polled after it was ready, as `select` in a loop may do.
        let Outcome::Ended(result, call) = outcome else { return Poll::Ready(Err(Error::Cancelled)) };
        drop(call);
        this.ended = true;
        Poll::Ready(result.and_then(|payload| R::read(payload, this.shared.tasks)))
    }
}

impl<R> Drop for Handle<R> {
    fn drop(&mut self) {
        if !self.ended {
            self.cancel();
        }
    }
}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("id", &self.id).field("finished", &self.is_finished()).finish_non_exhaustive()
    }
}

/// A task's progress reports; see [`Handle::progress_stream`].
#[must_use = "streams do nothing unless polled"]
pub struct ProgressStream {
    slot: Arc<Slot>,
    number: usize,
    last: Option<(u64, u64)>,
    proceed: Proceed,
}

impl State {
    fn is_open(&self) -> bool {
        matches!(self.outcome, Outcome::Open(_))
    }

    fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }
}

impl Extra {
    /// The stream with this number does not wait any more. Its waker may run foreign code when it is dropped, so not under the lock.
    #[must_use]
    fn forget(&mut self, number: usize) -> Option<(usize, Waker)> {
        let at = self.listeners.iter().position(|(other, _)| *other == number)?;
        Some(self.listeners.swap_remove(at))
    }
}

impl Stream for ProgressStream {
    type Item = (u64, u64);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<(u64, u64)>> {
        let this = &mut *self;
        let mut state = this.slot.lock();
        let is_open = state.is_open();
        let extra = state.extra();
        let latest = extra.progress;
        if latest != this.last {
            drop(state);
            ready!(this.proceed.poll(context));
            charge_result();
            this.last = latest;
            return Poll::Ready(latest);
        }
        if !is_open {
            return Poll::Ready(None);
        }
        let before = extra.forget(this.number);
        extra.listeners.push((this.number, context.waker().clone()));
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl Drop for ProgressStream {
    fn drop(&mut self) {
        let waker = self.slot.lock().extra().forget(self.number);
        drop(waker);
    }
}

impl fmt::Debug for ProgressStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressStream").field("last", &self.last).finish_non_exhaustive()
    }
}
