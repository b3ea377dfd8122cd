//! JPEG: grey, YCbCr, RGB, CMYK and YCCK, baseline and progressive.

use jpeg_decoder::{CodingProcess, Decoder, PixelFormat};

use super::ThumbnailError;
use super::budget::{self, Need};
use super::orientation::Orientation;
use super::picture::{Decoded, Meta};
use super::plan::Plan;
use super::reduce::{Reduce, Samples};

pub(super) fn decode(bytes: &[u8], plan: &Plan) -> Result<Decoded, ThumbnailError> {
    let mut decoder = Decoder::new(bytes);
    decoder.read_info().map_err(ThumbnailError::broken)?;
    let info = decoder.info().ok_or_else(|| ThumbnailError::broken("it has no frame"))?;
    let samples = match info.pixel_format {
        PixelFormat::L8 => Samples::Grey,
        PixelFormat::RGB24 => Samples::Rgb,
        PixelFormat::CMYK32 => Samples::Cmyk,
        PixelFormat::L16 => return Err(ThumbnailError::broken("it has more than 8 bits per sample")),
    };
    let source = (u32::from(info.width), u32::from(info.height));
    if source.0 == 0 || source.1 == 0 {
        return Err(ThumbnailError::broken("it has no pixels"));
    }
    let orientation = Orientation::read(decoder.exif_data());
    let sizes = plan.sizes(source, orientation);
    let block = budget::choose(plan, sizes, |block| need(info, samples, block))?;
    let shrink = transform_shrink(block);
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
    let profile = decoder.icc_profile();
    drop(decoder);
    let mut reduce = Reduce::new(samples, size, (block.0 / shrink, block.1 / shrink), sizes, shrink);
    for row in data.chunks_exact(size.0 as usize * samples.count()) {
        reduce.push(row);
    }
    let meta = Meta { orientation, grey: samples == Samples::Grey, alpha: false, profile };
    reduce.finish(meta)
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

fn need(info: jpeg_decoder::ImageInfo, samples: Samples, block: (u32, u32)) -> Need {
    let shrink = transform_shrink(block);
    // A plane is whole macroblocks, at most 32 pixels a side.
    let padded = |side: u16, shrink: u32| u64::from(u32::from(side).next_multiple_of(32) / shrink);
    let area = |shrink| padded(info.width, shrink) * padded(info.height, shrink);
    let channels = u64::try_from(samples.count()).unwrap_or(4);
    // 16 bits for each coefficient until the last scan; chroma may be stored in full.
    let whole = info.coding_process != CodingProcess::DctSequential;
    let coefficients = if whole { 2 * channels * area(1) } else { 0 };
    let planes = channels * area(shrink);
    let size = (u32::from(info.width).div_ceil(shrink), u32::from(info.height).div_ceil(shrink));
    Need {
        decoding: coefficients + 2 * planes,
        handing_on: planes,
        pixels: budget::blocks(size, (block.0 / shrink, block.1 / shrink)),
    }
}
