//! One sum of squares, split over the lanes.
//!
//! ```text
//! start ─▶ the first part is submitted, or refused: an admitted computation is finished, however full the queue gets
//! step  ─▶ parts are taken up to this request's share of the lanes ─▶ one ends ─▶ its time sets the size of the next
//! drop  ─▶ every part that is on its way is cancelled
//! ```

use std::collections::VecDeque;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use offloop::{Error, Executor, Instant, now, sleep};
use serde::Serialize;

use super::Shared;
use super::parts::{Cut, Parts};
use super::pool::Pool;
use super::problem::Problem;
use super::turns::{self, Sharing};
use crate::tasks::sum_of_squares;

/// How long to wait before asking again, when there was no room for a part and none is on its way.
const PATIENCE: Duration = Duration::from_millis(10);

/// How long to let others run between two parts that ran in the calling thread.
const BREATH: Duration = Duration::from_millis(1);

pub(super) struct Computation {
    shared: Arc<Shared>,
    /// None if the work is too small for it.
    pool: Option<Executor>,
    deadline: Instant,
    lanes: usize,
    parts: Parts,
    /// None if nothing is on lanes.
    sharing: Option<Sharing>,
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// How many parts may be on their way.
    window: usize,
    /// The pool has no lanes: parts run in this thread, while they are submitted.
    blocking: bool,
    /// When the latest parts ended, one for each lane.
    ends: VecDeque<Instant>,
    start: Instant,
    waited: Option<Duration>,
    busy: Duration,
    number: u64,
    done: u64,
    parts_done: usize,
    sum: u128,
}

/// A part that came to an end.
struct Ended {
    range: Range<u64>,
    submitted: Instant,
    end: Instant,
    result: Result<u128, Error>,
}

/// How far a computation, or a job, is; `total` 0 means unknown.
#[derive(Debug, Serialize)]
pub(super) struct Progress {
    pub(super) done: u64,
    pub(super) total: u64,
}

/// A finished computation. Times are in milliseconds, as measured here.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    number: u64,
    /// In decimal digits: most JSON readers lose the last ones of a number this large.
    pub(super) result: String,
    /// How many lanes took part; 0 if the work was too small to be worth the way.
    lanes: usize,
    /// Into how many parts it was split.
    parts: usize,
    /// Until the first part is thought to have started.
    queue_ms: f64,
    /// How long lanes were busy, all together: more than the total if they really ran at the same time.
    run_ms: f64,
    total_ms: f64,
}

impl Computation {
    /// Computes the sum for the numbers below `number`: at once if that is cheap, else by submitting a first part. Work that is `watched` ends
    /// with its client, so it may begin whatever the estimate says.
    ///
    /// # Errors
    ///
    /// The time does not suffice, or whatever the executor refuses the first part with; `Full` comes from nowhere else.
    pub(super) fn start(
        shared: Arc<Shared>,
        pool: &Pool,
        deadline: Instant,
        number: u64,
        watched: bool,
    ) -> Result<Self, Problem> {
        let pool = (number > shared.limits.inline_below).then(|| pool.executor().until(deadline));
        let lanes = pool.as_ref().map_or(0, Executor::lanes);
        let sharing = if pool.is_some() {
            let work = shared.pace.time(number);
            if !watched {
                turns::admit(&shared, work, lanes, deadline)?;
            }
            Some(Sharing::new(Arc::clone(&shared), work))
        } else {
            None
        };
        let mut computation = Self {
            lanes,
            sharing,
            parts: Parts::new(number, shared.limits.parts_max),
            running: FuturesUnordered::new(),
            window: 1,
            blocking: false,
            ends: VecDeque::new(),
            start: now(),
            waited: None,
            busy: Duration::ZERO,
            number,
            done: 0,
            parts_done: 0,
            sum: 0,
            shared,
            pool,
            deadline,
        };
        let Some(pool) = computation.pool.clone() else {
            computation.shared.inline.fetch_add(1, Relaxed);
            computation.sum = sum_of_squares(0..number);
            computation.done = number;
            return Ok(computation);
        };
        if let Some(range) = computation.take() {
            let submitted = now();
            let mut first = pool.try_submit(sum_of_squares, range.clone())?;
            if let Some(result) = (&mut first).now_or_never() {
                computation.blocking = true;
                computation.end(Ended { range, submitted, end: now(), result })?;
            } else {
                computation.push(range, first);
                computation.window = computation.shared.turns.window(computation.lanes);
            }
        }
        Ok(computation)
    }

