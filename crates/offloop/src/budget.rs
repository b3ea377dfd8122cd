//! How much a thread may do for a future that is always ready, before others have their turn: tokio's cooperative budget, with the time that
//! inline tasks take.

use std::cell::Cell;
use std::time::Duration;

use crate::instant::micros;
use crate::platform::HAS_EVENT_LOOP;

/// How long a thread goes on, in microseconds: half a frame of a page.
const SLICE: i64 = 8_192;
/// What a result counts that took no time, such as an error: 128 of them are a slice, as in tokio.
const RESULT: i64 = SLICE / 128;
/// How many futures in a row are sent away by an empty budget. An event loop says when it has had its turn. Elsewhere one of them comes back after
/// others have run; but they may all be dropped, so that the budget must not stay empty.
const REFUSALS: i64 = if HAS_EVENT_LOOP { i64::MAX } else { 64 };

thread_local! {
    /// Microseconds. At and below zero the budget is empty, and refusals are counted. It has no destructor, so it can be used as long as the
    /// thread lives.
    static LEFT: Cell<i64> = const { Cell::new(SLICE) };
}

/// Takes the time of a task that ran in this thread.
pub(crate) fn charge_task(busy: Duration) {
    charge(i64::try_from(micros(busy)).unwrap_or(SLICE).saturating_add(RESULT));
}

/// Takes a result that was there at once.
pub(crate) fn charge_result() {
    charge(RESULT);
}

fn charge(micros: i64) {
    let left = LEFT.get();
    if left > 0 {
        LEFT.set(left.saturating_sub(micros).max(0));
    }
}

/// Whether a future may give its result now.
pub(crate) fn proceeds() -> bool {
    let left = LEFT.get();
    if left > 0 {
        return true;
    }
    LEFT.set(if left > -REFUSALS { left - 1 } else { SLICE });
    false
}

/// Others have had their turn.
pub(crate) fn renew() {
    LEFT.set(SLICE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_nobody_renews_does_not_stay_empty() {
        renew();
        for _ in 0..3 {
            assert!((0..128).all(|_| {
                let proceeds = proceeds();
                charge_result();
                proceeds
            }));
            assert_eq!((0..1000).position(|_| proceeds()), usize::try_from(REFUSALS).ok().map(|refused| refused + 1));
        }
    }

    #[test]
    fn a_long_task_takes_all_of_it_and_no_more() {
        renew();
        charge_task(Duration::MAX);
        assert!(!proceeds());
        renew();
        assert!(proceeds());
    }
}
