//! Waiting for room in the queue.

use std::fmt;
use std::future::Future;
use std::mem::replace;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::Executor;
use super::handle::{Handle, Slot};
use super::shared::Shared;
use crate::budget::charge_result;
use crate::core::Request;
use crate::error::Error;
use crate::platform::now;
use crate::timer::{Proceed, Sleep, sleep_until};
use crate::wire::Payload;

/// The future that [`Executor::submit`] returns. Dropping it leaves the line.
#[must_use = "futures do nothing unless polled"]
pub struct Submit<R> {
    /// `None` once the handle has it.
    shared: Option<Arc<Shared>>,
    stage: Stage<R>,
    /// Rings when the deadline passes in the line. Set only once there is a line.
    alarm: Option<Box<Sleep>>,
    ticket: Option<u64>,
    proceed: Proceed,
}

enum Stage<R> {
    Waiting(Request<Arc<Slot>>),
    /// Not returned yet, because the future gives way first.
    Ended(Result<Handle<R>, Error>),
    /// Returned.
    Over,
}

impl<R> Submit<R> {
    pub(super) fn new(executor: &Executor, call: Result<(u32, Payload), Error>) -> Self {
        let Executor { shared, deadline } = executor;
        let request = call.and_then(|(task, input)| shared.request(task, input, *deadline));
        let refused = |error| {
            charge_result();
            Stage::Ended(Err(error))
        };
        let stage = request.map_or_else(refused, Stage::Waiting);
        Self { shared: Some(shared.clone()), stage, alarm: None, ticket: None, proceed: Proceed::default() }
    }

    /// Leaves the line, if it is in there.
    fn leave(&mut self) {
        if let (Some(ticket), Some(shared)) = (self.ticket.take(), &self.shared) {
            shared.drive(|core| core.give_back(ticket, now()));
        }
    }

    /// The deadline has passed. Others must not wait for room that is kept for this one until it is dropped.
    fn late(&mut self) -> Result<Handle<R>, Error> {
        self.leave();
        self.stage = Stage::Over;
        Err(Error::TimedOut)
    }

    /// Submits the job if there is room, or waits for it.
    fn poll_room(&mut self, request: Request<Arc<Slot>>, context: &mut Context<'_>) -> Poll<Result<Handle<R>, Error>> {
        let Some(shared) = &self.shared else { return Poll::Ready(Err(Error::Cancelled)) };
        let time = now();
        let deadline = request.call.deadline;
        if deadline.is_some_and(|deadline| deadline <= time) {
            return Poll::Ready(self.late());
        }
        let slot = request.slot.clone();
        let submitted = shared.drive(|core| {
            let submitted = match self.ticket {
                Some(ticket) => core.submit_with(ticket, request, time),
                None => core.submit(request, time),
            };
            match submitted {
                Err((Error::Full, again)) => {
                    self.ticket = Some(core.wait(self.ticket, context.waker()));
                    Err((Error::Full, again))
                }
                ended => {
                    self.ticket = None;
                    ended
                }
            }
        });
        match submitted {
            Ok(id) => {
                let handle = self.shared.take().map(|shared| Handle::new(shared, slot, id));
                return Poll::Ready(handle.ok_or(Error::Cancelled));
            }
            Err((Error::Full, again)) => self.stage = Stage::Waiting(again),
            Err((error, _)) => return Poll::Ready(Err(error)),
        }
        if let Some(deadline) = deadline {
            let alarm = self.alarm.get_or_insert_with(|| Box::new(sleep_until(deadline)));
            if Pin::new(&mut **alarm).poll(context).is_ready() {
                return Poll::Ready(self.late());
            }
        }
        Poll::Pending
    }
}

impl<R> Future for Submit<R> {
    type Output = Result<Handle<R>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let ended = match replace(&mut this.stage, Stage::Over) {
            Stage::Waiting(request) => {
                let ended = ready!(this.poll_room(request, context));
                // Accepted jobs need no charge: a full queue stops them, and inline ones are charged where they run.
                if ended.is_err() {
                    charge_result();
                }
                ended
            }
            Stage::Ended(ended) => ended,
            // Polled after it was ready.
            Stage::Over => Err(Error::Cancelled),
        };
        if this.proceed.poll(context).is_pending() {
            this.stage = Stage::Ended(ended);
            return Poll::Pending;
        }
        Poll::Ready(ended)
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
