//! PNG: all colour types and depths, interlaced or not. Rows are reduced as they are decoded.

use std::io::Cursor;

use ::png::{ColorType, Decoder, Limits, Reader, Transformations};

use super::ThumbnailError;
use super::budget::{self, Need};
use super::orientation::Orientation;
use super::picture::{Decoded, Meta};
use super::plan::Plan;
use super::reduce::{Reduce, Samples};

/// What the decoder may allocate for chunks such as a colour profile, and for its window and two rows.
const CHUNKS: u64 = 4 << 20;

pub(super) fn decode(bytes: &[u8], plan: &Plan) -> Result<Decoded, ThumbnailError> {
    let limits = Limits { bytes: usize::try_from(CHUNKS).unwrap_or(usize::MAX) };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(ThumbnailError::broken)?;
    let info = reader.info();
    if info.animation_control.is_some() {
        return Err(ThumbnailError::Animated);
    }
    let (source, interlaced) = (info.size(), info.interlaced);
    let orientation = Orientation::read(info.exif_metadata.as_deref());
    let profile = info.icc_profile.as_deref().map(<[u8]>::to_vec);
    let samples = match reader.output_color_type().0 {
        ColorType::Grayscale => Samples::Grey,
        ColorType::GrayscaleAlpha => Samples::GreyAlpha,
        ColorType::Rgb => Samples::Rgb,
        ColorType::Rgba => Samples::Rgba,
        ColorType::Indexed => return Err(ThumbnailError::broken("its palette was not expanded")),
    };
    let sizes = plan.sizes(source, orientation);
    let channels = u64::try_from(samples.count()).unwrap_or(4);
    let block = budget::choose(plan, sizes, |block| {
        let area = u64::from(source.0) * u64::from(source.1);
        // A row is held raw, with up to 16 bits a sample, and expanded.
        let rows = 8 * channels * u64::from(source.0);
        let decoding = CHUNKS + rows + if interlaced { area * channels } else { 0 };
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
    reduce.finish(Meta { orientation, grey, alpha, profile })
}

fn rows(reader: &mut Reader<Cursor<&[u8]>>, reduce: &mut Reduce) -> Result<(), ::png::DecodingError> {
    while let Some(row) = reader.next_row()? {
        reduce.push(row.data());
    }
    Ok(())
}

/// An interlaced picture is complete only with its last pass.
fn whole(reader: &mut Reader<Cursor<&[u8]>>, reduce: &mut Reduce, row: usize) -> Result<(), ::png::DecodingError> {
    let mut buffer = vec![0; reader.output_buffer_size().ok_or(::png::DecodingError::LimitsExceeded)?];
    reader.next_frame(&mut buffer)?;
    buffer.chunks_exact(row).for_each(|row| reduce.push(row));
    Ok(())
}
