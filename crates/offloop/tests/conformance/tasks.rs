//! The tasks that promises are tested with.

use offloop::{Blob, Context, Error};

pub(crate) use crate::here::{key, seen};
use crate::here::{note, work};
pub(crate) use crate::values::{echo_fields, echo_variants, levels, mirror, nest, nothings, one_sided};

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

/// For how many milliseconds a lane is kept busy while something is done that takes no time. On a loaded machine a thread was seen not to run
/// for more than 20 ms, and what should have waited behind the nap had run.
pub(crate) const MEANWHILE: u64 = 250;

/// Keeps its lane for some milliseconds.
pub(crate) fn nap(milliseconds: u64) -> u64 {
    work(milliseconds);
    milliseconds
}

/// As `nap`, and leaves a note that it started.
pub(crate) fn noted(key: u64, milliseconds: u64) -> u64 {
    note(key, "started");
    work(milliseconds);
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
        work(1);
    }
    count
}

/// Where `fail` panics; `fail_with_text` and `fail_with_a_number` do so four lines further down each.
const FAILS_AT: u32 = line!() + 2;
pub(crate) fn fail(message: String) -> u32 {
    std::panic::panic_any(message)
}

pub(crate) fn fail_with_text() -> u32 {
    panic!("a text that is known at compile time")
}

pub(crate) fn fail_with_a_number() -> u32 {
    std::panic::panic_any(7_u8)
}

/// What is told of the panic of `fail`, or of one so many lines below.
pub(crate) fn failed<T>(said: &str, below: u32) -> Result<T, Error> {
    Err(Error::Failed { message: format!("{said} (offloop/tests/conformance/tasks.rs:{}:5)", FAILS_AT + below) })
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
    takes_undescribable, nest, levels, echo_variants, echo_fields, one_sided, nothings, mirror,
}
