//! Passwords into PHC strings and back into yes or no, with Argon2id.

mod cost;
mod phc;
mod secret;

use std::fmt;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

pub use cost::Cost;
use phc::Phc;
pub use secret::Password;

/// The longest PHC string that is read: 64 bytes each of salt and hash take 172. The longest one made here has 98 bytes.
const LONGEST_HASH: usize = 256;

/// Why a password was neither hashed nor compared. No variant holds any of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PasswordError {
    /// The password is empty or longer than [`Password::LONGEST`].
    Length,
    /// A cost is out of its range.
    Cost {
        /// Which of them.
        name: String,
        /// What is allowed.
        allowed: String,
    },
    /// The string to compare with is no PHC string of Argon2id.
    Hash {
        /// What is wrong with it, or more costly than a lane can bear.
        what: String,
    },
    /// The runtime has no random numbers for the salt.
    Random,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "a password has 1 to {} bytes", Password::LONGEST),
            Self::Cost { name, allowed } => write!(f, "{name} is out of range, allowed: {allowed}"),
            Self::Hash { what } => write!(f, "the hash cannot be used: {what}"),
            Self::Random => f.write_str("the runtime gives no random numbers"),
        }
    }
}

impl std::error::Error for PasswordError {}

/// What came of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether the password is the one that was hashed.
    pub valid: bool,
    /// Whether the hash was made at less than today's default cost, so that the password should be hashed anew now that it
    /// is known.
    pub outdated: bool,
}

/// Hashes a password with a fresh salt of 16 random bytes. The salt is drawn here, on the lane, so that no caller can supply a bad one:
/// every kind of lane has a source of random bytes.
///
/// # Errors
///
/// See [`PasswordError`].
///
/// # Examples
///
/// ```
/// use offloop_edge::tasks::{Cost, Password, hash_password, verify_password};
///
/// let hash = hash_password(Password::from("correct horse"), Cost::default())?;
/// assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
/// assert!(verify_password(Password::from("correct horse"), hash)?.valid);
/// # Ok::<(), offloop_edge::tasks::PasswordError>(())
/// ```
pub fn hash_password(password: Password, cost: Cost) -> Result<String, PasswordError> {
    let password = password.checked()?;
    let params = cost.checked()?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| PasswordError::Random)?;
    let hash = argon2(Version::V0x13, params).hash_password_with_salt(password.bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| PasswordError::Hash { what: error.to_string() })
}

/// Compares a password with a PHC string, in time that does not depend on where they differ. Strings of other implementations
/// will do, as the reference implementation reads them, up to what a lane can bear: 64 MiB of memory and 256 MiB written.
///
/// # Errors
///
/// See [`PasswordError`]; a password that does not match is no error.
pub fn verify_password(password: Password, hash: String) -> Result<Verification, PasswordError> {
    let password = password.checked()?;
    let unusable = |what: &str| PasswordError::Hash { what: what.to_owned() };
    if hash.len() > LONGEST_HASH {
        return Err(unusable("it is too long"));
    }
    let phc = Phc::read(&hash).map_err(unusable)?;
    phc.cost.check_bearable()?;
    let argon2 = argon2(phc.version, phc.params().map_err(unusable)?);
    let mut computed = vec![0; phc.hash.len()];
    let result = argon2.hash_password_into(password.bytes(), &phc.salt, &mut computed);
    result.map_err(|_| unusable("its parameters are out of range"))?;
    let valid = bool::from(computed.ct_eq(&phc.hash));
    Ok(Verification { valid, outdated: phc.version != Version::V0x13 || phc.cost.is_outdated() })
}

fn argon2(version: Version, params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, version, params)
}

#[cfg(test)]
mod tests {
    use super::{Cost, Password, PasswordError, hash_password, verify_password};

    fn verify(password: &str, hash: &str) -> Result<bool, PasswordError> {
        verify_password(Password::from(password), hash.to_owned()).map(|verification| verification.valid)
    }

    #[test]
    fn only_the_password_that_was_hashed_is_valid() {
        let hash = hash_password(Password::from("pa55 wörd"), Cost::default()).unwrap();
        assert_eq!(verify("pa55 wörd", &hash), Ok(true));
        assert_eq!(verify("pa55 word", &hash), Ok(false));
        assert_eq!(verify("pa55 wörd ", &hash), Ok(false));
    }

