//! What a PNG file consists of, found out by a walk over its chunks before anything is decoded.

use super::super::ThumbnailError;
use super::super::colour::Colour;
use super::super::picture::PROFILE_MAX;
use super::super::pieces::Pieces;

/// The last chunk, for files that have lost theirs.
const END: &[u8] = b"\0\0\0\0IEND\xaeB`\x82";

/// A file, ready to be decoded.
#[derive(Debug, Default)]
pub(super) struct Chunks<'a> {
    /// What the decoder needs for the still picture: no metadata, no further frames, and nothing after the end.
    pub(super) pieces: Pieces<'a>,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) colour: Colour,
    /// How many frames the picture has as an animation, if it is one.
    pub(super) frames: Option<u32>,
    profile: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self, ThumbnailError> {
        let mut chunks = Self::default();
        // Where the piece begins that is not in `pieces` yet.
        let (mut kept, mut at, mut ended) = (0, 8, false);
        while let Some((name, body, end)) = chunk(file, at) {
            // Pixels depend on what is critical, and on transparency.
            if name[0].is_ascii_uppercase() || name == b"tRNS" {
                ended = name == b"IEND";
            } else {
                chunks.keep(&file[kept..at])?;
                kept = end;
                chunks.ancillary(name, body);
            }
            at = end;
            if ended {
                break;
            }
        }
        // A chunk that ends early is for the decoder to judge: it may be behind the last pixel.
        let rest = if ended { at } else { file.len() };
        chunks.keep(file.get(kept..rest).unwrap_or_default())?;
        if at == file.len() && !ended {
            chunks.keep(END)?;
        }
        Ok(chunks)
    }

    /// The colour profile, unpacked.
    pub(super) fn profile(&self) -> Option<Vec<u8>> {
        let packed = self.profile?;
        let name = packed.iter().take(80).position(|byte| *byte == 0)?;
        let data = packed.get(name + 1..)?.strip_prefix(&[0])?;
        fdeflate::decompress_to_vec_bounded(data, PROFILE_MAX).ok()
    }

    fn keep(&mut self, piece: &'a [u8]) -> Result<(), ThumbnailError> {
        let fits = piece.is_empty() || self.pieces.push(piece);
        if fits { Ok(()) } else { Err(ThumbnailError::broken("it has too many chunks between others")) }
    }

    fn ancillary(&mut self, name: &'a [u8; 4], body: &'a [u8]) {
        match name {
            b"eXIf" => self.exif = self.exif.or(Some(body)),
            b"iCCP" => self.profile = self.profile.or(Some(body)),
            b"acTL" if body.len() == 8 => {
                let frames = body.first_chunk().map(|frames| u32::from_be_bytes(*frames));
                self.frames = self.frames.or(frames.filter(|frames| *frames <= i32::MAX.unsigned_abs()));
            }
            _ => self.colour.read(name, body),
        }
    }
}

/// Name and content of the chunk that begins here, and where the next one does.
fn chunk(file: &[u8], at: usize) -> Option<(&[u8; 4], &[u8], usize)> {
    let (length, rest) = file.get(at..)?.split_first_chunk()?;
    let (name, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let body = rest.get(..length)?;
    // The checksum is the decoder's business.
    rest.get(length..length.checked_add(4)?)?;
    Some((name, body, at + 12 + length))
}
