//! Waiting for room in the queue.

use std::fmt;
use std::future::Future;
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
use crate::timer::{Sleep, Turn, sleep_until};
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
    held: Option<Box<Held<R>>>,
}

/// What is returned once others have run.
struct Held<R> {
    turn: Turn,
    result: Result<Handle<R>, Error>,
}

impl<R> Submit<R> {
    pub(super) fn new(executor: &Executor, call: Result<(u32, Payload), Error>) -> Self {
        let Executor { shared, deadline } = executor;
        let request = Some(call.and_then(|(task, input)| shared.request(task, input, *deadline)));
        Self { shared: Some(shared.clone()), request, alarm: None, ticket: None, held: None }
    }

    /// Leaves the line, if it is in there.
    fn leave(&mut self) {
        if let (Some(ticket), Some(shared)) = (self.ticket.take(), &self.shared) {
            shared.drive(|core| core.give_back(ticket, now()));
        }
    }

    /// Submits the job if there is room, or waits for it.
    #[inline]
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<Handle<R>, Error>> {
        let (mut request, shared) = match (self.request.take(), &self.shared) {
            (Some(Ok(request)), Some(shared)) => (request, shared),
            (Some(Err(error)), _) => return refuse(error),
            // Polled after it was ready.
            _ => return refuse(Error::Cancelled),
        };
        let time = now();
        let deadline = request.call.deadline;
        if deadline.is_some_and(|deadline| deadline <= time) {
            // Others must not wait for room that is kept for this one until it is dropped.
            self.leave();
            return refuse(Error::TimedOut);
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
            Err((Error::Full, again)) => request = again,
            Err((error, _)) => return refuse(error),
        }
        if let Some(deadline) = deadline {
            let alarm = self.alarm.get_or_insert_with(|| Box::new(sleep_until(deadline)));
            if Pin::new(&mut **alarm).poll(context).is_ready() {
                self.leave();
                return refuse(Error::TimedOut);
            }
        }
        self.request = Some(Ok(request));
        Poll::Pending
    }
}

fn refuse<T>(error: Error) -> Poll<Result<T, Error>> {
    // Accepted jobs are not charged: a full queue stops them, and inline ones are charged where they run.
    charge_result();
    Poll::Ready(Err(error))
}

impl<R> Future for Submit<R> {
    type Output = Result<Handle<R>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(held) = &mut self.held {
            ready!(held.turn.poll(context));
        }
        if let Some(held) = self.held.take() {
            return Poll::Ready(held.result);
        }
        let result = ready!(self.poll_room(context));
        if let Some(turn) = Turn::needed(context) {
            self.held = Some(Box::new(Held { turn, result }));
            return Poll::Pending;
        }
        Poll::Ready(result)
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
