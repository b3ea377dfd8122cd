//! PNG: all colour types and depths, interlaced or not. Rows are reduced as they are decoded.

mod chunks;

use ::png::{ColorType, Decoder, DecodingError, Limits, Reader, Transformations};

use super::ThumbnailError;
use super::budget::{self, Need};
use super::orientation::Orientation;
use super::picture::{Decoded, Meta};
use super::pieces::Pieces;
use super::plan::Plan;
use super::reduce::{Reduce, Samples};
use chunks::Chunks;

/// What the decoder may allocate for its window and its buffers besides rows.
const WINDOW: u64 = 1 << 20;

pub(super) fn decode(bytes: &[u8], plan: &Plan) -> Result<Decoded, ThumbnailError> {
    let chunks = Chunks::read(bytes)?;
    if chunks.frames.is_some_and(|frames| frames > 1) {
        return Err(ThumbnailError::Animated);
    }
    let orientation = Orientation::read(chunks.exif);
    let (profile, colour) = (chunks.profile(), chunks.colour.clone());
    let mut decoder = Decoder::new_with_limits(chunks.pieces, Limits { bytes: usize::MAX });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let source = decoder.read_header_info().map_err(ThumbnailError::broken)?.size();
    plan.check(source)?;
    plan.check_rows(source)?;
    let mut reader = decoder.read_info().map_err(ThumbnailError::broken)?;
    let interlaced = reader.info().interlaced;
    let samples = match reader.output_color_type().0 {
        ColorType::Grayscale => Samples::Grey,
        ColorType::GrayscaleAlpha => Samples::GreyAlpha,
        ColorType::Rgb => Samples::Rgb,
        ColorType::Rgba => Samples::Rgba,
        ColorType::Indexed => return Err(ThumbnailError::broken("its palette was not expanded")),
    };
    let sizes = plan.sizes(source, orientation);
    let channels = u64::try_from(samples.count()).unwrap_or(4);
    let raw = u64::try_from(reader.info().bytes_per_pixel()).unwrap_or(8);
    let held = profile.as_ref().map_or(0, Vec::len);
    let block = budget::choose(plan, sizes, held, |block| {
        let area = u64::from(source.0) * u64::from(source.1);
        // The decoder's buffer grows by doubling until several raw rows fit in; one row is expanded.
        let rows = (18 * raw + 4) * u64::from(source.0);
        let decoding = WINDOW + rows + if interlaced { area * channels } else { 0 };
        Need { decoding, handing_on: decoding, pixels: budget::blocks(source, block) }
    })?;
    let mut reduce = Reduce::new(samples, source, block, sizes, 1);
    if interlaced {
        whole(&mut reader, &mut reduce, source.0 as usize * samples.count())
    } else {
        rows(&mut reader, &mut reduce)
    }
    .map_err(ThumbnailError::broken)?;
    let grey = matches!(samples, Samples::Grey | Samples::GreyAlpha);
    let alpha = matches!(samples, Samples::GreyAlpha | Samples::Rgba);
    reduce.finish(Meta { orientation, grey, alpha, profile, colour })
}

fn rows(reader: &mut Reader<Pieces<'_>>, reduce: &mut Reduce) -> Result<(), DecodingError> {
    while let Some(row) = reader.next_row()? {
        reduce.push(row.data());
    }
    Ok(())
}

/// An interlaced picture is complete only with its last pass.
fn whole(reader: &mut Reader<Pieces<'_>>, reduce: &mut Reduce, row: usize) -> Result<(), DecodingError> {
    let mut buffer = vec![0; reader.output_buffer_size().ok_or(DecodingError::LimitsExceeded)?];
    reader.next_frame(&mut buffer)?;
    buffer.chunks_exact(row).for_each(|row| reduce.push(row));
    Ok(())
}
