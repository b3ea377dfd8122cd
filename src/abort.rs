//! JavaScript's way to call something off, as a future.

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_util::future::{Either, select};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

/// Gives the signal's reason once it is aborted. Dropping it stops listening.
struct Aborted {
    signal: AbortSignal,
    waker: Rc<RefCell<Option<Waker>>>,
    listener: Closure<dyn Fn()>,
}

impl Aborted {
    fn new(signal: AbortSignal) -> Self {
        let waker = Rc::new(RefCell::new(None::<Waker>));
        let woken = Rc::clone(&waker);
        let listener = Closure::<dyn Fn()>::new(move || {
            let waker = woken.borrow_mut().take();
            waker.into_iter().for_each(Waker::wake);
        });
        // Fails only for arguments of the wrong type.
        let _ = signal.add_event_listener_with_callback("abort", listener.as_ref().unchecked_ref());
        Self { signal, waker, listener }
    }
}

impl Future for Aborted {
    type Output = JsValue;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<JsValue> {
        if self.signal.aborted() {
            return Poll::Ready(self.signal.reason());
        }
        self.waker.replace(Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Aborted {
    fn drop(&mut self) {
        let _ = self.signal.remove_event_listener_with_callback("abort", self.listener.as_ref().unchecked_ref());
    }
}

/// The output of `future`, or the signal's reason if it is aborted first; the future is then dropped.
pub(crate) async fn unless_aborted<F: Future>(signal: Option<AbortSignal>, future: F) -> Result<F::Output, JsValue> {
    let Some(signal) = signal else { return Ok(future.await) };
    match select(pin!(future), Aborted::new(signal)).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right((reason, _)) => Err(reason),
    }
}
