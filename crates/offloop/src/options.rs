//! What a user may tune.

use std::num::NonZeroUsize;

use crate::stats::Recorder;

/// How an executor is set up. Every option has a default that is right for most.
///
/// # Examples
///
/// ```
/// let options = offloop::Options::default().lanes(2).queue(64);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Options {
    pub(crate) lanes: Option<NonZeroUsize>,
    pub(crate) queue: usize,
    pub(crate) retries: u32,
    pub(crate) inline_on_skew: bool,
    pub(crate) recorder: Recorder,
}

impl Default for Options {
    fn default() -> Self {
        // 1024 jobs of a millisecond are half a second's work for two lanes: enough to ride out a burst, and short enough
        // that a job at the end of the queue is still wanted when its turn comes.
        Self { lanes: None, queue: 1024, retries: 2, inline_on_skew: true, recorder: Recorder::new() }
    }
}

impl Options {
    /// How many jobs may run at the same time. 0, the default, is one for each processor that the platform tells of. At most 1,024: a larger
    /// number counts as that.
    ///
    /// More lanes than processors make nothing faster and cost memory; fewer leave room for the event loop.
    pub fn lanes(mut self, lanes: usize) -> Self {
        self.lanes = NonZeroUsize::new(lanes);
        self
    }

    /// How many jobs may wait for a lane (default 1024). With 0 a job is accepted only if a lane is idle.
    ///
    /// Too small, and bursts are refused that the lanes could have dealt with; too large, and jobs wait until nobody wants their
    /// results any more, while their arguments take memory.
    pub fn queue(mut self, jobs: usize) -> Self {
        self.queue = jobs;
        self
    }

    /// How often a job is tried again after its lane was lost (default 2), if its task is declared `#[idempotent]` or cannot have
    /// started yet. Not counted are the times when a neighbour's panic ended its lane before it had begun.
    pub fn retries(mut self, times: u32) -> Self {
        self.retries = times;
        self
    }

    /// Whether a job runs in the calling thread when the far side turns out to be another build (default), or fails with
    /// [`Error::Skew`](crate::Error::Skew).
    pub fn inline_on_skew(mut self, inline: bool) -> Self {
        self.inline_on_skew = inline;
        self
    }

    /// Collects the figures in `recorder`, which other executors may share.
    pub fn recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }
}
