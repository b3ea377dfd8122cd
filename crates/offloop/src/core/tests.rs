//! What the simulation does not look at: exact bounds, and what only costs memory or fairness. Most of these were written for mutants that lived.

use std::task::Waker;
use std::time::Duration;

use super::{Action, Core, Limits, Request, next_random};
use crate::error::Error;
use crate::instant::Instant;
use crate::lane::{Loss, Stop, Traits};
use crate::stats::Recorder;
use crate::wire::{Payload, Reply};

const START: Instant = Instant::from_micros(1_000_000);
const TRAITS: Traits = Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: false };

/// With so many lanes and so long a queue.
fn core(lanes: usize, queue: usize) -> Core<()> {
    let mut core = Core::new(Limits { queue, retries: 1, inline_on_skew: true }, 7, Recorder::new());
    for _ in 0..lanes {
        core.add_lane(TRAITS, Box::new(|| 0), START);
    }
    core
}

fn request(deadline: Option<Instant>) -> Request<()> {
    Request { task: 0, idempotent: true, input: Payload::default(), deadline, slot: () }
}

fn submit(core: &mut Core<()>) -> u64 {
    core.submit(request(None), START).map_err(|(error, _)| error).unwrap()
}

fn rest(core: &mut Core<()>) {
    while core.action().is_some() {}
}

#[test]
fn a_stream_is_asked_for_more_until_each_lane_has_one_in_the_queue() {
    let mut core = core(2, 10);
    (0..2).for_each(|_| _ = submit(&mut core));
    for waiting in 0..4 {
        assert_eq!(core.is_hungry(), waiting < 2, "{waiting} wait");
        submit(&mut core);
    }
}

#[test]
fn chance_is_spread_over_all_bits() {
    let mut state = 7;
    let drawn: Vec<u64> = (0..1_000).map(|_| next_random(&mut state)).collect();
    // As the paper has it.
    assert_eq!(drawn[..3], [0xd1fb_af7f_728d_2eae, 0xeda4_6c77_629d_a6ae, 0x16df_9d6a_c76b_d322]);
    for bit in 0..64 {
        let ones = drawn.iter().filter(|number| *number >> bit & 1 == 1).count();
        assert!((400..600).contains(&ones), "bit {bit} is set in {ones} of 1000");
    }
}

#[test]
fn a_submitter_that_looks_in_before_it_is_told_gets_in_if_it_is_the_first() {
    let mut core = core(1, 0);
    let job = submit(&mut core);
    let lost = Error::Lost { cause: "in a test".to_owned() };
    core.lost(0, &[job], &lost, Loss::Refused, START);
    core.cancel(job, START);
    // The lane rests, so there is no room yet.
    let [first, second] = [0, 1].map(|_| core.wait(None, Waker::noop()));
    assert!(matches!(core.submit_with(first, request(None), START), Err((Error::Full, _))));
    // It has rested enough, and nobody has been told.
    let later = START + Duration::from_secs(1);
    assert!(matches!(core.submit_with(second, request(None), later), Err((Error::Full, _))));
    assert!(core.submit_with(first, request(None), later).is_ok());
    assert!(matches!(core.submit_with(second, request(None), later), Err((Error::Full, _))));
}

#[test]
fn an_action_is_at_rest_only_when_there_is_none() {
    let mut core = core(1, 0);
    assert!(core.is_at_rest());
    submit(&mut core);
    assert!(!core.is_at_rest());
    assert!(matches!(core.action(), Some(Action::Send { lane: 0, .. })));
    assert!(core.is_at_rest());
}

#[test]
fn short_jobs_with_far_deadlines_do_not_pile_up() {
    // Four lanes are at work all the time.
    let mut core = core(5, 10);
    (0..4).for_each(|_| _ = submit(&mut core));
    let hour = START + Duration::from_secs(3600);
    let mut most = 0;
    for _ in 0..5_000 {
        let id = core.submit(request(Some(hour)), START).map_err(|(error, _)| error).unwrap();
        core.reply(4, vec![Reply { id, busy: Duration::ZERO, result: Ok(Payload::default()) }], START);
        rest(&mut core);
        most = most.max(core.alarms.len());
    }
    assert!((50..100).contains(&most), "{most} alarms for one job with a deadline at a time");

    // Those of jobs that live stay.
    let waiting: Vec<u64> =
        (0..10).map(|_| core.submit(request(Some(hour)), START).map_err(|(error, _)| error).unwrap()).collect();
    assert!(core.alarms.len() >= waiting.len());
    rest(&mut core);
    core.tick(hour);
    let ended = std::iter::from_fn(|| core.action())
        .filter(|action| matches!(action, Action::Finish { result: Err(Error::TimedOut), .. }));
    assert_eq!(ended.count(), waiting.len());
}
