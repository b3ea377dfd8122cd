//! The executor: takes jobs, hands them to lanes, brings the results back.

mod canceller;
mod hand;
mod handle;
mod map;
mod refused;
mod run;
mod shared;
mod start;
mod submit;
mod told;

pub use canceller::Canceller;
pub use handle::{Handle, ProgressStream};
pub use map::{Indexed, Map, MapUnordered};
pub use refused::Refused;
pub use submit::Submit;

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use shared::Shared;

use crate::codec;
use crate::error::Error;
use crate::instant::Instant;
use crate::platform::now;
use crate::stats::Stats;
use crate::task::{Task, Tasks};
use crate::timer::proceed;
use crate::wire::Payload;

/// A bounded queue and a set of lanes that run jobs from it.
///
/// Cheap to clone; clones are the same executor. When the last clone and the last [`Handle`] are gone, its lanes are closed.
///
/// # Examples
///
/// ```ignore-wasm32
/// use offloop::{Executor, Options};
///
/// fn sum_of_squares(range: std::ops::Range<u64>) -> u128 {
///     range.map(|i| u128::from(i) * u128::from(i)).sum()
/// }
/// offloop::tasks! { #[idempotent] sum_of_squares }
///
/// # futures_executor::block_on(async {
/// let pool = Executor::threads(&TASKS, Options::default());
/// assert_eq!(pool.run(sum_of_squares, 0..10_000).await?, 333_283_335_000);
/// # Ok::<(), offloop::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Executor {
    shared: Arc<Shared>,
    deadline: Option<Instant>,
}

impl Executor {
    /// Runs `task` on a lane and gives its result: Python's `await loop.run_in_executor(pool, task, input)`.
    ///
    /// Waits for room if the queue is full. Nothing happens before the first poll; dropping the future cancels the job. Where results are there
    /// at once, as from [`inline`](Self::inline) or a closed executor, the future lets others run now and then before it gives one.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but `Full`. [`Error::Malformed`] if the argument or the result cannot cross: [`Task`] says which types can, and
    /// how deep values may be nested: 1,024 levels, and 256 on `wasm32`.
    pub fn run<F, M>(
        &self,
        task: F,
        input: F::Input,
    ) -> impl Future<Output = Result<F::Output, Error>> + Send + use<F, M>
    where
        F: Task<M>,
    {
        run::Run::Submitting(self.submit(task, input))
    }

    /// Hands over a job, once there is room in the queue, and gives a [`Handle`] to it.
    ///
    /// Nothing happens before the first poll. Those who wait for room are served in the order of their first polls. Dropping the future leaves
    /// the line, and cancels the job if it was accepted meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`]; [`Error::UnknownTask`] if the task is not in the table; [`Error::Malformed`] if the input cannot be encoded;
    /// [`Error::TimedOut`] if the deadline passes first; [`Error::Lost`] if no lane can be brought up.
    pub fn submit<F: Task<M>, M>(&self, task: F, input: F::Input) -> Submit<F::Output> {
        Submit::new(self, self.shared.tasks.request(&task, || codec::encode_owned(input)))
    }

