//! Timers that work on every platform: `sleep`, `timeout`, `interval`, `now`.
//!
//! # Precision
//!
//! A timer never rings early. It rings late by up to a few milliseconds, in a page in the background by up to a second or more
//! (<https://developer.chrome.com/blog/timer-throttling-in-chrome-88>), and always after whatever keeps the event loop busy.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;

use crate::error::Error;
use crate::foreign::wake;
use crate::instant::Instant;
use crate::platform;

/// The time now, on a clock that never goes back.
#[must_use]
pub fn now() -> Instant {
    platform::now()
}

/// Waits for `duration`; Python's `asyncio.sleep`. The time runs from the call, not from the first poll.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// # futures_executor::block_on(async {
/// let start = offloop::now();
/// offloop::sleep(Duration::from_millis(10)).await;
/// assert!(offloop::now() - start >= Duration::from_millis(10));
/// # });
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    Sleep::until(now() + duration)
}

/// Gives `future` this much time, and drops it when that is over; Python's `asyncio.wait_for`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// # futures_executor::block_on(async {
/// let late = offloop::timeout(Duration::from_millis(1), std::future::pending::<()>()).await;
/// assert_eq!(late, Err(offloop::Error::TimedOut));
/// # });
/// ```
///
/// # Errors
///
/// [`Error::TimedOut`] if the time was over first.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Error> {
    let mut sleep = sleep(duration);
    let mut future = pin!(future);
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut sleep).poll(context).map(|()| Err(Error::TimedOut))
    })
    .await
}

/// Ticks every `period`, for the first time after one period. Ticks that nobody waited for are skipped, not made up for.
///
/// # Panics
///
/// If `period` is zero.
pub fn interval(period: Duration) -> Interval {
    assert!(!period.is_zero(), "an interval needs a period above zero");
    // The clock's step. A tick that is less away would never lie ahead.
    let period = period.max(Duration::from_micros(1));
    Interval { sleep: sleep(period), period }
}

/// The future that [`sleep`] returns.
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    deadline: Instant,
    waker: Arc<Mutex<Option<Waker>>>,
    alarm: Option<platform::Alarm>,
}

impl Sleep {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self { deadline, waker: Arc::default(), alarm: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if now() >= self.deadline {
            self.alarm = None;
            return Poll::Ready(());
        }
        // The latest waker counts: a future may move to another task between polls. And an empty place means that the alarm
        // rang, too early by the clock's grain or the platform's longest timer.
        let before = self.waker.lock().unwrap_or_else(PoisonError::into_inner).replace(context.waker().clone());
        if before.is_none() || self.alarm.is_none() {
            let waker = self.waker.clone();
            let ring = move || {
                let waker = waker.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(waker) = waker {
                    wake(waker);
                }
            };
            let alarm = platform::alarm(self.deadline, Arc::new(ring));
            if alarm.refusal().is_some() {
                // Nobody can wait for it elsewhere, so that whoever polls looks at the clock until it is time.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.alarm = Some(alarm);
        }
        Poll::Pending
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// The stream that [`interval`] returns.
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Interval {
    sleep: Sleep,
    period: Duration,
}

impl Interval {
    /// Waits for the next tick.
    pub async fn tick(&mut self) {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await;
    }
}

impl Stream for Interval {
    type Item = Instant;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Instant>> {
        if Pin::new(&mut self.sleep).poll(context).is_pending() {
            return Poll::Pending;
        }
        let tick = self.sleep.deadline;
        let late = (now() - tick).as_micros() / self.period.as_micros().max(1);
        let skipped = u32::try_from(late).unwrap_or(u32::MAX);
        self.sleep = Sleep::until(tick + self.period.saturating_mul(skipped.saturating_add(1)));
        Poll::Ready(Some(tick))
    }
}
