//! What a JPEG file consists of, found out by a walk over its markers (ITU-T T.81, annex B) before anything is decoded.

use jpeg_decoder::ColorTransform;

use super::super::ThumbnailError;
use super::super::picture::PROFILE_MAX;
use super::super::pieces::Pieces;
use super::super::plan::Plan;
use super::frame::Frame;

/// What the decoder reads ahead of the file's own segments. With AVI1 it knows the tables of motion JPEG, which browsers fall back on, too.
const HEAD: &[u8] = b"\xff\xd8\xff\xe0\0\x07AVI1\0";

/// The most blocks of 8 by 8 samples that all scans of a file may visit. One takes up to 0.1 µs, even if no byte of the file is about it.
const VISITS_MAX: u64 = 8_000_000;

/// A scan with nothing in it, and a table of Huffman codes, take about as long as so many blocks.
const VISITS_BESIDE: u64 = 16;

/// A file, ready to be decoded.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    /// What the decoder needs: no metadata, and nothing after the end.
    pub(super) pieces: Pieces<'a>,
    pub(super) frame: Frame,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) transform: ColorTransform,
    /// Whether the file has the marker for its end.
    pub(super) ended: bool,
    /// The parts of the colour profile with their numbers, and how many there should be.
    profile: Vec<(u8, u8, &'a [u8])>,
}

/// The walk so far.
#[derive(Default)]
struct Walk<'a> {
    pieces: Pieces<'a>,
    frame: Option<Frame>,
    exif: Option<&'a [u8]>,
    jfif: bool,
    adobe: Option<u8>,
    profile: Vec<(u8, u8, &'a [u8])>,
    visits: u64,
}

impl<'a> Outline<'a> {
    pub(super) fn read(file: &'a [u8], plan: &Plan) -> Result<Self, ThumbnailError> {
        let mut walk = Walk::default();
        walk.pieces.push(HEAD);
        // Where the piece begins that is not in `pieces` yet.
        let (mut kept, mut at, mut ended) = (2, 2, false);
        while let Some((marker, start)) = next_marker(file, at) {
            let body = segment(file, marker, start)?;
            let end = start + 2 + body.map_or(0, |body| body.len() + 2);
            at = end;
            match (marker, body.unwrap_or_default()) {
                // The decoder takes markers only where it expects them.
                (0xe0..=0xef | 0xfe | 0xdc, body) => {
                    walk.keep(&file[kept..start])?;
                    kept = end;
                    walk.metadata(marker, body);
                }
                (0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf, body) => {
                    let frame = Frame::read(marker, body)?;
                    plan.check((frame.width, frame.height))?;
                    if walk.frame.replace(frame).is_some() {
                        return Err(ThumbnailError::broken("it has several frames"));
                    }
                }
                (0xc4, body) => walk.visit(VISITS_BESIDE * (body.len() as u64).div_ceil(17))?,
                (0xda, body) => {
                    let frame =
                        walk.frame.as_ref().ok_or_else(|| ThumbnailError::broken("a scan comes before the frame"))?;
                    let visits = frame.scan(body)? + VISITS_BESIDE;
                    walk.visit(visits)?;
                    at = entropy_end(file, end);
                }
                (0xd9, _) => {
                    ended = true;
                    break;
                }
                _ => {}
            }
        }
        walk.keep(&file[kept..at])?;
        let frame = walk.frame.ok_or_else(|| ThumbnailError::broken("it has no frame"))?;
        let transform = transform(&frame, walk.jfif, walk.adobe);
        Ok(Self { pieces: walk.pieces, frame, exif: walk.exif, transform, ended, profile: walk.profile })
    }

    /// The colour profile (ICC.1, annex B.4), if all its parts are there.
    pub(super) fn profile(&self) -> Option<Vec<u8>> {
        let count = self.profile.first()?.1;
        let part = |number| self.profile.iter().find(|part| (part.0, part.1) == (number, count));
        let parts: Option<Vec<&[u8]>> = (1..=count).map(|number| part(number).map(|part| part.2)).collect();
        let parts = parts.filter(|parts| parts.iter().map(|part| part.len()).sum::<usize>() <= PROFILE_MAX);
        parts.map(|parts| parts.concat())
    }
}

impl<'a> Walk<'a> {
    fn keep(&mut self, piece: &'a [u8]) -> Result<(), ThumbnailError> {
        let fits = piece.is_empty() || self.pieces.push(piece);
        if fits { Ok(()) } else { Err(ThumbnailError::broken("it has too many segments")) }
    }

    fn visit(&mut self, blocks: u64) -> Result<(), ThumbnailError> {
        self.visits = self.visits.saturating_add(blocks);
        let most = || {
            ThumbnailError::broken(format_args!(
                "its scans visit more than {VISITS_MAX} blocks, save it with fewer scans"
            ))
        };
        if self.visits > VISITS_MAX { Err(most()) } else { Ok(()) }
    }

    fn metadata(&mut self, marker: u8, body: &'a [u8]) {
        match marker {
            0xe0 => self.jfif |= body.starts_with(b"JFIF\0"),
            0xe1 => self.exif = self.exif.or(body.strip_prefix(b"Exif\0\0")),
            0xe2 => {
                if let Some([number, count, data @ ..]) = body.strip_prefix(b"ICC_PROFILE\0")
                    && self.profile.len() < 255
                {
                    self.profile.push((*number, *count, data));
                }
            }
            0xee if body.starts_with(b"Adobe") => self.adobe = self.adobe.or(body.get(11).copied()),
            _ => {}
        }
    }
}

/// The next marker from here on, and where it is. Whatever comes before it is skipped, as by libjpeg.
fn next_marker(file: &[u8], from: usize) -> Option<(u8, usize)> {
    let rest = file.get(from..)?;
    let at = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
    Some((rest[at + 1], from + at))
}

/// What is in the segment that begins here, without marker and length; `None` for those that consist of their marker.
fn segment(file: &[u8], marker: u8, start: usize) -> Result<Option<&[u8]>, ThumbnailError> {
    if matches!(marker, 0x01 | 0xd0..=0xd9) {
        return Ok(None);
    }
    let length = |bytes: &[u8]| bytes.try_into().ok().map(u16::from_be_bytes).map(usize::from);
    let body =
        file.get(start + 2..start + 4).and_then(length).and_then(|length| file.get(start + 4..start + 2 + length));
    body.map(Some).ok_or_else(|| ThumbnailError::broken("a segment ends early"))
}

/// Where the compressed data ends that begins here: at the next marker that is no restart.
fn entropy_end(file: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some((marker, start)) = next_marker(file, at) {
        if !matches!(marker, 0xd0..=0xd7) {
            return start;
        }
        at = start + 2;
    }
    file.len()
}

/// What the samples mean, by the rules of libjpeg, which browsers follow.
fn transform(frame: &Frame, jfif: bool, adobe: Option<u8>) -> ColorTransform {
    match (frame.identifiers().as_slice(), adobe) {
        ([_], _) => ColorTransform::Grayscale,
        ([_, _, _], _) if jfif => ColorTransform::YCbCr,
        ([_, _, _], Some(0)) | (b"RGB", None) => ColorTransform::RGB,
        ([_, _, _], _) => ColorTransform::YCbCr,
        (_, None | Some(0)) => ColorTransform::CMYK,
        _ => ColorTransform::YCCK,
    }
}