    #[test]
    fn the_same_password_never_gives_the_same_hash() {
        let hash = || hash_password(Password::from("x"), Cost::default()).unwrap();
        assert_ne!(hash(), hash());
    }

    /// Made by argon2-cffi 21.1.0 around the reference implementation in C:
    /// `argon2.PasswordHasher(time_cost=…, memory_cost=…, parallelism=…).hash("Grüße aus Köln")`; the last one by the
    /// command of the reference implementation, `echo -n … | argon2 somesalt -id -t 2 -k 19456 -p 1 -e`.
    const FOREIGN: [&str; 4] = [
        "$argon2id$v=19$m=19456,t=2,p=1$g2mMAyXm46Ryliv4z45umQ$BVIcIg0vAKa0aWTAIJC7+g",
        "$argon2id$v=19$m=4096,t=3,p=1$uRjanYyAGU+xM0EGsK6zPg$stw4GYnDoZEs8FnIUBDi9Q",
        "$argon2id$v=19$m=65536,t=3,p=4$QtFJPUjYGuGfBhcobPC9iw$wbkKmAitpQnrDHvecWSB5A",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$xfGxPyJInmrKs9QXc5u1uPTKY+g4nPWtZjqQuJwVGC8",
    ];

    #[test]
    fn hashes_of_the_reference_implementation_are_understood() {
        for hash in FOREIGN {
            assert_eq!(verify("Grüße aus Köln", hash), Ok(true), "{hash}");
            assert_eq!(verify("Grusse aus Koln", hash), Ok(false), "{hash}");
        }
    }

    #[test]
    fn weaker_hashes_than_today_are_said_to_be_outdated() {
        let outdated =
            |hash: &str| verify_password(Password::from("Grüße aus Köln"), hash.to_owned()).unwrap().outdated;
        assert_eq!(FOREIGN.map(outdated), [false, true, false, false]);
    }

    #[test]
    fn hostile_hashes_are_refused_before_anything_is_computed() {
        let [salt, hash] = ["c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"];
        let start = std::time::Instant::now();
        for parameters in [
            "m=4194304,t=1,p=1",
            "m=4294967295,t=4294967295,p=16777215",
            "m=65537,t=1,p=1",
            "m=65536,t=5,p=1",
            "m=19456,t=100,p=1",
            "m=8,t=4294967295,p=1",
            "m=19456,t=2,p=17",
            "m=0,t=1,p=1",
            "m=99999999999,t=1,p=1",
        ] {
            let refused = verify("x", &format!("$argon2id$v=19${parameters}${salt}${hash}"));
            assert!(refused.is_err(), "{parameters}");
        }
        for text in [
            String::new(),
            "x".repeat(10_000),
            "$argon2id$".repeat(20),
            format!("$argon2i$v=19$m=19456,t=2,p=1${salt}${hash}"),
            format!("$scrypt$ln=16,r=8,p=1${salt}${hash}"),
            format!("$argon2id$v=19$m=19456,t=2,p=1${salt}"),
            format!("$argon2id$v=18$m=19456,t=2,p=1${salt}${hash}"),
            format!("$argon2id$v=19$m=19456,t=2,p=1$c29t${hash}"),
            "$2b$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy".to_owned(),
        ] {
            assert!(matches!(verify("x", &text), Err(PasswordError::Hash { .. })), "{text}");
        }
        assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
    }

    #[test]
    fn weak_and_unbearable_costs_are_refused() {
        let refused = |memory_kib, iterations, parallelism| {
            let cost = Cost { memory_kib, iterations, parallelism };
            match hash_password(Password::from("x"), cost) {
                Err(PasswordError::Cost { name, .. }) => name,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(refused(7_167, 5, 1), "memory_kib");
        assert_eq!(refused(65_537, 1, 1), "memory_kib");
        assert_eq!(refused(19_456, 1, 1), "iterations");
        assert_eq!(refused(65_536, 5, 1), "iterations");
        assert_eq!(refused(19_456, u32::MAX, 1), "iterations");
        assert_eq!(refused(19_456, 2, 0), "parallelism");
        assert_eq!(refused(19_456, 2, 17), "parallelism");
        assert_eq!(hash_password(Password::from(""), Cost::default()), Err(PasswordError::Length));
        assert_eq!(hash_password(Password::from(&*"x".repeat(1_025)), Cost::default()), Err(PasswordError::Length));
    }
}
