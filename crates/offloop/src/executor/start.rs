//! How executors come to be, one constructor for each kind of lane.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::Executor;
use super::shared::Shared;
use crate::foreign::watch;
use crate::lane::Factory;
use crate::options::Options;
use crate::platform::inline::Inline;
use crate::platform::{UNWINDS, parallelism};
use crate::task::Tasks;

impl Executor {
    /// An executor on lanes of your own making: `factory` is called once for each lane, and again when the pool grows.
    ///
    /// Without [`Options::lanes`] there is one for each processor that the platform tells of, and one where it tells of none.
    #[must_use]
    pub fn with_lanes(tasks: &'static Tasks, options: Options, factory: Factory) -> Self {
        if UNWINDS {
            watch();
        }
        let lanes = options.lanes.map_or_else(parallelism, NonZeroUsize::get);
        let shared = Shared::new(tasks, options, factory);
        shared.resize(lanes);
        Self { shared, deadline: None }
    }

    /// An executor that runs each job in the calling thread while it is submitted, and so blocks: for places without lanes, and
    /// for tests. [`Options::lanes`] makes no difference.
    ///
    /// A caller that submits one job after the other lets others run now and then: after some 8 ms of jobs, its next future waits for a
    /// turn of the event loop.
    #[must_use]
    pub fn inline(tasks: &'static Tasks, options: Options) -> Self {
        let factory: Factory = Box::new(move |events| Box::new(Inline::new(tasks, events)));
        Self::with_lanes(tasks, options.lanes(1), factory)
    }

    /// An executor on Web Workers, by default one for each processor that the browser tells of. In a page, or in a dedicated worker.
    ///
    /// Workers are started with their first jobs, or by [`warm`](Self::warm).
    ///
    /// # Errors
    ///
    /// [`Error::Lost`](crate::Error::Lost) where Web Workers cannot be started, as in a service worker.
    #[cfg(all(target_arch = "wasm32", feature = "browser"))]
    pub fn web_workers(
        tasks: &'static Tasks,
        options: Options,
        workers: crate::WorkerOptions,
    ) -> Result<Self, crate::Error> {
        Ok(Self::with_lanes(tasks, options, crate::platform::browser::factory(tasks, workers)?))
    }

    /// An executor on threads, by default one for each processor.
    ///
    /// # Examples
    ///
    /// ```
    /// fn double(n: u32) -> u32 { 2 * n }
    /// offloop::tasks! { double }
    ///
    /// # futures_executor::block_on(async {
    /// let pool = offloop::Executor::threads(&TASKS, offloop::Options::default().lanes(2));
    /// assert_eq!(pool.run(double, 21).await?, 42);
    /// # Ok::<(), offloop::Error>(()) }).unwrap();
    /// ```
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn threads(tasks: &'static Tasks, options: Options) -> Self {
        Self::with_lanes(tasks, options, crate::platform::native::factory(tasks))
    }

    /// An executor on lanes at the edge, one for each of the places whatever [`Options::lanes`] says. It belongs to the request in which it is
    /// made, and is cheap. Without places its jobs end with [`Error::Lost`](crate::Error::Lost).
    ///
    /// Attempts are limited to 30 seconds if [`Options::attempt_limit`] says nothing else.
    #[cfg(all(target_arch = "wasm32", feature = "edge"))]
    #[must_use]
    pub fn edge(tasks: &'static Tasks, options: Options, places: Vec<crate::edge::Place>) -> Self {
        use crate::platform::edge::{GOES_ON, factory};

        let lanes = places.len().max(1);
        let attempt_limit = options.attempt_limit.or(Some(GOES_ON));
        let options = Options { attempt_limit, ..options.lanes(lanes) };
        Self::with_lanes(tasks, options, factory(tasks, places))
    }
}

impl From<Arc<Shared>> for Executor {
    fn from(shared: Arc<Shared>) -> Self {
        Self { shared, deadline: None }
    }
}
