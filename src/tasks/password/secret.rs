//! A text that nobody should see.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::PasswordError;

/// A password on its way to a lane. It is not printed, and its memory is overwritten when it is dropped; copies that the runtime
/// makes of messages on the way are out of reach.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Password(#[serde(serialize_with = "text")] Zeroizing<String>);

#[allow(clippy::ptr_arg, reason = "serde's signature")]
fn text<S: serde::Serializer>(text: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl Password {
    /// In bytes. Hashing takes no longer for longer ones, but somebody has to hold them.
    pub const LONGEST: usize = 1_024;

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(super) fn checked(self) -> Result<Self, PasswordError> {
        if (1..=Self::LONGEST).contains(&self.0.len()) { Ok(self) } else { Err(PasswordError::Length) }
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::Password;

    #[test]
    fn a_password_is_not_printed() {
        let password: Password = serde_json::from_str(r#""hunter2""#).unwrap();
        assert_eq!(format!("{password:?} {password:#?}"), "Password Password");
        assert_eq!(serde_json::to_string(&password).unwrap(), r#""hunter2""#, "but it is sent");
    }
}
