//! Last words. A panic, a stack overflow or failing memory ends the wasm instance with every request in it; the runtime would
//! leave their clients waiting. So each open answer can still be ended from here, the moment before.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::panic;
use std::rc::Rc;

use wasm_bindgen::handler;

use super::js::Answer;
use crate::serve::message;

/// What is said instead of an answer.
pub(super) struct LastWords {
    pub(super) bytes: Vec<u8>,
    pub(super) status: u16,
    pub(super) content_type: &'static str,
}

/// Makes the last words of an answer; `Some` with the panic's message if it was this one's code that ran.
pub(super) type Speaker = Rc<dyn Fn(Option<&str>) -> LastWords>;

thread_local! {
    static OPEN: RefCell<BTreeMap<u64, (Rc<Answer>, Speaker)>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
    /// The answer whose code runs.
    static CURRENT: Cell<Option<u64>> = const { Cell::new(None) };
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
    static EARLIER: OnceCell<Option<fn()>> = const { OnceCell::new() };
}

/// An answer that is not complete. Dropped when it is.
pub(super) struct Open(u64);

impl Open {
    pub(super) fn new(answer: Rc<Answer>, speaker: Speaker) -> Self {
        watch();
        let key = NEXT.replace(NEXT.get().wrapping_add(1));
        OPEN.with_borrow_mut(|open| open.insert(key, (answer, speaker)));
        Self(key)
    }

    /// Runs code of this answer. What traps in it is said in this answer.
    pub(super) fn run<T>(&self, code: impl FnOnce() -> T) -> T {
        let earlier = CURRENT.replace(Some(self.0));
        let result = code();
        // Not restored by a trap, which is the point.
        CURRENT.set(earlier);
        result
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| open.remove(&self.0));
    }
}

/// Takes note of panics and traps from now on, in addition to whoever did so before: the `worker` crate makes a new instance then.
fn watch() {
    EARLIER.with(|earlier| {
        earlier.get_or_init(|| {
            let hook = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                MESSAGE.with(|place| {
                    if let Ok(mut place) = place.try_borrow_mut() {
                        *place = Some(message(info.payload()));
                    }
                });
                hook(info);
            }));
            handler::set_on_abort(speak)
        });
    });
}

/// Called by wasm-bindgen when an export has trapped (option `--force-enable-abort-handler`, which worker-build sets).
fn speak() {
    let panic = MESSAGE.with(|message| message.try_borrow().ok().and_then(|message| message.clone()));
    let text = panic.as_deref().unwrap_or("the instance trapped: out of memory, or of stack");
    let current = CURRENT.get();
    let open = OPEN.with(|open| open.try_borrow().map(|open| open.clone()).unwrap_or_default());
    for (key, (answer, speaker)) in open {
        let LastWords { bytes, status, content_type } = speaker((current == Some(key)).then_some(text));
        answer.lose(&bytes, status, content_type);
    }
    if let Some(Some(earlier)) = EARLIER.with(|earlier| earlier.get().copied()) {
        earlier();
    }
}
