//! Errors as answers: the only place that gives an error its status (RFC 9457).

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use offloop::{Error, LostReason, Refused};
use serde::Serialize;

/// What went wrong with a request, in the words of `application/problem+json`.
///
/// The type is always `about:blank`, which says that the status tells it all; `kind` is for programs that want to know more.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Problem(Box<Details>);

#[derive(Debug, Serialize)]
struct Details {
    r#type: &'static str,
    title: &'static str,
    #[serde(serialize_with = "code")]
    status: StatusCode,
    detail: Cow<'static, str>,
    kind: &'static str,
    /// Why a lane was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
    #[serde(skip)]
    header: Option<(HeaderName, HeaderValue)>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn code<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Details {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status,
            detail: detail.into(),
            kind,
            reason: None,
            parameter: None,
            allowed: None,
            header: None,
        }))
    }

    fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.0.header = Some((name, value.into()));
        self
    }

    /// What there is no room or no time for now, because of what others have asked for.
    pub(super) fn busy(detail: String, seconds: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Error::Full.kind(), detail).header(RETRY_AFTER, seconds)
    }

    /// What cannot be done before its deadline, even if nobody else wanted anything.
    pub(super) fn too_long(needed: Duration, left: Duration) -> Self {
        let (needed, left) = (needed.as_secs_f64(), left.as_secs_f64());
        let detail = format!(
            "this takes about {needed:.1} s and its deadline is in {left:.1} s: ask for less, or give it more time with X-Timeout-Ms"
        );
        Self::new(StatusCode::GATEWAY_TIMEOUT, Error::TimedOut.kind(), detail)
    }

    /// A parameter, in the query or a header, that is not as it must be.
    pub(super) fn parameter(name: &str, wrong: &str, allowed: String) -> Self {
        let detail = format!("{name} {wrong}, allowed: {allowed}");
        let mut problem = Self::new(StatusCode::BAD_REQUEST, "parameter", detail);
        problem.0.parameter = Some(name.to_owned());
        problem.0.allowed = Some(allowed);
        problem
    }

    /// A body that is not what its type says.
    pub(super) fn unreadable(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", detail)
    }

    /// A body that can be read, but does not fit.
    pub(super) fn unfit(detail: String) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unfit", detail)
    }

    /// The deadline came before the whole body.
    pub(super) fn request_timeout() -> Self {
        let detail = "the body had not arrived by the request's deadline: send it faster, or ask for more time with X-Timeout-Ms";
        Self::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
    }

    pub(super) fn body_too_large(most: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", format!("the body may have at most {most} bytes"))
    }

    pub(super) fn wrong_type(wanted: &'static str) -> Self {
        let detail = format!("the body must be {wanted}, and Content-Type must say so");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_type", detail)
    }

    pub(super) fn not_acceptable(offered: &str) -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
            format!("this route answers with {offered}, name one of them in Accept"),
        )
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "this route needs the header Authorization: Bearer <token>")
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    pub(super) fn not_found(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is nothing at {path}, GET /tasks lists the tasks"))
    }

    /// The router adds `Allow`.
    pub(super) fn method(method: &Method, path: &str) -> Self {
        let detail = format!("{path} does not take {method}, the header Allow says what it takes");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
    }

    /// A mistake on this side.
    pub(super) fn internal(detail: String) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Full | Error::Closed | Error::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
            Error::Lost { reason: LostReason::Overloaded | LostReason::BodyGone, .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Error::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Error::UnknownTask { .. } => StatusCode::NOT_FOUND,
            Error::Failed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            // What a caller sends is checked before it becomes a job, so these bytes came from the far side.
            Error::Lost { .. } | Error::Malformed { .. } | Error::Skew { .. } => StatusCode::BAD_GATEWAY,
        };
        let detail = match &error {
            Error::UnknownTask { name } => format!("there is no task {name}, GET /tasks lists those there are"),
            other => other.to_string(),
        };
        let mut problem = Self::new(status, error.kind(), detail);
        if let Error::Lost { reason, .. } = error {
            problem.0.reason = Some(reason.name());
        }
        if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY].contains(&status) {
            return problem.header(RETRY_AFTER, 1_u64);
        }
        problem
    }
}

impl<I> From<Refused<I>> for Problem {
    fn from(refused: Refused<I>) -> Self {
        refused.error.into()
    }
}

#[cfg(feature = "thumbnail")]
impl From<crate::tasks::ThumbnailError> for Problem {
    fn from(error: crate::tasks::ThumbnailError) -> Self {
        use crate::tasks::ThumbnailError as E;
        let detail = error.to_string();
        match error {
            E::Option { name, allowed } => Self::parameter(&name, "is out of range", allowed),
            E::Unknown => Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_type", detail),
            E::Animated | E::TooLarge { .. } | E::Result { .. } | E::Broken { .. } => Self::unfit(detail),
        }
    }
}

#[cfg(feature = "password")]
impl From<crate::tasks::PasswordError> for Problem {
    fn from(error: crate::tasks::PasswordError) -> Self {
        use crate::tasks::PasswordError as E;
        let detail = error.to_string();
        match error {
            E::Cost { name, allowed } => Self::parameter(&name, "is out of range", allowed),
            E::Length => Self::parameter("password", "is empty or too long", detail),
            E::Hash { .. } => Self::unfit(detail),
            E::Random => Self::internal(detail),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let text = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (self.0.status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.0.header);
        response
    }
}
