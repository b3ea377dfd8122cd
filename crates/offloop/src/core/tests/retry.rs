//! Which jobs are run again when their lane is lost, and until when.

use std::time::Duration;

use super::ending::{LIMITS, ms, sent};
use super::{START, TRAITS, reply, request, rest, submit, with};
use crate::core::{Action, Core, Limits, News};
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::{Loss, Stop, Traits};
use crate::wire::Payload;

fn lost(reason: LostReason) -> Error {
    Error::lost(reason, "in a test")
}

fn late(core: &mut Core<()>, deadline: Instant) -> u64 {
    core.submit(request(Some(deadline)), START).map_err(|(error, _)| error).unwrap()
}

/// When the job is sent to a lane that loses it each time, looked at every ten milliseconds, and how it ends.
fn tries(core: &mut Core<()>, reason: LostReason, loss: Loss) -> (Vec<Instant>, Option<Error>) {
    let (mut tries, mut end) = (Vec::new(), None);
    for tens in 0..9_000 {
        let now = ms(10 * tens);
        core.tick(now);
        while let Some(action) = core.action() {
            match action {
                Action::Do(crate::core::Deed::Lane { lane, order: crate::core::Order::Send(call) }) => {
                    tries.push(now);
                    core.lost(lane, &[call.id], &lost(reason), loss, now);
                }
                Action::Tell(News::Finish { result, .. }) => end = result.err(),
                _ => {}
            }
        }
    }
    (tries, end)
}

#[test]
fn a_job_that_has_time_is_tried_until_its_deadline() {
    let harmless = [
        (LostReason::Disconnected, Loss::MaybeRan),
        (LostReason::Closed, Loss::MaybeRan),
        (LostReason::Overloaded, Loss::Refused),
        (LostReason::Reset, Loss::Reset),
    ];
    for (reason, loss) in harmless {
        let mut core = with(LIMITS, 2);
        late(&mut core, ms(60_000));
        let (tries, end) = tries(&mut core, reason, loss);
        assert_eq!(end, Some(Error::TimedOut), "{reason}");
        assert!((30..150).contains(&tries.len()), "{} tries, {reason}", tries.len());
        // Whenever lanes come back, the job is there soon.
        let longest = tries.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(longest < Duration::from_millis(1_700), "{longest:?}, {reason}");
        assert!(ms(60_000) - *tries.last().unwrap() < Duration::from_millis(100), "{reason}");
    }
}

#[test]
fn a_job_that_may_have_ended_its_lane_has_as_many_tries_as_told_whatever_its_deadline() {
    let suspicious = [LostReason::Crashed, LostReason::OutOfMemory, LostReason::Panicked, LostReason::Other]
        .map(|reason| (reason, 3));
    for (reason, times) in suspicious {
        let mut core = with(LIMITS, 2);
        late(&mut core, ms(60_000));
        let (tries, end) = tries(&mut core, reason, Loss::MaybeRan);
        assert_eq!((tries.len(), end), (times, Some(lost(reason))));
    }
}

#[test]
fn losses_that_are_no_fault_of_the_job_do_not_use_up_its_tries() {
    let mut core = with(LIMITS, 1);
    late(&mut core, ms(60_000));
    for reason in [LostReason::Disconnected; 9].into_iter().chain([LostReason::Crashed; 2]) {
        core.tick(ms(10_000));
        for (lane, id) in sent(&mut core) {
            core.lost(lane, &[id], &lost(reason), Loss::MaybeRan, START);
        }
    }
    core.tick(ms(20_000));
    assert_eq!(sent(&mut core).len(), 1, "it has one left");
}

#[test]
fn no_retries_are_none_and_what_must_not_run_twice_does_not() {
    let mut core = with(Limits { retries: 0, ..LIMITS }, 1);
    late(&mut core, ms(60_000));
    assert_eq!(tries(&mut core, LostReason::Disconnected, Loss::MaybeRan).0.len(), 1);
    let mut core = with(LIMITS, 1);
    let once = crate::core::Request { idempotent: false, ..request(Some(ms(60_000))) };
    core.submit(once, START).map_err(|(error, _)| error).unwrap();
    assert_eq!(tries(&mut core, LostReason::Disconnected, Loss::MaybeRan).0.len(), 1);
}

#[test]
fn a_job_that_has_little_time_is_tried_more_often() {
    let mut core = with(LIMITS, 2);
    late(&mut core, ms(400));
    let (tries, end) = tries(&mut core, LostReason::Disconnected, Loss::MaybeRan);
    assert_eq!(end, Some(Error::TimedOut));
    assert!(tries.len() >= 4 && ms(400) - *tries.last().unwrap() <= Duration::from_millis(100), "{tries:?}");
}

