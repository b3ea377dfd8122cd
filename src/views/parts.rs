//! How a range is cut.

use std::ops::Range;

/// The rest of a range, from which parts are taken one by one, each as large as is right at that moment.
#[derive(Debug)]
pub(super) struct Parts {
    rest: Range<u64>,
    /// Taken before, and to be taken again.
    again: Vec<Range<u64>>,
    /// How many more parts there may be.
    left: u64,
}

/// What is known when a part is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) lanes: u64,
    /// How many units a part should have.
    pub(super) target: u64,
    /// How many a part may have if there would else be too many of them.
    pub(super) longest: u64,
    /// How many are worth the way to a lane.
    pub(super) least: u64,
    /// How many all lanes can do before the deadline.
    pub(super) reach: u64,
}

impl Parts {
    /// The numbers below `end`, in at most `most` parts.
    pub(super) fn new(end: u64, most: usize) -> Self {
        Self { rest: 0..end, again: Vec::new(), left: u64::try_from(most).unwrap_or(u64::MAX).max(1) }
    }

    /// The next part: `target` units if there is plenty, less towards the end, so that all lanes finish at the same time, but not
    /// less than `least`; up to `longest` where the parts would not suffice for what can be done at all, but never more than a lane can do
    /// before the deadline. So there may be no more parts while there is still work, and that work is out of reach.
    pub(super) fn take(&mut self, Cut { lanes, target, longest, least, reach }: Cut) -> Option<Range<u64>> {
        if let Some(range) = self.again.pop() {
            return Some(range);
        }
        let Range { start, end } = self.rest;
        let rest = end - start;
        if rest == 0 || self.left == 0 {
            return None;
        }
        let lanes = lanes.max(1);
        // Half of an equal share: the other half makes up for lanes that are slower than others.
        let share = rest.div_ceil(lanes.saturating_mul(2));
        // Half as much again as is thought to be in reach, since lanes may turn out to be faster.
        let needed = rest.min(reach.saturating_add(reach / 2)).div_ceil(self.left).min(longest);
        let most = reach.div_ceil(lanes).max(least);
        let size = share.min(target).max(least).max(needed).min(most).min(rest).max(1);
        self.left -= 1;
        self.rest.start += size;
        Some(start..start + size)
    }

    /// Puts back a part that could not be computed now.
    pub(super) fn give_back(&mut self, range: Range<u64>) {
        self.again.push(range);
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Parts};

    const CUT: Cut = Cut { lanes: 2, target: 10_000, longest: u64::MAX, least: 500, reach: u64::MAX };

    /// Takes all parts and checks that they are the whole range, in order.
    fn sizes(end: u64, most: usize, cut: Cut) -> Vec<u64> {
        let (mut parts, mut sizes, mut at) = (Parts::new(end, most), Vec::new(), 0);
        while let Some(part) = parts.take(cut) {
            assert!(part.start == at && part.end > at, "{part:?} after {at}");
            at = part.end;
            sizes.push(part.end - part.start);
        }
        assert_eq!(at, end);
        sizes
    }

    #[test]
    fn parts_make_up_the_range_and_none_is_above_the_target() {
        let sizes = sizes(1_000_000, 900, CUT);
        assert!(sizes.iter().all(|size| *size <= 10_000), "{sizes:?}");
        assert_eq!(sizes[0], 10_000);
    }

    #[test]
    fn parts_shrink_towards_the_end_but_not_below_the_least() {
        let sizes = sizes(100_000, 900, Cut { target: 40_000, least: 1_000, ..CUT });
        assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
        let (last, others) = sizes.split_last().unwrap();
        assert!(*last <= 1_000 && others.iter().all(|size| *size >= 1_000), "{sizes:?}");
    }

    #[test]
    fn a_small_range_stays_whole() {
        assert_eq!(sizes(300, 900, CUT), [300]);
        assert_eq!(sizes(0, 900, CUT), [] as [u64; 0]);
    }

    #[test]
    fn there_are_never_more_parts_than_allowed() {
        for most in [1, 2, 7, 50] {
            let sizes = sizes(1_000_000_000_000, most, Cut { lanes: 64, target: 1, least: 1, ..CUT });
            assert!(sizes.len() <= most, "{} of {most}", sizes.len());
        }
    }

    #[test]
    fn no_part_holds_a_lane_beyond_the_deadline() {
        for most in [1, 2, 900] {
            let mut parts = Parts::new(1_000_000_000_000, most);
            let sizes: Vec<_> = std::iter::from_fn(|| parts.take(Cut { reach: 50_000, ..CUT })).collect();
            assert!(sizes.iter().all(|part| part.end - part.start <= 25_000), "{sizes:?}");
            assert_eq!(sizes.len(), most);
        }
    }

    #[test]
    fn work_that_is_out_of_reach_makes_no_part_larger() {
        let part = Parts::new(1_000_000_000_000, 900).take(Cut { reach: 600_000, ..CUT }).unwrap();
        assert_eq!(part, 0..10_000);
    }

    #[test]
    fn parts_that_do_not_suffice_are_longer_and_none_is_too_long() {
        let mut parts = Parts::new(1_000_000, 10);
        let sizes: Vec<_> = std::iter::from_fn(|| parts.take(Cut { longest: 20_000, ..CUT })).collect();
        assert!(sizes.iter().all(|part| part.end - part.start == 20_000), "{sizes:?}");
    }

    #[test]
    fn a_part_given_back_comes_again() {
        let mut parts = Parts::new(10, 900);
        let part = parts.take(Cut { target: 3, least: 1, ..CUT }).unwrap();
        parts.give_back(part.clone());
        assert_eq!(parts.take(CUT), Some(part));
    }
}
