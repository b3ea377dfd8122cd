//! PHC strings of Argon2id, read as the reference implementation reads them (`decode_string` in its `src/encoding.c`):
//! <https://github.com/P-H-C/phc-winner-argon2>.

use argon2::{Params, Version};
use base64ct::{Base64Unpadded, Encoding};

use super::Cost;

/// What salts and hashes may have, in bytes. The reference takes longer ones, which nobody makes.
const SALT: std::ops::RangeInclusive<usize> = 8..=64;
const HASH: std::ops::RangeInclusive<usize> = 4..=64;

/// What a string says.
#[derive(Debug)]
pub(super) struct Phc {
    pub(super) version: Version,
    pub(super) cost: Cost,
    pub(super) salt: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl Phc {
    /// Reads a string, or says what is wrong with it. Nothing of the string is in the message.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix('$').ok_or("it is no PHC string")?;
        let rest = rest.strip_prefix("argon2id$").ok_or("it is not of Argon2id")?;
        // Strings of the first version say nothing of it.
        let (version, rest) = match rest.strip_prefix("v=") {
            None => (Version::V0x10, rest),
            Some(rest) => match number(rest).ok_or("its version is no number")? {
                (16, rest) => (Version::V0x10, after(rest, "$").ok_or("nothing follows its version")?),
                (19, rest) => (Version::V0x13, after(rest, "$").ok_or("nothing follows its version")?),
                _ => return Err("its version is neither 16 nor 19"),
            },
        };
        let parameters = "its parameters are not m, t and p, each a whole number, in this order";
        let parameter = |rest, name| number(after(rest, name)?);
        let (memory_kib, rest) = parameter(rest, "m=").ok_or(parameters)?;
        let (iterations, rest) = parameter(rest, ",t=").ok_or(parameters)?;
        let (parallelism, rest) = parameter(rest, ",p=").ok_or(parameters)?;
        let (salt, hash) = after(rest, "$").ok_or(parameters)?.split_once('$').ok_or("it has no salt or no hash")?;
        Ok(Self {
            version,
            cost: Cost { memory_kib, iterations, parallelism },
            salt: bytes(salt, &SALT).ok_or("its salt is not 8 to 64 bytes in base64 without padding")?,
            hash: bytes(hash, &HASH).ok_or("its hash is not 4 to 64 bytes in base64 without padding")?,
        })
    }

    pub(super) fn params(&self) -> Result<Params, &'static str> {
        let Cost { memory_kib, iterations, parallelism } = self.cost;
        Params::new(memory_kib, iterations, parallelism, Some(self.hash.len()))
            .map_err(|_| "its parameters are out of range")
    }
}

fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)
}

/// A number in decimal digits, without zeros before it, and what follows.
fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let plain = digits == "0" || !digits.starts_with('0');
    Some((digits.parse().ok().filter(|_| plain)?, rest))
}

