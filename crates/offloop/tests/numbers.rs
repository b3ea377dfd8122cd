//! Bytes that are read as numbers, one by one. What else crosses is in `values.rs`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::net::IpAddr;

use offloop::wire::Payload;
use offloop::{Context, Error, Executor, Options};

fn long(value: u64) -> u64 {
    value
}

fn wide(value: u128) -> u128 {
    value
}

fn address(value: IpAddr) -> IpAddr {
    value
}

fn loopback() -> IpAddr {
    IpAddr::from([127, 0, 0, 1])
}

fn form(value: Form) -> Form {
    value
}

offloop::tasks! { long, wide, address, loopback, form }

/// What comes back, or none if the bytes are no argument of the task.
fn run(name: &str, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let entry = TASKS.at(TASKS.named(name).unwrap()).unwrap();
    match entry.run(&Context::none(), Payload { bytes: bytes.into(), blobs: Vec::new() }) {
        Ok(output) => Some(output.bytes.into()),
        Err(Error::Malformed { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn numbers_may_be_longer_than_they_have_to_be_but_not_than_their_type() {
    let number = |first: u8, count: usize, last: u8| [vec![first; count], vec![last]].concat();
    for (name, more, largest) in [("long", 9, 1), ("wide", 18, 3)] {
        assert_eq!(run(name, number(0x80, more, 0)), Some(vec![0]), "{name}");
        assert_eq!(run(name, number(0xff, more, largest)), Some(number(0xff, more, largest)), "{name}");
        assert_eq!(run(name, number(0xff, more, largest + 1)), None, "{name}");
        assert_eq!(run(name, number(0x80, more + 1, 0)), None, "{name}");
    }
}

/// Says in which form it is written and read.
struct Form;

impl serde::Serialize for Form {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_for_people = serializer.is_human_readable();
        serializer.serialize_bool(is_for_people)
    }
}

impl<'de> serde::Deserialize<'de> for Form {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        assert!(!deserializer.is_human_readable());
        bool::deserialize(deserializer).map(|is_for_people| assert!(!is_for_people)).map(|()| Self)
    }
}

#[test]
fn what_has_a_form_for_people_and_one_for_programs_crosses_in_the_latter() {
    assert_eq!(run("form", vec![0]), Some(vec![0]));
    // The name of the variant, its four bytes, and the kinds of them.
    let pool = Executor::inline(&TASKS, Options::default());
    let here = IpAddr::from([127, 0, 0, 1]);
    assert_eq!(futures_executor::block_on(pool.run(address, here)), Ok(here));
    let bytes = run("loopback", vec![]).unwrap();
    assert_eq!((bytes.len(), &bytes[4..8]), (12, &[127, 0, 0, 1][..]));
    assert_eq!(run("address", bytes.clone()), Some(bytes));
}
