//! Lies about lengths and counts do not make a reader allocate. One test, since the counter is for the whole process.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use offloop::wire::{Payload, Splitter, decode_calls, decode_events};
use offloop::{Blob, Context, Instant};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const OURS: u64 = 1;

fn list(value: Vec<u64>) -> usize {
    value.len()
}
fn text(value: String) -> usize {
    value.len()
}
fn map(value: HashMap<u64, u64>) -> usize {
    value.len()
}
fn blobs(value: Vec<Blob>) -> usize {
    value.len()
}

offloop::tasks! { list, text, map, blobs }

/// The most memory that `read` holds at once, above what was there before.
fn peak<T>(read: impl FnOnce() -> T) -> usize {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    drop(read());
    MEMORY.peak_usage().saturating_sub(before)
}

fn frame(kind: u8, rest: &[u8]) -> Blob {
    [b"OL\x02", &[kind][..], &OURS.to_le_bytes(), rest].concat().into()
}

#[test]
fn a_lie_does_not_allocate() {
    let longest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let now = Instant::from_micros(0);

    // How many messages, how long the bytes, how many blobs, how long a blob, how long a text.
    let calls: &[&[u8]] = &[&[], &[1, 0, 0, 0], &[1, 0, 0, 0, 0], &[1, 0, 0, 0, 0, 1]];
    let events: &[&[u8]] = &[&[], &[1, 0, 0, 0], &[1, 0, 0, 0, 0], &[1, 0, 0, 0, 0, 1], &[1, 1, 0, 0]];
    for start in calls {
        for kind in [0x01, 0x81] {
            let frame = frame(kind, &[start, &longest[..]].concat());
            assert!(peak(|| decode_calls(OURS, &frame, now, Vec::new())) < 2 * KIB, "{start:?}");
        }
    }
    for start in events {
        for kind in [0x02, 0x82] {
            let frame = frame(kind, &[start, &longest[..]].concat());
            assert!(peak(|| decode_events(OURS, &frame, Vec::new())) < 2 * KIB, "{start:?}");
        }
    }

    // The same inside a value. Serde sets aside at most one MiB on the word of a length.
    for entry in &TASKS {
        let input = Payload { bytes: longest[..].into(), blobs: Vec::new() };
        assert!(peak(|| entry.run(&Context::none(), input)) < 3 * MIB, "{}", entry.name());
    }

    // And of a stream that promises a long frame and brings little of it.
    assert!(peak(|| Splitter::default().push(&[0xff, 0xff, 0xff, 0x03, 1, 2, 3])) < 2 * KIB);

    // Tiny messages and empty blobs are honest, but each takes far more room in memory than its byte in the frame.
    let many = [0x80, 0x80, 0x80, 0x08];
    let zeros = vec![0_u8; 16 * MIB];
    let empty_blobs = frame(1, &[&[1, 0, 0, 0, 0][..], &many, &zeros].concat());
    let empty_calls = frame(1, &[&many[..], &zeros].concat());
    for frame in [empty_blobs, empty_calls] {
        let peak = peak(|| decode_calls(OURS, &frame, now, Vec::new()));
        assert!(peak < 200 * MIB, "{} MiB for a frame of 16 MiB", peak / MIB);
    }
}
