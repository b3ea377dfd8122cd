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
use crate::instant::Instant;
use crate::platform::now;
use crate::timer::Sleep;
use crate::wire::Payload;

/// A job on its way in, and where its result will be.
type Job = (Arc<Slot>, Request<Arc<Slot>>);

/// The future that [`Executor::submit`] returns. Dropping it leaves the line.
#[must_use = "futures do nothing unless polled"]
pub struct Submit<R> {
    shared: Arc<Shared>,
    job: Option<Result<Job, Error>>,
    deadline: Option<Instant>,
    /// Rings when the deadline passes in the line. Set only once there is a line.
    alarm: Option<Box<Sleep>>,
    ticket: Option<u64>,
    output: PhantomData<fn() -> R>,
}

impl<R> Submit<R> {
    pub(super) fn new(executor: &Executor, call: Result<(u32, Payload), Error>) -> Self {
        let Executor { shared, deadline } = executor;
        let job = call.and_then(|(task, input)| shared.request(task, input, *deadline));
        Self {
            shared: shared.clone(),
            job: Some(job),
            deadline: *deadline,
            alarm: None,
            ticket: None,
            output: PhantomData,
        }
    }

    /// Leaves the line, if it is in there.
    fn leave(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.drive(|core| core.give_back(ticket, now()));
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
        let (slot, mut request) = match this.job.take() {
            Some(Ok(job)) => job,
            Some(Err(error)) => return Poll::Ready(Err(error)),
            // Polled after it was ready.
            None => return Poll::Ready(Err(Error::Cancelled)),
        };
        let time = now();
        if this.deadline.is_some_and(|deadline| deadline <= time) {
            return this.late();
        }
        let submitted = this.shared.drive(|core| {
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
            Ok(id) => return Poll::Ready(Ok(Handle::new(this.shared.clone(), slot, id))),
            Err((Error::Full, again)) => request = again,
            Err((error, _)) => return Poll::Ready(Err(error)),
        }
        this.job = Some(Ok((slot, request)));
        if let Some(deadline) = this.deadline {
            let alarm = this.alarm.get_or_insert_with(|| Box::new(Sleep::until(deadline)));
            if Pin::new(&mut **alarm).poll(context).is_ready() {
                this.job = None;
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
