//! How fast lanes are: what one part of a computation should be, so that it takes the time it should.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The rate before anything was measured, in units a millisecond: a quarter of what a fast core does, so that the first parts
/// are rather too short than too long.
const INITIAL: u64 = 500_000;

/// No lane is thought to be slower. Where it seems so, something else took the time, and still smaller parts would only
/// make more of it.
const SLOWEST: u64 = 125_000;

/// No lane is thought to be faster, which is what a fast core does. Where gateway and lanes share a process the clock may
/// stand still for a whole part; each would then seem to be free, and the next be ten times as large.
const FASTEST: u64 = 2_000_000;

/// How much too short a measured time can be: the clock at the edge counts whole milliseconds.
const GRAIN: u64 = 2_000;

/// An estimate of how many units a lane does in a millisecond, shared by all requests of this instance.
///
/// Times are measured here around an await, as the far side's clock stands still at the edge while it computes. The time since a part
/// was submitted is too long, as it may have waited. The time since its lane was seen to be free may be too short, as that may have
/// been seen late. The true rate is between the two: at least the first at once, at most the second after a while, since hops and
/// others' work are in it as well.
#[derive(Debug)]
pub(super) struct Pace(AtomicU64);

impl Default for Pace {
    fn default() -> Self {
        Self(AtomicU64::new(INITIAL))
    }
}

impl Pace {
    /// How many units should take that long; at least one.
    pub(super) fn units(&self, time: Duration) -> u64 {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        (self.0.load(Relaxed).saturating_mul(micros) / 1000).max(1)
    }

    /// How long so many units should take.
    pub(super) fn time(&self, units: u64) -> Duration {
        Duration::from_micros(units.saturating_mul(1000) / self.0.load(Relaxed))
    }

    /// So many units took at most `since_submitted`, and probably not less than `since_free`.
    pub(super) fn learn(&self, units: u64, since_submitted: Duration, since_free: Duration) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let at_least = units.saturating_mul(1000) / micros(since_submitted).saturating_add(GRAIN);
        let at_most = units.saturating_mul(1000) / micros(since_free).max(1);
        // Requests that learn at the same moment may overwrite each other: the estimate loses one step, no more.
        let old = self.0.load(Relaxed);
        let new = if at_least > old { at_least } else { old - old.saturating_sub(at_most) / 32 };
        self.0.store(new.clamp(SLOWEST, FASTEST), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FASTEST, INITIAL, Pace, SLOWEST};

    const PART: Duration = Duration::from_millis(20);

    /// Does parts at this rate, each after waiting that long.
    fn work(pace: &Pace, parts: u32, rate: u64, wait: Duration) {
        for _ in 0..parts {
            let units = pace.units(PART);
            let run = Duration::from_micros(units * 1000 / rate);
            pace.learn(units, run + wait, run);
        }
    }

    #[test]
    fn parts_get_their_size_within_a_few_measurements() {
        let pace = Pace::default();
        work(&pace, 6, 4 * INITIAL, Duration::ZERO);
        assert!((INITIAL * 4 * 17..INITIAL * 4 * 20).contains(&pace.units(PART)), "{pace:?}");
    }

    #[test]
    fn waiting_makes_parts_no_smaller() {
        let pace = Pace::default();
        work(&pace, 6, 4 * INITIAL, Duration::ZERO);
        let before = pace.units(PART);
        work(&pace, 100, 4 * INITIAL, PART * 5);
        assert_eq!(pace.units(PART), before);
    }

    #[test]
    fn an_end_that_was_seen_late_makes_parts_no_larger() {
        let pace = Pace::default();
        pace.learn(pace.units(PART), PART * 2, Duration::ZERO);
        assert_eq!(pace.units(PART), INITIAL * 20);
    }

    #[test]
    fn one_slow_answer_among_fast_ones_changes_little() {
        let pace = Pace::default();
        pace.learn(pace.units(PART), PART * 50, PART * 50);
        assert!(pace.units(PART) > INITIAL * 19, "{pace:?}");
    }

    #[test]
    fn a_machine_that_became_slower_is_noticed() {
        let pace = Pace::default();
        work(&pace, 100, INITIAL / 2, Duration::ZERO);
        assert!(pace.units(PART) < INITIAL * 11, "{pace:?}");
    }

    #[test]
    fn hops_that_outweigh_the_work_do_not_make_it_ever_smaller() {
        let pace = Pace::default();
        for _ in 0..1000 {
            pace.learn(30_000, PART * 5, PART * 5);
        }
        assert_eq!(pace.units(PART), SLOWEST * 20);
    }

    #[test]
    fn a_clock_that_stands_still_does_not_make_parts_endless() {
        let pace = Pace::default();
        for _ in 0..100 {
            pace.learn(pace.units(PART), Duration::ZERO, Duration::ZERO);
        }
        assert_eq!(pace.units(PART), FASTEST * 20);
    }

    #[test]
    fn times_below_the_clocks_grain_mislead_nobody() {
        let pace = Pace::default();
        pace.learn(INITIAL, Duration::ZERO, Duration::ZERO);
        assert_eq!(pace.units(Duration::from_millis(1)), INITIAL);
    }
}
