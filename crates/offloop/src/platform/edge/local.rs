//! Runs futures on the edge's event loop. Like `wasm_bindgen_futures`, with three differences that are felt in every request: tasks that are
//! woken in a turn run at its end, without a way through JavaScript; all that JavaScript has to tell comes through one closure, which is made once;
//! and the first turn of an answer is run at once, since most answers need no more.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Wake, Waker};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::trap::{ByKey, Key};
use super::{clock, js};

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    wakeup: Arc<Wakeup>,
}

/// What a key stands for that JavaScript gives a turn to.
enum Waiting {
    /// A task that is not in its turn.
    Task(Task),
    /// Who waits for something that has not happened.
    News(Option<Waker>),
    /// It has, and nobody has asked since.
    Heard(Result<JsValue, JsValue>),
}

thread_local! {
    static WAITING: RefCell<ByKey<Waiting>> = RefCell::default();
    static TURN: Closure<dyn Fn(f64, JsValue, bool, bool) -> JsValue> = Closure::new(turn);
    /// Tasks that were woken in the turn which is running.
    static READY: RefCell<VecDeque<Key>> = const { RefCell::new(VecDeque::new()) };
    static RUNNING: Cell<bool> = const { Cell::new(false) };
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
            soon(self.key);
        }
    }
}

/// At the end of this turn, or else in the next microtask.
fn soon(key: Key) {
    if RUNNING.get() {
        READY.with_borrow_mut(|ready| ready.push_back(key));
    } else {
        with_turn(|turn| js::turn_soon(turn, key.into()));
    }
}

/// Hands the closure to JavaScript through which it gives turns.
fn with_turn<T>(tell: impl FnOnce(&Function) -> T) -> T {
    TURN.with(|turn| tell(turn.as_ref().unchecked_ref()))
}

/// Runs a future to its end, from the end of this turn on.
pub(super) fn spawn(future: impl Future<Output = ()> + 'static) {
    let key = Key::next();
    add(key, future);
    soon(key);
}

/// Runs the first turn of a future that answers a request, and gives what it hands out with [`hand_out`]. A trap in that turn is answered
/// in its place.
pub(super) fn answer(key: Key, future: impl Future<Output = ()> + 'static) -> JsValue {
    add(key, future);
    with_turn(|turn| js::first_turn(turn, key.into()))
}

/// What the first turn of the running task gives to whoever called for it with [`answer`].
pub(super) fn hand_out(value: JsValue) {
    HANDED_OUT.set(value);
}

fn add(key: Key, future: impl Future<Output = ()> + 'static) {
    let wakeup = Arc::new(Wakeup { key, queued: AtomicBool::new(true) });
    let task = Task { future: Box::pin(future), wakeup };
    WAITING.with_borrow_mut(|waiting| waiting.insert(key, Waiting::Task(task)));
}

/// Called by JavaScript: it is this one's turn, or this is what came of its promise. `at_once` if it may be in the midst of another turn.
fn turn(key: f64, value: JsValue, fulfilled: bool, at_once: bool) -> JsValue {
    let nested = RUNNING.replace(true) && at_once;
    clock::begin();
    step(key.into(), if fulfilled { Ok(value) } else { Err(value) });
    if nested {
        // Those that are ready may include the one in whose turn this is, so they are not for here. Should the runtime have ended that turn,
        // somebody else has to look after them.
        if READY.with_borrow(|ready| !ready.is_empty()) {
            with_turn(|turn| js::turn_soon(turn, Key::next().into()));
        }
    } else {
        while let Some(key) = READY.with_borrow_mut(VecDeque::pop_front) {
            step(key, Ok(JsValue::UNDEFINED));
        }
        RUNNING.set(false);
    }
    clock::end();
    HANDED_OUT.replace(JsValue::UNDEFINED)
}

fn step(key: Key, news: Result<JsValue, JsValue>) {
    // Its future may spawn others.
    match WAITING.with_borrow_mut(|waiting| waiting.remove(&key)) {
        Some(Waiting::Task(mut task)) => {
            task.wakeup.queued.store(false, Relaxed);
            let waker = Waker::from(task.wakeup.clone());
            if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                WAITING.with_borrow_mut(|waiting| waiting.insert(key, Waiting::Task(task)));
            }
        }
        Some(Waiting::News(waker)) => {
            WAITING.with_borrow_mut(|waiting| waiting.insert(key, Waiting::Heard(news)));
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        // Nobody waits any more.
        Some(Waiting::Heard(_)) | None => {}
    }
}

/// Something that JavaScript will tell once, as a future. Whoever drops it is not kept waiting, nor is anything kept for it: the runtime never
/// settles the promises of a request whose client is gone.
pub(super) struct News(Key);

impl News {
    /// `ask` is given what JavaScript has to call, and with which number.
    pub(super) fn asked<T>(ask: impl FnOnce(&Function, f64) -> T) -> (Self, T) {
        let key = Key::next();
        WAITING.with_borrow_mut(|waiting| waiting.insert(key, Waiting::News(None)));
        let given = with_turn(|turn| ask(turn, key.into()));
        (Self(key), given)
    }

    /// What comes of a promise.
    pub(super) fn of(promise: &Promise) -> Self {
        Self::asked(|turn, key| js::settle(promise, turn, key)).0
    }
}

impl Future for News {
    type Output = Result<JsValue, JsValue>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let news = Waiting::News(Some(context.waker().clone()));
        // What was there before is dropped outside, since it may be the last to know of other futures.
        match WAITING.with_borrow_mut(|waiting| waiting.insert(self.0, news)) {
            Some(Waiting::Heard(news)) => Poll::Ready(news),
            _ => Poll::Pending,
        }
    }
}

impl Drop for News {
    fn drop(&mut self) {
        let forgotten = WAITING.with_borrow_mut(|waiting| waiting.remove(&self.0));
        drop(forgotten);
    }
}
