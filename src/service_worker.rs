//! The browser entry for fetch events: the same views, with no server at all.
#![allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`")]

mod ports;

use std::rc::Rc;

use axum::Router;
use js_sys::Array;
use offloop::lane::Factory;
use offloop::{Executor, Options};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, MessagePort};

use crate::answer::{Answer, Asked};
use crate::limits::Limits;
use crate::tasks::TASKS;
use crate::views;
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
        let asked = Asked { method, path, headers, body };
        asked.answer(self.router.clone(), self.executor.clone(), "service worker", signal).await
    }
}
