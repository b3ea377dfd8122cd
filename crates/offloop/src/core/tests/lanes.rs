//! Which lane takes the next call, how many are sent ahead, how long a lane is left alone.

use std::time::Duration;

use super::{START, TRAITS};
use crate::core::lanes::{Lanes, backoff};
use crate::core::next_random;
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::{Stop, Traits};

const fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn with(traits: Traits, loads: &[usize]) -> Lanes {
    let mut lanes = Lanes::default();
    for &load in loads {
        lanes.add(traits, Box::new(move || load), None, START);
    }
    lanes
}

/// How often each lane is chosen.
fn shares(lanes: &Lanes) -> Vec<f64> {
    let (mut state, mut chosen) = (7, vec![0; lanes.count()]);
    for _ in 0..20_000 {
        chosen[lanes.choose(true, START, next_random(&mut state)).unwrap()] += 1;
    }
    chosen.into_iter().map(|times| f64::from(times) / 20_000.0).collect()
}

#[test]
fn of_shared_lanes_the_better_of_two_is_chosen_and_all_pairs_come_up_alike() {
    let traits = Traits { shared: true, ..TRAITS };
    assert_eq!(shares(&with(traits, &[4])), [1.0]);
    for count in 2..=6 {
        let loads: Vec<usize> = (1..=count).collect();
        let pairs = f64::from(u32::try_from(count * (count - 1) / 2).unwrap());
        // The first is the better one in its pairs with all others, the second in one pair less, the last in none.
        for (behind, share) in (0..count).rev().zip(shares(&with(traits, &loads))) {
            let expected = f64::from(u32::try_from(behind).unwrap()) / pairs;
            assert!((share - expected).abs() < 0.015, "{share}, not {expected}, with {behind} of {count} behind");
        }
        let expected = 1.0 / f64::from(u32::try_from(count).unwrap());
        let alike = shares(&with(traits, &vec![3; count]));
        assert!(alike.iter().all(|share| (share - expected).abs() < 0.015), "{alike:?}");
    }
}

#[test]
fn of_shared_lanes_one_that_is_idle_is_chosen_whatever_the_others_have_to_do() {
    let traits = Traits { shared: true, ..TRAITS };
    assert_eq!(shares(&with(traits, &[9, 1, 0, 7, 8])), [0.0, 0.0, 1.0, 0.0, 0.0]);
    let shares = shares(&with(traits, &[9, 0, 5, 0]));
    assert!(shares[1] > 0.3 && shares[3] > 0.3 && shares[1] + shares[3] > 0.999, "{shares:?}");
}

#[test]
fn our_own_calls_count_beside_those_of_others() {
    let mut lanes = with(Traits { shared: true, prefetch: 2, ..TRAITS }, &[5, 1]);
    lanes.learn(0, 0);
    lanes.hold(1, 1, 0, START);
    assert_eq!(shares(&lanes), [0.0, 1.0]);
}

/// Whether one more call would be sent to the only lane.
fn has_room(lanes: &Lanes, now: Instant) -> bool {
    lanes.choose(true, now, 0).is_some()
}

#[test]
fn calls_are_sent_ahead_behind_little_and_known_work_only() {
    let traits = Traits { prefetch: 4, ahead: micros(1_000), ..TRAITS };
    let hold = |lanes: &mut Lanes, count: u64| (0..count).for_each(|id| lanes.hold(0, id, 0, START));

    let mut unknown = with(traits, &[0]);
    assert!(has_room(&unknown, START));
    hold(&mut unknown, 1);
    assert!(!has_room(&unknown, START), "nobody knows how long the task takes");

    for (service, fits) in [(0, 4), (100, 4), (500, 3), (501, 2), (1_000, 2), (1_001, 1)] {
        let mut lanes = with(traits, &[0]);
        lanes.learn(0, 1_000 * service);
        for held in 0..6 {
            assert_eq!(has_room(&lanes, START), held < fits, "{held} calls of {service} µs");
            lanes.hold(0, held, 0, START);
        }
    }

    // What runs has turned out to take longer.
    let mut lanes = with(traits, &[0]);
    lanes.learn(0, 10_000);
    hold(&mut lanes, 1);
    assert!(has_room(&lanes, START + micros(1_000)));
    assert!(!has_room(&lanes, START + micros(1_001)));
    // The one before has ended, and this one began then.
    hold(&mut lanes, 2);
    lanes.took(0, 1, START + micros(1_001));
    lanes.release(0, 0);
    assert!(has_room(&lanes, START + micros(2_001)));
}

