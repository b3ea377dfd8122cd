//! How hard hashing is.

use argon2::Params;
use serde::{Deserialize, Serialize};

use super::PasswordError;

/// The most memory in KiB: what is left of a lane's 128 MB has to do for everything else.
const MEMORY_MAX: u32 = 64 << 10;

/// The least memory in KiB of the settings that OWASP holds equal to its first.
const MEMORY_MIN: u32 = 7 << 10;

/// Memory times iterations, in KiB: the least of those settings (7 MiB, 5 iterations), and what takes a lane about a second.
const WRITTEN: std::ops::RangeInclusive<u64> = 35 << 10..=256 << 10;

/// Lanes in the sense of Argon2, which are computed one after the other here.
const PARALLELISM_MAX: u32 = 16;

/// The cost of hashing, by default what OWASP recommends at least for Argon2id (May 2023, unchanged since):
/// <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cost {
    /// Memory in KiB, from 7,168 to 65,536.
    pub memory_kib: u32,
    /// How often that memory is written; memory times iterations must lie between 35,840 and 262,144 KiB.
    pub iterations: u32,
    /// Parallelism, from 1 to 16. It makes nothing faster here and is for hashes that are to be compared elsewhere.
    pub parallelism: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19 << 10, iterations: 2, parallelism: 1 }
    }
}

impl Cost {
    fn written(&self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.iterations)
    }

    /// The parameters for a new hash: neither weak nor more than a lane can bear.
    pub(super) fn checked(self) -> Result<Params, PasswordError> {
        self.within(MEMORY_MIN, *WRITTEN.start())?;
        Params::new(self.memory_kib, self.iterations, self.parallelism, None)
            .map_err(|error| PasswordError::Hash { what: error.to_string() })
    }

    /// Refuses what a lane cannot bear, however weak it is.
    pub(super) fn check_bearable(&self) -> Result<(), PasswordError> {
        self.within(1, 1).map_err(|error| PasswordError::Hash { what: error.to_string() })
    }

    /// Whether a new hash would be harder. Memory outweighs iterations: OWASP's own settings are all alike.
    pub(super) fn is_outdated(&self) -> bool {
        self.within(MEMORY_MIN, *WRITTEN.start()).is_err()
    }

    fn within(&self, memory: u32, written: u64) -> Result<(), PasswordError> {
        let wrong = |name: &str, allowed| Err(PasswordError::Cost { name: name.to_owned(), allowed });
        if !(memory..=MEMORY_MAX).contains(&self.memory_kib) {
            return wrong("memory_kib", format!("a whole number from {memory} to {MEMORY_MAX}"));
        }
        if !(written..=*WRITTEN.end()).contains(&self.written()) {
            return wrong(
                "iterations",
                format!("so many that memory_kib × iterations is {written} to {}", WRITTEN.end()),
            );
        }
        if !(1..=PARALLELISM_MAX).contains(&self.parallelism) {
            return wrong("parallelism", format!("a whole number from 1 to {PARALLELISM_MAX}"));
        }
        Ok(())
    }
}
