//! Values to payloads and back.

mod decoder;
mod encoder;
mod refusal;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::blob::{self, Blob};
use crate::error::Error;
use crate::wire::Payload;

/// Encodes a task's argument or result.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Payload, Error> {
    let (bytes, blobs) = blob::collect(|| encoder::write(value));
    Ok(Payload { bytes: bytes.map_err(Error::malformed)?, blobs })
}

/// Decodes what [`encode`] made; bytes or blobs left over are an error.
pub(crate) fn decode<T: DeserializeOwned>(payload: Payload) -> Result<T, Error> {
    decode_from(&payload.bytes, payload.blobs)
}

/// As [`decode`], for bytes that somebody else keeps.
pub(crate) fn decode_from<T: DeserializeOwned>(bytes: &[u8], blobs: Vec<Blob>) -> Result<T, Error> {
    let (decoded, blobs_left) = blob::supply(blobs, || decoder::read(bytes));
    let (value, rest) = decoded.map_err(Error::malformed)?;
    if rest.is_empty() && blobs_left == 0 {
        Ok(value)
    } else {
        Err(Error::malformed("bytes are left over after the value"))
    }
}
