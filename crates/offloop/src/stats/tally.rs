//! The figures of one executor until they are written down.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::{Histogram, KINDS, Recorder, bucket_of};
use crate::error::Error;

/// Counts what happens within one event of the executor, and writes it to the [`Recorder`] at its end. Others may write there at the same
/// time, which makes each writing dear beside a trivial call, and many calls of an event come to the same.
pub(crate) struct Tally {
    pub(crate) recorder: Recorder,
    submitted: u64,
    queued: i64,
    finished: u64,
    queue: Streak,
    run: Streak,
}

/// How often the same bucket of a histogram was hit, one time after the other.
#[derive(Default)]
struct Streak {
    bucket: usize,
    count: u64,
}

impl Tally {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self { recorder, submitted: 0, queued: 0, finished: 0, queue: Streak::default(), run: Streak::default() }
    }

    pub(crate) fn submitted(&mut self) {
        self.submitted += 1;
        self.queued += 1;
    }

    pub(crate) fn started(&mut self) {
        self.queued -= 1;
    }

    pub(crate) fn requeued(&mut self) {
        self.queued += 1;
        self.recorder.0.retried.fetch_add(1, Relaxed);
    }

    /// A job ended that had been `started` or not.
    pub(crate) fn finished(&mut self, started: bool, error: Option<&Error>, queue: Duration, run: Duration) {
        self.queued -= i64::from(!started);
        self.finished += u64::from(error.is_none());
        if let Some(error) = error {
            let failed = KINDS.iter().position(|kind| *kind == error.kind());
            if let Some(counter) = failed.and_then(|at| self.recorder.0.failed.get(at)) {
                counter.fetch_add(1, Relaxed);
            }
        }
        if started {
            self.queue.add(queue, &self.recorder.0.queue);
            self.run.add(run, &self.recorder.0.run);
        }
    }

    /// Writes everything down.
    pub(crate) fn write(&mut self) {
        let figures = &*self.recorder.0;
        for (counter, count) in [(&figures.submitted, &mut self.submitted), (&figures.finished, &mut self.finished)] {
            if *count > 0 {
                counter.fetch_add(std::mem::take(count), Relaxed);
            }
        }
        if self.queued != 0 {
            figures.queued.fetch_add(std::mem::take(&mut self.queued), Relaxed);
        }
        self.queue.write(&figures.queue);
        self.run.write(&figures.run);
    }
}

impl Streak {
    fn add(&mut self, time: Duration, histogram: &Histogram) {
        let bucket = bucket_of(time);
        if bucket != self.bucket {
            self.write(histogram);
            self.bucket = bucket;
        }
        self.count += 1;
    }

    fn write(&mut self, histogram: &Histogram) {
        if self.count > 0
            && let Some(count) = histogram.0.get(self.bucket)
        {
            count.fetch_add(std::mem::take(&mut self.count), Relaxed);
        }
    }
}
