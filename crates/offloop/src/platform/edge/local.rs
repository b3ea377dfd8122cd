//! Runs futures on the edge's event loop. Like `wasm_bindgen_futures::spawn_local`, with two differences that are felt in every request:
//! a turn is queued by a promise, which the runtime does at a fraction of the cost of `queueMicrotask`, and a task's first turn can hand
//! out a value to the JavaScript that called for it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Wake, Waker};

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::js;
use super::trap::Key;

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    wakeup: Arc<Wakeup>,
}

thread_local! {
    /// Tasks that wait for their next turn.
    static TASKS: RefCell<BTreeMap<Key, Task>> = const { RefCell::new(BTreeMap::new()) };
    static TURN: Closure<dyn FnMut(f64) -> JsValue> = Closure::new(turn);
    static HANDED_OUT: RefCell<JsValue> = const { RefCell::new(JsValue::UNDEFINED) };
}

/// Queues a task's next turn. Knows the task by its number, so that it may be sent anywhere, as wakers must.
struct Wakeup {
    key: Key,
    queued: AtomicBool,
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Relaxed) {
            TURN.with(|turn| js::turn_soon(turn.as_ref().unchecked_ref(), self.key.into()));
        }
    }
}

/// Runs a future to its end, from the next microtask on.
pub(super) fn spawn(future: impl Future<Output = ()> + 'static) {
    let key = Key::next();
    add(key, future);
    TURN.with(|turn| js::turn_soon(turn.as_ref().unchecked_ref(), key.into()));
}

/// The same for a future that answers a request: gives the promise of what its first turn hands out with [`hand_out`]. A trap in that turn is
/// answered in its place.
pub(super) fn spawn_answer(key: Key, future: impl Future<Output = ()> + 'static) -> Promise {
    add(key, future);
    TURN.with(|turn| js::first_turn(turn.as_ref().unchecked_ref(), key.into()))
}

/// What the first turn of the running task gives to whoever spawned it with [`spawn_answer`].
pub(super) fn hand_out(value: JsValue) {
    HANDED_OUT.set(value);
}

fn add(key: Key, future: impl Future<Output = ()> + 'static) {
    let wakeup = Arc::new(Wakeup { key, queued: AtomicBool::new(true) });
    TASKS.with_borrow_mut(|tasks| tasks.insert(key, Task { future: Box::pin(future), wakeup }));
}

fn turn(key: f64) -> JsValue {
    let key = Key::from(key);
    // Its future may spawn others.
    if let Some(mut task) = TASKS.with_borrow_mut(|tasks| tasks.remove(&key)) {
        task.wakeup.queued.store(false, Relaxed);
        let waker = Waker::from(task.wakeup.clone());
        if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            TASKS.with_borrow_mut(|tasks| tasks.insert(key, task));
        }
    }
    HANDED_OUT.replace(JsValue::UNDEFINED)
}