    /// Hands over a job now, or says that the queue is full, and gives the input back. It never waits, so that a loop that tries again has to
    /// let others run by itself, as with [`yield_now`](crate::yield_now).
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit), and [`Error::Full`] if there is no room or others wait for it already.
    pub fn try_submit<F: Task<M>, M>(&self, task: F, input: F::Input) -> Result<Handle<F::Output>, Refused<F::Input>> {
        let encoded = self.shared.tasks.request(&task, || codec::encode(&input));
        let submitted = encoded.and_then(|(task, input)| self.try_submit_call(task, input));
        submitted.map_err(|error| Refused { error, input })
    }

    /// As [`submit`](Self::submit), for a task by its index in the table and an encoded input; the result stays encoded.
    pub fn submit_call(&self, task: u32, input: Payload) -> Submit<Payload> {
        Submit::new(self, Ok((task, input)))
    }

    fn try_submit_call<R: handle::Output>(&self, task: u32, input: Payload) -> Result<Handle<R>, Error> {
        let request = self.shared.request(task, input, self.deadline)?;
        let slot = request.slot.clone();
        let id = self.shared.drive(|core| core.submit(request, now())).map_err(|(error, _)| error)?;
        Ok(Handle::new(self.shared.clone(), slot, id))
    }

    /// Runs the task with this name, with its argument and its result in JSON.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), with the same limits; [`Error::UnknownTask`] for a name that is not in the table, [`Error::Malformed`] for JSON
    /// that is not the task's argument or is nested more than 128 levels deep.
    #[cfg(feature = "json")]
    pub fn call_json(&self, name: &str, input: &[u8]) -> impl Future<Output = Result<String, Error>> + Send + use<> {
        let tasks = self.shared.tasks;
        let call = tasks.named(name).and_then(|index| {
            let entry = tasks.at(index).ok_or_else(|| Error::UnknownTask { name: name.to_owned() })?;
            Ok((entry, self.submit_call(index, entry.input_from_json(input)?)))
        });
        async move {
            match call {
                Ok((entry, submit)) => entry.output_to_json(submit.await?.await?),
                Err(error) => {
                    proceed().await;
                    Err(error)
                }
            }
        }
    }

    /// Runs `task` on every item and gives the results in the items' order.
    ///
    /// Items are taken from the iterator as lanes become free, a few ahead of them. Dropping the stream cancels what is left.
    ///
    /// An item that fails gives its error in its place, and the stream goes on. It ends early where no item after it could be run: after
    /// [`Error::Closed`], after [`Error::TimedOut`] by the deadline of [`within`](Self::within) or [`until`](Self::until), and after
    /// [`Error::UnknownTask`]. Items that were taken before have their results first, that error is the last, and no more items are taken.
    pub fn map<F, M, I>(&self, task: F, items: I) -> Map<F, M, I::IntoIter>
    where
        F: Task<M>,
        I: IntoIterator<Item = F::Input>,
    {
        Map::new(self.clone(), task, items.into_iter())
    }

    /// Runs `task` on every item and gives the results as they come; [`indexed`](MapUnordered::indexed) tells which item each is of.
    ///
    /// As with [`map`](Self::map) items are taken as lanes become free, an item that fails gives its error, and the stream ends early after an
    /// error that each item left would come to. Dropping the stream cancels what is left.
    pub fn map_unordered<F, M, I>(&self, task: F, items: I) -> MapUnordered<F, M, I::IntoIter>
    where
        F: Task<M>,
        I: IntoIterator<Item = F::Input>,
    {
        MapUnordered::new(self.clone(), task, items.into_iter())
    }

    /// The same executor, through which jobs get this deadline, or an earlier one that was set before.
    #[must_use]
    pub fn until(&self, deadline: Instant) -> Self {
        let deadline = self.deadline.map_or(deadline, |earlier| earlier.min(deadline));
        Self { shared: self.shared.clone(), deadline: Some(deadline) }
    }

    /// The same executor, through which jobs must be done within this time from now, and all of a [`map`](Self::map) together.
    #[must_use]
    pub fn within(&self, timeout: Duration) -> Self {
        self.until(now().after(timeout))
    }

    /// Takes no more jobs and waits for those it has.
    ///
    /// Not for what a thread still runs though its caller has cancelled it, or its deadline has passed: nobody can stop it but the task, by a
    /// look at [`is_cancelled`](crate::Context::is_cancelled). The thread ends with the task, and does not keep the process from ending.
    pub fn close(&self) -> impl Future<Output = ()> + Send + use<> {
        let shared = self.shared.clone();
        shared.drive(|core| core.close(now()));
        async move {
            poll_fn(|context| {
                shared.drive(|core| {
                    if core.is_closed() {
                        return Poll::Ready(());
                    }
                    core.on_closed(context.waker());
                    Poll::Pending
                })
            })
            .await;
            proceed().await;
        }
    }

    /// Cancels the jobs that no lane has taken yet, detached ones too, and gives their number. What runs goes on, and so do the few calls
    /// that have been sent ahead to a lane; who waits for room gets it.
    ///
    /// Followed by [`close`](Self::close) it is Python's `shutdown(cancel_futures=True)`.
    ///
    /// # Examples
    ///
    /// ```ignore-wasm32
    /// # use offloop::{Error, Executor, Options};
    /// fn slow(milliseconds: u64) {
    ///     std::thread::sleep(std::time::Duration::from_millis(milliseconds));
    /// }
    /// offloop::tasks! { slow }
    ///
    /// # futures_executor::block_on(async {
    /// let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    /// let running = pool.submit(slow, 50).await?;
    /// let waiting = pool.submit(slow, 50).await?;
    /// assert_eq!(pool.cancel_queued(), 1);
    /// assert_eq!(waiting.await, Err(Error::Cancelled));
    /// assert_eq!(running.await, Ok(()));
    /// # Ok::<(), Error>(()) }).unwrap();
    /// ```
    pub fn cancel_queued(&self) -> usize {
        self.shared.drive(|core| core.cancel_queued(now()))
    }

    /// Takes no more jobs and cancels those it has.
    pub fn abort(&self) {
        self.shared.drive(|core| core.abort(now()));
    }

    /// Changes the number of lanes, to at least one and at most 1,024. Surplus lanes finish what they run.
    pub fn resize(&self, lanes: usize) {
        self.shared.resize(lanes);
    }

    /// Starts all lanes now instead of with their first jobs.
    pub fn warm(&self) {
        self.shared.warm();
    }

    /// How many lanes are in service.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.shared.drive(|core| core.lane_count())
    }

    /// The table of tasks.
    #[must_use]
    pub fn tasks(&self) -> &'static Tasks {
        self.shared.tasks
    }

    /// The figures of this executor, and of others that share its recorder.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats { lanes: self.lanes(), ..self.shared.recorder.snapshot() }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("stats", &self.stats()).field("deadline", &self.deadline).finish()
    }
}
