//! The browser entry for fetch events: the same views, with no server at all.
#![allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]

mod answer;
mod ports;

use std::rc::Rc;

use axum::Router;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Request};
use js_sys::Array;
use offloop::lane::Factory;
use offloop::{Executor, Options};
use send_wrapper::SendWrapper;
use tower_service::Service as _;
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, MessagePort};

use crate::abort::unless_aborted;
use crate::limits::Limits;
use crate::tasks::TASKS;
use crate::views;
use answer::Answer;
use ports::{PortLane, Ports};

/// The edge function inside a service worker. Jobs go to the pools of open pages; without one they run here.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Service {
    router: Router,
    executor: Executor,
    ports: Rc<Ports>,
}

#[wasm_bindgen]
impl Service {
    /// The router, with no page yet.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "for JavaScript")]
    pub fn new() -> Self {
        let ports = Rc::new(Ports::default());
        let shared = SendWrapper::new(Rc::clone(&ports));
        let factory: Factory = Box::new(move |events| Box::new(PortLane::new(Rc::clone(&shared), events)));
        let executor = Executor::with_lanes(&TASKS, Options::default(), factory);
        Self { router: views::router(Limits::default()), executor, ports }
    }

    /// Lends the pool of the page with this name, which has so many lanes. The latest one is used.
    pub fn adopt(&self, page: String, port: MessagePort, lanes: usize) {
        self.ports.adopt(page, port);
        self.executor.resize(lanes);
    }

    /// The page has another number of lanes now.
    pub fn resize(&self, lanes: usize) {
        self.executor.resize(lanes);
    }

    /// The page is gone: what it was computing is computed elsewhere.
    pub fn forget(&self, page: &str) {
        self.ports.forget(page);
    }

    /// Answers a request; `headers` holds pairs of name and value. Aborting the signal cancels the request's jobs.
    ///
    /// # Errors
    ///
    /// The signal's reason, or what is wrong with the request.
    pub async fn answer(
        &self,
        method: String,
        path: String,
        headers: Array,
        body: Option<Vec<u8>>,
        signal: AbortSignal,
    ) -> Result<Answer, JsValue> {
        let mut request = Request::builder().method(&*method).uri(path).extension(self.executor.clone());
        if let Some(map) = request.headers_mut() {
            map.extend(headers.iter().filter_map(|pair| header(&pair.into())));
        }
        let site = views::Site { runtime: "service worker", colo: None, lanes: None };
        let body = body.map_or_else(Body::empty, Body::from);
        let request = request.extension(site).body(body).map_err(|error| JsError::new(&error.to_string()))?;
        let mut router = self.router.clone();
        let response = unless_aborted(Some(signal.clone()), router.call(request)).await?;
        let response = response.unwrap_or_else(|never| match never {});
        Ok(Answer::new(response, signal))
    }
}

fn header(pair: &Array) -> Option<(HeaderName, HeaderValue)> {
    let part = |index| pair.get(index).as_string();
    Some((part(0)?.parse().ok()?, part(1)?.parse().ok()?))
}
