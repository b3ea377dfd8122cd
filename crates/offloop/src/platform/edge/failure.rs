//! What a rejected fetch means for the calls in it.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

use crate::error::{Error, LostReason};
use crate::lane::Loss;

/// The status with which a lane says that another request has ended its instance. Not one that a runtime or a proxy would use.
pub(super) const RESET: u16 = 409;

/// That with which it says that it has trapped, as in `js/edge.js`.
const TRAPPED: u16 = 500;

/// Why a fetch ended without a reply to all its calls.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) loss: Loss,
}

impl Failure {
    /// The answer ended before it was complete.
    pub(super) fn cut(cause: &str) -> Self {
        Self::lost(LostReason::Disconnected, cause)
    }

    fn lost(reason: LostReason, cause: impl Into<String>) -> Self {
        let loss = match reason {
            LostReason::Reset => Loss::Reset,
            LostReason::Overloaded => Loss::Refused,
            _ => Loss::MaybeRan,
        };
        Self { error: Error::lost(reason, cause), loss }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // Another build starts nothing, so it is safe to go on elsewhere; of other unreadable bytes nothing is known.
        let loss = if matches!(error, Error::Skew { .. }) { Loss::NeverStarted } else { Loss::MaybeRan };
        Self { error, loss }
    }
}

impl From<JsValue> for Failure {
    fn from(thrown: JsValue) -> Self {
        let property = |name: &str| Reflect::get(&thrown, &JsValue::from_str(name)).unwrap_or_default();
        let message = thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        let cause = message.unwrap_or_else(|| format!("{thrown:?}"));
        match property("status").as_f64() {
            Some(400.0 | 413.0) => Self { error: Error::Malformed { what: cause }, loss: Loss::NeverStarted },
            Some(status) if status == f64::from(RESET) => Self::lost(LostReason::Reset, cause),
            Some(status) if status == f64::from(TRAPPED) => Self::lost(LostReason::Crashed, cause),
            Some(503.0) => Self::lost(LostReason::Overloaded, cause),
            Some(status) => Self::lost(LostReason::Other, format!("it answered with status {status}: {cause}")),
            // An overloaded object must not be asked again; the executor lets the lane rest.
            // <https://developers.cloudflare.com/durable-objects/best-practices/error-handling/>
            None if property("overloaded").is_truthy() => Self::lost(LostReason::Overloaded, cause),
            // In the words of the runtime: "Durable Object's isolate exceeded its memory limit and was reset."
            None if cause.contains("memory limit") => Self::lost(LostReason::OutOfMemory, cause),
            None => Self::lost(LostReason::Disconnected, cause),
        }
    }
}
