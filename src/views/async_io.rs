//! `GET /async-io?seconds=1`: waiting without blocking anything.

use std::sync::Arc;

use axum::extract::{Request, State};
use offloop::{Error, now, sleep};

use super::problem::Problem;
use super::{Shared, admission, query};
use crate::limits::SECONDS_MAX;

pub(super) async fn view(State(shared): State<Arc<Shared>>, request: Request) -> Result<&'static str, Problem> {
    let [seconds] = query::read(request.uri().query(), ["seconds"])?;
    let seconds = query::seconds("seconds", seconds.as_deref(), 1, SECONDS_MAX)?;
    let deadline = admission::deadline(request.headers(), &shared.limits)?;
    // The body, of which there is none, must not be kept while waiting.
    drop(request);
    // One timer for both: what comes first is known.
    let patience = deadline - now();
    sleep(seconds.min(patience)).await;
    if seconds > patience { Err(Error::TimedOut.into()) } else { Ok("Async IO") }
}
