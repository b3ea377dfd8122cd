//! Figures of one executor, or of many that share a recorder.

mod tally;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use tally::Tally;

/// Collects figures. Cheap to clone; clones share what they collect.
///
/// Every executor has one of its own. Where executors are short-lived, as at the edge, give the same recorder to all of them
/// with [`Options::recorder`](crate::Options::recorder).
#[derive(Clone, Default)]
pub struct Recorder(Arc<Figures>);

#[derive(Default)]
struct Figures {
    submitted: AtomicU64,
    finished: AtomicU64,
    failed: [AtomicU64; KINDS.len()],
    retried: AtomicU64,
    queued: AtomicI64,
    queue: Histogram,
    run: Histogram,
}

/// In the order of [`Failures`]' fields.
const KINDS: [&str; 9] =
    ["full", "cancelled", "timed_out", "unknown_task", "failed", "lost", "closed", "malformed", "skew"];

/// A snapshot of a [`Recorder`].
///
/// `submitted` is `queued + running + finished +` the sum of `failed`, once nothing is on its way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Lanes in service; 0 in a snapshot taken from a recorder that serves many executors.
    pub lanes: usize,
    /// Jobs that wait for a lane.
    pub queued: u64,
    /// Jobs that a lane has.
    pub running: u64,
    /// Jobs accepted so far.
    pub submitted: u64,
    /// Jobs that gave a result.
    pub finished: u64,
    /// Jobs that did not, by reason.
    pub failed: Failures,
    /// Times that a job was queued again after its lane was lost or reset.
    pub requeued: u64,
    /// Milliseconds from submission to the start, over all jobs that were started.
    pub queue_ms: Percentiles,
    /// Milliseconds that jobs kept a lane, the way there and back included.
    pub run_ms: Percentiles,
}

/// Counts of jobs that gave no result, one for each kind of [`Error`](crate::Error).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are the kinds of Error, documented there")]
pub struct Failures {
    pub full: u64,
    pub cancelled: u64,
    pub timed_out: u64,
    pub unknown_task: u64,
    pub failed: u64,
    pub lost: u64,
    pub closed: u64,
    pub malformed: u64,
    pub skew: u64,
}

impl Failures {
    /// Jobs that gave no result, whatever the reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self { full, cancelled, timed_out, unknown_task, failed, lost, closed, malformed, skew } = self;
        full + cancelled + timed_out + unknown_task + failed + lost + closed + malformed + skew
    }
}

/// Some percentiles, each the upper end of a bucket that is at most 19 % wide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Percentiles {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
}

impl Recorder {
    /// An empty recorder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The figures as they are now.
    #[must_use]
    pub fn snapshot(&self) -> Stats {
        let figures = &*self.0;
        let [full, cancelled, timed_out, unknown_task, failed, lost, closed, malformed, skew] =
            figures.failed.each_ref().map(|counter| counter.load(Relaxed));
        let failed = Failures { full, cancelled, timed_out, unknown_task, failed, lost, closed, malformed, skew };
        let finished = figures.finished.load(Relaxed);
        let queued = u64::try_from(figures.queued.load(Relaxed)).unwrap_or(0);
        let submitted = figures.submitted.load(Relaxed);
        Stats {
            lanes: 0,
            queued,
            // What else the jobs can be.
            running: submitted.saturating_sub(queued + finished + failed.total()),
            submitted,
            finished,
            failed,
            requeued: figures.retried.load(Relaxed),
            queue_ms: figures.queue.percentiles(),
            run_ms: figures.run.percentiles(),
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}

/// Four buckets for each doubling, from a microsecond up to 2^40 of them (two weeks).
const BUCKETS: usize = 4 * 40;

struct Histogram([AtomicU64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; BUCKETS])
    }
}

/// The bucket that this time belongs to.
fn bucket_of(time: Duration) -> usize {
    let micros = crate::instant::micros(time).max(4);
    let exponent = micros.ilog2();
    // The two bits after the leading one choose among the four.
    let quarter = (micros >> (exponent - 2)) & 3;
    let bucket = usize::try_from(u64::from(exponent) * 4 + quarter).unwrap_or(BUCKETS);
    bucket.min(BUCKETS - 1)
}

impl Histogram {
    fn percentiles(&self) -> Percentiles {
        let counts = self.0.each_ref().map(|count| count.load(Relaxed));
        let total: u64 = counts.iter().sum();
        let at = |share: u64| {
            let mut rest = (total * share).div_ceil(100);
            let bucket = counts.iter().position(|count| {
                rest = rest.saturating_sub(*count);
                rest == 0
            });
            if total == 0 { 0.0 } else { bucket.map_or(0.0, upper_end) }
        };
        Percentiles { p50: at(50), p90: at(90), p99: at(99), max: at(100) }
    }
}

/// In milliseconds.
fn upper_end(bucket: usize) -> f64 {
    let bucket = u32::try_from(bucket).unwrap_or(0);
    let lower = f64::from(4 + bucket % 4) * 2_f64.powi(i32::try_from(bucket / 4).unwrap_or(0) - 2);
    let width = 2_f64.powi(i32::try_from(bucket / 4).unwrap_or(0) - 2);
    (lower + width) / 1000.0
}
