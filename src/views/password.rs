//! `POST /password/hash` and `POST /password/verify`: Argon2id on a lane. Nothing here prints or counts what is in a body.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use offloop::{Executor, Instant};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::memory::Account;
use super::problem::Problem;
use super::turns::Turn;
use super::{Shared, admission, body, json, query};
use crate::tasks::{Cost, Password, hash_password, hashing, verify_password};

/// More than enough for the longest password and hash, with every character escaped.
const LONGEST_BODY: usize = 16 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hash {
    password: Password,
    memory_kib: Option<u32>,
    iterations: Option<u32>,
    parallelism: Option<u32>,
}

#[derive(Serialize)]
struct Hashed {
    hash: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verify {
    password: Password,
    hash: String,
}

pub(super) async fn hash(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let fields = "password (text), and if wanted memory_kib, iterations and parallelism (whole numbers)";
    let (pool, deadline, asked) = ask::<Hash>(&shared, request, fields).await?;
    let default = Cost::default();
    let cost = Cost {
        memory_kib: asked.memory_kib.unwrap_or(default.memory_kib),
        iterations: asked.iterations.unwrap_or(default.iterations),
        parallelism: asked.parallelism.unwrap_or(default.parallelism),
    };
    let _turn = Turn::take(&shared, hashing(&cost), pool.lanes(), deadline).await?;
    let hash = pool.try_submit(hash_password, (asked.password, cost))?.await??;
    Ok(json(&Hashed { hash }))
}

pub(super) async fn verify(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let fields = "password (text) and hash (a PHC string)";
    let (pool, deadline, asked) = ask::<Verify>(&shared, request, fields).await?;
    // What most hashes were made at. The lane refuses those that take much longer.
    let _turn = Turn::take(&shared, hashing(&Cost::default()), pool.lanes(), deadline).await?;
    let verification = pool.try_submit(verify_password, (asked.password, asked.hash))?.await??;
    Ok(json(&verification))
}

/// Reads the body. What is wrong with it is said without a word of it: the decoder's message would quote it.
async fn ask<T: DeserializeOwned>(
    shared: &Shared,
    request: Request,
    fields: &str,
) -> Result<(Executor, Instant, T), Problem> {
    let (mut parts, body) = request.into_parts();
    let (pool, deadline) = admission::admit(&mut parts, &shared.limits)?;
    let [] = query::read(parts.uri.query(), [])?;
    let most = shared.limits.body_max.min(LONGEST_BODY);
    let body = body::json(&parts.headers, body, most, deadline).await?;
    let asked = serde_json::from_slice(&body);
    // Overwritten where nobody else holds it.
    if let Ok(mut body) = body.try_into_mut() {
        zeroize::Zeroize::zeroize(&mut *body);
    }
    let asked = asked.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail = format!("the body must be a JSON object with {fields}, see line {line}, column {column}");
        if error.is_data() { Problem::unfit(detail) } else { Problem::unreadable(detail) }
    })?;
    Account::of(&parts)?.read(LONGEST_BODY);
    Ok((pool, deadline, asked))
}
