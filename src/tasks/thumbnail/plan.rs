//! What is to become of a picture, worked out from its header.

use super::orientation::Orientation;
use super::{Fit, Format, ThumbnailError, ThumbnailOptions};

/// A row takes at least as long as so many pixels.
const ROW: u64 = 16;

/// So many rows are allowed in any case: more than other formats can have.
const ROWS: u64 = 65_535;

/// The caller's wishes and what is known before the header is read.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) options: ThumbnailOptions,
    /// Bytes of the encoded picture.
    pub(super) input: usize,
    /// What the result is encoded in.
    pub(super) format: Format,
}

/// The sizes for one picture, in the orientation in which it is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sizes {
    /// The stored picture.
    pub(super) source: (u32, u32),
    /// The result, before it is turned upright.
    pub(super) result: (u32, u32),
    /// Which part of each side of the source is shown, from the middle; 1 is all.
    pub(super) shown: (f64, f64),
    /// Whether the result is turned upright.
    pub(super) turned: bool,
}

impl Plan {
    pub(super) fn new(options: ThumbnailOptions, input: usize, source: Format) -> Self {
        let format = options.format.unwrap_or(source);
        Self { options, input, format }
    }

    /// Whether so large a picture may be decoded at all.
    pub(super) fn check(&self, (width, height): (u32, u32)) -> Result<(), ThumbnailError> {
        let most = self.options.pixels_max;
        if u64::from(width) * u64::from(height) > most {
            return Err(ThumbnailError::TooLarge { width, height, bound: format!("the limit of {most} pixels") });
        }
        Ok(())
    }

    /// Whether so many rows may be decoded, where each costs time besides that for its pixels.
    pub(super) fn check_rows(&self, (width, height): (u32, u32)) -> Result<(), ThumbnailError> {
        let most = (self.options.pixels_max / ROW).max(ROWS);
        if u64::from(height) > most {
            return Err(ThumbnailError::TooLarge { width, height, bound: format!("the limit of {most} rows") });
        }
        Ok(())
    }

    /// Whether the result can be encoded.
    pub(super) fn check_result(&self, sizes: Sizes) -> Result<(), ThumbnailError> {
        let (width, height) = sizes.result;
        let most = self.format.side_max();
        if width.max(height) > most {
            return Err(ThumbnailError::Result { width, height, format: self.format, most });
        }
        Ok(())
    }

    /// The sizes for a picture that is stored with this size and orientation. No side may be zero.
    pub(super) fn sizes(&self, source: (u32, u32), orientation: Orientation) -> Sizes {
        let turned = |(a, b)| if orientation.is_transposed() { (b, a) } else { (a, b) };
        let (result, shown) = self.upright(turned(source));
        Sizes {
            source,
            result: turned(result),
            shown: if orientation.is_transposed() { (shown.1, shown.0) } else { shown },
            turned: orientation != Orientation::UPRIGHT,
        }
    }

    fn upright(&self, (width, height): (u32, u32)) -> ((u32, u32), (f64, f64)) {
        let all = (1.0, 1.0);
        match (self.options.fit, self.options.width, self.options.height) {
            (Fit::Cover, Some(w), Some(h)) => {
                // The side on which the picture sticks out is the one it is relatively longer on.
                let (box_shape, shape) = (f64::from(w) / f64::from(h), f64::from(width) / f64::from(height));
                ((w, h), if shape > box_shape { (box_shape / shape, 1.0) } else { (1.0, shape / box_shape) })
            }
            (Fit::ScaleDown, w, h) if w.is_none_or(|w| w >= width) && h.is_none_or(|h| h >= height) => {
                ((width, height), all)
            }
            (_, Some(w), None) => ((w, proportion(height, w, width)), all),
            (_, None, Some(h)) => ((proportion(width, h, height), h), all),
            (_, Some(w), Some(h)) if proportion(height, w, width) <= h => ((w, proportion(height, w, width)), all),
            (_, Some(_), Some(h)) => ((proportion(width, h, height), h), all),
            // Refused before.
            (_, None, None) => ((width, height), all),
        }
    }
}