const LIMIT: Duration = Duration::from_secs(30);

/// Lanes on which a job of a kind that is known to be short is running, and another behind it.
fn two_at_a_lane() -> (Core<()>, [u64; 2]) {
    let mut core = with(Limits { attempt: Some(LIMIT), ..LIMITS }, 0);
    let ahead = Duration::from_millis(1);
    core.add_lane(Traits { stop: Stop::Release, prefetch: 2, ahead, ..TRAITS }, Box::new(|| 0), None, START);
    let first = submit(&mut core);
    core.reply(0, reply(first, Ok(Payload::default())), START);
    rest(&mut core);
    let ids = [0, 1].map(|_| late(&mut core, ms(600_000)));
    rest(&mut core);
    (core, ids)
}

fn told(core: &mut Core<()>) -> Vec<LostReason> {
    let told = std::iter::from_fn(|| core.action()).filter_map(|action| match action {
        Action::Tell(News::Finish { result: Err(Error::Lost { reason, .. }), .. }) => Some(reason),
        _ => None,
    });
    told.collect()
}

#[test]
fn an_attempt_as_long_as_the_limit_is_not_repeated_whoever_ended_the_lane() {
    for reason in [LostReason::Disconnected, LostReason::Closed, LostReason::Crashed] {
        for (after, expected) in [(LIMIT - Duration::from_millis(1), None), (LIMIT, Some(LostReason::Overran))] {
            let (mut core, ids) = two_at_a_lane();
            core.lost(0, &ids, &lost(reason), Loss::MaybeRan, START + after);
            // The one behind has waited as long, and not run.
            assert_eq!(told(&mut core), Vec::from_iter(expected), "{reason} after {after:?}");
            core.tick(START + after + Duration::from_secs(1));
            assert_eq!(sent(&mut core).len(), 2 - usize::from(expected.is_some()));
        }
    }
    // The lane goes down with all it has.
    let (mut core, _) = two_at_a_lane();
    core.down(0, &lost(LostReason::Closed), Loss::MaybeRan, START + LIMIT);
    assert_eq!(told(&mut core), [LostReason::Overran]);
}

#[test]
fn an_attempt_is_as_long_as_the_time_since_the_call_before_ended() {
    // It was replied to, or lost by itself.
    for is_reply in [true, false] {
        let (mut core, ids) = two_at_a_lane();
        let (half, end) = (START + LIMIT / 2, START + LIMIT);
        if is_reply {
            core.reply(0, reply(ids[0], Ok(Payload::default())), half);
        } else {
            core.lost(0, &[ids[0]], &lost(LostReason::Disconnected), Loss::MaybeRan, half);
        }
        core.lost(0, &[ids[1]], &lost(LostReason::Disconnected), Loss::MaybeRan, end);
        assert_eq!(told(&mut core), [], "it has run for half of the limit");
    }
    // Another executor's call was before it.
    let (mut core, ids) = two_at_a_lane();
    let end = START + LIMIT;
    core.lost_since(0, &ids, &lost(LostReason::Disconnected), Loss::MaybeRan, START + LIMIT / 2, end);
    assert_eq!(told(&mut core), []);
}

#[test]
fn a_lane_that_goes_down_at_once_gets_no_retry_while_another_is_idle() {
    let mut core = with(LIMITS, 2);
    for _ in 0..3 {
        let job = submit(&mut core);
        let mut first = sent(&mut core);
        if first == [(0, job)] {
            core.down(0, &lost(LostReason::Crashed), Loss::MaybeRan, START);
            core.tick(ms(5_000));
            first = sent(&mut core);
        }
        assert_eq!(first, [(1, job)]);
        core.reply(1, reply(job, Ok(Payload::default())), START);
    }
}

#[test]
fn a_lane_that_cannot_start_ends_no_job_while_another_works() {
    for works in [true, false] {
        let mut core = with(LIMITS, 2);
        let [first, second] = [0, 1].map(|_| submit(&mut core));
        rest(&mut core);
        if works {
            core.reply(0, reply(first, Ok(Payload::default())), START);
            rest(&mut core);
        }
        core.down(1, &lost(LostReason::NotStarted), Loss::NeverStarted, START);
        if works {
            assert_eq!(sent(&mut core), [(0, second)]);
            // Until none does.
            core.down(0, &lost(LostReason::NotStarted), Loss::NeverStarted, START);
        }
        assert_eq!(told(&mut core), [LostReason::NotStarted], "works: {works}");
    }
}
