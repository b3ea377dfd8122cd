//! The tasks that promises are tested with.

use std::sync::Mutex;
use std::thread::sleep;
use std::time::Duration;

use offloop::{Blob, Context};

/// What tasks have been seen to do, by the key that they were given.
static SEEN: Mutex<Vec<(u64, &str)>> = Mutex::new(Vec::new());

fn note(key: u64, what: &'static str) {
    SEEN.lock().unwrap().push((key, what));
}

/// How often a task with this key did this.
pub(crate) fn seen(key: u64, what: &str) -> usize {
    SEEN.lock().unwrap().iter().filter(|entry| **entry == (key, what)).count()
}

/// A key that no other test uses.
pub(crate) fn key() -> u64 {
    static NEXT: Mutex<u64> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap();
    *next += 1;
    *next
}

pub(crate) fn add(a: u32, b: u32) -> u32 {
    a + b
}

pub(crate) fn unit() {}

pub(crate) fn echo(text: String) -> String {
    text
}

pub(crate) fn invert(bytes: Blob) -> Blob {
    bytes.iter().map(|byte| !byte).collect::<Vec<_>>().into()
}

/// Keeps its lane for some milliseconds.
pub(crate) fn nap(milliseconds: u64) -> u64 {
    sleep(Duration::from_millis(milliseconds));
    milliseconds
}

/// As `nap`, and leaves a note that it started.
pub(crate) fn noted(key: u64, milliseconds: u64) -> u64 {
    note(key, "started");
    sleep(Duration::from_millis(milliseconds));
    note(key, "ended");
    key
}

/// Works in steps of a millisecond and stops when it is told that nobody waits.
pub(crate) fn steps(context: &Context, key: u64, count: u64) -> u64 {
    note(key, "started");
    for done in 0..count {
        if context.is_cancelled() {
            note(key, "cancelled");
            return done;
        }
        context.progress(done + 1, count);
        sleep(Duration::from_millis(1));
    }
    count
}

pub(crate) fn fail(message: String) -> u32 {
    std::panic::panic_any(message)
}

pub(crate) fn fail_with_text() -> u32 {
    panic!("a text that is known at compile time")
}

pub(crate) fn fail_with_a_number() -> u32 {
    std::panic::panic_any(7_u8)
}

/// A result that cannot be encoded.
pub(crate) fn undescribable() -> Unsized {
    Unsized
}

pub(crate) struct Unsized;

impl serde::Serialize for Unsized {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("this cannot be described"))
    }
}

impl<'de> serde::Deserialize<'de> for Unsized {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

pub(crate) fn takes_undescribable(_: Unsized) {}

pub(crate) fn unlisted(n: u32) -> u32 {
    n
}

offloop::tasks! {
    #[idempotent] add, unit, echo, invert, nap, noted, steps, fail, fail_with_text, fail_with_a_number, undescribable,
    takes_undescribable,
}
