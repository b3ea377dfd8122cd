//! The clock, which is asked once in a turn of the event loop.

use std::cell::Cell;
use std::sync::Arc;

use crate::budget::renew;
use crate::instant::Instant;
use crate::platform::web::{self, Alarm, Callback};

/// What is known of the time.
#[derive(Clone, Copy)]
enum Known {
    /// No turn runs that would say when the time has gone on.
    Nothing,
    /// Nobody has asked in this turn.
    Turn,
    /// It stands still until the turn ends: <https://developers.cloudflare.com/workers/runtime-apis/performance/>.
    Time(Instant),
}

thread_local! {
    static KNOWN: Cell<Known> = const { Cell::new(Known::Nothing) };
}

/// The time. A call asks for it some fifteen times, and each time the way to JavaScript takes longer than what is done with the answer.
pub(crate) fn now() -> Instant {
    match KNOWN.get() {
        Known::Nothing => web::now(),
        Known::Turn => {
            let time = web::now();
            KNOWN.set(Known::Time(time));
            time
        }
        Known::Time(time) => time,
    }
}

/// A turn begins.
pub(super) fn begin() {
    renew();
    KNOWN.set(Known::Turn);
}

/// It has ended.
pub(super) fn end() {
    KNOWN.set(Known::Nothing);
}

/// As everywhere. It rings outside of turns, even if the runtime has broken one off, which nobody else would notice.
pub(crate) fn alarm(when: Instant, callback: Callback) -> Alarm {
    let ring = move || {
        end();
        callback();
    };
    web::alarm(when, Arc::new(ring))
}
