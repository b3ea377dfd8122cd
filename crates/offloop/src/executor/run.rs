//! Submitting and waiting in one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::handle::Output;
use super::{Handle, Submit};
use crate::error::Error;

/// The future behind [`Executor::run`](super::Executor::run). By hand, since the compiler would keep room for both parts at once, and move
/// all of it.
pub(super) enum Run<R> {
    Submitting(Submit<R>),
    Waiting(Handle<R>),
}

impl<R: Output> Future for Run<R> {
    type Output = Result<R, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut *self {
                Self::Submitting(submit) => match Pin::new(submit).poll(context) {
                    Poll::Ready(Ok(handle)) => *self = Self::Waiting(handle),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                },
                Self::Waiting(handle) => return Pin::new(handle).poll(context),
            }
        }
    }
}
