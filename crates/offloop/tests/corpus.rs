//! Every decoder of foreign bytes, on the fuzzers' corpus and on what is like it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

#[path = "../fuzz/mutate.rs"]
mod mutate;
#[path = "../fuzz/properties.rs"]
mod properties;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
enum Nest {
    End,
    In(Box<Nest>),
    All(Vec<Nest>, Option<char>),
    Named { wide: i128, text: String },
}

macro_rules! echoes {
    ($($name:ident: $type:ty),* $(,)?) => {
        $(fn $name(value: $type) -> $type { value })*
        offloop::tasks! { $($name),* }
    };
}

echoes! {
    numbers: (u8, i8, u16, i16, u32, i32, u64, i64), wide: (u128, i128), texts: Vec<(String, Option<char>)>, map: BTreeMap<String, Vec<bool>>,
    nest: Nest, nothings: Vec<()>, blobs: Option<offloop::Blob>,
}

fn corpus(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name)
}

#[test]
fn calls_of_anybody() {
    mutate::explore(&corpus("calls"), properties::calls);
}

#[test]
fn events_of_anybody() {
    mutate::explore(&corpus("events"), properties::events);
}

#[test]
fn streams_of_anybody() {
    mutate::explore(&corpus("stream"), properties::stream);
}

#[test]
fn values_of_anybody() {
    mutate::explore(&corpus("values"), |bytes| properties::values(&TASKS, bytes));
}
