//! Clock, alarm and lanes where there are threads.

mod alarm;
mod crew;
mod thread;

pub(crate) use alarm::{Alarm, alarm, now};
pub(crate) use thread::factory;

/// Processors that this process may use.
pub(crate) fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}
