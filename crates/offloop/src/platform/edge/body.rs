//! Bodies of requests that go on to a lane without coming into this program.

use web_sys::Request;

use super::js;
use crate::blob::Blob;
use crate::platform::Body;

/// The body of a request as a [`Blob`] to be sent to a lane; `None` if it has none, or if its length is not known.
///
/// The runtime carries it over piece by piece, while other requests are served. A large body that is read instead stops the event loop for as
/// long as it takes to copy it, several times, and takes its size in memory.
///
/// The body can be sent once. So the job counts as not idempotent, and where it would have to run in this program, as with a lane of
/// another build, it ends with [`Error::Lost`](crate::Error::Lost). The lane receives it as any other blob. The blob is not
/// [here](Blob::is_here): whoever looks at its bytes before that panics.
///
/// # Examples
///
/// ```ignore
/// let Some(picture) = offloop::edge::body(&request) else { return bad_request() };
/// let small = pool.run(thumbnail, picture).await?;
/// ```
#[must_use]
pub fn body(request: &Request) -> Option<Blob> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and negative ones have been told apart"
    )]
    let length = Some(js::body_length(request)).filter(|length| *length >= 0.0)? as usize;
    Some(Body::new(request.into(), length).into())
}
