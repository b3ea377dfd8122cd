//! Values to payloads and back.

mod decoder;
mod encoder;
mod kind;
mod mark;
mod refusal;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use decoder::Arguments;
pub(crate) use decoder::can_hold;
use encoder::Unwritable;

use crate::blob::{self, Blob};
use crate::error::Error;
use crate::wire::Payload;

/// Levels of nesting of a value. Each takes up to two KiB of stack in an unoptimised build. A wasm module has 1 MiB, and in Chromium's workers the
/// engine has half of that.
const DEEPEST: u32 = if cfg!(target_arch = "wasm32") { 256 } else { 1024 };

/// Elements without bytes in one value: as many steps take about a millisecond.
const MOST_EMPTY: u32 = 1 << 20;

/// A run of so many bytes travels beside the value. A shorter one is copied to and from a frame in less time than a buffer of its own takes.
const LARGE: usize = 32 * 1024;

/// In the place of a run's length: it is beside the value. The index of its blob follows, and how many elements it is.
const BESIDE: u64 = u64::MAX;

const DEEP: &str = if cfg!(target_arch = "wasm32") {
    "a value is nested deeper than 256 levels"
} else {
    "a value is nested deeper than 1024 levels"
};
const EMPTY: &str = "a value has more than 1,048,576 elements without bytes";

/// Encodes a task's argument or result.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Payload, Error> {
    write(value).map_err(Error::malformed)
}

/// As [`encode`], for a value that nobody needs any more.
pub(crate) fn encode_owned<T: Serialize>(value: T) -> Result<Payload, Error> {
    write(&value).map_err(|unwritable| {
        if unwritable.is_deep() {
            // To drop it takes a level of stack for each of its own.
            std::mem::forget(value);
        }
        Error::malformed(unwritable)
    })
}

fn write<T: Serialize>(value: &T) -> Result<Payload, Unwritable> {
    let (bytes, blobs) = blob::collect(|| encoder::write(value));
    Ok(Payload { bytes: bytes?, blobs })
}

/// Decodes what [`encode`] made; bytes or blobs left over are an error.
pub(crate) fn decode<T: DeserializeOwned + 'static>(payload: Payload) -> Result<T, Error> {
    decode_with(&payload.bytes, payload.blobs, |arguments| arguments.next())
}

/// As [`decode`], for bytes that somebody else keeps and that are several values.
pub(crate) fn decode_with<T>(
    bytes: &[u8],
    blobs: Vec<Blob>,
    read: impl FnOnce(&mut Arguments<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut arguments = Arguments::new(bytes);
    let (value, blobs_left) = blob::supply(blobs, || read(&mut arguments));
    let value = value?;
    arguments.check()?;
    if arguments.is_done() && blobs_left == 0 {
        Ok(value)
    } else {
        Err(Error::malformed("bytes are left over after the value"))
    }
}
