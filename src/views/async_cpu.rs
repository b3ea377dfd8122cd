//! `GET /async-cpu?number=10000`: the sum of squares, computed on lanes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::VARY;

use super::computation::Computation;
use super::problem::Problem;
use super::{Shared, accept, admission, events, json, query};

const OFFERS: [&str; 3] = ["text/plain", "application/json", events::MIME];

pub(super) async fn view(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let (pool, deadline) = admission::admit_small(&mut parts, &shared.limits)?;
    let [number] = query::read(parts.uri.query(), ["number"])?;
    let number = query::whole("number", number.as_deref(), 10_000, 0..=shared.limits.number_max)?;
    let form = accept::choose(&parts.headers, &OFFERS).ok_or_else(|| Problem::not_acceptable(&OFFERS.join(", ")))?;
    if form == 2
        && let Some(answer) = events::ended(&parts.headers)
    {
        return Ok(answer);
    }
    let mut computation = Computation::start(shared, &pool, deadline, number, form == 2)?;
    let mut response = if form == 2 {
        events::of_computation(computation)
    } else {
        while computation.step().await? {}
        let outcome = computation.outcome();
        let result = HeaderValue::try_from(&outcome.result).map_err(|error| Problem::internal(error.to_string()))?;
        let mut response = if form == 1 { json(&outcome) } else { "Async CPU".into_response() };
        response.headers_mut().insert("x-result", result);
        response
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    Ok(response)
}