fn bytes(text: &str, length: &std::ops::RangeInclusive<usize>) -> Option<Vec<u8>> {
    Base64Unpadded::decode_vec(text).ok().filter(|bytes| length.contains(&bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::super::{Password, verify_password};

    const PASSWORD: &str = "Grüße aus Köln";

    fn valid(password: &str, hash: &str) -> Result<bool, String> {
        let verification = verify_password(Password::from(password), hash.to_owned());
        verification.map(|verification| verification.valid).map_err(|error| error.to_string())
    }

    /// Made by the reference implementation, by way of argon2-cffi 25.1: `argon2.low_level.hash_secret(…, type=Type.ID, version=…)`.
    const KNOWN: [&str; 11] = [
        "$argon2id$v=19$m=64,t=1,p=1$pU3KGCUwux0$DE0iIw",
        "$argon2id$v=19$m=64,t=2,p=8$bRMs3tYjey7ZHj9yH8sZcQ$9rUsrnh03lI3NSmlOlDvixjZkRyk6uvXItnSwONV4jE",
        "$argon2id$v=19$m=65536,t=1,p=8$F0SU1kk8nVw0YL4xIB5p/g$CwWMQZ6FMXsKBHlO2Fsu5ystqE7M/ZHslAV4FvVZeRY",
        "$argon2id$v=19$m=65536,t=3,p=4$2qDu6LmZf1x8KZn9r+WTJQ$5p7XHFSVeIYYfcHoF0m3bi4ZRgdYX3D9MzIa/DXW+Zw",
        "$argon2id$v=19$m=128,t=3,p=16$PNZUr0361xQnoK6z/ukjL4ryIR+e5JHFsQvstVY7/B5vk0J+y8j+KVXlzY5G3I7Ut8J2TSpaTXZ3BvhdhpACSg$V1EGuJAz2XH5zenum1i655oVdY4WRJ2hLAc+uuKZVg8GwRVfnacsMN+RxXzJCXxlhFLw6/zCBZ6DoqVXeZlYVQ",
        "$argon2id$v=16$m=8,t=1,p=1$1r2jQBvpyMvMyTX2zR9hIg$kUZg7IxvCNxA9kjyhA5kohA8zKq0qE72KUzQ5bdBTIU",
        "$argon2id$v=16$m=256,t=2,p=8$auFTOK4aNABNM7oNJGrATIGxuvI+O/nu9fefK0k0r4c$CP6hlMMbeZVJzc2R2bJaTOgSobzJUsgOzd044ZEzJm42qAnjdcW+JruACSxtEwi6lQ2OdCJuyPb9D2gVWygeEg",
        "$argon2id$v=19$m=100,t=3,p=3$9VILablLDZguhbs$ost8emm0C1MI8o/R2H7DpFtr8dPSL/seQzzqn+2MrKej",
        "$argon2id$v=16$m=19456,t=2,p=1$VbZyqHJjes10Zvy2Dg6P8Q$R4X79KPAYAvPIUFI5FNy4bMFNDSHCH1MnworQ80G/DM",
        "$argon2id$v=19$m=47104,t=1,p=1$hGOw5LK6KXA0dPBkrGj3AA$jTGTj8LZpt09LGTk6HJyQI2t4XI81HEN1oO7nsvw7GI",
        "$argon2id$v=16$m=1024,t=5,p=2$9bArPcZm9FveqizK7Q$FE/GuU/zH19ONhu/RkmFtqA",
    ];

    #[test]
    fn hashes_of_every_size_and_version_are_verified() {
        for hash in KNOWN {
            assert_eq!(valid(PASSWORD, hash), Ok(true), "{hash}");
            assert_eq!(valid("another", hash), Ok(false), "{hash}");
        }
    }

    #[test]
    fn a_hash_without_a_version_is_of_the_first_one_and_outdated() {
        let first = KNOWN[8].replace("$v=16", "");
        let verification = verify_password(Password::from(PASSWORD), first).unwrap();
        assert!(verification.valid && verification.outdated);
        assert_eq!(valid(PASSWORD, &KNOWN[9].replace("$v=19", "")), Ok(false), "made by the later version");
    }

    /// Each of these the reference implementation refuses, too.
    #[test]
    fn what_is_missing_misplaced_or_padded_is_named() {
        let good = KNOWN[1];
        for (wrong, named) in [
            (good.replace(",t=2", ""), "m, t and p"),
            (good.replace("m=64,", ""), "m, t and p"),
            (good.replace(",p=8", ""), "m, t and p"),
            (good.replace("m=64,t=2", "t=2,m=64"), "m, t and p"),
            (good.replace("t=2", "t=02"), "m, t and p"),
            (good.replace("t=2", "t=+2"), "m, t and p"),
            (good.replace("t=2", "t="), "m, t and p"),
            (good.replace("t=2", "t=4294967298"), "m, t and p"),
            (good.replace("p=8", "p=8,keyid=AAAA"), "m, t and p"),
            (good.replace("v=19", "v="), "version"),
            (good.replace("p=8", "p=9"), "parameters are out of range"),
            (good.replace("t=2", "t=0"), "iterations"),
            (format!("{good}="), "hash"),
            (format!("{good}$x"), "hash"),
            (format!("{good} "), "hash"),
            (good.replace("jE", "jF"), "hash"),
            (good.replace("bRMs3tYjey7ZHj9yH8sZcQ", "bRMs3tYjew"), "salt"),
            (good.replace("argon2id", "argon2i"), "Argon2id"),
            (good[1..].to_owned(), "PHC"),
        ] {
            let error = valid(PASSWORD, &wrong).unwrap_err();
            assert!(error.contains(named), "{wrong}: {error}");
        }
    }
}
