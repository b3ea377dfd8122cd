//! Pixels into files.

use super::picture::Picture;
use super::{Format, ThumbnailError};

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
        Format::Png => png(&data, (width, height), layout, profile),
        Format::Webp => webp(&data, (width, height), layout, profile),
    }
}

/// Drops the samples that the layout has no place for. Pixels that are not opaque are laid on white if it has no alpha.
fn pack(pixels: Vec<u8>, layout: Layout, alpha: bool) -> Vec<u8> {
    let on_white = |value: u8, a: u8| {
        let (value, a) = (u32::from(value), u32::from(a));
        u8::try_from((value * a + 255 * (255 - a) + 127) / 255).unwrap_or(u8::MAX)
    };
    let opaque = |pixel: &[u8]| {
        let &[r, g, b, a] = pixel else { return [0; 3] };
        if alpha { [r, g, b].map(|value| on_white(value, a)) } else { [r, g, b] }
    };
    let pixels_of = || pixels.chunks_exact(4);
    match layout {
        Layout::Rgba => pixels,
        Layout::Rgb => pixels_of().flat_map(opaque).collect(),
        Layout::Grey => pixels_of().map(|pixel| opaque(pixel)[0]).collect(),
        Layout::GreyAlpha => pixels_of().flat_map(|pixel| [pixel[0], pixel[3]]).collect(),
    }
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
    if let Some(profile) = profile {
        encoder.add_icc_profile(profile).map_err(ThumbnailError::broken)?;
    }
    let colour = if layout == Layout::Grey { jpeg_encoder::ColorType::Luma } else { jpeg_encoder::ColorType::Rgb };
    let side = |side: u32| u16::try_from(side).map_err(ThumbnailError::broken);
    encoder.encode(data, side(width)?, side(height)?, colour).map_err(ThumbnailError::broken)?;
    Ok(file)
}

fn png(data: &[u8], (width, height): Size, layout: Layout, profile: Option<&[u8]>) -> Result<Vec<u8>, ThumbnailError> {
    use ::png::{BitDepth, ColorType, Encoder, Info};
    let mut info = Info::with_size(width, height);
    info.bit_depth = BitDepth::Eight;
    info.color_type = match layout {
        Layout::Grey => ColorType::Grayscale,
        Layout::GreyAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgb => ColorType::Rgb,
        Layout::Rgba => ColorType::Rgba,
    };
    info.icc_profile = profile.map(|profile| profile.to_vec().into());
    let mut file = Vec::new();
    let encoder = Encoder::with_info(&mut file, info).map_err(ThumbnailError::broken)?;
    let mut writer = encoder.write_header().map_err(ThumbnailError::broken)?;
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
