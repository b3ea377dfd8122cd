//! Where a request is handled.

use std::fmt;
use std::sync::Arc;

use offloop::Executor;

/// Makes an executor for each lane, with that one lane only, and the lane's name.
pub type Lanes = Arc<dyn Fn() -> Vec<(String, Executor)> + Send + Sync>;

/// What only the entry knows about the place where a request is handled; a request extension beside the executor, for
/// `GET /probe`.
#[derive(Clone)]
pub struct Site {
    /// The runtime: `edge`, `service worker`, `native`.
    pub runtime: &'static str,
    /// Where the request came in, as the runtime calls it; Cloudflare's three letters of the nearest airport.
    pub colo: Option<String>,
    /// The lanes one by one. Without them the probe takes the request's executor as often as it has lanes, and cannot tell them
    /// apart.
    pub lanes: Option<Lanes>,
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runtime, colo, lanes } = self;
        f.debug_struct("Site").field("runtime", runtime).field("colo", colo).field("lanes", &lanes.is_some()).finish()
    }
}
