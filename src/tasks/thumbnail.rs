//! Smaller pictures: decode, turn upright, scale, encode.
//!
//! ```text
//! bytes ─▶ header ─▶ budget ─▶ decode (JPEG already scaled) ─▶ reduce ─▶ narrow ─▶ scale ─▶ turn ─▶ encode ─▶ bytes
//!            │          │
//!         Unknown    TooLarge: before a single pixel is decoded
//! ```

mod budget;
mod colour;
mod encode;
mod jpeg;
mod narrow;
mod orientation;
mod picture;
mod pieces;
mod plan;
mod png;
mod reduce;
mod scale;
mod webp;

use std::fmt;

use offloop::{Blob, Context};
use serde::{Deserialize, Serialize};

use plan::Plan;

/// The longest side of a thumbnail that may be asked for.
pub const SIDE_MAX: u32 = 2048;

/// What the thumbnail should be like.
///
/// # Examples
///
/// ```
/// use offloop_edge::tasks::{Fit, ThumbnailOptions};
///
/// let options = ThumbnailOptions { width: Some(320), fit: Fit::Contain, ..ThumbnailOptions::default() };
/// assert_eq!(options.quality, 80);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThumbnailOptions {
    /// Width of the box in pixels, from 1 to [`SIDE_MAX`]; one of width and height may be left open.
    pub width: Option<u32>,
    /// Height of the box, likewise.
    pub height: Option<u32>,
    /// How the picture is fitted into the box.
    pub fit: Fit,
    /// The format to encode in; the picture's own if left open.
    pub format: Option<Format>,
    /// From 1 to 100, for JPEG. PNG and WebP are encoded without loss, so it has no effect on them.
    pub quality: u8,
    /// Pictures with more pixels are refused before they are decoded.
    pub pixels_max: u64,
}

impl Default for ThumbnailOptions {
    fn default() -> Self {
        Self { width: None, height: None, fit: Fit::default(), format: None, quality: 80, pixels_max: 50_000_000 }
    }
}

/// How a picture is fitted into the box. With one side of the box left open, `Cover` is `Contain`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// As large as the box allows, but never enlarged.
    #[default]
    ScaleDown,
    /// As large as the box allows.
    Contain,
    /// The box is filled, and what sticks out is cut off on both sides alike.
    Cover,
}

/// A picture format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// With loss and without alpha: transparent pictures get a white background.
    Jpeg,
    /// Without loss.
    Png,
    /// Without loss; pictures that are read may be either.
    Webp,
}

impl Format {
    /// The media type.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// The longest side that a picture of this format can have here.
    fn side_max(self) -> u32 {
        match self {
            Self::Jpeg => 65_535,
            Self::Png => i32::MAX.unsigned_abs(),
            Self::Webp => 16_383,
        }
    }

    /// What the first bytes of a file say it is.
    fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }
}

/// A smaller picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// The encoded picture.
    pub picture: Blob,
    /// What it is encoded in.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

/// Why there is no thumbnail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThumbnailError {
    /// An option is out of its range.
    Option {
        /// The option.
        name: String,
        /// What is allowed.
        allowed: String,
    },
    /// Neither JPEG nor PNG nor WebP, by its first bytes.
    Unknown,
    /// An animation of several pictures: which of them should it be?
    Animated,
    /// More pixels than are allowed, or than fit into the memory of a lane.
    TooLarge {
        /// Its size, as the header gives it.
        width: u32,
        /// Its size, as the header gives it.
        height: u32,
        /// What it is too large for.
        bound: String,
    },
    /// A thumbnail that the format has no room for.
    Result {
        /// Its size.
        width: u32,
        /// Its size.
        height: u32,
        /// What it should be encoded in.
        format: Format,
        /// The longest side that this format can have.
        most: u32,
    },
    /// Cut off, damaged, or of a kind that the decoder does not know.
    Broken {
        /// What the decoder says.
        what: String,
    },
}

impl fmt::Display for ThumbnailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option { name, allowed } => write!(f, "{name} is out of range, allowed: {allowed}"),
            Self::Unknown => f.write_str(
                "this is no JPEG, PNG or WebP picture: send the picture itself as the body, not a form, nothing compressed and nothing encoded as text",
            ),
            Self::Animated => f.write_str("this is an animation, send a still picture"),
            Self::TooLarge { width, height, bound } => {
                write!(f, "the picture has {width} x {height} pixels, too many for {bound}")
            }
            Self::Result { width, height, format, most } => {
                let format = match format {
                    Format::Jpeg => "JPEG",
                    Format::Png => "PNG",
                    Format::Webp => "WebP",
                };
                write!(
                    f,
                    "the thumbnail would have {width} x {height} pixels, and the sides of a {format} have at most {most}: ask for a smaller one or another format"
                )
            }
            Self::Broken { what } => write!(f, "the picture cannot be decoded: {what}"),
        }
    }
}

impl std::error::Error for ThumbnailError {}

impl ThumbnailError {
    fn broken(error: impl fmt::Display) -> Self {
        Self::Broken { what: error.to_string() }
    }
}

/// Makes a thumbnail of a JPEG, PNG or WebP picture.
///
/// The result is upright (EXIF orientation is applied) and has no metadata but what says how its colours are meant. A colour profile is kept if
/// it describes the result and has at most 4 MiB: that of a CMYK picture does not, its colours are converted without one. What a PNG says
/// without a profile (`gAMA`, `cHRM`, `sRGB`, `cICP`) is kept in a PNG, and converted to sRGB for JPEG and WebP, which cannot say it; PQ and HLG
/// are not converted. 16 bits per sample become 8. Of an animated PNG or WebP with one frame only, the still picture is taken.
///
/// # Errors
///
/// See [`ThumbnailError`]. Sizes are checked before anything is decoded: a lane that holds nothing else stays below 128 MiB.
pub fn thumbnail(context: &Context<'_>, picture: Blob, options: ThumbnailOptions) -> Result<Thumbnail, ThumbnailError> {
    check(&options)?;
    let source = Format::sniff(&picture).ok_or(ThumbnailError::Unknown)?;
    let plan = Plan::new(options, picture.len(), source);
    let decoded = match source {
        Format::Jpeg => jpeg::decode(&picture, &plan),
        Format::Png => png::decode(&picture, &plan),
        Format::Webp => webp::decode(&picture, &plan),
    }?;
    drop(picture);
    context.progress(1, 3);
    let scaled = scale::scale(decoded, &plan)?;
    context.progress(2, 3);
    let mut upright = orientation::apply(scaled);
    let (width, height) = (upright.width, upright.height);
    let format = plan.format;
    if format != Format::Png {
        colour::to_srgb(&mut upright);
    }
    let picture = encode::encode(upright, format, plan.options.quality)?.into();
    Ok(Thumbnail { picture, format, width, height })
}

fn check(options: &ThumbnailOptions) -> Result<(), ThumbnailError> {
    let wrong = |name: &str, allowed: String| Err(ThumbnailError::Option { name: name.to_owned(), allowed });
    let side = |side: Option<u32>| side.is_none_or(|side| (1..=SIDE_MAX).contains(&side));
    let pixels = || format!("a whole number from 1 to {SIDE_MAX}");
    if !side(options.width) {
        return wrong("width", pixels());
    }
    if !side(options.height) {
        return wrong("height", pixels());
    }
    if options.width.is_none() && options.height.is_none() {
        return wrong("width", format!("{}, or height instead", pixels()));
    }
    if !(1..=100).contains(&options.quality) {
        return wrong("quality", "a whole number from 1 to 100".to_owned());
    }
    Ok(())
}
