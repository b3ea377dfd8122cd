//! Last words. A panic ends the wasm instance with every request in it; the runtime would leave their clients waiting. So each
//! open answer is ended from here, the moment before.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;
use std::sync::Once;

use js_sys::Math;

use super::js::{self, Answer};
use crate::foreign::on_panic;

/// What is said instead of an answer.
pub(super) struct LastWords {
    pub(super) bytes: Vec<u8>,
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// The answer on whose behalf the code ran, which may be one of another instance.
    pub(super) origin: Option<Key>,
}

/// Which answer. A number that JavaScript and a URL can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(u64);

/// Values by their keys, which are numbers that nobody else can choose.
pub(super) type ByKey<T> = HashMap<Key, T, BuildHasherDefault<Spread>>;

/// Spreads numbers that follow one another over all bits.
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(self.0 ^ u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio.
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Makes the last words of an answer; `Some` with the panic's message if it was this one's code that ran, or a
/// task on its behalf.
pub(super) type Speaker = Rc<dyn Fn(Option<&str>) -> LastWords>;

thread_local! {
    static OPEN: RefCell<ByKey<(Rc<Answer>, Speaker)>> = RefCell::default();
    /// Begins somewhere at random, so that answers of different instances have different keys.
    static NEXT: Cell<u64> = Cell::new(random());
    /// The answer whose code runs.
    static CURRENT: Cell<Option<Key>> = const { Cell::new(None) };
    /// Whose words are said if the code that runs is that of an answer which is not open yet.
    static FIRST: RefCell<Option<Speaker>> = const { RefCell::new(None) };
    static WATCHING: Once = const { Once::new() };
}

/// A whole number of which there is room to count on before a JavaScript number would lose its last digit.
fn random() -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is positive and below 2^52")]
    let random = (Math::random() * 4_503_599_627_370_496.0) as u64;
    random
}

impl Key {
    pub(super) fn next() -> Self {
        Self(NEXT.replace(NEXT.get().wrapping_add(1)))
    }

    /// Runs code on behalf of this answer, which is not open yet. Should it panic, the speaker's words are what its first turn hands out.
    pub(super) fn first<T>(self, speaker: Speaker, code: impl FnOnce() -> T) -> T {
        watch();
        let earlier = FIRST.replace(Some(speaker));
        let result = self.run(code);
        FIRST.set(earlier);
        result
    }

    fn run<T>(self, code: impl FnOnce() -> T) -> T {
        let earlier = CURRENT.replace(Some(self));
        let result = code();
        // Not restored by a trap, which is the point.
        CURRENT.set(earlier);
        result
    }
}

impl From<f64> for Key {
    fn from(number: f64) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        Self(number as u64)
    }
}

impl From<Key> for f64 {
    fn from(Key(number): Key) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "it begins below 2^52")]
        let number = number as Self;
        number
    }
}

/// An answer that is not complete. Dropped when it is.
pub(super) struct Open(Key);

impl Open {
    pub(super) fn new(key: Key, answer: Rc<Answer>, speaker: Speaker) -> Self {
        watch();
        OPEN.with_borrow_mut(|open| open.insert(key, (answer, speaker)));
        Self(key)
    }

    /// Runs code of this answer. What traps in it is said in this answer.
    pub(super) fn run<T>(&self, code: impl FnOnce() -> T) -> T {
        self.0.run(code)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| open.remove(&self.0));
    }
}

/// Has the last words said when a panic begins, before whoever else wants to know of it.
///
/// A trap without a panic leaves no chance to say anything in Rust; `js/edge.js` then ends all answers in the same words.
fn watch() {
    WATCHING.with(|watching| {
        watching.call_once(|| on_panic(|text, _| speak(&text)));
    });
}

/// The number of the answer whose code runs, or 0, for calls that it causes: where the lane lives in the same instance as its caller,
/// a panic in the task ends both, and the caller has to be told without its own help.
pub(super) fn origin() -> f64 {
    CURRENT.get().map_or(0.0, f64::from)
}

fn speak(panic: &str) {
    let first = FIRST.take().and_then(|speaker| {
        let LastWords { bytes, status, content_type, origin } = speaker(Some(panic));
        js::refuse(&bytes, status, content_type);
        origin
    });
    let mut open = OPEN.with(|open| open.try_borrow().map(|open| open.clone()).unwrap_or_default());
    let say = |(answer, speaker): (Rc<Answer>, Speaker), panic| {
        let LastWords { bytes, status, content_type, origin } = speaker(panic);
        answer.lose(&bytes, status, content_type);
        origin
    };
    let running = CURRENT.get().and_then(|current| open.remove(&current)).and_then(|running| say(running, Some(panic)));
    let origin = first.or(running);
    for (key, answer) in open {
        say(answer, (origin == Some(key)).then_some(panic));
    }
}
