//! Thumbnails of all kinds of pictures, compared with those that ImageMagick makes. `fixtures/pictures/make.sh` made both.
#![cfg(feature = "thumbnail")]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation
)]

#[path = "pictures/compare.rs"]
mod compare;
#[path = "pictures/jpeg.rs"]
mod jpeg;
#[path = "pictures/made.rs"]
mod made;
#[path = "pictures/png.rs"]
mod png_files;
#[path = "pictures/webp.rs"]
mod webp;

use std::fs;
use std::path::PathBuf;

use compare::{Pixels, similarity};
use offloop::{Blob, Context};
use offloop_edge::tasks::{Fit, Format, Thumbnail, ThumbnailError, ThumbnailOptions, thumbnail};

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn within(side: u32) -> ThumbnailOptions {
    ThumbnailOptions { width: Some(side), height: Some(side), ..ThumbnailOptions::default() }
}

fn made(picture: impl Into<Blob>, options: ThumbnailOptions) -> Result<Thumbnail, ThumbnailError> {
    thumbnail(&Context::none(), picture.into(), options)
}

/// Makes a thumbnail of a fixture and says how similar it is to the wanted one.
fn similar(name: &str, want: &str, options: ThumbnailOptions) -> f64 {
    let thumbnail = made(fixture(name), options).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (got, want) = (Pixels::decode(&thumbnail.picture), Pixels::decode(&fixture(&format!("want/{want}.png"))));
    assert_eq!(
        (got.width, got.height),
        (thumbnail.width, thumbnail.height),
        "{name}: the result is not as large as it says"
    );
    assert_eq!((got.width, got.height), (want.width, want.height), "{name}");
    similarity(&got, &want)
}

#[test]
fn thumbnails_look_like_those_of_imagemagick() {
    let mut names: Vec<String> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pictures/want"))
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".png")?.to_owned()))
        .filter(|name| name.contains('.'))
        .collect();
    names.sort();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let similarity = similar(&name, &name, ThumbnailOptions { format: Some(Format::Png), ..within(64) });
        println!("{name}: {similarity:.4}");
        assert!(similarity > 0.95, "{name}: {similarity}");
    }
}

#[test]
fn every_orientation_comes_out_upright() {
    for number in 1..=8 {
        let name = format!("orientation-{number}.jpg");
        let similarity =
            similar(&name, "orientation-1.jpg", ThumbnailOptions { format: Some(Format::Png), ..within(64) });
        assert!(similarity > 0.95, "{name}: {similarity}");
    }
}

#[test]
fn every_format_can_be_asked_for() {
    for name in ["baseline.jpg", "grey.jpg", "rgb.png", "alpha.png", "grey-alpha.png", "lossy.webp"] {
        for format in [Format::Jpeg, Format::Png, Format::Webp] {
            let options = ThumbnailOptions { format: Some(format), quality: 95, ..within(64) };
            let thumbnail = made(fixture(name), options).unwrap();
            assert_eq!(thumbnail.format, format);
            let (got, want) =
                (Pixels::decode(&thumbnail.picture), Pixels::decode(&fixture(&format!("want/{name}.png"))));
            // JPEG has no alpha: the picture is then laid on white.
            let want = if format == Format::Jpeg { want.on_white() } else { want };
            let similarity = similarity(&got, &want);
            assert!(similarity > 0.95, "{name} as {format:?}: {similarity}");
        }
    }
}

#[test]
fn the_format_stays_if_none_is_asked_for() {
    for (name, format) in [("grey.jpg", Format::Jpeg), ("rgb.png", Format::Png), ("lossy.webp", Format::Webp)] {
        assert_eq!(made(fixture(name), within(64)).unwrap().format, format);
    }
}

#[test]
fn a_covering_thumbnail_shows_the_middle() {
    let similarity = similar("rgb.png", "cover", ThumbnailOptions { fit: Fit::Cover, ..within(42) });
    assert!(similarity > 0.95, "{similarity}");
}

#[test]
fn pictures_are_enlarged_only_if_asked_to() {
    let similarity = similar("rgb.png", "enlarged", ThumbnailOptions { fit: Fit::Contain, ..within(150) });
    assert!(similarity > 0.95, "{similarity}");
    let unchanged = made(fixture("rgb.png"), within(160)).unwrap();
    assert_eq!((unchanged.width, unchanged.height), (100, 75));
    assert_eq!(Pixels::decode(&unchanged.picture).rgba, Pixels::decode(&fixture("rgb.png")).rgba);
}

