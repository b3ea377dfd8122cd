//! Request bodies: bounded, of the right type, and here before the request's deadline.

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use offloop::{Blob, Error, Instant, now, timeout};

use super::problem::Problem;

/// The body, if it is JSON and not too large. A body without a type is refused, an empty one needs none.
pub(super) async fn json(headers: &HeaderMap, body: Body, most: usize, deadline: Instant) -> Result<Bytes, Problem> {
    let kind = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    if kind.is_some_and(|kind| !is_json(kind)) {
        return Err(Problem::wrong_type("application/json"));
    }
    let bytes = read(headers, body, most, deadline).await?;
    if kind.is_none() && !bytes.is_empty() { Err(Problem::wrong_type("application/json")) } else { Ok(bytes) }
}

/// The body, of whatever type, if it is not too large.
pub(super) async fn read(headers: &HeaderMap, body: Body, most: usize, deadline: Instant) -> Result<Bytes, Problem> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    // Told before a byte of it is read.
    if length.is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > most)) {
        return Err(Problem::body_too_large(most));
    }
    match timeout(deadline - now(), Limited::new(body, most).collect()).await {
        Err(Error::TimedOut) => Err(Problem::request_timeout()),
        Err(error) => Err(error.into()),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::body_too_large(most)),
        // What the runtime says of it is an object of its own, not a sentence.
        Ok(Err(_)) => Err(Problem::unreadable("the body could not be read to its end, send it again".to_owned())),
    }
}

/// Bodies up to this are read all the same: it takes less than a tenth of a millisecond, and a job that has its whole input is run again if
/// its lane is lost.
pub(super) const COPIED: usize = 64 * 1024;

/// As [`read`], for a view that only hands the body on: where the runtime can do that by itself, a large body does not come into this program.
pub(super) async fn blob(parts: &mut Parts, body: Body, most: usize, deadline: Instant) -> Result<Blob, Problem> {
    match parts.extensions.remove::<UnreadBody>() {
        Some(UnreadBody(blob)) if blob.len() > most => Err(Problem::body_too_large(most)),
        Some(UnreadBody(blob)) if blob.len() > COPIED => Ok(blob),
        _ => Ok(read(&parts.headers, body, most, deadline).await?.into()),
    }
}

/// A request extension: the request's body, for an executor whose lanes get it from the runtime. What is read as the request's own body by then
/// cannot be had in this way any more.
#[derive(Debug, Clone)]
pub struct UnreadBody(pub Blob);

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_goes_by_several_names() {
        assert!(
            ["application/json", "Application/JSON; charset=utf-8", "application/ld+json"].into_iter().all(is_json)
        );
        assert!(!["text/plain", "application/jsonp", "", "json", "text/json"].into_iter().any(is_json));
    }
}
