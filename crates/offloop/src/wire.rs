//! The only bytes that cross an isolate border: [`Call`]s one way, [`Reply`]s and [`Progress`] the other.
//!
//! A frame holds one or more messages. All numbers are LEB128 varints unless noted.
//!
//! ```text
//! frame    "OL" · version u8 · kind u8 · fingerprint u64 LE · count · message*
//! call     id · task index · milliseconds left + 1 (0: no deadline) · payload
//! reply    tag u8 · id · busy µs · (payload | text | fingerprint u64 LE | nothing)
//! progress tag u8 · id · done · total
//! payload  length · bytes · blob count · (length · bytes, unless the blobs travel detached)*
//! ```
//!
//! On a byte stream each frame is preceded by its length as u32 LE ([`Splitter`]). Decoding foreign bytes gives
//! [`Error::Malformed`] or [`Error::Skew`], and never panics or allocates more than the input justifies.

mod encoded;
mod frame;
mod reader;
mod split;

pub use encoded::Encoded;
#[cfg(all(target_arch = "wasm32", feature = "edge"))]
pub(crate) use frame::encode_calls_around;
pub use frame::{Event, decode_calls, decode_events, encode_calls, encode_events};
#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub(crate) use frame::{calls_in, events_in};
#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub(crate) use reader::Frame;
pub use split::{Splitter, put_length};

use std::time::Duration;

use crate::blob::Blob;
use crate::error::Error;
use crate::instant::Instant;

/// An encoded value: its bytes, and the [`Blob`]s that travel beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payload {
    /// The encoded value, with blobs replaced by their indices.
    pub bytes: Encoded,
    /// The blobs, in order of their indices.
    pub blobs: Vec<Blob>,
}

impl Payload {
    /// Bytes in total, blobs included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() + self.blobs.iter().map(|blob| blob.len()).sum::<usize>()
    }

    /// Whether there is nothing in it, as for the value `()`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A request to run a task once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Chosen by the caller, unique among its calls in flight.
    pub id: u64,
    /// The task's place in the table, which is the same on both sides (the frame's fingerprint sees to that).
    pub task: u32,
    /// When nobody will wait for the reply any more. The wire carries the milliseconds left.
    pub deadline: Option<Instant>,
    /// The task's argument.
    pub input: Payload,
}

/// The ending of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The id of the call.
    pub id: u64,
    /// How long the task computed, as far as the far side's clock can tell.
    pub busy: Duration,
    /// The task's result, or why there is none.
    pub result: Result<Payload, Error>,
}

/// How far a running call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The id of the call.
    pub id: u64,
    /// Units done so far.
    pub done: u64,
    /// Units in all; 0 if that is not known.
    pub total: u64,
}

/// Gives the bytes of a number: seven bits in each, the lowest first; all but the last have the eighth set.
#[inline]
pub(crate) fn varint(mut number: u64, mut put: impl FnMut(u8)) {
    while number > 0x7f {
        put(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    put(number.to_le_bytes()[0]);
}
