//! JPEG: grey, YCbCr, RGB, CMYK and YCCK, baseline and progressive.

mod frame;
mod outline;

use jpeg_decoder::{ColorTransform, Decoder, Error};

use super::ThumbnailError;
use super::budget::{self, Need};
use super::colour::Colour;
use super::orientation::Orientation;
use super::picture::{Decoded, Meta};
use super::pieces::Pieces;
use super::plan::Plan;
use super::reduce::{Reduce, Samples};
use frame::Frame;
use outline::Outline;

pub(super) fn decode(bytes: &[u8], plan: &Plan) -> Result<Decoded, ThumbnailError> {
    let outline = Outline::read(bytes, plan)?;
    let frame = &outline.frame;
    let (source, samples) = ((frame.width, frame.height), samples(frame));
    let orientation = Orientation::read(outline.exif);
    let sizes = plan.sizes(source, orientation);
    let profile = outline.profile();
    let held = profile.as_ref().map_or(0, Vec::len);
    let block = budget::choose(plan, sizes, held, |block| need(frame, samples, block))?;
    let shrink = transform_shrink(block);
    let Outline { pieces, transform, ended, .. } = outline;
    let pieces = if ended { pieces } else { mended(pieces, transform)? };
    let mut decoder = Decoder::new(pieces);
    decoder.set_color_transform(transform);
    let mut size = source;
    if shrink > 1 {
        // The decoder takes the first of its scales that is as large as requested on either side: request the longer one.
        let request = |side: u32, other: u32| {
            let side = if side >= other { side.div_ceil(shrink) } else { u32::MAX };
            u16::try_from(side).unwrap_or(u16::MAX)
        };
        let scaled = decoder.scale(request(source.0, source.1), request(source.1, source.0));
        let (width, height) = scaled.map_err(ThumbnailError::broken)?;
        size = (width.into(), height.into());
    }
    let data = decoder.decode().map_err(ThumbnailError::broken)?;
    drop(decoder);
    let mut reduce = Reduce::new(samples, size, (block.0 / shrink, block.1 / shrink), sizes, shrink);
    for row in data.chunks_exact(size.0 as usize * samples.count()) {
        reduce.push(row);
    }
    let meta = Meta { orientation, grey: samples == Samples::Grey, alpha: false, profile, colour: Colour::default() };
    reduce.finish(meta)
}

/// A file that has lost its end, with a new one, unless it has lost some of its last scan as well.
///
/// The decoder takes bits that are missing for zeros as soon as it finds a marker, and then skips any restarts. Had it found all bits before, it
/// does not expect a second restart. It reads at most eight bytes ahead.
fn mended<'a>(mut pieces: Pieces<'a>, transform: ColorTransform) -> Result<Pieces<'a>, ThumbnailError> {
    let mut probed = pieces.clone();
    probed.push(b"\0\0\0\0\0\0\0\0\xff\xd0\xff\xd1\xff\xd9");
    let mut probe = Decoder::new(probed);
    probe.set_color_transform(transform);
    probe.scale(1, 1).map_err(ThumbnailError::broken)?;
    match probe.decode() {
        Err(Error::Format(what)) if what.starts_with("RST found outside") => {
            pieces.push(b"\xff\xd9");
            Ok(pieces)
        }
        _ => Err(ThumbnailError::broken("it ends early")),
    }
}

fn samples(frame: &Frame) -> Samples {
    match frame.identifiers().len() {
        1 => Samples::Grey,
        3 => Samples::Rgb,
        _ => Samples::Cmyk,
    }
}

/// By how much the picture is reduced in the decoder's cosine transform, which is faster and needs less memory.
fn transform_shrink(block: (u32, u32)) -> u32 {
    match block.0.min(block.1) {
        8.. => 8,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

fn need(frame: &Frame, samples: Samples, block: (u32, u32)) -> Need {
    let shrink = transform_shrink(block);
    let side = u64::from(8 / shrink);
    // 16 bits for each of a block's 64 coefficients, until the last scan or in two rows of blocks.
    let coefficients = 128 * if frame.progressive { frame.blocks() } else { 2 * frame.blocks_of_rows() };
    let planes = frame.blocks() * side * side;
    let size = (frame.width.div_ceil(shrink), frame.height.div_ceil(shrink));
    // Grey is its plane.
    let channels = u64::try_from(samples.count()).unwrap_or(4);
    let picture = if channels == 1 { 0 } else { channels * u64::from(size.0) * u64::from(size.1) };
    Need {
        decoding: coefficients + planes + picture,
        handing_on: picture.max(planes),
        pixels: budget::blocks(size, (block.0 / shrink, block.1 / shrink)),
    }
}
