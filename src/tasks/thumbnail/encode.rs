//! Pixels into files.

use jpeg_encoder::ChromaSubsamplingMethod;

use super::colour::Colour;
use super::picture::Picture;
use super::{Format, ThumbnailError};

/// Results with more bytes are compressed fast rather than well.
const LARGE: usize = 4 << 20;

/// What an encoder is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
}

pub(super) fn encode(picture: Picture, format: Format, quality: u8) -> Result<Vec<u8>, ThumbnailError> {
    let alpha = picture.meta.alpha && picture.pixels.chunks_exact(4).any(|pixel| pixel[3] != 255);
    let layout = match (picture.meta.grey, alpha && format != Format::Jpeg) {
        (true, true) => Layout::GreyAlpha,
        (true, false) => Layout::Grey,
        (false, true) => Layout::Rgba,
        (false, false) => Layout::Rgb,
    };
    let Picture { width, height, pixels, meta } = picture;
    let data = pack(pixels, layout, alpha);
    let profile = meta.fitting_profile();
    match format {
        Format::Jpeg => jpeg(&data, (width, height), layout, quality, profile),
        Format::Png => png(&data, (width, height), layout, profile, &meta.colour),
        Format::Webp => webp(&data, (width, height), layout, profile),
    }
}

/// Drops the samples that the layout has no place for. Pixels that are not opaque are laid on white if it has no alpha.
fn pack(mut pixels: Vec<u8>, layout: Layout, alpha: bool) -> Vec<u8> {
    let on_white = |value: u8, a: u8| {
        let (value, a) = (u32::from(value), u32::from(a));
        u8::try_from((value * a + 255 * (255 - a) + 127) / 255).unwrap_or(u8::MAX)
    };
    let opaque = |[r, g, b, a]: [u8; 4]| if alpha { [r, g, b].map(|value| on_white(value, a)) } else { [r, g, b] };
    let count = match layout {
        Layout::Rgba => return pixels,
        Layout::Rgb => 3,
        Layout::GreyAlpha => 2,
        Layout::Grey => 1,
    };
    // In place: a second picture may be more than there is memory for.
    for at in 0..pixels.len() / 4 {
        let pixel = pixels[4 * at..].first_chunk().copied().unwrap_or_default();
        let packed = match layout {
            Layout::GreyAlpha => [pixel[0], pixel[3], 0],
            _ => opaque(pixel),
        };
        pixels[count * at..count * (at + 1)].copy_from_slice(&packed[..count]);
    }
    pixels.truncate(pixels.len() / 4 * count);
    pixels
}

type Size = (u32, u32);

fn jpeg(
    data: &[u8],
    (width, height): Size,
    layout: Layout,
    quality: u8,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, ThumbnailError> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, quality);
    encoder.set_optimized_huffman_tables(true);
    // Below a quality of 90 four pixels share their colour: the average, where the default would take the first one's.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if let Some(profile) = profile {
        encoder.add_icc_profile(profile).map_err(ThumbnailError::broken)?;
    }
    let colour = if layout == Layout::Grey { jpeg_encoder::ColorType::Luma } else { jpeg_encoder::ColorType::Rgb };
    let side = |side: u32| u16::try_from(side).map_err(ThumbnailError::broken);
    encoder.encode(data, side(width)?, side(height)?, colour).map_err(ThumbnailError::broken)?;
    Ok(file)
}

fn png(
    data: &[u8],
    (width, height): Size,
    layout: Layout,
    profile: Option<&[u8]>,
    colour: &Colour,
) -> Result<Vec<u8>, ThumbnailError> {
    use ::png::chunk::ChunkType;
    use ::png::{BitDepth, ColorType, Compression, Encoder, Info};
    let mut info = Info::with_size(width, height);
    info.bit_depth = BitDepth::Eight;
    info.color_type = match layout {
        Layout::Grey => ColorType::Grayscale,
        Layout::GreyAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgb => ColorType::Rgb,
        Layout::Rgba => ColorType::Rgba,
    };
    // The better compression of a few million pixels could take seconds.
    let compression = if data.len() > LARGE { Compression::Fast } else { Compression::Balanced };
    info.icc_profile = profile.map(|profile| profile.to_vec().into());
    let mut file = Vec::new();
    let mut encoder = Encoder::with_info(&mut file, info).map_err(ThumbnailError::broken)?;
    encoder.set_compression(compression);
    let mut writer = encoder.write_header().map_err(ThumbnailError::broken)?;
    for (name, body) in colour.chunks() {
        writer.write_chunk(ChunkType(name), body).map_err(ThumbnailError::broken)?;
    }
    writer.write_image_data(data).map_err(ThumbnailError::broken)?;
    writer.finish().map_err(ThumbnailError::broken)?;
    Ok(file)
}

fn webp(data: &[u8], (width, height): Size, layout: Layout, profile: Option<&[u8]>) -> Result<Vec<u8>, ThumbnailError> {
    use image_webp::{ColorType, WebPEncoder};
    let colour = match layout {
        Layout::Grey => ColorType::L8,
        Layout::GreyAlpha => ColorType::La8,
        Layout::Rgb => ColorType::Rgb8,
        Layout::Rgba => ColorType::Rgba8,
    };
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new(&mut file);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile.to_vec());
    }
    encoder.encode(data, width, height, colour).map_err(ThumbnailError::broken)?;
    Ok(file)
}