/// `value · new ÷ old`, rounded, at least 1.
fn proportion(value: u32, new: u32, old: u32) -> u32 {
    let (value, new, old) = (u64::from(value), u64::from(new), u64::from(old));
    u32::try_from(((2 * value * new + old) / (2 * old)).max(1)).unwrap_or(u32::MAX)
}

impl Sizes {
    /// By how much each side of the source may be reduced so that `oversample` times the pixels of the result are left.
    pub(super) fn reduction(&self, oversample: u32) -> (u32, u32) {
        let side = |source: u32, shown: f64, result: u32| {
            let most = f64::from(source) * shown / f64::from(oversample * result);
            // Sides are whole numbers below 2^32, so nothing is cut off but the fraction.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let whole = most as u32;
            whole.max(1)
        };
        (side(self.source.0, self.shown.0, self.result.0), side(self.source.1, self.shown.1, self.result.1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Orientation, Plan};
    use crate::tasks::{Fit, Format, ThumbnailOptions};

    fn sizes(fit: Fit, width: Option<u32>, height: Option<u32>, source: (u32, u32)) -> ((u32, u32), (f64, f64)) {
        let plan = Plan::new(ThumbnailOptions { width, height, fit, ..ThumbnailOptions::default() }, 0, Format::Png);
        let sizes = plan.sizes(source, Orientation::UPRIGHT);
        (sizes.result, sizes.shown)
    }

    #[test]
    fn a_contained_picture_touches_the_box_and_keeps_its_shape() {
        for fit in [Fit::Contain, Fit::ScaleDown] {
            assert_eq!(sizes(fit, Some(100), Some(100), (400, 300)).0, (100, 75));
            assert_eq!(sizes(fit, Some(100), Some(100), (300, 400)).0, (75, 100));
            assert_eq!(sizes(fit, Some(100), None, (300, 400)).0, (100, 133));
            assert_eq!(sizes(fit, None, Some(100), (300, 400)).0, (75, 100));
            assert_eq!(sizes(fit, Some(100), Some(100), (1, 50_000_000)).0, (1, 100));
        }
    }

    #[test]
    fn only_contain_and_cover_enlarge() {
        assert_eq!(sizes(Fit::ScaleDown, Some(100), None, (10, 20)).0, (10, 20));
        assert_eq!(sizes(Fit::ScaleDown, Some(100), Some(10), (10, 20)).0, (5, 10));
        assert_eq!(sizes(Fit::Contain, Some(100), None, (10, 20)).0, (100, 200));
        assert_eq!(sizes(Fit::Cover, Some(100), Some(50), (10, 20)).0, (100, 50));
    }

    #[test]
    fn a_covering_picture_fills_the_box_and_is_cut_on_its_longer_side() {
        assert_eq!(sizes(Fit::Cover, Some(100), Some(100), (400, 200)), ((100, 100), (0.5, 1.0)));
        assert_eq!(sizes(Fit::Cover, Some(100), Some(100), (200, 400)), ((100, 100), (1.0, 0.5)));
        assert_eq!(sizes(Fit::Cover, Some(100), None, (200, 400)).0, (100, 200));
    }

    #[test]
    fn the_box_is_meant_for_the_upright_picture() {
        let options = ThumbnailOptions { width: Some(60), ..ThumbnailOptions::default() };
        let sizes = Plan::new(options, 0, Format::Png).sizes((200, 100), Orientation::new(6));
        assert_eq!(sizes.result, (120, 60));
    }

    #[test]
    fn reduction_leaves_more_pixels_than_the_result_has() {
        let options = ThumbnailOptions { width: Some(100), ..ThumbnailOptions::default() };
        let sizes = Plan::new(options, 0, Format::Png).sizes((1_999, 1_999), Orientation::UPRIGHT);
        assert_eq!((sizes.reduction(2), sizes.reduction(1)), ((9, 9), (19, 19)));
    }
}
