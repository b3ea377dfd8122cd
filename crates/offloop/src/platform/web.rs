//! Clock and alarm where there is JavaScript: pages, workers, the edge runtime, Node.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

use crate::budget::renew;
use crate::error::Error;
use crate::instant::Instant;
use crate::platform;

// The globals, not the methods of `Window`: they are the same in a page, a worker and the edge runtime.
#[wasm_bindgen]
extern "C" {
    type Performance;
    // Kept: to get at it takes longer than to ask it for the time.
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: Performance;
    #[wasm_bindgen(method)]
    fn now(this: &Performance) -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn set_timer(callback: &JsValue, milliseconds: f64, place: usize) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timer(timer: &JsValue);
}

/// To send is to post a message or to fetch, which is not done under a lock.
pub(crate) const PROMPT: bool = false;

/// Others run when it has a turn, which microtasks do not give it.
pub(crate) const HAS_EVENT_LOOP: bool = true;

/// Without Web Workers there is one thread, whatever the machine has.
#[cfg_attr(feature = "browser", allow(dead_code, reason = "the browser tells of more"))]
pub(crate) fn parallelism() -> usize {
    1
}

pub(crate) fn now() -> Instant {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and time is positive")]
    Instant::from_micros((PERFORMANCE.with(Performance::now) * 1000.0) as u64)
}

/// A timer; dropping it calls it off.
pub(crate) struct Alarm {
    timer: SendWrapper<JsValue>,
    place: usize,
    number: u64,
}

pub(super) type Callback = Arc<dyn Fn() + Send + Sync>;

/// Timers that have not rung. A tree would be shorter to write, and makes a page 3 kB larger.
struct Timers {
    /// The number of each, and what it is to call.
    set: Vec<Option<(u64, Callback)>>,
    /// Places in `set` where there is none.
    free: Vec<usize>,
    next: u64,
}

thread_local! {
    static TIMERS: RefCell<Timers> = const { RefCell::new(Timers { set: Vec::new(), free: Vec::new(), next: 0 }) };
    /// One for all: to make a closure for each takes longer than all the rest of a timer, and leaves work for the garbage collector.
    static RING: Closure<dyn Fn(usize)> = Closure::new(ring);
}

/// The longest time `setTimeout` takes; more is taken as zero. <https://html.spec.whatwg.org/#timers>
const LONGEST_MS: u64 = 0x7fff_ffff;

/// Calls back at or after `when`, once; earlier only if that is more than 24 days away.
pub(crate) fn alarm(when: Instant, callback: Callback) -> Alarm {
    let milliseconds = (when - platform::now()).as_micros().div_ceil(1000).min(u128::from(LONGEST_MS));
    let milliseconds = f64::from(u32::try_from(milliseconds).unwrap_or(u32::MAX));
    let (place, number) = TIMERS.with_borrow_mut(|timers| timers.add(callback));
    let timer = RING.with(|ring| platform::set_timer(ring.as_ref(), milliseconds, place));
    Alarm { timer: SendWrapper::new(timer), place, number }
}

/// Only timers that are set ring: those that are called off are cleared.
fn ring(place: usize) {
    renew();
    let callback = TIMERS.with_borrow_mut(|timers| timers.take(place, None));
    if let Some(callback) = callback {
        callback();
    }
}

impl Timers {
    fn add(&mut self, callback: Callback) -> (usize, u64) {
        let number = self.next;
        self.next += 1;
        let place = self.free.pop().unwrap_or(self.set.len());
        match self.set.get_mut(place) {
            Some(free) => *free = Some((number, callback)),
            None => self.set.push(Some((number, callback))),
        }
        (place, number)
    }

    /// The timer in this place, if it is still the one with that number.
    fn take(&mut self, place: usize, number: Option<u64>) -> Option<Callback> {
        let set = self.set.get_mut(place)?;
        let (_, callback) = set.take_if(|(set, _)| number.is_none_or(|number| number == *set))?;
        self.free.push(place);
        Some(callback)
    }
}

impl Alarm {
    /// Why it will not ring. It always does, here.
    pub(crate) fn refusal(&self) -> Option<&Error> {
        None
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let callback = TIMERS.with_borrow_mut(|timers| timers.take(self.place, Some(self.number)));
        if callback.is_some() {
            platform::clear_timer(&self.timer);
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