#[test]
fn lower_quality_makes_smaller_files() {
    let size = |quality| {
        let options = ThumbnailOptions { quality, format: Some(Format::Jpeg), ..within(64) };
        made(fixture("rgb.png"), options).unwrap().picture.len()
    };
    assert!(size(20) < size(60) && size(60) < size(95));
}

#[test]
fn the_colour_profile_is_kept_where_it_fits() {
    let profile = made::profile(b"RGB ");
    for source in [made::jpeg_with_profile(&profile), made::png_with_profile(&profile)] {
        for format in [Format::Jpeg, Format::Png, Format::Webp] {
            let thumbnail = made(source.clone(), ThumbnailOptions { format: Some(format), ..within(8) }).unwrap();
            assert_eq!(made::profile_of(&thumbnail.picture).as_deref(), Some(&profile[..]), "{format:?}");
        }
    }
    let cmyk = made::png_with_profile(&made::profile(b"CMYK"));
    assert_eq!(made::profile_of(&made(cmyk, within(8)).unwrap().picture), None);
}

#[test]
fn what_is_no_picture_or_moves_is_refused() {
    for bytes in [&b""[..], b"GIF89a", b"hello", &[0xff, 0xd8], b"RIFF1234WAVE", &fixture("animated.gif")] {
        assert_eq!(made(bytes.to_vec(), within(8)), Err(ThumbnailError::Unknown));
    }
    assert_eq!(made(fixture("animated.webp"), within(8)), Err(ThumbnailError::Animated));
    assert_eq!(made(made::animated_png(), within(8)), Err(ThumbnailError::Animated));
}

#[test]
fn a_picture_that_ends_early_is_broken() {
    for name in
        ["baseline.jpg", "progressive.jpg", "rgb.png", "interlaced.png", "lossy.webp", "lossless.webp", "alpha.webp"]
    {
        let whole = fixture(name);
        for part in [10, 30, 50, 70, 90] {
            let result = made(whole[..whole.len() * part / 100].to_vec(), within(64));
            assert!(matches!(result, Err(ThumbnailError::Broken { .. })), "{part} % of {name}: {result:?}");
        }
    }
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    for (name, bomb) in made::bombs(&fixture) {
        let start = std::time::Instant::now();
        let result = made(bomb, within(8));
        assert!(matches!(result, Err(ThumbnailError::TooLarge { .. })), "{name}: {result:?}");
        assert!(start.elapsed().as_millis() < 200, "{name} took {:?}", start.elapsed());
    }
}

#[test]
fn options_out_of_range_are_named() {
    let wrong = |options| match made(fixture("one-pixel.png"), options) {
        Err(ThumbnailError::Option { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(within(0)), "width");
    assert_eq!(wrong(within(2049)), "width");
    assert_eq!(wrong(ThumbnailOptions { height: Some(0), ..ThumbnailOptions::default() }), "height");
    assert_eq!(wrong(ThumbnailOptions::default()), "width");
    for quality in [0, 101] {
        assert_eq!(wrong(ThumbnailOptions { quality, ..within(1) }), "quality");
    }
}

/// Damaged files end in an error or a picture, never in a panic: at the edge that would take other jobs down too.
#[test]
fn damaged_files_never_panic() {
    let names = [
        "baseline.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "palette-alpha.png",
        "interlaced.png",
        "grey16.png",
        "lossy.webp",
        "lossless.webp",
        "alpha.webp",
        "orientation-6.jpg",
    ];
    let mut dice = made::Dice::new(20);
    for name in names {
        let whole = fixture(name);
        for _ in 0..60 {
            let mut damaged = whole.clone();
            // Most of what is worth damaging is in the first bytes.
            let reach = if dice.below(2) == 0 { damaged.len() } else { damaged.len().min(700) };
            for _ in 0..=dice.below(4) {
                let at = dice.below(reach);
                damaged[at] = u8::try_from(dice.below(256)).unwrap();
            }
            let _ = made(damaged, within(16));
        }
    }
}
