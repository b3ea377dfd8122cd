//! Lanes behind the message ports that open pages lend, and in this thread as long as there is none.
//!
//! The other end is `page/serve.rs`. All lanes share the ports: the page's pool decides which worker takes a call.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use js_sys::{Array, Uint8Array};
use offloop::lane::{self, Events, Lane, Loss, Stop, Traits};
use offloop::wire::{Call, Event, decode_events, encode_calls};
use offloop::{Blob, Error, LostReason, now, sleep};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, MessagePort};

use crate::tasks::TASKS;

/// The ports of open pages, the one to use last.
#[derive(Debug, Default)]
pub(super) struct Ports {
    open: RefCell<Vec<Port>>,
    /// Calls that wait for their turn in this thread.
    here: RefCell<HashSet<u64>>,
}

#[derive(Debug)]
struct Port {
    page: String,
    port: MessagePort,
    calls: HashMap<u64, Events>,
    _listener: Closure<dyn Fn(MessageEvent)>,
}

impl Ports {
    /// Uses this port from now on. An earlier one of the same page is given up with its calls.
    pub(super) fn adopt(self: &Rc<Self>, page: String, port: MessagePort) {
        self.forget(&page);
        let heard = Rc::downgrade(self);
        let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let (Some(ports), Some(frame)) = (heard.upgrade(), event.data().dyn_ref::<Uint8Array>()) {
                ports.hear(frame);
            }
        });
        // Setting the handler also starts the port.
        port.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        self.open.borrow_mut().push(Port { page, port, calls: HashMap::new(), _listener: listener });
    }

    /// The page is gone. Its calls may have run, so the executor decides whether they are run again.
    pub(super) fn forget(&self, page: &str) {
        let gone: Vec<Port> = self.open.borrow_mut().extract_if(.., |port| port.page == page).collect();
        for Port { port, calls, .. } in gone {
            port.set_onmessage(None);
            port.close();
            for (id, events) in calls {
                let cause = "the page that computed it was closed".to_owned();
                events.lost(&[id], Error::Lost { reason: LostReason::Closed, cause }, Loss::MaybeRan);
            }
        }
    }

    fn hear(&self, frame: &Uint8Array) {
        // A port is only taken from a page of this build; a frame that cannot be read was damaged, and its calls end with their deadlines.
        let events = decode_events(TASKS.fingerprint(), &Blob::from(frame.to_vec()), Vec::new());
        for event in events.unwrap_or_default() {
            match event {
                Event::Reply(reply) => {
                    let lane = self.open.borrow_mut().iter_mut().find_map(|port| port.calls.remove(&reply.id));
                    if let Some(lane) = lane {
                        lane.reply(vec![reply]);
                    }
                }
                Event::Progress(progress) => {
                    let lane = self.open.borrow().iter().find_map(|port| port.calls.get(&progress.id).cloned());
                    if let Some(lane) = lane {
                        lane.progress(progress);
                    }
                }
            }
        }
    }

    fn send(self: &Rc<Self>, call: Arc<Call>, events: &Events) {
        if let Some(Port { port, calls, .. }) = self.open.borrow_mut().last_mut() {
            let mut frame = Vec::new();
            encode_calls(TASKS.fingerprint(), &[&*call], now(), &mut frame, None);
            let bytes = Uint8Array::from(&*frame);
            calls.insert(call.id, events.clone());
            // Fails only for a buffer that was transferred before.
            let _ = port.post_message_with_transferable(&bytes, &Array::of1(&bytes.buffer()));
            return;
        }
        self.here.borrow_mut().insert(call.id);
        let (ports, events) = (Rc::clone(self), events.clone());
        spawn_local(async move {
            // One call in a turn of the event loop, so that fetch events and timers get in between.
            sleep(Duration::ZERO).await;
            if ports.here.borrow_mut().remove(&call.id) {
                lane::run(&TASKS, &call, &events);
            }
        });
    }

    fn cancel(&self, id: u64) {
        self.here.borrow_mut().remove(&id);
        for Port { port, calls, .. } in self.open.borrow_mut().iter_mut() {
            if calls.remove(&id).is_some() {
                #[allow(clippy::cast_precision_loss, reason = "2^53 calls take longer than any service worker lives")]
                let _ = port.post_message(&JsValue::from_f64(id as f64));
            }
        }
    }
}

/// One of as many lanes as the page's pool has.
pub(super) struct PortLane {
    ports: SendWrapper<Rc<Ports>>,
    events: Events,
}

impl PortLane {
    pub(super) fn new(ports: Rc<Ports>, events: Events) -> Self {
        Self { ports: SendWrapper::new(ports), events }
    }
}

impl Lane for PortLane {
    fn traits(&self) -> Traits {
        // A message takes about a millisecond each way: with one more call there, the page's worker need not wait for it.
        Traits { stop: Stop::Release, prefetch: 2, ahead: Duration::from_millis(2), shared: false }
    }

    fn send(&self, call: Arc<Call>) {
        self.ports.send(call, &self.events);
    }

    fn cancel(&self, id: u64) {
        self.ports.cancel(id);
    }

    fn close(&self) {}
}
