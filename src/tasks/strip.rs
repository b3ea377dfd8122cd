//! Rows of the Mandelbrot set as a PNG file holds them, so that a picture is compressed where it is drawn.
//!
//! A PNG's pixels are one compressed stream. Each strip is a part of it that ends at a byte's border and refers to nothing before it, so that
//! strips from several lanes, one behind the other, are the stream. Only its checksum is of the whole; [`Picture`] puts it together.

use flate2::{Compress, Compression, FlushCompress};
use offloop::Blob;
use serde::{Deserialize, Serialize};

use super::mandelbrot::sample;
use crate::limits::RESULT_MAX;

/// Rows of a picture, all of their pixels; or some pixels of one row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// The real part of the picture's leftmost samples.
    pub left: f64,
    /// The imaginary part of the topmost samples, with the axis pointing down.
    pub top: f64,
    /// The distance between two samples.
    pub step: f64,
    /// The first pixel of a row, counted from the left.
    pub from: u16,
    /// Pixels from there.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// How long a point may stay before it counts as inside.
    pub iterations: u32,
}

/// A part of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strip {
    /// A chunk of compressed pixels, as it stands in the file.
    pub chunk: Blob,
    /// The checksum of what is compressed in it, and how many bytes that are.
    pub checksum: u32,
    /// See `checksum`.
    pub length: u32,
}

/// Draws rows and compresses them.
///
/// # Errors
///
/// What is allowed, if these are too many.
pub fn strip(rows: Rows) -> Result<Strip, String> {
    let Rows { left, top, step, from, width, height, iterations } = rows;
    let length = (usize::from(width) * 3 + 1) * usize::from(height);
    if length > RESULT_MAX {
        return Err(format!("a strip of {width} × {height}, it may have at most {RESULT_MAX} bytes"));
    }
    let mut raw = Vec::with_capacity(length);
    for row in 0..height {
        let y = top + f64::from(row) * step;
        let at = |column: u32| sample(left + f64::from(column) * step, y, iterations);
        let from = u32::from(from);
        // Filter 1: each sample as the difference to that of the pixel before, which is 0 at the left.
        let mut before = [0; 3];
        if from == 0 {
            raw.push(1);
        } else {
            before = at(from - 1);
        }
        for column in from..from + u32::from(width) {
            let pixel = at(column);
            raw.extend(pixel.iter().zip(before).map(|(sample, before)| sample.wrapping_sub(before)));
            before = pixel;
        }
    }
    let data = deflate(&raw)?;
    let length = u32::try_from(raw.len()).map_err(|error| error.to_string())?;
    Ok(Strip { chunk: chunk(*b"IDAT", &data).into(), checksum: simd_adler32::adler32(&&*raw), length })
}

/// Compressed without header and checksum, up to a byte's border.
fn deflate(raw: &[u8]) -> Result<Vec<u8>, String> {
    let mut compress = Compress::new(Compression::fast(), false);
    let mut data = Vec::with_capacity(raw.len() / 2 + 64);
    loop {
        let read = usize::try_from(compress.total_in()).map_err(|error| error.to_string())?;
        let rest = raw.get(read..).unwrap_or_default();
        compress.compress_vec(rest, &mut data, FlushCompress::Sync).map_err(|error| error.to_string())?;
        let done = u64::try_from(raw.len()).is_ok_and(|length| length == compress.total_in());
        // Room that is left over means that all has been written.
        if done && data.len() < data.capacity() {
            return Ok(data);
        }
        data.reserve(raw.len() / 4 + 64);
    }
}

/// Length, kind, data and checksum: <https://www.w3.org/TR/png-3/#5Chunk-layout>.
fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = Vec::with_capacity(data.len() + 12);
    // A strip is bounded, so its length fits.
    chunk.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    chunk.extend(kind);
    chunk.extend(data);
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(chunk.get(4..).unwrap_or_default());
    chunk.extend(checksum.finalize().to_be_bytes());
    chunk
}

/// What stands around the strips in a file.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    checksum: u32,
}

impl Default for Picture {
    fn default() -> Self {
        Self { checksum: 1 }
    }
}

impl Picture {
    /// The file's beginning.
    #[must_use]
    pub fn head(width: u16, height: u16) -> Vec<u8> {
        let mut file = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
        let mut header = [u32::from(width).to_be_bytes(), u32::from(height).to_be_bytes()].concat();
        // Eight bits a sample, red, green and blue, not interlaced.
        header.extend([8, 2, 0, 0, 0]);
        file.extend(chunk(*b"IHDR", &header));
        // The stream's own header: deflate, a window of 32 KiB, compressed fast.
        file.extend(chunk(*b"IDAT", &[0x78, 0x01]));
        file
    }

    /// Takes the next strip into account.
    pub fn add(&mut self, strip: &Strip) {
        self.checksum = combined(self.checksum, strip.checksum, strip.length);
    }

    /// The file's end: an empty last block, the checksum, and the last chunk.
    #[must_use]
    pub fn tail(&self) -> Vec<u8> {
        let data = [&[1, 0, 0, 0xff, 0xff][..], &self.checksum.to_be_bytes()].concat();
        [chunk(*b"IDAT", &data), chunk(*b"IEND", &[])].concat()
    }
}

/// The Adler-32 of two texts, of their own and the second one's length: <https://www.rfc-editor.org/rfc/rfc1950#section-8.2>.
fn combined(first: u32, second: u32, length: u32) -> u32 {
    const BASE: u64 = 65_521;
    let halves = |sum: u32| (u64::from(sum & 0xffff), u64::from(sum >> 16));
    let ((a, b), (c, d)) = (halves(first), halves(second));
    let low = (a + c + BASE - 1) % BASE;
    let high = (b + d + u64::from(length) % BASE * (a + BASE - 1)) % BASE;
    u32::try_from(high << 16 | low).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Rows, combined, strip};

    #[test]
    fn checksums_of_parts_are_that_of_the_whole() {
        let whole: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
        for at in [0, 1, 65_521, 131_072, 200_000] {
            let (first, second) = whole.split_at(at);
            let length = u32::try_from(second.len()).unwrap();
            let parts = combined(simd_adler32::adler32(&first), simd_adler32::adler32(&second), length);
            assert_eq!(parts, simd_adler32::adler32(&&*whole), "{at}");
        }
    }

    #[test]
    fn a_strip_that_is_too_large_is_refused() {
        let rows = Rows { left: 0.0, top: 0.0, step: 1.0, from: 0, width: u16::MAX, height: u16::MAX, iterations: 1 };
        assert!(strip(rows).unwrap_err().contains("bytes"));
    }
}
