//! How jobs leave their lanes, to the microsecond and to the try.

use std::time::Duration;

use super::{START, TRAITS, core, reply, request, rest, submit, with};
use crate::core::{Action, Core, Deed, INLINE, Limits, News, Order};
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::{Loss, Stop, Traits};
use crate::wire::Payload;

pub(super) const LIMITS: Limits = Limits { queue: 9, retries: 2, attempt: None, inline_on_skew: true };

fn lost() -> Error {
    Error::lost(LostReason::Disconnected, "in a test")
}

fn done(id: u64) -> Vec<crate::wire::Reply> {
    reply(id, Ok(Payload::default()))
}

/// A lane that takes two calls, and has learned that they are short.
fn quick(stop: Stop) -> Core<()> {
    let mut core = with(LIMITS, 0);
    let ahead = Duration::from_millis(1);
    core.add_lane(Traits { stop, prefetch: 2, ahead, ..TRAITS }, Box::new(|| 0), None, START);
    let first = submit(&mut core);
    core.reply(0, done(first), START);
    rest(&mut core);
    core
}

/// The lane and the id of the calls that are sent next, all other actions aside.
pub(super) fn sent(core: &mut Core<()>) -> Vec<(usize, u64)> {
    let actions = std::iter::from_fn(|| core.action());
    actions
        .filter_map(|action| {
            if let Action::Do(Deed::Lane { lane, order: Order::Send(call) }) = action {
                Some((lane, call.id))
            } else {
                None
            }
        })
        .collect()
}

pub(super) fn ms(milliseconds: u64) -> Instant {
    START + Duration::from_millis(milliseconds)
}

/// Or else it runs at the lane that has answered, and after the pause once more.
#[test]
fn a_call_is_not_sent_behind_an_answer_that_came_twice() {
    for stop in [Stop::Wait, Stop::Release, Stop::Terminate] {
        let mut core = with(LIMITS, 0);
        core.add_lane(Traits { stop, ..TRAITS }, Box::new(|| 0), None, START);
        let id = submit(&mut core);
        assert_eq!(sent(&mut core), [(0, id)]);
        core.reply(0, reply(id, Err(Error::Full)), START);
        core.tick(ms(100));
        // The shell has not come to that yet.
        core.reply(0, reply(id, Err(Error::Full)), ms(100));
        assert_eq!(sent(&mut core), [], "{stop:?}");
        core.tick(ms(300));
        assert_eq!(sent(&mut core), [(0, id)], "{stop:?}");
    }
}

#[test]
fn a_call_that_nobody_waits_for_has_4_ms_to_end_before_its_lane_is_reset() {
    let resets = |core: &mut Core<()>| {
        std::iter::from_fn(|| core.action())
            .filter(|action| matches!(action, Action::Do(Deed::Lane { lane: 0, order: Order::Reset })))
            .count()
    };
    for answered in [true, false] {
        let mut core = quick(Stop::Terminate);
        let [first, behind] = [0, 1].map(|_| submit(&mut core));
        rest(&mut core);
        // As far as is known here it has not begun.
        core.cancel(behind, START);
        assert_eq!(resets(&mut core), 0);
        core.reply(0, done(first), ms(10));
        core.tick(ms(13));
        assert_eq!(resets(&mut core), 0, "it has had 3 ms");
        if answered {
            core.reply(0, done(behind), ms(14));
        }
        core.tick(ms(14));
        assert_eq!(resets(&mut core), usize::from(!answered));
    }
}

#[test]
fn a_neighbour_that_answers_before_the_reset_is_not_sent_again() {
    let mut core = quick(Stop::Terminate);
    let [first, behind] = [0, 1].map(|_| submit(&mut core));
    assert_eq!(sent(&mut core), [(0, first), (0, behind)]);
    core.cancel(first, START);
    core.reply(0, done(behind), START);
    assert_eq!(sent(&mut core), []);
    // The lane is not taken for a busy one.
    let next = submit(&mut core);
    assert_eq!(sent(&mut core), [(0, next)]);
}

#[test]
fn a_late_reply_of_another_lane_does_not_free_the_one_that_has_the_call() {
    let mut core = core(2, 9);
    let [job, other] = [0, 1].map(|_| submit(&mut core));
    core.lost(0, &[job], &lost(), Loss::Idle, START);
    core.reply(1, done(other), START);
    rest(&mut core);
    // Lane 0 takes the next one first, so that the job comes to lane 1.
    let next = submit(&mut core);
    core.tick(START + Duration::from_secs(1));
    assert_eq!(sent(&mut core), [(0, next), (1, job)]);
    core.cancel(job, START);
    core.reply(0, done(job), START);
    assert!(core.submit(request(None), START).is_ok());
    assert_eq!(sent(&mut core), [], "both lanes are busy");
    core.reply(1, done(job), START);
    assert_eq!(sent(&mut core).len(), 1);
}

#[test]
fn a_job_is_tried_as_often_again_as_told() {
    for retries in 0..3 {
        let mut core = with(Limits { retries, ..LIMITS }, 1);
        let job = submit(&mut core);
        let mut tries = 0;
        for minute in 0..10 {
            let now = START + Duration::from_secs(60 * minute);
            core.tick(now);
            for (lane, id) in sent(&mut core) {
                tries += 1;
                core.lost(lane, &[id], &lost(), Loss::MaybeRan, now);
            }
        }
        assert_eq!(tries, retries + 1);
        assert!(core.slot(job).is_none());
    }
}

