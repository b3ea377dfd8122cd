//! What the simulation does not look at: exact bounds, and what only costs memory or fairness. Most of these were written for mutants that lived.

mod ending;
mod ids;
mod lanes;
mod retry;
mod service;

use std::task::Waker;
use std::time::Duration;

use super::{Action, Core, Deed, INLINE, Limits, News, Order, Request, next_random};
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::{Loss, Stop, Traits};
use crate::stats::Recorder;
use crate::wire::{Payload, Reply};

const START: Instant = Instant::from_micros(1_000_000);
const TRAITS: Traits = Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: false };

/// With so many lanes and so long a queue.
fn core(lanes: usize, queue: usize) -> Core<()> {
    with(Limits { queue, retries: 1, attempt: None, inline_on_skew: true }, lanes)
}

fn with(limits: Limits, lanes: usize) -> Core<()> {
    let mut core = Core::new(limits, 7, Recorder::new());
    for _ in 0..lanes {
        core.add_lane(TRAITS, Box::new(|| 0), None, START);
    }
    core
}

fn request(deadline: Option<Instant>) -> Request<()> {
    Request::new(0, true, Payload::default(), deadline, ())
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
fn who_waits_for_hunger_is_told_when_it_comes_and_not_before() {
    let mut core = core(1, 10);
    let jobs: Vec<u64> = (0..3).map(|_| submit(&mut core)).collect();
    core.on_hungry(Waker::noop());
    rest(&mut core);
    let wakes = |core: &mut Core<()>| {
        std::iter::from_fn(|| core.action()).filter(|action| matches!(action, Action::Tell(News::Wake(_)))).count()
    };
    core.tick(START);
    core.reply(0, reply(jobs[0], Ok(Payload::default())), START);
    assert_eq!(wakes(&mut core), 0, "one still waits for one lane");
    core.reply(0, reply(jobs[1], Ok(Payload::default())), START);
    assert_eq!(wakes(&mut core), 1);
}

/// A job that may be sent ahead does not overtake one that may not.
#[test]
fn who_is_in_the_queue_goes_first() {
    let mut core = core(0, 10);
    core.add_lane(Traits { stop: Stop::Terminate, prefetch: 2, ..TRAITS }, Box::new(|| 0), None, START);
    // So that it is known to take no time.
    let known = submit(&mut core);
    core.reply(0, reply(known, Ok(Payload::default())), START);
    submit(&mut core);
    core.submit(Request { idempotent: false, ..request(None) }, START).map_err(|(error, _)| error).unwrap();
    rest(&mut core);
    submit(&mut core);
    assert!(core.action().is_none(), "sent past the one that waits");
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
    let lost = Error::lost(LostReason::Disconnected, "in a test");
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
    assert!(matches!(core.action(), Some(Action::Do(Deed::Lane { lane: 0, order: Order::Send(_) }))));
    assert!(core.is_at_rest());
}

#[test]
fn what_is_told_and_what_is_done_keep_one_order() {
    let mut core = core(1, 1);
    let [running, _waiting] = [0, 1].map(|_| submit(&mut core));
    rest(&mut core);
    core.reply(0, reply(running, Ok(Payload::default())), START);
    core.on_closed(Waker::noop());
    core.retire_lanes(1, START);
    core.abort(START);
    let order: Vec<&str> = std::iter::from_fn(|| core.action())
        .map(|action| match action {
            Action::Tell(News::Finish { .. }) => "finish",
            Action::Tell(News::Wake(_)) => "wake",
            Action::Tell(News::Forget(_)) => "forget",
            Action::Do(Deed::Lane { order: Order::Send(_), .. }) => "send",
            Action::Do(Deed::Lane { order: Order::Close, .. }) => "close",
            Action::Do(_) => "something else",
        })
        .collect();
    assert_eq!(order, ["finish", "send", "finish", "close", "wake"]);
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
        core.reply(4, reply(id, Ok(Payload::default())), START);
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
        .filter(|action| matches!(action, Action::Tell(News::Finish { result: Err(Error::TimedOut), .. })));
    assert_eq!(ended.count(), waiting.len());
}

#[test]
fn alarms_of_ended_jobs_go_though_many_live() {
    let mut core = core(1, 100);
    let hour = START + Duration::from_secs(3600);
    let submit = |core: &mut Core<()>| core.submit(request(Some(hour)), START).map_err(|(error, _)| error).unwrap();
    (0..40).for_each(|_| _ = submit(&mut core));
    for _ in 0..1_000 {
        let id = submit(&mut core);
        core.cancel(id, START);
        rest(&mut core);
    }
    assert!(core.alarms.len() < 200, "{} alarms for 40 jobs", core.alarms.len());
}

#[test]
fn cancelled_jobs_do_not_pile_up_behind_one_that_waits() {
    let mut core = core(1, 100);
    let first: Vec<u64> = (0..5).map(|_| submit(&mut core)).collect();
    for _ in 0..10_000 {
        let id = submit(&mut core);
        core.cancel(id, START);
        rest(&mut core);
        assert!(core.queue.len() < 100, "{} in the queue for 4 jobs that wait", core.queue.len());
    }
    // Those that wait stay, in their order.
    for (id, next) in first.iter().zip(&first[1..]) {
        core.reply(0, reply(*id, Ok(Payload::default())), START);
        let sent = std::iter::from_fn(|| core.action()).find_map(|action| match action {
            Action::Do(Deed::Lane { order: Order::Send(call), .. }) => Some(call.id),
            _ => None,
        });
        assert_eq!(sent, Some(*next));
    }
}

#[test]
fn room_is_kept_for_who_has_been_told_of_it() {
    let mut core = core(1, 0);
    let running = submit(&mut core);
    let [first, second] = [0, 1].map(|_| core.wait(None, Waker::noop()));
    core.reply(0, reply(running, Ok(Payload::default())), START);
    let told =
        std::iter::from_fn(|| core.action()).filter(|action| matches!(action, Action::Tell(News::Wake(_)))).count();
    assert_eq!(told, 1);
    // Neither who waits behind gets in between, nor who comes, once nobody waits.
    assert!(matches!(core.submit_with(second, request(None), START), Err((Error::Full, _))));
    core.give_back(second, START);
    assert!(matches!(core.submit(request(None), START), Err((Error::Full, _))));
    assert!(core.submit_with(first, request(None), START).is_ok());
}

#[test]
fn who_is_in_the_queue_learns_at_once_that_no_lane_comes_up() {
    let mut core = core(1, 3);
    (0..3).for_each(|_| _ = submit(&mut core));
    rest(&mut core);
    core.down(0, &Error::lost(LostReason::NotStarted, "no such script"), Loss::NeverStarted, START);
    let ended = std::iter::from_fn(|| core.action())
        .filter(|action| matches!(action, Action::Tell(News::Finish { result: Err(Error::Lost { .. }), .. })));
    assert_eq!(ended.count(), 3);
}

fn reply(id: u64, result: Result<Payload, Error>) -> Vec<Reply> {
    vec![Reply { id, busy: Duration::ZERO, result }]
}

#[test]
fn what_another_build_refuses_runs_inline_if_that_is_wanted() {
    let skew = Error::Skew { ours: 1, theirs: 2 };
    for (inline_on_skew, by_reply) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut core = with(Limits { queue: 1, retries: 0, attempt: None, inline_on_skew }, 1);
        let id = submit(&mut core);
        rest(&mut core);
        if by_reply {
            core.reply(0, reply(id, Err(skew.clone())), START);
        } else {
            core.lost(0, &[id], &skew, Loss::NeverStarted, START);
        }
        match core.action() {
            Some(Action::Do(Deed::Inline { call })) => assert!(inline_on_skew && call.id == id),
            Some(Action::Tell(News::Finish { result, .. })) => assert!(!inline_on_skew && result == Err(skew.clone())),
            _ => panic!("nothing becomes of it"),
        }
        // Once is enough: whoever refuses it here would do so again.
        if inline_on_skew {
            core.reply(INLINE, reply(id, Err(skew.clone())), START);
            assert!(matches!(core.action(), Some(Action::Tell(News::Finish { result: Err(Error::Skew { .. }), .. }))));
        }
    }
}
