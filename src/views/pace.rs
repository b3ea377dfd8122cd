//! How fast lanes are: what one part of a computation should be, so that it takes the time it should.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The rate before anything was measured, in units a millisecond: a quarter of what a fast core does, so that the first parts
/// are rather too short than too long.
const INITIAL: u64 = 500_000;

/// Times below this are mostly the clock's grain, a millisecond at the edge.
const SHORTEST: Duration = Duration::from_millis(4);

/// The lowest rate that is believed, a tenth of the initial one: a hop among hundreds of others takes long whatever is in it, and
/// parts that shrank with it would only mean more hops.
const SLOWEST: u64 = INITIAL / 10;

/// An estimate of how many units a lane does in a millisecond, shared by all requests of this instance.
///
/// Times are measured here around an await, as the far side's clock stands still at the edge while it computes. So a time can be too
/// long, by the hop and by others' work on the same lane, but hardly too short. That is why the estimate follows a faster
/// measurement quickly and a slower one reluctantly.
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

    /// So many units took that long.
    pub(super) fn learn(&self, units: u64, time: Duration) {
        // Of so few units nearly all the time was waiting.
        if time < SHORTEST || self.time(units) < SHORTEST {
            return;
        }
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let rate = units.saturating_mul(1000) / micros;
        // Requests that learn at the same moment may overwrite each other: the estimate loses one step, no more.
        let old = self.0.load(Relaxed);
        let new = if rate > old { old + (rate - old) / 2 } else { old - (old - rate) / 16 };
        self.0.store(new.max(SLOWEST), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{INITIAL, Pace};

    const PART: Duration = Duration::from_millis(20);

    #[test]
    fn parts_get_their_size_within_a_few_measurements() {
        let pace = Pace::default();
        let real = 4 * INITIAL;
        for _ in 0..6 {
            let units = pace.units(PART);
            pace.learn(units, Duration::from_micros(units * 1000 / real));
        }
        assert!((real * 18..real * 21).contains(&pace.units(PART)), "{pace:?}");
    }

    #[test]
    fn one_slow_answer_among_fast_ones_changes_little() {
        let pace = Pace::default();
        pace.learn(INITIAL * 20, PART * 50);
        assert!(pace.units(PART) > INITIAL * 18, "{pace:?}");
    }

    #[test]
    fn a_machine_that_became_slower_is_noticed() {
        let pace = Pace::default();
        for _ in 0..100 {
            let units = pace.units(PART);
            pace.learn(units, Duration::from_micros(units * 10_000 / INITIAL));
        }
        assert!(pace.units(PART) < INITIAL * 20 / 8, "{pace:?}");
    }

    #[test]
    fn crowds_do_not_make_parts_vanish() {
        let pace = Pace::default();
        for _ in 0..1_000 {
            pace.learn(1, PART);
            pace.learn(pace.units(PART), PART * 50);
        }
        assert!(pace.units(PART) >= INITIAL * 2, "{pace:?}");
    }

    #[test]
    fn times_below_the_clocks_grain_teach_nothing() {
        let pace = Pace::default();
        pace.learn(u64::MAX, Duration::ZERO);
        pace.learn(1_000_000_000, Duration::from_millis(1));
        assert_eq!(pace.units(Duration::from_millis(1)), INITIAL);
    }
}
