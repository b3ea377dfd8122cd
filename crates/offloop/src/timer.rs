//! Timers that work on every platform: `sleep`, `timeout`, `interval`, `now`; and `yield_now`.
//!
//! # Precision
//!
//! A timer never rings early by the clock that [`now`] reads. It rings late by up to a few milliseconds, in a page in the background by up to
//! a second or more (<https://developer.chrome.com/blog/timer-throttling-in-chrome-88>), and always after whatever keeps the event loop busy.

mod proceed;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_core::Stream;

pub(crate) use proceed::{Proceed, Turn, proceed};

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
/// Every sleep lets others run, even one of no time at all or whose time has passed before its first poll; see [`yield_now`].
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
    sleep_until(now().after(duration))
}

/// Waits until `deadline`. As every [`sleep`], it lets others run, even if that moment has passed.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// # futures_executor::block_on(async {
/// let deadline = offloop::now() + Duration::from_millis(10);
/// offloop::sleep_until(deadline).await;
/// assert!(offloop::now() >= deadline);
/// # });
/// ```
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline, stage: Stage::New, waker: Arc::default(), alarm: None }
}

/// Lets others run, and goes on after that; Python's `asyncio.sleep(0)`.
///
/// Where there is JavaScript the event loop has a turn: a page handles input and can paint. Natively the other tasks of the same async
/// runtime have theirs. A long computation that has to stay in the page's thread stays responsive with a call every few milliseconds.
///
/// # Examples
///
/// ```
/// # futures_executor::block_on(async {
/// let mut sum = 0_u64;
/// for n in 0..10_000_u64 {
///     sum += n * n;
///     if n % 1_000 == 0 {
///         offloop::yield_now().await;
///     }
/// }
/// assert_eq!(sum, 333_283_335_000);
/// # });
/// ```
pub fn yield_now() -> Sleep {
    sleep(Duration::ZERO)
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
    let mut last = Proceed::default();
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        ready!(Pin::new(&mut sleep).poll(context));
        // The future may have its result and only be giving way. Then it is in time.
        last.poll(context).map(|()| Err(Error::TimedOut))
    })
    .await
}

/// Ticks every `period`, for the first time after one period. Ticks that nobody waited for are skipped, not made up for.
///
/// With a period of zero, or of less than the clock can tell, it ticks each time that others have had their turn.
pub fn interval(period: Duration) -> Interval {
    // The clock's step. A shorter period would never lie ahead.
    let period = period.max(Duration::from_micros(1));
    Interval { sleep: sleep(period), period }
}

/// The future that [`sleep`], [`sleep_until`] and [`yield_now`] return.
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    deadline: Instant,
    stage: Stage,
    waker: Arc<Mutex<Option<Waker>>>,
    alarm: Option<platform::Alarm>,
}

#[derive(Clone, Copy)]
enum Stage {
    /// Not polled.
    New,
    /// Its time was over at the first poll. Ready when the alarm has rung, since the event loop has had a turn then.
    Yielding,
    /// Ready when its time is over.
    Waiting,
}

impl Sleep {
    fn set_alarm(&mut self, context: &mut Context<'_>) {
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
        } else {
            self.alarm = Some(alarm);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let is_due = now() >= self.deadline;
        match self.stage {
            // The async runtime that polls this task runs the others.
            Stage::New if is_due && !platform::HAS_EVENT_LOOP => {
                self.stage = Stage::Waiting;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Stage::New => self.stage = if is_due { Stage::Yielding } else { Stage::Waiting },
            Stage::Waiting if is_due => {
                self.alarm = None;
                return Poll::Ready(());
            }
            Stage::Yielding | Stage::Waiting => {}
        }
        // The latest waker counts: a future may move to another task between polls. And an empty place means that the alarm
        // rang, too early by the clock's grain or the platform's longest timer.
        let before = self.waker.lock().unwrap_or_else(PoisonError::into_inner).replace(context.waker().clone());
        if before.is_some() && self.alarm.is_some() {
            return Poll::Pending;
        }
        if matches!(self.stage, Stage::Yielding) && self.alarm.take().is_some() {
            return Poll::Ready(());
        }
        self.set_alarm(context);
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
    /// Waits for the next tick. Dropping the future loses no tick.
    pub async fn tick(&mut self) {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await;
    }
}

impl Stream for Interval {
    type Item = Instant;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Instant>> {
        ready!(Pin::new(&mut self.sleep).poll(context));
        let tick = self.sleep.deadline;
        let late = (now() - tick).as_micros() / self.period.as_micros().max(1);
        let skipped = u32::try_from(late).unwrap_or(u32::MAX);
        self.sleep = sleep_until(tick + self.period.saturating_mul(skipped.saturating_add(1)));
        Poll::Ready(Some(tick))
    }
}
