//! What a WebP file consists of (RFC 9649, section 2), found out by a walk over its chunks before anything is decoded.

use super::super::ThumbnailError;

/// A still picture, its metadata and its parts.
#[derive(Debug, Default)]
pub(super) struct Container<'a> {
    /// The picture with loss (`VP8 `).
    pub(super) lossy: Option<&'a [u8]>,
    /// The picture without loss (`VP8L`).
    pub(super) lossless: Option<&'a [u8]>,
    /// The alpha of the picture with loss.
    pub(super) alpha: Option<&'a [u8]>,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) profile: Option<&'a [u8]>,
    canvas: Option<(u32, u32)>,
    /// The frames of an animation: how many, and the first.
    frames: (u32, &'a [u8]),
}

impl<'a> Container<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self, ThumbnailError> {
        let mut container = Self::default();
        container.chunks(file.get(12..).unwrap_or_default())?;
        match container.frames {
            (0, _) => Ok(container),
            (1, frame) => container.only_frame(frame),
            _ => Err(ThumbnailError::Animated),
        }
    }

    /// Takes the first chunk of each kind. Those of an unknown kind are skipped, as everywhere.
    fn chunks(&mut self, mut rest: &'a [u8]) -> Result<(), ThumbnailError> {
        while let [a, b, c, d, s0, s1, s2, s3, after @ ..] = rest {
            let size = usize::try_from(u32::from_le_bytes([*s0, *s1, *s2, *s3])).unwrap_or(usize::MAX);
            let whole = after.get(..size);
            let body = whole.unwrap_or(after);
            let place = match &[*a, *b, *c, *d] {
                b"VP8 " => &mut self.lossy,
                b"VP8L" => &mut self.lossless,
                b"ALPH" => &mut self.alpha,
                b"EXIF" => &mut self.exif,
                b"ICCP" => &mut self.profile,
                b"VP8X" => {
                    self.canvas = body.get(4..10).map(|sides| (side(&sides[..3]), side(&sides[3..])));
                    &mut None
                }
                b"ANMF" => {
                    self.frames = (self.frames.0 + 1, if self.frames.0 == 0 { body } else { self.frames.1 });
                    &mut None
                }
                _ => &mut None,
            };
            place.get_or_insert(body);
            if whole.is_none() {
                // Metadata that is cut off is nothing to refuse a picture for.
                let needed = matches!(&[*a, *b, *c, *d], b"VP8 " | b"VP8L" | b"ALPH" | b"ANMF");
                return if needed { Err(ThumbnailError::broken("it ends early")) } else { Ok(()) };
            }
            rest = after.get(size.saturating_add(size % 2)..).unwrap_or_default();
        }
        Ok(())
    }

    /// An animation of one frame is a picture, if the frame covers it.
    fn only_frame(mut self, frame: &'a [u8]) -> Result<Self, ThumbnailError> {
        let (header, chunks) =
            frame.split_at_checked(16).ok_or_else(|| ThumbnailError::broken("its frame ends early"))?;
        let covers = header.starts_with(&[0; 6]) && self.canvas == Some((side(&header[6..9]), side(&header[9..12])));
        if !covers {
            return Err(ThumbnailError::Animated);
        }
        self.chunks(chunks)?;
        Ok(self)
    }

    /// Whether the header names the size of the picture that it has.
    pub(super) fn check(&self, size: (u32, u32)) -> Result<(), ThumbnailError> {
        let fits = self.canvas.is_none_or(|canvas| canvas == size);
        if fits { Ok(()) } else { Err(ThumbnailError::broken("its picture is not as large as its header says")) }
    }
}

/// A side in 24 bits, less one.
fn side(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)) + 1
}

/// A file of one chunk: what is before the chunk's content. The content may be in two parts.
pub(super) fn head(kind: &[u8; 4], size: usize) -> Result<Vec<u8>, ThumbnailError> {
    let size = u32::try_from(size).ok().filter(|size| *size < u32::MAX - 16);
    let size = size.ok_or_else(|| ThumbnailError::broken("it is too large"))?;
    let riff = (size + size % 2 + 12).to_le_bytes();
    Ok([*b"RIFF", riff, *b"WEBP", *kind, size.to_le_bytes()].concat())
}
