//! The memory of a thumbnail: an isolate on Cloudflare has 128 MB, for code and runtime too.
#![cfg(feature = "thumbnail")]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation
)]

#[path = "pictures/large.rs"]
mod large;

use offloop::{Blob, Context};
use offloop_edge::tasks::{Fit, Format, SIDE_MAX, ThumbnailError, ThumbnailOptions, thumbnail};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What the tasks may use, the input counted twice: the runtime has a copy.
const MOST: usize = 112 << 20;

/// Makes a thumbnail and returns what was allocated for it at most, or `None` if the picture was refused.
fn peak(picture: &Blob, side: u32, fit: Fit, format: Option<Format>) -> Option<usize> {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let options =
        ThumbnailOptions { width: Some(side), height: Some(side), fit, format, ..ThumbnailOptions::default() };
    let result = thumbnail(&Context::none(), picture.clone(), options);
    let used = ALLOCATOR.peak_usage() - before;
    match result {
        Ok(thumbnail) => {
            assert!(thumbnail.width.max(thumbnail.height) <= side);
            Some(used)
        }
        Err(ThumbnailError::TooLarge { .. }) => {
            assert!(used < 8 << 20, "{used} bytes to refuse a picture");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

type Make = fn() -> Vec<u8>;

/// One test, since the allocator counts for the whole process.
#[test]
fn whatever_is_accepted_fits_into_a_lane() {
    use image_webp::ColorType::{Rgb8, Rgba8};
    use jpeg_encoder::ColorType::{Cmyk, Rgb};
    use png::ColorType;
    // Name, what it takes, and the largest side of a thumbnail that must be possible.
    let pictures: [(&str, Make, u32); 11] = [
        ("12 MP baseline JPEG", || large::jpeg(4_000, 3_000, false, Rgb), 2_048),
        ("12 MP progressive JPEG", || large::jpeg(4_000, 3_000, true, Rgb), 1_000),
        ("12 MP CMYK JPEG", || large::jpeg(4_000, 3_000, false, Cmyk), 2_000),
        ("48 MP baseline JPEG", || large::jpeg(8_000, 6_000, false, Rgb), 1_000),
        ("12 MP PNG", || large::png(4_000, 3_000, ColorType::Rgb), 2_048),
        ("12 MP PNG with alpha", || large::png(4_000, 3_000, ColorType::Rgba), 1_000),
        ("24 MP grey PNG", || large::png(6_000, 4_000, ColorType::Grayscale), 1_000),
        ("tall PNG", || large::png(16, 500_000, ColorType::Rgb), 1_000),
        ("9 MP WebP", || large::webp(3_000, 3_000, Rgb8), 1_000),
        ("12 MP WebP", || large::webp(4_000, 3_000, Rgb8), 0),
        ("12 MP WebP with alpha", || large::webp(4_000, 3_000, Rgba8), 0),
    ];
    for (name, make, possible) in pictures {
        let picture = Blob::from(make());
        for (side, fit) in [(1_000, Fit::ScaleDown), (SIDE_MAX, Fit::Cover)] {
            let used = peak(&picture, side, fit, Some(Format::Jpeg));
            let megabytes = used.map(|used| (used + 2 * picture.len()) >> 20);
            assert!(used.is_some() || side > possible, "{name} to {side} {fit:?} was refused");
            assert!(used.unwrap_or(0) + 2 * picture.len() <= MOST, "{name} to {side} {fit:?}: {megabytes:?} MiB");
        }
    }
    let wide = Blob::from(large::png(2_048, 2_048, ColorType::Rgba));
    for format in [Format::Jpeg, Format::Png, Format::Webp] {
        let used = peak(&wide, SIDE_MAX, Fit::ScaleDown, Some(format)).unwrap() + 2 * wide.len();
        assert!(used <= MOST, "the largest thumbnail as {format:?}: {} MiB", used >> 20);
    }
}
