//! Why a value has no bytes.

use std::fmt;

use serde::ser;

use crate::codec::{DEEP, EMPTY};

/// One word, since nearly every call gives it back as nothing.
#[derive(Debug)]
pub(in crate::codec) struct Unwritable(Box<Why>);

#[derive(Debug)]
pub(super) enum Why {
    /// It leaves out this field.
    Skipped(&'static str),
    /// It does not know how many elements it has.
    Endless,
    /// It has another number of elements than it says.
    Miscounted,
    /// It is nested deeper than a value may be.
    Deep,
    /// It has more elements without bytes than a value may have.
    Empty,
    /// What it says itself.
    Said(String),
}

impl Unwritable {
    /// Whether the value is nested so deeply that even to drop it may end the stack.
    pub(in crate::codec) fn is_deep(&self) -> bool {
        matches!(*self.0, Why::Deep)
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Why::Skipped(field) => {
                write!(f, "`{field}` is left out (`skip_serializing_if`), which the far side cannot tell")
            }
            Why::Endless => f.write_str("a map or sequence of unknown length, as by `flatten`"),
            Why::Miscounted => f.write_str("a map or sequence of another length than it says"),
            Why::Deep => f.write_str(DEEP),
            Why::Empty => f.write_str(EMPTY),
            Why::Said(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Unwritable {}

impl From<Why> for Unwritable {
    fn from(why: Why) -> Self {
        Self(Box::new(why))
    }
}

impl ser::Error for Unwritable {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Why::Said(text.to_string()).into()
    }
}
