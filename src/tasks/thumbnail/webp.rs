//! WebP: with and without loss, with and without alpha.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::ThumbnailError;
use super::budget::{self, Need};
use super::orientation::Orientation;
use super::picture::{Decoded, Meta};
use super::plan::Plan;
use super::reduce::{Reduce, Samples};

pub(super) fn decode(bytes: &[u8], plan: &Plan) -> Result<Decoded, ThumbnailError> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(ThumbnailError::broken)?;
    if decoder.is_animated() {
        return Err(ThumbnailError::Animated);
    }
    let source = decoder.dimensions();
    let (alpha, lossy) = (decoder.has_alpha(), decoder.is_lossy());
    let samples = if alpha { Samples::Rgba } else { Samples::Rgb };
    let orientation = Orientation::read(decoder.exif_metadata().map_err(ThumbnailError::broken)?.as_deref());
    let sizes = plan.sizes(source, orientation);
    let block = budget::choose(plan, sizes, |block| {
        let area = u64::from(source.0) * u64::from(source.1);
        let picture = area * if alpha { 4 } else { 3 };
        // With loss: planes of luma and chroma, and for alpha a picture of its own. Without: red, green, blue and alpha, always.
        let beside = match (lossy, alpha) {
            (true, false) => area * 3 / 2,
            (true, true) => area * 13 / 2,
            (false, false) => area * 4,
            (false, true) => 0,
        };
        let small = 1 << 20;
        Need { decoding: picture + beside + small, handing_on: picture, pixels: budget::blocks(source, block) }
    })?;
    let profile = decoder.icc_profile().map_err(ThumbnailError::broken)?;
    let size = decoder.output_buffer_size().ok_or_else(|| ThumbnailError::broken("its size is impossible"))?;
    let mut pixels = vec![0; size];
    decoder.read_image(&mut pixels).map_err(ThumbnailError::broken)?;
    let mut reduce = Reduce::new(samples, source, block, sizes, 1);
    for row in pixels.chunks_exact(source.0 as usize * samples.count()) {
        reduce.push(row);
    }
    reduce.finish(Meta { orientation, grey: false, alpha, profile })
}
