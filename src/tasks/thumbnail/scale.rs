//! The last part of scaling, done with a good filter.

use fast_image_resize::images::Image;
use fast_image_resize::{MulDiv, PixelType, ResizeOptions, Resizer};

use super::ThumbnailError;
use super::picture::{Decoded, Picture};
use super::plan::Plan;

/// Scales to the size of the result with a Lanczos filter (SIMD on x86, ARM and wasm) and divides colours by alpha.
pub(super) fn scale(decoded: Decoded, _: &Plan) -> Result<Picture, ThumbnailError> {
    let Decoded { picture, sizes, extent } = decoded;
    let Picture { width, height, pixels, meta } = picture;
    let whole = (f64::from(width), f64::from(height)) == extent && sizes.shown == (1.0, 1.0);
    let mut result = if whole && (width, height) == sizes.result {
        Image::from_vec_u8(width, height, pixels, PixelType::U8x4).map_err(ThumbnailError::broken)?
    } else {
        let source = Image::from_vec_u8(width, height, pixels, PixelType::U8x4).map_err(ThumbnailError::broken)?;
        let mut result = Image::new(sizes.result.0, sizes.result.1, PixelType::U8x4);
        let (across, down) = (extent.0 * sizes.shown.0, extent.1 * sizes.shown.1);
        let (left, top) = ((extent.0 - across) / 2.0, (extent.1 - down) / 2.0);
        let options = ResizeOptions::new().use_alpha(false).crop(left, top, across, down);
        Resizer::new().resize(&source, &mut result, &options).map_err(ThumbnailError::broken)?;
        result
    };
    if meta.alpha {
        MulDiv::new().divide_alpha_inplace(&mut result).map_err(ThumbnailError::broken)?;
    }
    Ok(Picture { width: result.width(), height: result.height(), pixels: result.into_vec(), meta })
}
