//! One Web Worker and everything that hangs on it, released together.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

use super::link::Link;
use super::message::text;

#[wasm_bindgen(module = "/js/lane.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = startWorker)]
    fn start_worker(script: Option<&str>, name: &str) -> Result<web_sys::Worker, JsValue>;
}

// Never called: naming the file is what makes wasm-bindgen put it beside the other.
#[wasm_bindgen(module = "/js/worker.js")]
extern "C" {
    #[allow(dead_code, reason = "see above")]
    fn shipped();
}

/// A listener; dropping it removes it.
pub(super) struct Listener {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn Fn(Event)>,
}

impl Listener {
    pub(super) fn new(target: &EventTarget, kind: &'static str, listen: impl Fn(Event) + 'static) -> Self {
        let closure = Closure::<dyn Fn(Event)>::new(listen);
        // Fails only for arguments of the wrong type.
        let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        Self { target: target.clone(), kind, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.kind, self.closure.as_ref().unchecked_ref());
    }
}

/// A worker; dropping it terminates it, and nothing is heard of it any more.
pub(super) struct Worker {
    worker: web_sys::Worker,
    link: Rc<Link>,
    _listeners: [Listener; 3],
}

impl Worker {
    /// Starts a worker. `heard` gets its message events, `broken` the reason if the browser reports an error.
    pub(super) fn start(
        script: Option<&str>,
        name: &str,
        heard: impl Fn(Event) + 'static,
        broken: impl Fn(String) + Clone + 'static,
    ) -> Result<Self, String> {
        let worker = start_worker(script, name).map_err(|error| text(&error))?;
        let garbled = broken.clone();
        let listeners = [
            Listener::new(&worker, "message", heard),
            Listener::new(&worker, "error", move |event| {
                // Told here in a typed error; otherwise it would stand in the console as uncaught.
                event.prevent_default();
                broken(cause(&event));
            }),
            Listener::new(&worker, "messageerror", move |_| garbled("a message that cannot be read".to_owned())),
        ];
        Ok(Self { link: Rc::new(Link::new(worker.clone().into())), worker, _listeners: listeners })
    }

    /// The way to it.
    pub(super) fn link(&self) -> &Rc<Link> {
        &self.link
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// As much as the browser tells. Of a script that it could not load it tells nothing: a plain event without a message.
fn cause(event: &Event) -> String {
    match event.dyn_ref::<web_sys::ErrorEvent>().filter(|event| !event.message().is_empty()) {
        Some(event) if event.lineno() > 0 => format!("{} ({}:{})", event.message(), event.filename(), event.lineno()),
        Some(event) => event.message(),
        None => "the browser could not load the worker script: not found, served with a type that is not JavaScript, \
                 without the Cross-Origin-Embedder-Policy that the page has, or forbidden by the page's Content-Security-Policy \
                 (worker-src); see its console, or set WorkerOptions::script"
            .to_owned(),
    }
}
