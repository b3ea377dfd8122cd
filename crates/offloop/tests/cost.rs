//! What a trivial call costs, in counts, which are the same on a busy machine: a change that costs more has to change a number here.
//! One test, since allocations are counted for the whole process.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::alloc::System;

use futures_executor::block_on;
use offloop::wire::{Call, Event, Payload, Reply, encode_calls, encode_events};
use offloop::{Executor, Instant, Options};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn double(n: u32) -> u32 {
    n.wrapping_mul(2)
}

offloop::tasks! { #[idempotent] double }

const CALLS: u32 = 1_000;

/// Allocations for a thousand calls, one after the other, once everything has its size.
fn allocations(pool: &Executor) -> usize {
    let run = || (0..CALLS).for_each(|n| assert_eq!(block_on(pool.run(double, n)), Ok(2 * n)));
    run();
    let region = Region::new(COUNTED);
    run();
    let change = region.change();
    // Nothing is kept: what was taken is given back, but for a buffer or two that may have grown.
    assert!(change.deallocations + 8 >= change.allocations, "{change:?}");
    change.allocations
}

/// Bytes of a frame of so many trivial calls, and of their replies.
fn frame_bytes(count: u64) -> [usize; 2] {
    let payload = || Payload { bytes: vec![200, 1].into(), blobs: Vec::new() };
    let ids = 1_000..1_000 + count;
    let calls: Vec<Call> = ids.clone().map(|id| Call { id, task: 0, deadline: None, input: payload() }).collect();
    let replies: Vec<Event> = ids
        .map(|id| Event::Reply(Reply { id, busy: std::time::Duration::from_micros(1), result: Ok(payload()) }))
        .collect();
    let (mut one, mut other) = (Vec::new(), Vec::new());
    encode_calls(1, &calls, Instant::from_micros(0), &mut one, Some(&mut Vec::new()));
    encode_events(1, &replies, &mut other, Some(&mut Vec::new()));
    [one.len(), other.len()]
}

#[test]
fn a_trivial_call_costs_no_more_than_it_did() {
    // The call and the slot, and inline a list of one reply; short arguments and results need none. Threads set an alarm now and then.
    let inline = allocations(&Executor::inline(&TASKS, Options::default()));
    assert!(inline <= 3_000 + 10, "{inline} allocations for a thousand calls in the calling thread");
    let threads = allocations(&Executor::threads(&TASKS, Options::default().lanes(1)));
    assert!(threads <= 2_000 + 400, "{threads} allocations for a thousand calls of a thread");

    let ([call, reply], [calls, replies]) = (frame_bytes(1), frame_bytes(33));
    assert!(call <= 21 && reply <= 21, "{call} and {reply} bytes for one call");
    assert_eq!([(calls - call) / 32, (replies - reply) / 32], [8, 8], "bytes for each further call and reply");
}
