//! WebP: with and without loss, with and without alpha.
//!
//! The decoder is given files of one chunk each. So it holds only one of colour and alpha at a time, and no metadata.

mod alpha;
mod container;

use image_webp::WebPDecoder;

use super::ThumbnailError;
use super::budget::{self, Need};
use super::colour::Colour;
use super::orientation::Orientation;
use super::picture::{Decoded, Meta, PROFILE_MAX};
use super::pieces::Pieces;
use super::plan::Plan;
use super::reduce::{Reduce, Samples};
use container::Container;

pub(super) fn decode(bytes: &[u8], plan: &Plan) -> Result<Decoded, ThumbnailError> {
    let container = Container::read(bytes)?;
    let lossy = container.lossy.is_some();
    let source = match (container.lossy, container.lossless) {
        (Some(picture), _) => lossy_size(picture),
        (None, Some(picture)) => lossless_size(picture),
        (None, None) => None,
    };
    let source = source.ok_or_else(|| ThumbnailError::broken("it has no picture"))?;
    container.check(source)?;
    let opaque = match container.lossless {
        Some(picture) if !lossy => picture[4] & 0x10 == 0,
        _ => container.alpha.is_none(),
    };
    let orientation = Orientation::read(container.exif);
    let sizes = plan.sizes(source, orientation);
    let profile = container.profile.filter(|profile| profile.len() <= PROFILE_MAX).map(<[u8]>::to_vec);
    let held = profile.as_ref().map_or(0, Vec::len);
    let block = budget::choose(plan, sizes, held, |block| need(source, lossy, opaque, plan.input, block))?;
    let meta = Meta { orientation, grey: false, alpha: !opaque, profile, colour: Colour::default() };
    let (width, area) = (source.0 as usize, source.0 as usize * source.1 as usize);
    let Some(picture) = container.lossy else {
        let picture = container.lossless.unwrap_or_default();
        let mut header = *picture.first_chunk::<5>().unwrap_or(&[0; 5]);
        // With the mark for alpha, the decoder needs no second picture.
        header[4] |= 0x10;
        let pixels = decoded(b"VP8L", &[&header, &picture[5..]], 4 * area)?;
        let samples = if opaque { Samples::Rgbx } else { Samples::Rgba };
        let mut reduce = Reduce::new(samples, source, block, sizes, 1);
        pixels.chunks_exact(4 * width).for_each(|row| reduce.push(row));
        return reduce.finish(meta);
    };
    let alpha = container.alpha.map(|chunk| alpha::alpha(chunk, source)).transpose()?;
    let pixels = decoded(b"VP8 ", &[picture], 3 * area)?;
    let rows = pixels.chunks_exact(3 * width);
    let Some(alpha) = alpha else {
        let mut reduce = Reduce::new(Samples::Rgb, source, block, sizes, 1);
        rows.for_each(|row| reduce.push(row));
        return reduce.finish(meta);
    };
    let mut reduce = Reduce::new(Samples::Rgba, source, block, sizes, 1);
    let mut both = Vec::with_capacity(4 * width);
    for (colours, alpha) in rows.zip(alpha.chunks_exact(width)) {
        both.clear();
        for (colour, alpha) in colours.chunks_exact(3).zip(alpha) {
            both.extend_from_slice(&[colour[0], colour[1], colour[2], *alpha]);
        }
        reduce.push(&both);
    }
    reduce.finish(meta)
}

/// The picture in a chunk, whose content may come in parts, as `size` bytes.
fn decoded(kind: &[u8; 4], content: &[&[u8]], size: usize) -> Result<Vec<u8>, ThumbnailError> {
    let head = container::head(kind, content.iter().map(|part| part.len()).sum())?;
    let mut file = Pieces::default();
    file.push(&head);
    content.iter().for_each(|part| {
        file.push(part);
    });
    let mut pixels = vec![0; size];
    let mut decoder = WebPDecoder::new(file).map_err(ThumbnailError::broken)?;
    decoder.read_image(&mut pixels).map_err(ThumbnailError::broken)?;
    Ok(pixels)
}

/// The size in the header of a picture with loss (RFC 6386, section 9.1).
fn lossy_size(picture: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| picture.get(at..at + 2).map(|side| u32::from(side[0]) | u32::from(side[1] & 0x3f) << 8);
    Some((side(6)?, side(8)?)).filter(|(width, height)| *width > 0 && *height > 0)
}

/// The size in the header of a picture without loss (RFC 9649, section 3.3).
fn lossless_size(picture: &[u8]) -> Option<(u32, u32)> {
    let bits = u32::from_le_bytes(picture.get(1..5)?.try_into().ok()?);
    Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
}

fn need(source: (u32, u32), lossy: bool, opaque: bool, input: usize, block: (u32, u32)) -> Need {
    let area = u64::from(source.0) * u64::from(source.1);
    let (decoding, handing_on) = match (lossy, opaque) {
        // Planes of luma and chroma, and the picture. The decoder copies what is compressed, in parts twice.
        (true, true) => (area * 9 / 2, area * 3),
        // Alpha, and before them the picture that it is.
        (true, false) => (area * 6, area * 4),
        // A picture with alpha, and what is said of its blocks of 4 by 4 pixels.
        (false, _) => (area * 5, area * 4),
    };
    let copies = if lossy { 2 * u64::try_from(input).unwrap_or(u64::MAX / 8) } else { 0 };
    let small = 1 << 20;
    Need { decoding: decoding + copies + small, handing_on, pixels: budget::blocks(source, block) }
}
