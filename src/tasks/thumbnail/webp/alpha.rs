//! The alpha of a WebP picture with loss, which is a picture of its own (RFC 9649, section 2.7.1.2).

use super::super::ThumbnailError;
use super::decoded;

/// Decodes an `ALPH` chunk into one byte a pixel.
pub(super) fn alpha(chunk: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, ThumbnailError> {
    let (info, data) = chunk.split_first().ok_or_else(|| ThumbnailError::broken("its alpha is empty"))?;
    let area = width as usize * height as usize;
    let mut plane = Vec::with_capacity(area);
    match info & 3 {
        0 => plane.extend_from_slice(data.get(..area).ok_or_else(|| ThumbnailError::broken("its alpha ends early"))?),
        1 => {
            // A lossless picture without its header, in green.
            let bits = (width - 1) | (height - 1) << 14 | 1 << 28;
            let header = [&[0x2f][..], &bits.to_le_bytes()].concat();
            let pixels = decoded(b"VP8L", &[&header, data], 4 * area)?;
            plane.extend(pixels.chunks_exact(4).map(|pixel| pixel[1]));
        }
        _ => return Err(ThumbnailError::broken("its alpha is compressed in an unknown way")),
    }
    unfilter(info >> 2 & 3, &mut plane, width as usize);
    Ok(plane)
}

/// Adds what each value was predicted to be. Before the first pixel there is 0; the first of a row is predicted from above, the first row from
/// the left.
fn unfilter(method: u8, plane: &mut [u8], width: usize) {
    if method == 0 {
        return;
    }
    for at in 1..plane.len() {
        let (first_row, first_column) = (at < width, at % width == 0);
        let prediction = match method {
            _ if first_row => plane[at - 1],
            _ if first_column => plane[at - width],
            1 => plane[at - 1],
            2 => plane[at - width],
            _ => {
                let [left, above, corner] = [at - 1, at - width, at - width - 1].map(|at| i16::from(plane[at]));
                u8::try_from((left + above - corner).clamp(0, 255)).unwrap_or_default()
            }
        };
        plane[at] = plane[at].wrapping_add(prediction);
    }
}
