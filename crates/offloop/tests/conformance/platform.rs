//! Where promises are kept, and what cannot be had there.

use std::cell::Cell;

use futures_util::future::join_all;
use offloop::{Executor, Options};

use crate::tasks::unit;

/// A kind of lanes.
pub(crate) struct Platform {
    /// An executor with this many lanes, or as many as the platform has.
    pub(crate) pool: fn(usize, Options) -> Executor,
    pub(crate) abilities: Abilities,
    /// Something was asked for that this platform cannot do.
    pub(crate) missed: Cell<bool>,
}

/// What lanes may be able to do. A promise that asks for one which is missing says what happens instead.
#[derive(Clone, Copy)]
pub(crate) struct Abilities {
    /// Jobs run beside the caller. If not, they are done when `submit` returns.
    pub(crate) beside: bool,
    /// The caller is heard while a job runs. If not, lane and caller share a thread, and nothing happens before the task returns.
    pub(crate) parallel: bool,
    /// A running task's reports are heard before it ends.
    pub(crate) heard: bool,
    /// A running task is told that nobody waits for it any more.
    pub(crate) told: bool,
    /// What ends one lane leaves the others alone. Lanes that share an instance of wasm end together.
    pub(crate) apart: bool,
    /// How much less time than it was told a task may take by the caller's clock, in milliseconds.
    pub(crate) blur: f64,
    /// How often to do what costs a new worker each time.
    pub(crate) crashes: u32,
}

impl Platform {
    pub(crate) fn new(pool: fn(usize, Options) -> Executor, abilities: Abilities) -> Self {
        Self { pool, abilities, missed: Cell::new(false) }
    }

    pub(crate) fn pool(&self, lanes: usize) -> Executor {
        (self.pool)(lanes, Options::default())
    }

    /// A pool whose lanes have been at work.
    pub(crate) async fn warm_pool(&self, lanes: usize) -> Executor {
        let pool = self.pool(lanes);
        assert!(join_all((0..lanes).map(|_| pool.run(unit, ()))).await.into_iter().all(|result| result == Ok(())));
        pool
    }

    pub(crate) fn runs_beside(&self) -> bool {
        self.ask(self.abilities.beside)
    }

    pub(crate) fn is_parallel(&self) -> bool {
        self.ask(self.abilities.parallel)
    }

    pub(crate) fn is_heard(&self) -> bool {
        self.ask(self.abilities.heard)
    }

    pub(crate) fn is_told(&self) -> bool {
        self.ask(self.abilities.told)
    }

    pub(crate) fn is_apart(&self) -> bool {
        self.ask(self.abilities.apart)
    }

    fn ask(&self, able: bool) -> bool {
        self.missed.set(self.missed.get() || !able);
        able
    }

    /// Holds the table of promises to the truth: what it calls kept asked for nothing that is missing here.
    pub(crate) fn was_kept_as_told(&self, instead: bool) {
        assert_eq!(self.missed.get(), instead, "move this promise to another section of promises!");
    }
}

/// Tests the promises on each platform of this target. Each stands in the section that says what it needs; where that is missing, the
/// promise asserts what happens instead, and its test is in a module of that name.
macro_rules! promises {
    (
        $(everywhere: $($everywhere:ident),+ $(,)?;)?
        $(where_jobs_run_beside: $($beside:ident),+ $(,)?;)?
        $(where_lanes_run_in_parallel: $($parallel:ident),+ $(,)?;)?
        $(where_reports_are_heard: $($heard:ident),+ $(,)?;)?
        $(where_tasks_are_told: $($told:ident),+ $(,)?;)?
        $(where_panics_are_contained: $($contained:ident),+ $(,)?;)?
        $(where_lanes_are_apart: $($apart:ident),+ $(,)?;)?
    ) => {
        tests! {
            [$($($everywhere)+)?] [$($($beside)+)?] [$($($parallel)+)?] [$($($heard)+)?] [$($($told)+)?] [$($($contained)+)?] [$($($apart)+)?]
        }
    };
}