#[test]
fn only_what_may_run_twice_is_sent_ahead_where_a_cancellation_stops_the_lane() {
    for stop in [Stop::Wait, Stop::Release, Stop::Terminate] {
        let mut lanes = with(Traits { stop, prefetch: 2, ..TRAITS }, &[0]);
        lanes.learn(0, 0);
        lanes.hold(0, 1, 0, START);
        assert!(lanes.choose(true, START, 0).is_some(), "{stop:?}");
        assert_eq!(lanes.choose(false, START, 0).is_some(), stop != Stop::Terminate, "{stop:?}");
    }
}

/// What is taken to be the time that a task needs, after these.
fn known(took: &[u64]) -> u64 {
    let fits = |ahead: u64| {
        let mut lanes = with(Traits { prefetch: 2, ahead: micros(ahead), ..TRAITS }, &[0]);
        took.iter().for_each(|took| lanes.learn(0, 1_000 * *took));
        lanes.learn(1, 7_000);
        lanes.hold(0, 1, 0, START);
        has_room(&lanes, START)
    };
    (0..1_000).find(|ahead| fits(*ahead)).unwrap()
}

#[test]
fn the_time_of_a_task_falls_quickly_and_rises_slowly() {
    assert_eq!(known(&[100]), 100);
    assert_eq!(known(&[100, 50]), 75);
    assert_eq!(known(&[100, 50, 75]), 75);
    assert_eq!(known(&[80, 160]), 90);
}

#[test]
fn replies_that_come_together_share_the_time() {
    let mut lanes = with(TRAITS, &[0]);
    assert_eq!(lanes.took(0, 2, START + micros(10)), 5_000);
    assert_eq!(lanes.took(0, 1, START + micros(13)), 3_000);
    assert_eq!(lanes.took(0, 0, START + micros(20)), 7_000);
    assert_eq!(lanes.took(1, 1, START + micros(20)), 0, "there is no such lane");
}

#[test]
fn a_lane_that_still_works_is_no_outage_though_it_is_out_of_service() {
    let broken = Error::lost(LostReason::NotStarted, "no such script");
    for is_at_work in [false, true] {
        let mut lanes = with(TRAITS, &[0, 0]);
        if is_at_work {
            lanes.hold(1, 1, 0, START);
        }
        lanes.rest(0, Some(&broken), START, 0);
        assert_eq!(lanes.outage(START), None, "the other one is up");
        lanes.retire(1);
        assert_eq!(lanes.outage(START), (!is_at_work).then(|| broken.clone()), "{is_at_work}");
    }
}

#[test]
fn a_pause_doubles_up_to_13_seconds_and_half_of_it_is_chance() {
    let mut state = 7;
    for failures in 0..12 {
        let whole = Duration::from_millis(50) * (1 << failures.min(8));
        let pauses: Vec<_> = (0..500).map(|_| backoff(failures, next_random(&mut state))).collect();
        assert!(pauses.iter().all(|pause| (whole / 2..whole).contains(pause)), "after {failures} failures");
        assert!(pauses.iter().any(|pause| *pause < whole * 6 / 10), "after {failures} failures");
        assert!(pauses.iter().any(|pause| *pause > whole * 9 / 10), "after {failures} failures");
    }
}
