//! How many primes there are below a number: work that takes its time and says how far it is.

use offloop::Context;

/// Odd numbers sieved at a time: one byte each, so that a block stays in a core's first-level cache (32 KiB).
const BLOCK: u32 = 1 << 15;

/// How many blocks lie between two progress reports; a block takes some 20 µs.
const REPORT_EVERY: u32 = 256;

/// Counts the primes below `below` with a sieve of Eratosthenes, block by block, so that memory stays small for any argument.
/// Reports progress, and stops early when the job was cancelled.
///
/// # Examples
///
/// ```
/// use offloop::Context;
///
/// assert_eq!(offloop_edge::tasks::count_primes(&Context::none(), 1_000_000), 78_498);
/// ```
#[must_use]
pub fn count_primes(context: &Context, below: u32) -> u32 {
    if below <= 2 {
        return 0;
    }
    // Index k stands for the odd number 2k + 1; index 0, the number 1, is no prime and takes the place of 2.
    let count = below / 2;
    let mut sieve = Sieve::up_to(below);
    let mut block = Vec::with_capacity(BLOCK as usize);
    let mut found = 0;
    for (turn, start) in (0..count).step_by(BLOCK as usize).enumerate() {
        if turn % REPORT_EVERY as usize == 0 {
            context.progress(u64::from(start) * 2, below.into());
            if context.is_cancelled() {
                break;
            }
        }
        block.clear();
        block.resize((count - start).min(BLOCK) as usize, 1_u8);
        sieve.strike(&mut block);
        found += block.iter().map(|&prime| u32::from(prime)).sum::<u32>();
    }
    found
}

/// The odd primes up to the square root, each with the index of its next multiple, relative to the next block.
struct Sieve {
    primes: Vec<(usize, usize)>,
}

impl Sieve {
    fn up_to(below: u32) -> Self {
        let root = below.isqrt() as usize;
        let is_prime = |n: usize| (3..).step_by(2).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
        // The first multiple that no smaller prime strikes is the square.
        let primes = (3..=root).step_by(2).filter(|&n| is_prime(n)).map(|prime| (prime, prime * prime / 2)).collect();
        Self { primes }
    }

    fn strike(&mut self, block: &mut [u8]) {
        for (prime, next) in &mut self.primes {
            while let Some(place) = block.get_mut(*next) {
                *place = 0;
                *next += *prime;
            }
            *next -= block.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use offloop::{Context, Report};

    use super::{BLOCK, count_primes};

    #[test]
    fn agrees_with_the_published_counts() {
        for (below, count) in [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (10, 4), (100, 25), (10_000_000, 664_579)] {
            assert_eq!(count_primes(&Context::none(), below), count, "below {below}");
        }
    }

    #[test]
    fn counts_every_number_around_block_borders() {
        let naive =
            |below: u32| (2..below).filter(|n| (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d))).count();
        for below in (2 * BLOCK - 3)..(2 * BLOCK + 5) {
            assert_eq!(count_primes(&Context::none(), below) as usize, naive(below), "below {below}");
        }
    }

    struct Witness {
        seen: RefCell<Vec<(u64, u64)>>,
        cancelled: bool,
    }

    impl Report for Witness {
        fn progress(&self, done: u64, total: u64) {
            self.seen.borrow_mut().push((done, total));
        }
        fn is_cancelled(&self) -> bool {
            self.cancelled
        }
    }

    #[test]
    fn reports_progress_that_only_grows() {
        let witness = Witness { seen: RefCell::default(), cancelled: false };
        let _count = count_primes(&Context::new(&witness), 50_000_000);
        let seen = witness.seen.into_inner();
        assert!(seen.len() > 1 && seen.is_sorted() && seen.iter().all(|(done, total)| done < total), "{seen:?}");
    }

    #[test]
    fn stops_early_when_cancelled() {
        let witness = Witness { seen: RefCell::default(), cancelled: true };
        assert_eq!(count_primes(&Context::new(&witness), u32::MAX), 0);
    }
}
