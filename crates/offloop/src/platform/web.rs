//! Clock and alarm where there is JavaScript: pages, workers, the edge runtime, Node.

use std::cell::Cell;
use std::rc::Rc;
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
    fn set_timeout(callback: &JsValue, milliseconds: f64) -> JsValue;
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
pub(crate) struct Alarm(SendWrapper<Set>);

struct Set {
    timer: JsValue,
    rang: Rc<Cell<bool>>,
    _closure: Closure<dyn FnMut()>,
}

/// The longest time `setTimeout` takes; more is taken as zero. <https://html.spec.whatwg.org/#timers>
const LONGEST_MS: u64 = 0x7fff_ffff;

/// Calls back at or after `when`, once; earlier only if that is more than 24 days away.
pub(crate) fn alarm(when: Instant, callback: Arc<dyn Fn() + Send + Sync>) -> Alarm {
    let rang = Rc::new(Cell::new(false));
    let closure = Closure::<dyn FnMut()>::new({
        let rang = rang.clone();
        move || {
            rang.set(true);
            callback();
        }
    });
    let milliseconds = (when - now()).as_micros().div_ceil(1000).min(u128::from(LONGEST_MS));
    let milliseconds = f64::from(u32::try_from(milliseconds).unwrap_or(u32::MAX));
    let timer = set_timeout(closure.as_ref(), milliseconds);
    Alarm(SendWrapper::new(Set { timer, rang, _closure: closure }))
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if !self.0.rang.get() {
            clear_timeout(&self.0.timer);
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
