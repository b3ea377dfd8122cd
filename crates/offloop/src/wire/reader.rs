//! Reads primitives from foreign bytes without ever panicking.

use crate::blob::Blob;
use crate::error::Error;

/// What the messages and blobs of one frame may take in memory beside their bytes: some 700,000 empty calls. Without it a
/// frame of empty blobs, one byte each, would grow to 32 times its size.
const ROOM: usize = 64 * 1024 * 1024;

/// The bytes of a frame: shared with the blobs in it, or in memory that is used for other frames after this one.
#[derive(Clone, Copy)]
pub(crate) enum Frame<'a> {
    Shared(&'a Blob),
    #[cfg_attr(not(all(target_arch = "wasm32", feature = "browser")), allow(dead_code))]
    Borrowed(&'a [u8]),
}

/// A cursor over a frame.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    frame: Frame<'a>,
    at: usize,
    room: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(frame: Frame<'a>) -> Self {
        let bytes = match frame {
            Frame::Shared(blob) => blob,
            Frame::Borrowed(bytes) => bytes,
        };
        Self { bytes, frame, at: 0, room: ROOM }
    }

    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Accounts for a value that will be kept.
    pub(super) fn claim<T>(&mut self) -> Result<(), Error> {
        let room = self.room.checked_sub(size_of::<T>());
        self.room = room.ok_or_else(|| Error::malformed("a frame of too many small messages"))?;
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let end = self.at.checked_add(length);
        let bytes = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(cut_short)?;
        self.at += length;
        Ok(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| cut_short())
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u64_le(&mut self) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn varint(&mut self) -> Result<u64, Error> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::malformed("a number longer than 64 bits"))
    }

    /// A count or length. Anything larger than the rest of the frame is refused, so that a lie cannot make us allocate.
    pub(super) fn length(&mut self) -> Result<usize, Error> {
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        if length > self.remaining() { Err(cut_short()) } else { Ok(length) }
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = self.length()?;
        self.take(length)
    }

    pub(super) fn blob(&mut self) -> Result<Blob, Error> {
        let bytes = self.bytes()?;
        match self.frame {
            // Where the blob begins, after its length.
            Frame::Shared(frame) => frame.slice(self.at - bytes.len(), self.at).ok_or_else(cut_short),
            Frame::Borrowed(_) => Ok(bytes.to_vec().into()),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Error> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Error::malformed("a text that is not UTF-8"))
    }
}

fn cut_short() -> Error {
    Error::malformed("a frame ends before it should")
}
