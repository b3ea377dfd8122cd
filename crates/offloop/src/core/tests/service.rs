//! Which lanes are in service.

use std::time::Duration;

use super::{START, TRAITS, core, request, submit};
use crate::core::{Action, Deed, Order};
use crate::error::{Error, LostReason};
use crate::lane::Loss;

#[test]
fn lanes_are_counted_and_as_many_as_told_are_closed() {
    let mut core = core(3, 1);
    assert_eq!(core.lane_count(), 3);
    core.retire_lanes(2, START);
    assert_eq!(core.lane_count(), 1);
    let closed = std::iter::from_fn(|| core.action())
        .filter(|action| matches!(action, Action::Do(Deed::Lane { order: Order::Close, .. })))
        .count();
    assert_eq!(closed, 2);
}

/// What is sent to a lane that is stuck waits there, whoever becomes free.
#[test]
fn a_lane_that_goes_on_with_what_nobody_waits_for_is_left_alone_until_that_is_over() {
    let mut core = core(1, 1);
    let until = START + Duration::from_secs(1);
    core.add_lane(TRAITS, Box::new(|| 0), Some(until), START);
    let parts = [0, 1].map(|_| submit(&mut core));
    assert!(core.submit(request(None), START).is_err(), "there is no room for three");
    let mut actions: Vec<_> = std::iter::from_fn(|| core.action()).collect();
    assert!(matches!(actions.remove(0), Action::Do(Deed::Alarm(when)) if when == until));
    assert!(
        matches!(&actions[..], [Action::Do(Deed::Lane { lane: 0, order: Order::Send(call) })] if call.id == parts[0])
    );
    core.tick(until);
    assert!(
        matches!(core.action(), Some(Action::Do(Deed::Lane { lane: 1, order: Order::Send(call) })) if call.id == parts[1])
    );
}

#[test]
fn only_lanes_that_did_not_come_up_are_an_outage() {
    let broken = Error::lost(LostReason::NotStarted, "no such script");
    for (loss, is_outage) in [(Loss::NeverStarted, true), (Loss::Idle, false), (Loss::MaybeRan, false)] {
        let mut core = core(1, 1);
        core.down(0, &broken, loss, START);
        let refused = core.submit(request(None), START).err().map(|(error, _)| error);
        assert_eq!(refused, is_outage.then(|| broken.clone()), "{loss:?}");
        // For a while only.
        assert!(core.submit(request(None), START + Duration::from_secs(60)).is_ok());
    }
}
