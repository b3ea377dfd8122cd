//! One variable: its text, its range, and what is said when they do not fit.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// A variable that is out of its range, or that does not exist. Deploy again with it corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitError {
    name: Cow<'static, str>,
    found: String,
    allowed: String,
}

impl LimitError {
    pub(super) fn new(
        name: impl Into<Cow<'static, str>>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), found: found.into(), allowed: allowed.into() }
    }

    /// The variable.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, it must be {}", self.name, self.found, self.allowed)
    }
}

impl std::error::Error for LimitError {}

/// Reads a whole number.
pub(super) fn number<T: FromStr + PartialOrd + fmt::Display>(
    var: impl Fn(&str) -> Option<String>,
    name: &'static str,
    default: T,
    range: RangeInclusive<T>,
) -> Result<T, LimitError> {
    let Some(text) = var(name) else { return Ok(default) };
    // `parse` also takes a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(value) if digits && range.contains(&value) => Ok(value),
        _ => {
            let allowed = format!("a whole number from {} to {}", range.start(), range.end());
            Err(LimitError::new(name, format!("{text:?}"), allowed))
        }
    }
}

/// Reads a time in whole milliseconds.
pub(super) fn millis(
    var: impl Fn(&str) -> Option<String>,
    name: &'static str,
    default: Duration,
    range: RangeInclusive<u64>,
) -> Result<Duration, LimitError> {
    let default = u64::try_from(default.as_millis()).unwrap_or(u64::MAX);
    number(var, name, default, range).map(Duration::from_millis)
}
