//! Who may ask, and until when.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use offloop::{Executor, Instant, now};
use subtle::ConstantTimeEq;

use super::pool::Pool;
use super::problem::Problem;
use super::query::whole;
use crate::limits::Limits;

const TIMEOUT: &str = "X-Timeout-Ms";

/// A request extension that tells the entry by when the answer must be written. Admission fills it in.
#[derive(Debug, Clone, Default)]
pub struct Deadline(Arc<OnceLock<Instant>>);

impl Deadline {
    /// The request's deadline; `None` if its route has none.
    #[must_use]
    pub fn get(&self) -> Option<Instant> {
        self.0.get().copied()
    }
}

/// The executor for a computing request, through which jobs end with the request's deadline, and that deadline. The token
/// comes first: a stranger learns nothing about the parameters.
pub(super) fn admit(parts: &mut Parts, limits: &Limits) -> Result<(Executor, Instant), Problem> {
    let (pool, deadline) = admit_small(parts, limits)?;
    Ok((pool.executor().until(deadline), deadline))
}

/// The same for a request that may be too small to need an executor.
pub(super) fn admit_small(parts: &mut Parts, limits: &Limits) -> Result<(Pool, Instant), Problem> {
    if !limits.api_token.as_deref().is_none_or(|token| bears(&parts.headers, token)) {
        return Err(Problem::unauthorized());
    }
    let deadline = deadline(&parts.headers, limits)?;
    if let Some(Deadline(cell)) = parts.extensions.get() {
        cell.get_or_init(|| deadline);
    }
    Ok((pool(parts)?, deadline))
}

/// The executor that the entry gave to the request.
pub(super) fn executor(parts: &mut Parts) -> Result<Executor, Problem> {
    Ok(pool(parts)?.executor())
}

fn pool(parts: &mut Parts) -> Result<Pool, Problem> {
    let shared = parts.extensions.remove::<Executor>().map(Pool::from);
    let pool = shared.or_else(|| parts.extensions.remove());
    pool.ok_or_else(|| Problem::internal("the entry gave the request no executor".to_owned()))
}

/// The moment by which the request must be answered.
pub(super) fn deadline(headers: &HeaderMap, limits: &Limits) -> Result<Instant, Problem> {
    let mut values = headers.get_all(TIMEOUT).iter();
    let (value, more) = (values.next(), values.next());
    if more.is_some() {
        return Err(Problem::parameter(TIMEOUT, "is given more than once", "once".to_owned()));
    }
    // A value that is no text is no number either.
    let text = value.map(|value| value.to_str().unwrap_or_default());
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let timeout = whole(TIMEOUT, text, millis(limits.timeout), 1..=millis(limits.timeout_max))?;
    Ok(now() + Duration::from_millis(timeout))
}

/// Whether the request has the token. Takes the same time for every wrong one of the right length.
fn bears(headers: &HeaderMap, token: &str) -> bool {
    let Some(value) = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes) else { return false };
    match value.split_at_checked("Bearer ".len()) {
        Some((scheme, given)) => {
            scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(given.trim_ascii_start().ct_eq(token.as_bytes()))
        }
        None => false,
    }
}
