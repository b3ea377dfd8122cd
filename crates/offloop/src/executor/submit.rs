//! Waiting for room in the queue.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Executor;
use super::handle::{Handle, Slot};
use super::shared::Shared;
use crate::core::Request;
use crate::error::Error;
use crate::platform::now;
use crate::timer::Sleep;
use crate::wire::Payload;

/// The future that [`Executor::submit`] returns. Dropping it leaves the line.
#[must_use = "futures do nothing unless polled"]
pub struct Submit<R> {
    /// `None` once the handle has it.
    shared: Option<Arc<Shared>>,
    request: Option<Result<Request<Arc<Slot>>, Error>>,
    /// Rings when the deadline passes in the line. Set only once there is a line.
    alarm: Option<Box<Sleep>>,
    ticket: Option<u64>,
    output: PhantomData<fn() -> R>,
}

impl<R> Submit<R> {
    pub(super) fn new(executor: &Executor, call: Result<(u32, Payload), Error>) -> Self {
        let Executor { shared, deadline } = executor;
        let request = Some(call.and_then(|(task, input)| shared.request(task, input, *deadline)));
        Self { shared: Some(shared.clone()), request, alarm: None, ticket: None, output: PhantomData }
    }

    /// Leaves the line, if it is in there.
    fn leave(&mut self) {
        if let (Some(ticket), Some(shared)) = (self.ticket.take(), &self.shared) {
            shared.drive(|core| core.give_back(ticket, now()));
        }
    }

    /// The deadline has passed. Others must not wait for room that is kept for this one until it is dropped.
    fn late(&mut self) -> Poll<Result<Handle<R>, Error>> {
        self.leave();
        Poll::Ready(Err(Error::TimedOut))
    }
}

impl<R> Future for Submit<R> {
    type Output = Result<Handle<R>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let (mut request, shared) = match (this.request.take(), &this.shared) {
            (Some(Ok(request)), Some(shared)) => (request, shared),
            (Some(Err(error)), _) => return Poll::Ready(Err(error)),
            // Polled after it was ready.
            _ => return Poll::Ready(Err(Error::Cancelled)),
        };
        let time = now();
        let deadline = request.call.deadline;
        if deadline.is_some_and(|deadline| deadline <= time) {
            return this.late();
        }
        let slot = request.slot.clone();
        let submitted = shared.drive(|core| {
            let submitted = match this.ticket {
                Some(ticket) => core.submit_with(ticket, request, time),
                None => core.submit(request, time),
            };
            match submitted {
                Err((Error::Full, again)) => {
                    this.ticket = Some(core.wait(this.ticket, context.waker()));
                    Err((Error::Full, again))
                }
                ended => {
                    this.ticket = None;
                    ended
                }
            }
        });
        match submitted {
            Ok(id) => {
                let handle = this.shared.take().map(|shared| Handle::new(shared, slot, id));
                return Poll::Ready(handle.ok_or(Error::Cancelled));
            }
            Err((Error::Full, again)) => request = again,
            Err((error, _)) => return Poll::Ready(Err(error)),
        }
        this.request = Some(Ok(request));
        if let Some(deadline) = deadline {
            let alarm = this.alarm.get_or_insert_with(|| Box::new(Sleep::until(deadline)));
            if Pin::new(&mut **alarm).poll(context).is_ready() {
                this.request = None;
                return this.late();
            }
        }
        Poll::Pending
    }
}

impl<R> Drop for Submit<R> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<R> fmt::Debug for Submit<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submit").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
