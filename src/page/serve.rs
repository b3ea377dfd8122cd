//! The page's end of a port: calls from the service worker, run by the page's pool.
//!
//! Frames of calls and numbers come in (a number: the id of a call that nobody waits for any more); frames of events go out.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::StreamExt;
use futures_util::future::{AbortHandle, abortable, join};
use js_sys::{Array, Function, Uint8Array};
use offloop::wire::{Call, Event, Payload, Progress, Reply, decode_calls, encode_events};
use offloop::{Blob, Error, Executor, now};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, MessagePort};

use crate::tasks::TASKS;

/// A port that is being served. Dropping it cancels its jobs and closes it.
#[derive(Debug)]
pub(super) struct Served {
    link: Rc<Link>,
    _listener: Closure<dyn Fn(MessageEvent)>,
}

#[derive(Debug)]
struct Link {
    executor: Executor,
    port: MessagePort,
    /// Called when a call begins; what it returns is called when the call ends.
    began: Function,
    jobs: RefCell<HashMap<u64, AbortHandle>>,
}

impl Served {
    pub(super) fn new(executor: Executor, port: MessagePort, began: Function) -> Self {
        let link = Rc::new(Link { executor, port, began, jobs: RefCell::default() });
        let heard = Rc::downgrade(&link);
        let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(link) = heard.upgrade() {
                Link::hear(&link, &event.data());
            }
        });
        // Setting the handler also starts the port.
        link.port.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Self { link, _listener: listener }
    }

    /// Whether somebody may still wait at the other end.
    pub(super) fn is_busy(&self) -> bool {
        !self.link.jobs.borrow().is_empty()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.link.port.set_onmessage(None);
        self.link.port.close();
        for (_, job) in self.link.jobs.take() {
            job.abort();
        }
    }
}

impl Link {
    fn hear(self: &Rc<Self>, message: &JsValue) {
        if let Some(id) = message.as_f64() {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "made from such a number")]
            let job = self.jobs.borrow_mut().remove(&(id as u64));
            if let Some(job) = job {
                job.abort();
            }
            return;
        }
        let Some(frame) = message.dyn_ref::<Uint8Array>() else { return };
        // Both ends are one build, or the port would not have been handed over: a frame that cannot be read was damaged, and there
        // is nobody to tell. Its calls end with their deadlines.
        let calls = decode_calls(TASKS.fingerprint(), &Blob::from(frame.to_vec()), now(), Vec::new());
        for call in calls.unwrap_or_default() {
            let id = call.id;
            let (job, handle) = abortable(Rc::clone(self).run(call));
            self.jobs.borrow_mut().insert(id, handle);
            spawn_local(async move {
                // Aborted: the other end has forgotten the call.
                let _ = job.await;
            });
        }
    }

    async fn run(self: Rc<Self>, call: Call) {
        let (id, start) = (call.id, now());
        let _shown = Shown(self.began.call0(&JsValue::NULL).ok());
        let result = self.result(call).await;
        self.jobs.borrow_mut().remove(&id);
        self.post(&Event::Reply(Reply { id, busy: now() - start, result }));
    }

    async fn result(&self, call: Call) -> Result<Payload, Error> {
        let Call { id, task, deadline, input } = call;
        let executor = deadline.map_or_else(|| self.executor.clone(), |deadline| self.executor.until(deadline));
        let handle = executor.submit_call(task, input).await?;
        let progress = handle.progress_stream().for_each(async |(done, total)| {
            self.post(&Event::Progress(Progress { id, done, total }));
        });
        join(handle, progress).await.0
    }

    fn post(&self, event: &Event) {
        let mut frame = Vec::new();
        encode_events(TASKS.fingerprint(), std::slice::from_ref(event), &mut frame, None);
        let bytes = Uint8Array::from(&*frame);
        // Fails only for a buffer that was transferred before.
        let _ = self.port.post_message_with_transferable(&bytes, &Array::of1(&bytes.buffer()));
    }
}

/// Tells the page that a call has ended, also when it was cancelled.
struct Shown(Option<JsValue>);

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(end) = self.0.take().and_then(|end| end.dyn_into::<Function>().ok()) {
            // A plot that throws must not cost anybody an answer.
            let _ = end.call0(&JsValue::NULL);
        }
    }
}
