//! The last part of scaling, done with a good filter.

use fast_image_resize::images::Image;
use fast_image_resize::{MulDiv, PixelType, ResizeOptions, Resizer};

use super::ThumbnailError;
use super::picture::{Decoded, Picture};
use super::plan::Plan;

/// Scales to the height of the result with a Lanczos filter (SIMD on x86, ARM and wasm) and divides colours by alpha.
pub(super) fn scale(decoded: Decoded, _: &Plan) -> Result<Picture, ThumbnailError> {
    let Decoded { picture, sizes, extent } = decoded;
    let Picture { width, height, pixels, meta } = picture;
    let down = extent * sizes.shown.1;
    let whole = height == sizes.result.1 && (down - f64::from(height)).abs() < f64::EPSILON;
    let mut result = if whole {
        Image::from_vec_u8(width, height, pixels, PixelType::U8x4).map_err(ThumbnailError::broken)?
    } else {
        let source = Image::from_vec_u8(width, height, pixels, PixelType::U8x4).map_err(ThumbnailError::broken)?;
        let mut result = Image::new(sizes.result.0, sizes.result.1, PixelType::U8x4);
        let options = ResizeOptions::new().use_alpha(false).crop(0.0, (extent - down) / 2.0, width.into(), down);
        Resizer::new().resize(&source, &mut result, &options).map_err(ThumbnailError::broken)?;
        result
    };
    if meta.alpha {
        MulDiv::new().divide_alpha_inplace(&mut result).map_err(ThumbnailError::broken)?;
    }
    Ok(Picture { width: result.width(), height: result.height(), pixels: result.into_vec(), meta })
}
