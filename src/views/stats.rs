//! `GET /stats`: the executor's figures.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use axum::extract::{Request, State};
use axum::response::Response;
use offloop::Stats;
use serde::Serialize;

use super::memory::Held;
use super::problem::Problem;
use super::turns::Shares;
use super::{Shared, admission, json, query};

#[derive(Serialize)]
struct Figures {
    #[serde(flatten)]
    stats: Stats,
    /// Computations too small for a lane, done where the request came in; not among the figures above.
    inline: u64,
    /// The most numbers that one part of a computation has at present.
    part: u64,
    /// Bytes that are held for requests.
    memory: Held,
    /// Who shares the lanes.
    shares: Shares,
}

pub(super) async fn view(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let [] = query::read(parts.uri.query(), [])?;
    let stats = admission::executor(&mut parts)?.stats();
    let part = shared.pace.units(shared.turns.part(shared.limits.part));
    let (memory, shares) = (shared.memory.held(), shared.turns.shares());
    Ok(json(&Figures { stats, inline: shared.inline.load(Relaxed), part, memory, shares }))
}
