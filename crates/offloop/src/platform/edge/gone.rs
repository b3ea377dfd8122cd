//! When the client of a request goes away.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use js_sys::Function;
use send_wrapper::SendWrapper;
use web_sys::AbortSignal;

use super::js;
use super::local::News;

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
    function: Function,
    news: News,
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
        if self.signal.aborted() {
            return Poll::Ready(());
        }
        if self.listener.is_none() {
            let (news, function) = News::asked(|turn, key| js::when_gone(&self.signal, turn, key));
            *self.listener = Some(Listener { function, news });
        }
        match &mut *self.listener {
            Some(Listener { news, .. }) => Pin::new(news).poll(context).map(drop),
            None => Poll::Pending,
        }
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        if let Some(Listener { function, .. }) = (*self.listener).take() {
            // Fails only for events that nobody may listen to.
            let _ = self.signal.remove_event_listener_with_callback("abort", &function);
        }
    }
}

impl fmt::Debug for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gone").field("gone", &self.signal.aborted()).finish_non_exhaustive()
    }
}
