//! Clock and alarm where there is JavaScript: pages, workers, the edge runtime, Node.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

use crate::instant::Instant;

// The globals, not the methods of `Window`: they are the same in a page, a worker and the edge runtime.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, milliseconds: f64, number: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// To send is to post a message or to fetch, which is not done under a lock.
pub(crate) const PROMPT: bool = false;

pub(crate) fn now() -> Instant {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and time is positive")]
    Instant::from_micros((performance_now() * 1000.0) as u64)
}

/// A timer; dropping it calls it off.
pub(crate) struct Alarm {
    timer: SendWrapper<JsValue>,
    number: u64,
}

type Callback = Arc<dyn Fn() + Send + Sync>;

thread_local! {
    /// What timers that have not rung are to call.
    static SET: RefCell<BTreeMap<u64, Callback>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
    /// One for all: to make a closure for each takes longer than all the rest of a timer, and leaves work for the garbage collector.
    static RING: Closure<dyn Fn(f64)> = Closure::new(ring);
}

/// The longest time `setTimeout` takes; more is taken as zero. <https://html.spec.whatwg.org/#timers>
const LONGEST_MS: u64 = 0x7fff_ffff;

/// Calls back at or after `when`, once; earlier only if that is more than 24 days away.
pub(crate) fn alarm(when: Instant, callback: Callback) -> Alarm {
    let number = NEXT.replace(NEXT.get() + 1);
    SET.with_borrow_mut(|set| set.insert(number, callback));
    let milliseconds = (when - now()).as_micros().div_ceil(1000).min(u128::from(LONGEST_MS));
    let milliseconds = f64::from(u32::try_from(milliseconds).unwrap_or(u32::MAX));
    #[allow(clippy::cast_precision_loss, reason = "nobody sets 2^53 timers")]
    let timer = RING.with(|ring| set_timeout(ring.as_ref(), milliseconds, number as f64));
    Alarm { timer: SendWrapper::new(timer), number }
}

fn ring(number: f64) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is one of ours")]
    let callback = take(number as u64);
    if let Some(callback) = callback {
        callback();
    }
}

fn take(number: u64) -> Option<Callback> {
    SET.with_borrow_mut(|set| set.remove(&number))
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if take(self.number).is_some() {
            clear_timeout(&self.timer);
        }
    }
}

/// Bytes on their way into the program: the body of something with the property `body`, a stream. It can be read once.
pub(crate) struct Body {
    source: SendWrapper<JsValue>,
    length: usize,
    spent: AtomicBool,
}

#[cfg_attr(not(feature = "edge"), allow(dead_code, reason = "only edge lanes pass them on"))]
impl Body {
    pub(crate) fn new(source: JsValue, length: usize) -> Self {
        Self { source: SendWrapper::new(source), length, spent: AtomicBool::new(false) }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.spent.load(Relaxed)
    }

    /// What has the body, for whoever reads it now.
    pub(crate) fn spend(&self) -> &JsValue {
        self.spent.store(true, Relaxed);
        &self.source
    }
}