#[test]
fn a_job_waits_before_it_is_tried_again_though_a_lane_is_idle() {
    let mut core = core(2, 1);
    let job = submit(&mut core);
    assert_eq!(sent(&mut core), [(0, job)]);
    core.lost(0, &[job], &lost(), Loss::Refused, START);
    core.tick(ms(24));
    assert_eq!(sent(&mut core), []);
    core.tick(ms(50));
    assert_eq!(sent(&mut core).len(), 1);
}

#[test]
fn only_lanes_teach_how_long_a_task_takes() {
    let skew = Error::Skew { ours: 1, theirs: 2 };
    let mut core = with(LIMITS, 0);
    core.add_lane(Traits { prefetch: 2, ahead: Duration::from_millis(1), ..TRAITS }, Box::new(|| 0), None, START);
    let inline = submit(&mut core);
    core.lost(0, &[inline], &skew, Loss::NeverStarted, START);
    core.reply(INLINE, done(inline), START);
    rest(&mut core);
    let [first, second] = [0, 1].map(|_| submit(&mut core));
    assert_eq!(sent(&mut core), [(0, first)]);
    core.reply(0, done(first), START);
    let third = submit(&mut core);
    assert_eq!(sent(&mut core), [(0, second), (0, third)]);
}

#[test]
fn refusals_teach_nothing_about_how_long_a_task_takes() {
    let mut core = quick(Stop::Wait);
    let refused = submit(&mut core);
    rest(&mut core);
    core.reply(0, reply(refused, Err(Error::TimedOut)), ms(500));
    rest(&mut core);
    let [first, second] = [0, 1].map(|_| submit(&mut core));
    assert_eq!(sent(&mut core), [(0, first), (0, second)], "it is not sent ahead any more");
}

#[test]
fn what_a_far_side_refuses_each_time_is_lost() {
    let refusals = [(Error::Full, LostReason::Overloaded, 2), (Error::Closed, LostReason::Reset, 33)];
    for (refusal, reason, tries) in refusals {
        let mut core = core(2, 1);
        let job = submit(&mut core);
        for n in 1..=tries {
            assert_eq!(sent(&mut core), [(0, job)], "try {n}");
            core.reply(0, reply(job, Err(refusal.clone())), START);
            let told = std::iter::from_fn(|| core.action()).find_map(|action| match action {
                Action::Tell(News::Finish { result: Err(Error::Lost { reason, .. }), .. }) => Some(reason),
                _ => None,
            });
            if let Some(told) = told {
                assert_eq!((told, n), (reason, tries));
            }
            core.tick(ms(10_000));
        }
        assert_eq!(core.tally.recorder.snapshot().failed.lost, 1);
    }
}

#[test]
fn what_a_call_waits_at_its_lane_counts_as_waiting() {
    let mut core = quick(Stop::Wait);
    let calls = [0, 1].map(|_| submit(&mut core));
    core.reply(0, done(calls[0]), ms(10));
    core.reply(0, done(calls[1]), ms(14));
    let stats = core.tally.recorder.snapshot();
    // Upper ends of buckets that are at most a fifth wide. The first of the three calls took no time.
    assert!((4.0..5.0).contains(&stats.run_ms.p50), "{stats:?}");
    assert!((10.0..12.5).contains(&stats.run_ms.max), "{stats:?}");
    assert!(stats.queue_ms.p50 < 0.1, "{stats:?}");
    assert!((10.0..12.5).contains(&stats.queue_ms.max), "{stats:?}");
}

#[test]
fn the_place_of_a_lane_is_free_once_it_is_closed() {
    let mut core = core(2, 1);
    assert_eq!(core.vacant(), 2);
    core.retire_lanes(1, START);
    assert_eq!(core.vacant(), 2, "it is still to be closed");
    rest(&mut core);
    assert_eq!(core.vacant(), 1);
    assert_eq!(core.add_lane(TRAITS, Box::new(|| 0), None, START), 1);
}

/// Each of several replies that come together is taken to have needed an equal part of the time.
#[test]
fn replies_of_a_lane_that_come_together_share_its_time() {
    let mut core = with(LIMITS, 0);
    for _ in 0..2 {
        let ahead = Duration::from_micros(1_500);
        core.add_lane(Traits { stop: Stop::Wait, prefetch: 2, ahead, ..TRAITS }, Box::new(|| 0), None, START);
    }
    let known = submit(&mut core);
    core.reply(0, done(known), START);
    let ids: Vec<u64> = (0..4).map(|_| submit(&mut core)).collect();
    rest(&mut core);
    let both = [0, 2].into_iter().flat_map(|at| done(ids[at])).map(|reply| (0, reply));
    core.reply_all(&mut both.collect(), ms(8));
    // They took 4 ms each, so that a call should take 0.94 ms now, and one more fits behind it.
    let next = [0, 1].map(|_| core.submit(request(None), ms(8)).map_err(|(error, _)| error).unwrap());
    assert_eq!(sent(&mut core), next.map(|id| (0, id)));
}
