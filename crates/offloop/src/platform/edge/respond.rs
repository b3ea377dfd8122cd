//! Answering the requests of clients.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Once;
use std::task::{Context, Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Request, Response};

use super::gone::Gone;
use super::js;
use super::trap::{Key, LastWords, Open, Speaker};
use crate::error::Error;

/// Status, type and body of what a client is told when the instance has trapped.
type Broken = fn(Error) -> (u16, &'static str, String);

type Handler = Pin<Box<dyn Future<Output = Response>>>;

/// A request whose handler has not run yet.
struct Fresh {
    request: Request,
    handler: Handler,
    broken: Broken,
}

thread_local! {
    static EPITAPH: Once = const { Once::new() };
    static FRESH: RefCell<BTreeMap<Key, Fresh>> = const { RefCell::new(BTreeMap::new()) };
    static BEGIN: Closure<dyn FnMut(f64) -> JsValue> = Closure::new(begin);
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
pub fn respond(request: &Request, handler: impl Future<Output = Response> + 'static, broken: Broken) -> Promise {
    EPITAPH.with(|told| {
        told.call_once(|| {
            let (status, content_type, text) = broken(lost());
            js::set_epitaph(text.as_bytes(), status, content_type);
        });
    });
    let key = Key::next();
    let fresh = Fresh { request: Clone::clone(request), handler: Box::pin(handler), broken };
    FRESH.with_borrow_mut(|all| all.insert(key, fresh));
    BEGIN.with(|begin| js::attempt(begin.as_ref().unchecked_ref(), key.into()))
}

/// Runs a handler for the first time. Most are done with that, and need nothing of what it takes to wait at the edge.
fn begin(key: f64) -> JsValue {
    let key = Key::from(key);
    let Some(Fresh { request, mut handler, broken }) = FRESH.with_borrow_mut(|all| all.remove(&key)) else {
        return JsValue::UNDEFINED;
    };
    let mut nobody = Context::from_waker(Waker::noop());
    let refuse = move |message: &str| {
        let (status, content_type, text) = broken(Error::Failed { message: message.to_owned() });
        js::refuse(text.as_bytes(), status, content_type);
    };
    match key.first(Rc::new(refuse), || handler.as_mut().poll(&mut nobody)) {
        Poll::Ready(response) => response.into(),
        Poll::Pending => go_on(key, &request, handler, broken).into(),
    }
}

/// Runs a handler to its end, or until its client goes away.
fn go_on(key: Key, request: &Request, mut handler: Handler, broken: Broken) -> Promise {
    let answer = Rc::new(js::Answer::new());
    answer.hold();
    let promise = answer.promise();
    let speaker: Speaker = Rc::new(move |panic| {
        let (status, content_type, text) = broken(match panic {
            Some(message) => Error::Failed { message: message.to_owned() },
            None => lost(),
        });
        LastWords { bytes: text.into_bytes(), status, content_type, origin: None }
    });
    let open = Open::new(key, answer.clone(), speaker);
    let gone = Gone::new(request.signal());
    spawn_local(async move {
        let mut gone = pin!(gone);
        let response = std::future::poll_fn(|context| match open.run(|| handler.as_mut().poll(context)) {
            Poll::Ready(response) => Poll::Ready(Some(response)),
            Poll::Pending => gone.as_mut().poll(context).map(|()| None),
        });
        match response.await {
            Some(response) => answer.respond(&response),
            None => answer.forget(),
        }
    });
    promise
}
