//! Bugs, planted between the core and its shell, that the simulation has to find: what it cannot see, it would not see in the core either.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::world::World;
use crate::foreign::message;

/// What goes wrong now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    LostWakeUp,
    DoubleRun,
    LeakedLane,
    LostResult,
    ForgottenAlarm,
    GivenUp,
}

impl World {
    /// Whether this bug is planted, and strikes now.
    pub(super) fn strikes(&mut self, bug: Bug) -> bool {
        self.planted == Some(bug) && self.random.chance(20)
    }
}

/// Runs schedules until one of them fails, for one of these reasons.
fn is_found(bug: Bug, reasons: &[&str]) {
    for seed in 0..2_000 {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| World::new(seed, false, Some(bug)).run())) {
            let found = message(&*panic);
            assert!(reasons.iter().any(|reason| found.contains(reason)), "{bug:?} is taken for another: {found}");
            return println!("{bug:?} is found by schedule {seed}: {found}");
        }
    }
    panic!("{bug:?} is not found");
}

#[test]
fn a_lost_wake_up_is_found() {
    is_found(Bug::LostWakeUp, &["were never woken", "somebody still waits for close", "a stream was n"]);
}

#[test]
fn a_double_run_is_found() {
    is_found(Bug::DoubleRun, &["is run twice, and is not idempotent"]);
}

#[test]
fn a_leaked_lane_is_found() {
    is_found(Bug::LeakedLane, &["a lane is left open", "takes the place of one that is not closed"]);
}

#[test]
fn a_lost_result_is_found() {
    is_found(Bug::LostResult, &["never end", "is late, and no alarm is set"]);
}

#[test]
fn a_forgotten_alarm_is_found() {
    is_found(Bug::ForgottenAlarm, &["is late, and no alarm is set", "never end"]);
}

#[test]
fn a_job_that_is_given_up_too_early_is_found() {
    is_found(Bug::GivenUp, &["a job is given up that has time"]);
}
