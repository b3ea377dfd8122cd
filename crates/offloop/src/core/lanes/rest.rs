//! Lanes that have failed: how long they are left alone, and what it means if all have.

use std::time::Duration;

use super::Lanes;
use crate::error::Error;
use crate::instant::Instant;

impl Lanes {
    /// Leaves the lane alone for a while; gives the moment when it may be tried again. With `broken` it did not even come up.
    pub(in crate::core) fn rest(
        &mut self,
        lane: usize,
        broken: Option<&Error>,
        now: Instant,
        random: u64,
    ) -> Option<Instant> {
        let lane = self.all.get_mut(lane)?;
        // What came up once is back sooner than what never does.
        let failures = if broken.is_some() { lane.failures } else { lane.failures.min(LONG) };
        let until = now + backoff(failures, random);
        lane.failures = lane.failures.saturating_add(1);
        lane.down_until = Some(until);
        lane.broken = broken.cloned();
        lane.works &= broken.is_none();
        lane.down_until
    }

    /// Notes that the lane has failed; true if it has done so before, and ended no call since.
    pub(in crate::core) fn fails_again(&mut self, lane: usize) -> bool {
        let Some(lane) = self.all.get_mut(lane) else { return false };
        let again = lane.failures > 0;
        lane.failures = lane.failures.max(1);
        again
    }

    /// The lane has rested enough.
    pub(in crate::core) fn rouse(&mut self, lane: usize) {
        if let Some(lane) = self.all.get_mut(lane) {
            lane.down_until = None;
        }
    }

    /// Why no job can be run now: no lane came up, and this is what happened to one of them.
    pub(in crate::core) fn outage(&self, now: Instant) -> Option<Error> {
        let mut error = None;
        for lane in self.all.iter().filter(|lane| !lane.retired || !lane.held.is_empty()) {
            match &lane.broken {
                Some(broken) if !lane.is_up(now) && lane.held.is_empty() => error = Some(broken),
                _ => return None,
            }
        }
        error.cloned()
    }

    /// Whether a call that a lane could not even begin can be expected to be run by another one.
    pub(in crate::core) fn any_works(&self) -> bool {
        self.all.iter().any(|lane| lane.works && !lane.retired)
    }
}

/// So many failures make the longest pause for what is expected to be back soon, 1.6 s.
pub(in crate::core) const LONG: u32 = 5;

/// 50 ms, doubled with each failure in a row up to 12.8 s, half of it left to chance so that many do not come back together.
/// Source: <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>.
pub(in crate::core) fn backoff(failures: u32, random: u64) -> Duration {
    let whole = 50_000_u64 << failures.min(8);
    Duration::from_micros(whole / 2 + random % (whole / 2))
}
