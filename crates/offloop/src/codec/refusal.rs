//! Why bytes are no value of a type.

use std::fmt;

/// Without details: where in a value it went wrong tells nobody much who knows neither the bytes nor the build that wrote them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refusal {
    /// They end too early.
    Short,
    /// They are of another type, or damaged.
    Unfit,
    /// The type itself must be told what follows, as JSON tells it.
    Untold,
    /// They are nested deeper than values may be.
    Deep,
    /// They claim more elements without bytes than there may be.
    Empty,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "a value ends before it should",
            Self::Unfit => "a value is not of its type",
            Self::Untold => "a type that must be told by its text, as in JSON",
            Self::Deep => "a value is nested too deeply",
            Self::Empty => "a value has too many elements without bytes",
        })
    }
}

impl std::error::Error for Refusal {}

impl serde::de::Error for Refusal {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Unfit
    }
}
