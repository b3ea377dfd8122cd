//! How long tasks take, so that short calls can be told from others.

/// How much work may wait for one thread before another is woken for it, in nanoseconds. Waking one takes less, but the callers
/// need processors, too.
pub(super) const SHIFT: u64 = 100_000;

/// A call that should take less than this is short: it is not worth waking a thread, and others may wait for it.
pub(super) const SHORT: u64 = 10_000;

/// How much work a thread takes at once.
pub(super) const PORTION: u64 = 50_000;

/// By task, nanoseconds; 0 until the first call has ended.
#[derive(Default)]
pub(super) struct Pace(Vec<u64>);

impl Pace {
    /// What a call of this task should take. More than any bound if that is not known.
    pub(super) fn of(&self, task: u32) -> u64 {
        let known = usize::try_from(task).ok().and_then(|task| self.0.get(task));
        known.copied().filter(|known| *known > 0).unwrap_or(u64::MAX)
    }

    /// A call took that long. Falls quickly, and rises so that the first call that is not short tells, and that one which only
    /// looks so, since its thread was interrupted, is soon forgotten.
    pub(super) fn learn(&mut self, task: u32, took: u64) {
        let Ok(task) = usize::try_from(task) else { return };
        if self.0.len() <= task {
            self.0.resize(task + 1, 0);
        }
        if let Some(known) = self.0.get_mut(task) {
            *known = match *known {
                0 => took,
                known if took >= SHORT => (known * 3 + took.min(PORTION)) / 4,
                known if took < known => (known + took) / 2,
                known => (known * 7 + took) / 8,
            }
            .max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PORTION, Pace, SHORT};

    #[test]
    fn a_task_is_as_long_as_its_calls_of_late() {
        let mut pace = Pace::default();
        let mut learn = |took| {
            pace.learn(3, took);
            pace.of(3)
        };
        // The first counts in full, less than half as much draws it down by half, a little more up by an eighth.
        assert_eq!([800, 400, 680].map(&mut learn), [800, 600, 610]);
        // No more, no less.
        assert_eq!(learn(610), 610);
        // One that is not short tells at once, but none for more than a portion.
        assert_eq!(learn(SHORT), (610 * 3 + SHORT) / 4);
        let known = pace.of(3);
        pace.learn(3, u64::MAX);
        assert_eq!(pace.of(3), (known * 3 + PORTION) / 4);
        // Known is never the same as unknown.
        (0..40).for_each(|_| pace.learn(3, 0));
        assert_eq!(pace.of(3), 1);
        // Nothing is known of others, in the table or beyond.
        assert_eq!([0, 2, 4, u32::MAX].map(|task| pace.of(task)), [u64::MAX; 4]);
        pace.learn(0, 5);
        assert_eq!([0, 3].map(|task| pace.of(task)), [5, 1]);
    }
}
