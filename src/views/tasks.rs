//! `GET /tasks` and `POST /tasks/{name}`: the table, and any task of it with JSON in and out, or with its progress as events.
//!
//! A task's reports arrive as it makes them from a worker or a thread. A lane at the edge sends what it has when its task returns, so
//! there all of them come at the end.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderValue;
use http::header::{CONTENT_TYPE, VARY};
use offloop::wire::Payload;
use offloop::{Entry, Error};
use serde::Serialize;
use serde::de::IgnoredAny;

use super::memory::{Account, Kind, keep};
use super::problem::Problem;
use super::turns::Turn;
use super::{Shared, accept, admission, body, events, json, query};
use crate::limits::{Limits, RESULT_MAX};
use crate::tasks::{CallCost, TASKS, check};

const OFFERS: [&str; 2] = ["application/json", events::MIME];

#[derive(Serialize)]
struct Line {
    name: &'static str,
    input: &'static str,
    output: &'static str,
    idempotent: bool,
}

impl From<&Entry> for Line {
    fn from(entry: &Entry) -> Self {
        let [input, output] = entry.signature();
        Self { name: entry.name(), input, output, idempotent: entry.is_idempotent() }
    }
}

pub(super) async fn list(request: Request) -> Result<Response, Problem> {
    let [] = query::read(request.uri().query(), [])?;
    Ok(json(&TASKS.iter().map(Line::from).collect::<Vec<_>>()))
}

pub(super) async fn run(
    State(shared): State<Arc<Shared>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let (pool, deadline) = admission::admit(&mut parts, &shared.limits)?;
    let [] = query::read(parts.uri.query(), [])?;
    let form = accept::choose(&parts.headers, &OFFERS).ok_or_else(|| Problem::not_acceptable(&OFFERS.join(", ")))?;
    let Path(name) = name.map_err(|_| Problem::not_found(parts.uri.path()))?;
    let index = pool.tasks().named(&name)?;
    let entry = pool.tasks().at(index).ok_or(Error::UnknownTask { name })?;
    if form == 1
        && let Some(answer) = events::ended(&parts.headers)
    {
        return Ok(answer);
    }
    let account = Account::of(&parts)?;
    account.expect(&parts.headers, shared.limits.body_max)?;
    let body = body::json(&parts.headers, body, shared.limits.body_max, deadline).await?;
    let (cost, input) = argument(entry, &body, &shared.limits)?;
    drop(body);
    account.read(input.len());
    // As it comes, and as JSON.
    account.reserve(Kind::Result, if cost.result > RESULT_MAX { 0 } else { 2 * cost.result })?;
    let turn = Turn::take(&shared, cost.time, pool.lanes(), deadline).await?;
    let submitted = pool.submit_call(index, input);
    // A submission that is not over at once waits for room. A caller over HTTP had better come again.
    let handle = submitted.now_or_never().unwrap_or(Err(Error::Full))?;
    if form == 1 {
        return Ok(keep(events::of_job(handle, entry), turn));
    }
    let output = handle.await?;
    let most = cost.result.max(RESULT_MAX);
    account.result(output.len(), most)?;
    let text = entry.output_to_json(output)?;
    account.result(text.len(), most)?;
    let headers = [(CONTENT_TYPE, "application/json"), (VARY, "accept")];
    Ok((headers.map(|(name, value)| (name, HeaderValue::from_static(value))), text).into_response())
}

/// What the call may cost, and the task's argument. No body is the argument of a task that takes none.
fn argument(entry: &Entry, body: &Bytes, limits: &Limits) -> Result<(CallCost, Payload), Problem> {
    let text: &[u8] = if body.is_empty() { b"null" } else { body };
    let (cost, text) = check(entry.name(), text, limits).map_err(Problem::unfit)?;
    let input = entry.input_from_json(&text).map_err(|error| match serde_json::from_slice::<IgnoredAny>(&text) {
        Err(error) => Problem::unreadable(format!("the body is not JSON: {error}")),
        Ok(_) => Problem::unfit(format!("{} takes {}: {error}", entry.name(), entry.signature()[0])),
    })?;
    Ok((cost, input))
}
