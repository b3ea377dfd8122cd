//! Rows in, rows of the result's width out: the first half of scaling, done while the rows arrive, so that between the decoder and the
//! result there is never a picture as wide as the file's.

use fast_image_resize::images::Image;
use fast_image_resize::{PixelType, ResizeOptions, Resizer};

use super::ThumbnailError;

/// How many rows of this width are scaled at a time: many, unless they are long.
pub(super) fn band(width: u64) -> u64 {
    ((1 << 18) / width.max(1)).clamp(1, 64)
}

/// Takes rows of four bytes a pixel.
pub(super) struct Narrow {
    /// Width of the rows that arrive, and of those that are wanted.
    width: (u32, u32),
    /// Where the part that is shown begins, and how wide it is; `None` if the rows are wanted as they are.
    shown: Option<(f64, f64)>,
    resizer: Resizer,
    band: Vec<u8>,
    /// How many bytes a full band has.
    room: usize,
    pixels: Vec<u8>,
    failed: Option<ThumbnailError>,
}

impl Narrow {
    /// For so many rows of this width, of which `extent` is real and `shown`, from the middle, becomes `result` pixels.
    pub(super) fn new(width: u32, rows: u32, extent: f64, shown: f64, result: u32) -> Self {
        let across = extent * shown;
        let all = width == result && (across - f64::from(width)).abs() < f64::EPSILON;
        let room = usize::try_from(4 * u64::from(width) * band(width.into())).unwrap_or(usize::MAX);
        Self {
            width: (width, result),
            room,
            shown: (!all).then_some(((extent - across) / 2.0, across)),
            resizer: Resizer::new(),
            band: if all { Vec::new() } else { Vec::with_capacity(room) },
            pixels: Vec::with_capacity(result as usize * rows as usize * 4),
            failed: None,
        }
    }

    /// Takes the next row.
    pub(super) fn push(&mut self, row: &[u8]) {
        if self.shown.is_none() {
            self.pixels.extend_from_slice(row);
            return;
        }
        self.band.extend_from_slice(row);
        if self.band.len() >= self.room {
            self.scale();
        }
    }

    fn scale(&mut self) {
        let Some((left, across)) = self.shown else { return };
        let (width, result) = self.width;
        let Ok(rows) = u32::try_from(self.band.len() / (width as usize * 4)) else { return };
        if rows == 0 || self.failed.is_some() {
            return;
        }
        let made = Image::from_slice_u8(width, rows, &mut self.band, PixelType::U8x4).map_err(ThumbnailError::broken);
        let made = made.and_then(|source| {
            let mut band = Image::new(result, rows, PixelType::U8x4);
            let options = ResizeOptions::new().use_alpha(false).crop(left, 0.0, across, rows.into());
            self.resizer.resize(&source, &mut band, &options).map_err(ThumbnailError::broken)?;
            Ok(band)
        });
        match made {
            Ok(band) => self.pixels.extend_from_slice(band.buffer()),
            Err(error) => self.failed = Some(error),
        }
        self.band.clear();
    }

    /// The rows, once all are in.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, ThumbnailError> {
        self.scale();
        self.failed.map_or(Ok(self.pixels), Err)
    }
}
