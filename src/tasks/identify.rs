//! Which instance of the program a lane really is.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// Tells instances of the program apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The same for two lanes if, and only if, they share one instance: one isolate, one memory, one thread.
    pub instance: u64,
    /// How often this instance has been asked, this time included: 1 means that it has just started.
    pub asked: u64,
}

/// Answers who runs this. An instance has no name of its own, so the first `nonce` that it is ever asked with becomes its name:
/// ask each lane with another one.
#[must_use]
pub fn identify(nonce: u64) -> Identity {
    static INSTANCE: OnceLock<u64> = OnceLock::new();
    static ASKED: AtomicU64 = AtomicU64::new(0);
    Identity { instance: *INSTANCE.get_or_init(|| nonce), asked: ASKED.fetch_add(1, Ordering::Relaxed) + 1 }
}

#[cfg(test)]
mod tests {
    use super::identify;

    #[test]
    fn one_instance_keeps_its_first_name() {
        let (first, second) = (identify(1), identify(2));
        assert_eq!(first.instance, second.instance);
        assert!(second.asked > first.asked);
    }
}
