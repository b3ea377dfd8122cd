//! The cooperative budget of a thread, as in tokio. Futures of this library that could go on without ever waiting give way when it is spent.
//! Tasks that run inline are charged for their time.

use std::cell::Cell;
use std::time::Duration;

use crate::instant::micros;
use crate::platform::HAS_EVENT_LOOP;

/// The budget in microseconds: half a frame of a page.
const SLICE: i64 = 8_192;
/// The charge for a result that took no time, such as an error. tokio's budget is 128 results, too.
const RESULT: i64 = SLICE / 128;
/// How many polls in a row an empty budget refuses. An event loop renews the budget with its next turn. Elsewhere a refused future does that when it
/// is polled again; but all of them may be dropped, so the budget also renews itself.
const REFUSALS: i64 = if HAS_EVENT_LOOP { i64::MAX } else { 64 };

thread_local! {
    /// Microseconds. At zero the budget is empty; below zero this counts refusals. Without a destructor it can be used as long as the thread
    /// lives.
    static LEFT: Cell<i64> = const { Cell::new(SLICE) };
}

/// A task ran in this thread.
pub(crate) fn charge_task(busy: Duration) {
    charge(i64::try_from(micros(busy)).unwrap_or(SLICE).saturating_add(RESULT));
}

/// A result was there at once.
pub(crate) fn charge_result() {
    charge(RESULT);
}

fn charge(micros: i64) {
    let left = LEFT.get();
    if left > 0 {
        LEFT.set(left.saturating_sub(micros).max(0));
    }
}

/// Whether a future may give its result now. If not, it must give way first.
#[inline]
pub(crate) fn proceeds() -> bool {
    let left = LEFT.get();
    left > 0 || refuse(left)
}

#[cold]
fn refuse(left: i64) -> bool {
    LEFT.set(if left > -REFUSALS { left - 1 } else { SLICE });
    false
}

/// Others have run.
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
