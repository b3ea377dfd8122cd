//! Where a request's executor comes from.

use std::fmt;
use std::sync::Arc;

use offloop::Executor;

/// Makes the executor of a request once there is something to compute: a request extension for entries where executors belong to
/// one request, so that those requests which need none do not pay for it. Entries with one executor for all give that instead.
#[derive(Clone)]
pub struct Pool(Arc<dyn Fn() -> Executor + Send + Sync>);

impl Pool {
    /// `make` is called once for a request that computes, and not at all for others.
    pub fn new(make: impl Fn() -> Executor + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    pub(super) fn executor(&self) -> Executor {
        (self.0)()
    }
}

impl From<Executor> for Pool {
    fn from(executor: Executor) -> Self {
        Self::new(move || executor.clone())
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
