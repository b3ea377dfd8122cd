//! When the client of a request goes away.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

/// A future that is ready when the client of a request has gone away. Needs the flag `enable_request_signal`.
///
/// The event is the last thing that a request gets to run: futures that are woken by it run once more, and everything else of the
/// request stays where it is for ever. So drop what must be dropped as soon as this is ready.
///
/// workerd sees that a TCP client has gone when it resets the connection, or when something is written to it; a client that only
/// closes its end may still be reading.
pub struct Gone {
    signal: SendWrapper<AbortSignal>,
    listener: SendWrapper<Option<Listener>>,
}

struct Listener {
    closure: Closure<dyn FnMut()>,
    state: Rc<State>,
}

#[derive(Default)]
struct State {
    gone: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Gone {
    /// Watches the signal of a request. Listens to it from the first poll on.
    #[must_use]
    pub fn new(signal: AbortSignal) -> Self {
        Self { signal: SendWrapper::new(signal), listener: SendWrapper::new(None) }
    }
}

impl Future for Gone {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(listener) = &*self.listener {
            if listener.state.gone.get() {
                return Poll::Ready(());
            }
            let mut waker = listener.state.waker.borrow_mut();
            if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                *waker = Some(context.waker().clone());
            }
            return Poll::Pending;
        }
        if self.signal.aborted() {
            return Poll::Ready(());
        }
        let state = Rc::new(State { waker: RefCell::new(Some(context.waker().clone())), ..State::default() });
        let closure = Closure::<dyn FnMut()>::new({
            let state = state.clone();
            move || {
                state.gone.set(true);
                let waker = state.waker.take();
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        });
        // Fails only for events that nobody may listen to.
        let _ = self.signal.add_event_listener_with_callback("abort", closure.as_ref().unchecked_ref());
        *self.listener = Some(Listener { closure, state });
        Poll::Pending
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        if let Some(Listener { closure, .. }) = (*self.listener).take() {
            let _ = self.signal.remove_event_listener_with_callback("abort", closure.as_ref().unchecked_ref());
        }
    }
}

impl fmt::Debug for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gone").field("gone", &self.signal.aborted()).finish_non_exhaustive()
    }
}
