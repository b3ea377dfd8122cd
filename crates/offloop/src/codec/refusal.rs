//! Why bytes are no value of a type.

use std::fmt;

use super::{DEEP, EMPTY};
use crate::error::Error;

/// Without details, which would make every step of reading slower. Where it matters the name of the type is known beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// They end too early.
    Short,
    /// They are of another type, or damaged.
    Unfit,
    /// The type itself asks what follows, which JSON tells.
    Untold,
    /// A struct or a variant has other fields than it is read with.
    Fields,
    /// A variant is written that is not read.
    Variant,
    /// A value is written as another kind of value than it is read as.
    Kinds,
    /// They are nested deeper than values may be.
    Deep,
    /// They claim more elements without bytes than there may be.
    Empty,
}

impl Refusal {
    /// As the user sees it; `name` is the type that was refused.
    #[cold]
    pub(super) fn error(self, name: &str) -> Error {
        match self {
            Self::Fields | Self::Variant => {
                Error::malformed(format_args!("`{name}` {self}: give serde the same for both sides, or an `alias`"))
            }
            other => Error::malformed(other),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "a value ends before it should",
            Self::Unfit => "a value is not of its type",
            Self::Untold => "this type needs a self-describing format: pass a `String` of JSON",
            Self::Fields => "is written with other fields than it is read with",
            Self::Variant => "has a variant that is written and not read",
            Self::Kinds => "a type is written in one form and read in another",
            Self::Deep => DEEP,
            Self::Empty => EMPTY,
        })
    }
}

impl std::error::Error for Refusal {}

impl serde::de::Error for Refusal {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Unfit
    }
}
