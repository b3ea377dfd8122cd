//! What a user may tune.

use std::num::NonZeroUsize;
use std::time::Duration;

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
    pub(crate) attempt_limit: Option<Duration>,
    pub(crate) inline_on_skew: bool,
    pub(crate) recorder: Recorder,
}

impl Default for Options {
    fn default() -> Self {
        // 1024 jobs of a millisecond are half a second's work for two lanes: enough to ride out a burst, and short enough
        // that a job at the end of the queue is still wanted when its turn comes.
        let (queue, retries) = (1024, 2);
        Self { lanes: None, queue, retries, attempt_limit: None, inline_on_skew: true, recorder: Recorder::new() }
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
    /// started yet. 0 means that it is not.
    ///
    /// A job with a deadline is tried again until then if the loss is no fault of its own (see
    /// [`LostReason::is_temporary`](crate::LostReason::is_temporary)), with pauses that grow from 50 ms to 1.6 s. The number bounds jobs without a
    /// deadline, and all jobs whose lane crashed. Not counted are the times when a neighbour's panic ended the lane before the job had begun.
    pub fn retries(mut self, times: u32) -> Self {
        self.retries = times;
        self
    }

    /// A job is not tried again if its lane was lost when it may have been at the job for this long, but ends with
    /// [`LostReason::Overran`](crate::LostReason::Overran): where a watchdog ends lanes that compute for too long, the job would cost the next lane, too.
    ///
    /// By default there is no limit, and at the edge it is 30 seconds, as Cloudflare's for CPU time.
    pub fn attempt_limit(mut self, limit: Duration) -> Self {
        self.attempt_limit = Some(limit);
        self
    }

    /// Whether a job runs in the calling thread when the far side turns out to be another build (default), or fails with
    /// [`Error::Skew`](crate::Error::Skew). With Web Workers it always fails: the page would freeze, and has to be reloaded.
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
