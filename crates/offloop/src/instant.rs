//! A moment on a monotonic clock that exists on every platform.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment, in microseconds since some fixed moment before the program's first look at the clock.
///
/// `std::time::Instant` compiles for `wasm32-unknown-unknown` and traps at run time; this one works everywhere.
/// Get one from [`now`](crate::now).
///
/// On Cloudflare Workers the clock stands still while code computes and moves on after I/O, by design of that platform.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let start = offloop::now();
/// let end = start + Duration::from_millis(5);
/// assert_eq!(end - start, Duration::from_millis(5));
/// assert_eq!(start - end, Duration::ZERO);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The moment this many microseconds after the clock's origin.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the clock's origin.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Rounds up to whole microseconds, so that a deadline made this way never comes early.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros_up(duration)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// The time from `earlier` to `self`, or zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Instant {
    /// The end of a wait of at least this long that starts now. Moments are rounded down to whole microseconds, so the real start may be almost
    /// one microsecond later than `self`.
    pub(crate) fn after(self, duration: Duration) -> Self {
        if duration.is_zero() { self } else { self + duration.saturating_add(Duration::from_micros(1)) }
    }

    /// Nanoseconds from `earlier` to `self`, or 0 if `earlier` is later.
    pub(crate) const fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0).saturating_mul(1_000)
    }
}

/// For times that are counted with often: a [`Duration`] takes several times as many instructions.
pub(crate) const fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos() as u64)
}

/// Without the 128 bits of [`Duration::as_micros`], which cost more than the rest of a look at the clock.
pub(crate) const fn micros(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000).saturating_add(duration.subsec_micros() as u64)
}

/// As [`micros`], rounded up.
const fn micros_up(duration: Duration) -> u64 {
    micros(duration.saturating_add(Duration::from_nanos(999)))
}
