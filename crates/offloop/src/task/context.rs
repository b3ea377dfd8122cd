//! What a running task can say and ask.

use std::fmt;

/// Where a running task reports to; one for each lane kind.
pub trait Report {
    /// The task is this far.
    fn progress(&self, done: u64, total: u64);
    /// Whether nobody waits for the result any more.
    fn is_cancelled(&self) -> bool;
}

/// Given to tasks that ask for it as their first argument.
///
/// # Examples
///
/// ```
/// use offloop::Context;
///
/// fn count_primes(context: &Context, below: u64) -> u64 {
///     let mut found = 0;
///     for n in 2..below {
///         if n % 1024 == 0 {
///             context.progress(n, below);
///             if context.is_cancelled() {
///                 break;
///             }
///         }
///         found += u64::from((2..n).all(|d| n % d != 0));
///     }
///     found
/// }
/// assert_eq!(count_primes(&Context::none(), 10), 4);
/// ```
#[derive(Clone, Copy)]
pub struct Context<'a> {
    report: Option<&'a dyn Report>,
}

impl<'a> Context<'a> {
    /// A context that reports to nobody, for calling a task directly.
    #[must_use]
    pub const fn none() -> Self {
        Self { report: None }
    }

    /// A context that reports to `report`, for those who write lanes.
    #[must_use]
    pub const fn new(report: &'a dyn Report) -> Self {
        Self { report: Some(report) }
    }

    /// Reports that `done` of `total` units are done; `total` 0 means unknown. The caller sees it in
    /// [`Handle::progress`](crate::Handle::progress), which keeps the latest report only.
    pub fn progress(&self, done: u64, total: u64) {
        if let Some(report) = self.report {
            report.progress(done, total);
        }
    }

    /// Whether the job was cancelled, so that its result will be thrown away. Where the platform ends a cancelled task by
    /// force (a Web Worker) or cannot tell it (an edge isolate while it computes) this stays `false`.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.report.is_some_and(Report::is_cancelled)
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("reports", &self.report.is_some()).finish()
    }
}
