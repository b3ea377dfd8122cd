//! Answering the requests of clients.

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Once;
use std::task::Poll;

use js_sys::Promise;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortSignal, Response};

use super::gone::Gone;
use super::js;
use super::trap::{LastWords, Open, Speaker};
use crate::error::Error;

thread_local! {
    static EPITAPH: Once = const { Once::new() };
}

fn lost() -> Error {
    Error::Lost { cause: "another request has reset the instance".to_owned() }
}

/// Answers a request with the outcome of `handler`: gives the promise of the response, which the `fetch` handler returns.
///
/// - When the client goes away, `handler` is dropped at once, and its jobs are cancelled with it. The runtime by itself would just
///   never come back to it, and leave its counts and its memory where they are.
/// - When the instance traps, because a task panicked that ran inline or for another request, `broken` says what this client is told: status,
///   type and body, from [`Error::Failed`] with the message if it was this handler's code that panicked, from [`Error::Lost`] if not.
pub fn respond(
    signal: AbortSignal,
    handler: impl Future<Output = Response> + 'static,
    broken: fn(Error) -> (u16, &'static str, String),
) -> Promise {
    EPITAPH.with(|told| {
        told.call_once(|| {
            let (status, content_type, text) = broken(lost());
            js::set_epitaph(text.as_bytes(), status, content_type);
        });
    });
    let answer = Rc::new(js::Answer::new());
    let promise = answer.promise();
    let speaker: Speaker = Rc::new(move |panic| {
        let (status, content_type, text) = broken(match panic {
            Some(message) => Error::Failed { message: message.to_owned() },
            None => lost(),
        });
        LastWords { bytes: text.into_bytes(), status, content_type, origin: None }
    });
    let open = Open::new(answer.clone(), speaker);
    spawn_local(async move {
        let mut handler = pin!(handler);
        let mut gone = pin!(Gone::new(signal));
        let held = Once::new();
        let response = std::future::poll_fn(|context| match open.run(|| handler.as_mut().poll(context)) {
            Poll::Ready(response) => Poll::Ready(Some(response)),
            // Only now: an answer that is there at once needs neither.
            Poll::Pending => {
                held.call_once(|| answer.hold());
                gone.as_mut().poll(context).map(|()| None)
            }
        });
        match response.await {
            Some(response) => answer.respond(&response),
            None => answer.forget(),
        }
    });
    promise
}
