//! Answering the requests of clients.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Once;
use std::task::Poll;

use wasm_bindgen::JsValue;
use web_sys::{Request, Response};

use super::local::News;
use super::trap::{Key, LastWords, Open, Speaker};
use super::{js, local};
use crate::error::{Error, LostReason};

/// Status, type and body of what a client is told when the instance has trapped.
type Broken = fn(Error) -> (u16, &'static str, String);

thread_local! {
    static EPITAPH: Once = const { Once::new() };
}

fn lost() -> Error {
    Error::lost(LostReason::Crashed, "another request has reset the instance")
}

/// Answers a request with the outcome of `handler`: gives the response, or the promise of it, which the `fetch` handler returns.
///
/// - When the client goes away, `handler` is dropped at once, and its jobs are cancelled with it. The runtime by itself would just
///   never come back to it, and leave its counts and its memory where they are.
/// - When the instance traps, because a task panicked that ran inline or for another request, `broken` says what this client is told: status,
///   type and body (a 502 and a 503 get the header `Retry-After`), from [`Error::Failed`] with the message if it was this handler's code that panicked, from [`Error::Lost`] if not.
pub fn respond(request: &Request, handler: impl Future<Output = Response> + 'static, broken: Broken) -> JsValue {
    EPITAPH.with(|told| {
        told.call_once(|| {
            let (status, content_type, text) = broken(lost());
            js::set_epitaph(text.as_bytes(), status, content_type);
        });
    });
    let key = Key::next();
    local::answer(key, run(key, Clone::clone(request), handler, broken))
}

async fn run(key: Key, request: Request, handler: impl Future<Output = Response>, broken: Broken) {
    let mut handler = pin!(handler);
    let speaker: Speaker = Rc::new(move |panic| {
        let (status, content_type, text) = broken(match panic {
            Some(message) => Error::Failed { message: message.to_owned() },
            None => lost(),
        });
        LastWords { bytes: text.into_bytes(), status, content_type, origin: None }
    });
    // Most handlers are done with their first turn, and need nothing of what it takes to wait at the edge.
    let first = poll_fn(|context| Poll::Ready(key.first(speaker.clone(), || handler.as_mut().poll(context)))).await;
    if let Poll::Ready(response) = first {
        return local::hand_out(response.into());
    }
    // Listened to until the signal goes with the request, which costs less than to stop.
    let (gone, answer) = News::asked(|turn, key| Rc::new(js::later(&request, turn, key)));
    let mut gone = pin!(gone);
    local::hand_out(JsValue::clone(&answer));
    let open = Open::new(key, answer.clone(), speaker);
    let mut polled = true;
    let response = poll_fn(|context| {
        // The first turn has done that.
        if !std::mem::take(&mut polled)
            && let Poll::Ready(response) = open.run(|| handler.as_mut().poll(context))
        {
            return Poll::Ready(Some(response));
        }
        gone.as_mut().poll(context).map(|_| None)
    });
    match response.await {
        Some(response) => answer.respond(&response),
        None => answer.forget(),
    }
}