    /// Goes on until the next part has ended; false once all have.
    pub(super) async fn step(&mut self) -> Result<bool, Error> {
        let Some(pool) = self.pool.clone().filter(|_| self.done < self.number) else {
            return Ok(false);
        };
        while self.running.len() < self.window
            && let Some(range) = self.take()
        {
            let part = pool.run(sum_of_squares, range.clone());
            self.push(range, part);
        }
        match self.running.next().await {
            Some(ended) => self.end(ended)?,
            // What is left cannot be done before the deadline, so it is not begun.
            None => return Err(Error::TimedOut),
        }
        if self.running.is_empty() && self.window == 0 {
            sleep(PATIENCE).await;
            self.window = 1;
        } else if self.blocking {
            sleep(BREATH).await;
        }
        Ok(true)
    }

    fn end(&mut self, Ended { range, submitted, end, result }: Ended) -> Result<(), Error> {
        let units = range.end - range.start;
        match result {
            Ok(sum) => {
                self.sum += sum;
                self.done += units;
                self.parts_done += 1;
                let most = self.shared.turns.window(self.lanes);
                self.window = if self.blocking { 1 } else { (self.window + 1).min(most) };
                let left = self.shared.pace.time(self.number - self.done);
                self.sharing.iter_mut().for_each(|sharing| sharing.set_left(left));
                self.learn(units, submitted, end);
                Ok(())
            }
            // Where executors cannot wait for each other, as at the edge, there may be no room for a moment. That is no reason
            // to throw away what has been computed.
            Err(Error::Full) if self.done > 0 || !self.running.is_empty() => {
                self.parts.give_back(range);
                self.window = self.running.len();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// A lane does one part after the other, so with as many lanes, this part started when the part so many before it ended,
    /// or when it was submitted.
    fn learn(&mut self, units: u64, submitted: Instant, end: Instant) {
        let free = if self.ends.len() == self.lanes.max(1) { self.ends.pop_front() } else { None };
        let run = end - free.map_or(submitted, |free| free.max(submitted));
        self.ends.push_back(end);
        let expected = self.shared.pace.time(units);
        self.waited.get_or_insert_with(|| (end - submitted).saturating_sub(expected));
        self.busy += run;
        self.shared.pace.learn(units, end - submitted, run);
    }

    /// What came out. Only right once [`step`](Self::step) has said that all is done.
    pub(super) fn outcome(&self) -> Outcome {
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        Outcome {
            number: self.number,
            result: self.sum.to_string(),
            lanes: self.lanes.min(self.parts_done),
            parts: self.parts_done,
            queue_ms: millis(self.waited.unwrap_or_default()),
            run_ms: millis(self.busy),
            total_ms: millis(now() - self.start),
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { done: self.done, total: self.number }
    }

    fn take(&mut self) -> Option<Range<u64>> {
        let Shared { pace, limits, turns, .. } = &*self.shared;
        let lanes = u64::try_from(self.lanes.max(1)).unwrap_or(u64::MAX);
        self.parts.take(Cut {
            lanes,
            target: pace.units(turns.part(limits.part)),
            longest: pace.units(turns.longest(limits.part)),
            least: pace.units(limits.part / 10),
            reach: pace.units(self.deadline - now()).saturating_mul(lanes),
        })
    }

    fn push(&self, range: Range<u64>, part: impl Future<Output = Result<u128, Error>> + Send + 'static) {
        let submitted = now();
        self.running.push(part.map(move |result| Ended { range, submitted, end: now(), result }).boxed());
    }
}
