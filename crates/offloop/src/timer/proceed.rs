//! Giving way when the thread's budget is spent.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use super::{Sleep, yield_now};
use crate::budget;
use crate::platform::HAS_EVENT_LOOP;

/// Ready if there is budget left, or once others have run.
#[derive(Default)]
pub(crate) struct Proceed {
    was_refused: bool,
    /// A turn of the event loop, if there is one.
    turn: Option<Box<Sleep>>,
}

impl Proceed {
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.was_refused {
            // A caller that cannot be woken polls by hand, as `now_or_never` does, and would lose the result.
            if budget::proceeds() || is_noop(context.waker()) {
                return Poll::Ready(());
            }
            self.was_refused = true;
            if !HAS_EVENT_LOOP {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.turn = Some(Box::new(yield_now()));
        }
        if let Some(turn) = &mut self.turn {
            ready!(Pin::new(&mut **turn).poll(context));
        }
        *self = Self::default();
        budget::renew();
        Poll::Ready(())
    }
}

/// The no-op wakers of the standard library and of `futures` have no data. `will_wake` fails, since each crate may have its own copy.
fn is_noop(waker: &Waker) -> bool {
    waker.data().is_null()
}

/// Await this before returning a result that was there at once.
pub(crate) async fn proceed() {
    budget::charge_result();
    let mut proceed = Proceed::default();
    poll_fn(|context| proceed.poll(context)).await;
}
