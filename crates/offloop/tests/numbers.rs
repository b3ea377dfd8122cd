//! Bytes that are read as numbers, one by one. What else crosses is in `values.rs`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::net::IpAddr;

use offloop::wire::Payload;
use offloop::{Context, Error};

fn long(value: u64) -> u64 {
    value
}

fn wide(value: u128) -> u128 {
    value
}

fn address(value: IpAddr) -> IpAddr {
    value
}

offloop::tasks! { long, wide, address }

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

#[test]
fn what_has_a_form_for_people_and_one_for_programs_crosses_in_the_latter() {
    let bytes = postcard::to_allocvec(&IpAddr::from([127, 0, 0, 1])).unwrap();
    assert_eq!(bytes, [0, 127, 0, 0, 1]);
    assert_eq!(run("address", bytes.clone()), Some(bytes));
}
