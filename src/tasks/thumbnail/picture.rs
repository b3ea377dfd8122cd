//! Decoded pictures, on their way through the stages.

use super::colour::Colour;
use super::orientation::Orientation;

/// The largest colour profile that is kept, in bytes.
pub(super) const PROFILE_MAX: usize = 4 << 20;

/// Pixels as red, green, blue and alpha, 8 bits each, row by row without gaps.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Vec<u8>,
    pub(super) meta: Meta,
}

/// What is known of a picture besides its pixels.
#[derive(Debug)]
pub(super) struct Meta {
    pub(super) orientation: Orientation,
    /// Red, green and blue are the same everywhere.
    pub(super) grey: bool,
    /// There may be pixels that are not opaque.
    pub(super) alpha: bool,
    /// The ICC profile of the pixels.
    pub(super) profile: Option<Vec<u8>>,
    /// What a PNG says of its colours without a profile.
    pub(super) colour: Colour,
}

impl Meta {
    /// The profile, if it is one for what the pixels are now. The colour space is at byte 16 of its header (ICC.1, section 7.2).
    pub(super) fn fitting_profile(&self) -> Option<&[u8]> {
        let wanted: &[u8; 4] = if self.grey { b"GRAY" } else { b"RGB " };
        self.profile.as_deref().filter(|profile| profile.get(16..20) == Some(wanted))
    }
}

/// A decoded picture, as wide as the result and still to be scaled to its height. Colours are multiplied by alpha.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) picture: Picture,
    pub(super) sizes: super::plan::Sizes,
    /// How many rows the picture takes up: the last one may be there in part only.
    pub(super) extent: f64,
}
