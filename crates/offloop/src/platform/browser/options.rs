//! What a user may tune about the workers.

use std::time::Duration;

/// How the workers of an executor are started and stopped. The defaults are right without a bundler, with Vite and with webpack.
///
/// # After a deployment
///
/// Workers start late: with the first job, after a crash, when the pool grows. By then the server may have the files of another build. The page
/// gives each worker its own compiled module, and the worker compares its JavaScript with the page's before it runs any of the module. If they
/// differ, its jobs end with [`Error::Skew`](crate::Error::Skew), and the page has to be reloaded. Two things cannot be seen: a change in bundled
/// JavaScript that leaves the names of all imports as they are, and with wasm-bindgen's target `bundler`, where each worker loads a module of its
/// own, a change that leaves the table of tasks as it is. So give files names with a hash of their content there, or set the environment variable
/// `OFFLOOP_BUILD_ID` to another value for each build.
///
/// # Workers that end
///
/// A worker that ends, also by `self.close()`, is replaced, and jobs that it had and that may have run end with
/// [`LostReason::Closed`](crate::LostReason::Closed) or are tried again. If the browser ends it without an error event, that is noticed by a
/// [Web Lock](https://developer.mozilla.org/docs/Web/API/Web_Locks_API) that the worker holds, which only secure contexts have: `https`, `localhost`.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// let options = offloop::WorkerOptions::default().name("thumbnails").idle_stop(Duration::from_secs(30));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct WorkerOptions {
    pub(super) name: String,
    pub(super) script: Option<String>,
    pub(super) glue: Option<String>,
    pub(super) start_timeout: Duration,
    pub(super) idle_stop: Option<Duration>,
    pub(super) shared_memory: bool,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        // A worker starts in some 20 ms. Half a minute is for a slow network; a script that does not load at all is noticed at once.
        let start_timeout = Duration::from_secs(30);
        Self {
            name: "offloop".to_owned(),
            script: None,
            glue: None,
            start_timeout,
            idle_stop: None,
            shared_memory: true,
        }
    }
}

impl WorkerOptions {
    /// The beginning of the workers' names (default `offloop`), which developer tools show; the lane's number follows.
    pub fn name(mut self, prefix: impl Into<String>) -> Self {
        self.name = prefix.into();
        self
    }

    /// The address of the worker script, for a bundler or a server that the built-in one does not suit.
    ///
    /// The script is a module. It sets `globalThis.offloopLane = true`, waits for one message `{ module, name, shared }`, initialises the
    /// program with `module` and calls its `__offloop_serve(shared)`; see `js/worker.js` of this crate, which also compares the glue that it has
    /// loaded with the page's. An address on another origin is refused by the browser.
    pub fn script(mut self, address: impl Into<String>) -> Self {
        self.script = Some(address.into());
        self
    }

    /// The absolute address of the JavaScript file that wasm-bindgen made, which the worker script imports, where it is not three
    /// directories above that script.
    pub fn glue(mut self, address: impl Into<String>) -> Self {
        self.glue = Some(address.into());
        self
    }

    /// How long a worker may take to come up (default 30 s) before its jobs end with [`Error::Lost`](crate::Error::Lost). Time in which the
    /// page stands still, since it computes or was frozen, does not count.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Whether short calls and results go through memory that page and worker share, where that can be had (default `true`): on pages that are
    /// [cross-origin isolated](https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated), in browsers with `Atomics.waitAsync`.
    /// Elsewhere, and for whatever is long or has a [`Blob`](crate::Blob) in it, messages do the same.
    ///
    /// Only the buffer between them is shared, 32 KiB a worker; each keeps its own wasm memory, and can be ended at any time. After a task a
    /// worker waits some milliseconds for the next one, in which its thread does nothing else: timers and promises that a task has left behind
    /// have their turn after that.
    ///
    /// Where short calls come one soon after the other, the worker is busy with looking for the next for up to 0.1 ms of that before its thread
    /// sleeps, and the page looks for the result between whatever else it has to do for 0.03 ms. Who finds nothing for some time looks less often.
    pub fn shared_memory(mut self, wanted: bool) -> Self {
        self.shared_memory = wanted;
        self
    }

    /// Stops a worker that has had nothing to do for this long, and so frees its memory; the next job starts it again. By default
    /// workers stay until the executor is dropped.
    pub fn idle_stop(mut self, after: Duration) -> Self {
        self.idle_stop = Some(after);
        self
    }
}
