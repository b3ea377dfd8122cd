//! Giving way when the thread's budget is spent.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use super::{Sleep, yield_now};
use crate::budget;
use crate::platform::HAS_EVENT_LOOP;

/// A future has to give way: it returns `Pending`, and polls this from the next poll on.
pub(crate) struct Turn(Option<Sleep>);

impl Turn {
    /// `None` if there is budget left.
    #[inline]
    pub(crate) fn needed(context: &mut Context<'_>) -> Option<Self> {
        if budget::proceeds() { None } else { Self::begin(context) }
    }

    #[cold]
    fn begin(context: &mut Context<'_>) -> Option<Self> {
        // A caller that cannot be woken polls by hand, as `now_or_never` does, and would lose the result.
        if is_noop(context.waker()) {
            return None;
        }
        if !HAS_EVENT_LOOP {
            context.waker().wake_by_ref();
            return Some(Self(None));
        }
        let mut sleep = yield_now();
        // Never ready at its first poll.
        let _ = Pin::new(&mut sleep).poll(context);
        Some(Self(Some(sleep)))
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.0 {
            ready!(Pin::new(sleep).poll(context));
        }
        budget::renew();
        Poll::Ready(())
    }
}

/// The no-op wakers of the standard library and of `futures` have no data. `will_wake` fails, since each crate may have its own copy.
fn is_noop(waker: &Waker) -> bool {
    waker.data().is_null()
}

/// Ready if there is budget left, or once others have run.
#[derive(Default)]
pub(crate) struct Proceed(Option<Box<Turn>>);

impl Proceed {
    #[inline]
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(turn) = &mut self.0 {
            ready!(turn.poll(context));
            self.0 = None;
        } else if let Some(turn) = Turn::needed(context) {
            self.0 = Some(Box::new(turn));
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

/// Await this before returning a result that was there at once.
pub(crate) async fn proceed() {
    budget::charge_result();
    let mut proceed = Proceed::default();
    poll_fn(|context| proceed.poll(context)).await;
}
