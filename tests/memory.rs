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
    let pictures: [(&str, Make, u32); 16] = [
        ("12 MP baseline JPEG", || large::jpeg(4_000, 3_000, false, Rgb), 2_048),
        ("12 MP progressive JPEG", || large::jpeg(4_000, 3_000, true, Rgb), 1_000),
        ("12 MP CMYK JPEG", || large::jpeg(4_000, 3_000, false, Cmyk), 2_000),
        ("20 MP progressive JPEG, 4:2:0", || large::jpeg_420(5_472, 3_648), 1_000),
        ("48 MP baseline JPEG", || large::jpeg(8_000, 6_000, false, Rgb), 1_000),
        ("12 MP PNG", || large::png(4_000, 3_000, ColorType::Rgb), 2_048),
        ("12 MP PNG with alpha", || large::png(4_000, 3_000, ColorType::Rgba), 1_000),
        ("24 MP grey PNG", || large::png(6_000, 4_000, ColorType::Grayscale), 1_000),
        ("tall PNG", || large::png(16, 500_000, ColorType::Rgb), 1_000),
        ("wide PNG", || large::png(500_000, 16, ColorType::Rgb), 1_000),
        ("wide PNG with alpha", || large::png(1_500_000, 8, ColorType::Rgba), 0),
        ("9 MP WebP", || large::webp(3_000, 3_000, Rgb8), 1_000),
        ("12 MP WebP with loss and alpha", || large::fixture("alpha12.webp"), 1_000),
        ("16 MP WebP", || large::webp(4_000, 4_000, Rgb8), 1_000),
        ("12 MP WebP", || large::webp(4_000, 3_000, Rgb8), 1_000),
        ("12 MP WebP with alpha", || large::webp(4_000, 3_000, Rgba8), 1_000),
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
    // A side that is left open makes large results, of which every encoder keeps more than one copy.
    let mut refused = 0;
    for (tall, quality) in [(large::noise(64, 64), 80), (large::noise(64, 100), 100), (large::noise(64, 140), 80)] {
        let tall = Blob::from(tall);
        for format in [Format::Jpeg, Format::Png, Format::Webp] {
            let options = ThumbnailOptions {
                width: Some(SIDE_MAX),
                fit: Fit::Contain,
                format: Some(format),
                quality,
                ..ThumbnailOptions::default()
            };
            let (before, _) = (ALLOCATOR.current_usage(), ALLOCATOR.reset_peak_usage());
            let result = thumbnail(&Context::none(), tall.clone(), options);
            let used = ALLOCATOR.peak_usage() - before;
            refused += usize::from(matches!(result, Err(ThumbnailError::TooLarge { .. })));
            assert!(used <= MOST, "enlarged as {format:?}: {} MiB", used >> 20);
        }
    }
    assert_eq!(refused, 5, "the largest in every format, and the second where it is not a JPEG");
}
