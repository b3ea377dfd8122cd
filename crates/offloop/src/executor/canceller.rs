//! Cancelling from elsewhere.

use std::fmt;
use std::sync::Weak;

use super::shared::Shared;

/// Cancels a job while somebody else awaits its [`Handle`](crate::Handle): for a button, or another task.
///
/// Made by [`Handle::canceller`](crate::Handle::canceller). To drop it cancels nothing, and it keeps neither the job nor the executor alive.
///
/// # Examples
///
/// ```
/// # #[cfg(not(target_arch = "wasm32"))] {
/// # fn wait(context: &offloop::Context) { while !context.is_cancelled() { std::thread::yield_now(); } }
/// # offloop::tasks! { wait }
/// # futures_executor::block_on(async {
/// let pool = offloop::Executor::threads(&TASKS, offloop::Options::default().lanes(1));
/// let handle = pool.submit(wait, ()).await?;
/// let stop = handle.canceller();
/// std::thread::spawn(move || assert!(stop.cancel()));
/// assert_eq!(handle.await, Err(offloop::Error::Cancelled));
/// # Ok::<(), offloop::Error>(())
/// # }).unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct Canceller {
    shared: Weak<Shared>,
    id: u64,
}

impl Canceller {
    pub(super) fn new(shared: Weak<Shared>, id: u64) -> Self {
        Self { shared, id }
    }

    /// Cancels the job; whoever awaits its handle gets [`Error::Cancelled`](crate::Error::Cancelled). False if the job had ended before.
    #[allow(clippy::must_use_candidate, reason = "most do not ask")]
    pub fn cancel(&self) -> bool {
        self.shared.upgrade().is_some_and(|shared| shared.cancel(self.id))
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").field("id", &self.id).finish_non_exhaustive()
    }
}
