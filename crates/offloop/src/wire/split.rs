//! Frames on a byte stream.

use crate::blob::Blob;
use crate::error::Error;

/// Frames above this are refused. Cloudflare's limit for a message between isolates is 32 MiB; twice that leaves room for
/// self-hosted deployments.
/// Source: <https://developers.cloudflare.com/durable-objects/platform/limits/>.
const LONGEST: usize = 64 * 1024 * 1024;

/// Writes the length of the frame that starts at `start` into the four bytes reserved there, and so ends the frame.
///
/// # Errors
///
/// [`Error::Malformed`] if the frame is longer than a reader accepts.
pub fn put_length(out: &mut [u8], start: usize) -> Result<(), Error> {
    let length = out.len().saturating_sub(start.saturating_add(4));
    let bytes = u32::try_from(length).ok().filter(|_| length <= LONGEST).map(u32::to_le_bytes);
    match (bytes, out.get_mut(start..start.saturating_add(4))) {
        (Some(bytes), Some(place)) => {
            place.copy_from_slice(&bytes);
            Ok(())
        }
        _ => Err(too_long(length)),
    }
}

/// Cuts a byte stream into frames, however the stream is chunked.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
}

impl Splitter {
    /// Takes the next chunk and gives every frame that it completes.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if a frame claims to be longer than any frame may be, once all frames before it have been given.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<Blob>, Error> {
        self.buffer.extend_from_slice(chunk);
        let mut frames = Vec::new();
        let mut at = 0;
        while let Some(head) = self.buffer.get(at..at + 4) {
            let length = head.iter().rev().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
            if length > LONGEST {
                // However the stream is chunked, what came before the damage is good, and is not lost with it.
                if frames.is_empty() {
                    return Err(too_long(length));
                }
                break;
            }
            let Some(frame) = self.buffer.get(at + 4..at + 4 + length) else { break };
            frames.push(Blob::from(frame.to_vec()));
            at += 4 + length;
        }
        self.buffer.drain(..at);
        Ok(frames)
    }

    /// Whether the stream may end here: nothing is left of an unfinished or refused frame.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.buffer.is_empty()
    }
}

fn too_long(length: usize) -> Error {
    Error::malformed(format_args!("a frame of {length} bytes, {LONGEST} are allowed"))
}
