//! Futures that run in this thread, between the turns of its event loop.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Wake};

use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

use super::soon;

type Work = Pin<Box<dyn Future<Output = ()>>>;

struct Spawned {
    /// None once it has ended.
    work: SendWrapper<RefCell<Option<Work>>>,
    is_queued: AtomicBool,
}

thread_local! {
    static WOKEN: RefCell<VecDeque<Arc<Spawned>>> = const { RefCell::new(VecDeque::new()) };
    /// `RUN` is about to be called.
    static IS_DUE: Cell<bool> = const { Cell::new(false) };
    static RUN: Closure<dyn Fn()> = Closure::new(run);
}

/// Runs a future in this thread, as soon as what runs now has ended.
///
/// As `wasm_bindgen_futures::spawn_local`, but a future that waits for short calls goes on sooner: what is woken there runs by `queueMicrotask`,
/// for which Chromium takes 1 to 3 µs, and here in a reaction to a promise, for which it takes a fraction of one.
///
/// # Panics
///
/// Its wakers must not be used from other threads, of which there are none unless the program was built with shared memory.
///
/// # Examples
///
/// ```no_run
/// # use offloop::{Executor, Options, WorkerOptions};
/// fn double(n: u32) -> u32 { 2 * n }
/// offloop::tasks! { #[idempotent] double }
///
/// # fn show(result: Result<u32, offloop::Error>) {}
/// let pool = Executor::web_workers(&TASKS, Options::default(), WorkerOptions::default())?;
/// offloop::spawn(async move {
///     for n in 0..100 {
///         show(pool.run(double, n).await);
///     }
/// });
/// # Ok::<(), offloop::Error>(())
/// ```
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let work: Work = Box::pin(future);
    let work = SendWrapper::new(RefCell::new(Some(work)));
    Arc::new(Spawned { work, is_queued: AtomicBool::new(false) }).wake();
}

impl Wake for Spawned {
    fn wake(self: Arc<Self>) {
        if self.is_queued.swap(true, Relaxed) {
            return;
        }
        WOKEN.with_borrow_mut(|woken| woken.push_back(self));
        if !IS_DUE.replace(true) {
            RUN.with(|run| soon(run.as_ref()));
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_queued.load(Relaxed) {
            self.clone().wake();
        }
    }
}

/// Polls those that were woken before; whatever they wake has another turn, so that none keeps out the others.
fn run() {
    IS_DUE.set(false);
    for _ in 0..WOKEN.with_borrow(VecDeque::len) {
        let Some(spawned) = WOKEN.with_borrow_mut(VecDeque::pop_front) else { return };
        spawned.is_queued.store(false, Relaxed);
        let waker = spawned.clone().into();
        let mut work = spawned.work.borrow_mut();
        if let Some(running) = work.as_mut()
            && running.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        {
            *work = None;
        }
    }
}
