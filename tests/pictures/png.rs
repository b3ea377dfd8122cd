//! PNG files of unusual kinds.

use offloop_edge::tasks::{Format, ThumbnailError, ThumbnailOptions};

use super::compare::Pixels;
use super::made::{animated_png, chunk, profile, profile_of};
use super::{fixture, made, within};

/// Orientation 6: to be turned by a quarter.
const TURNED: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

/// A file with something before its last chunk, or right behind its header.
fn with(file: &[u8], last: bool, something: &[u8]) -> Vec<u8> {
    let at = if last { file.len() - 12 } else { 33 };
    [&file[..at], something, &file[at..]].concat()
}

fn flat(color: png::ColorType, pixel: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 16, 16);
    encoder.set_color(color);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixel.repeat(256)).unwrap();
    writer.finish().unwrap();
    file
}

fn chunks(file: &[u8]) -> Vec<(&[u8], &[u8])> {
    let (mut chunks, mut at) = (Vec::new(), 8);
    while at < file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        chunks.push((&file[at + 4..at + 8], &file[at + 8..at + 8 + length]));
        at += 12 + length;
    }
    chunks
}

#[test]
fn a_picture_is_turned_wherever_its_orientation_stands() {
    let file = fixture("rgb.png");
    for last in [false, true] {
        let turned = made(with(&file, last, &chunk(b"eXIf", TURNED)), within(100)).unwrap();
        assert_eq!((turned.width, turned.height), (75, 100), "behind the pixels: {last}");
    }
}

#[test]
fn damaged_exif_is_ignored() {
    let file = fixture("rgb.png");
    let small = made(file.clone(), within(50));
    let mut cut = TURNED.to_vec();
    cut.truncate(15);
    for exif in [b"".to_vec(), b"Exif\0\0".to_vec(), b"nonsense".to_vec(), cut, b"II*\0\xff\xff\xff\xff".to_vec()] {
        assert_eq!(made(with(&file, false, &chunk(b"eXIf", &exif)), within(50)), small, "{exif:?}");
    }
    // What follows the orientation may be damaged as it likes, or point back for ever.
    let mut more = TURNED.to_vec();
    more[9] = 200;
    more.extend(b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x08".repeat(100));
    assert_eq!(made(with(&file, false, &chunk(b"eXIf", &more)), within(100)).unwrap().height, 100);
}

#[test]
fn how_colours_are_meant_is_kept_in_a_png() {
    let said: [(&[u8; 4], &[u8]); 4] = [
        (b"cICP", &[12, 13, 0, 1]),
        (b"sRGB", &[0]),
        (b"gAMA", &100_000_u32.to_be_bytes()),
        (b"cHRM", &[31_270_u32, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000].map(u32::to_be_bytes).concat()),
    ];
    let file = with(&fixture("rgb.png"), false, &said.map(|(name, body)| chunk(name, body)).concat());
    let thumbnail = made(file, within(20)).unwrap();
    for (name, body) in said {
        assert!(chunks(&thumbnail.picture).contains(&(&name[..], body)), "{}", String::from_utf8_lossy(name));
    }
}

#[test]
fn where_it_cannot_be_said_colours_become_those_of_srgb() {
    let linear = chunk(b"gAMA", &100_000_u32.to_be_bytes());
    let display_p3 = chunk(b"cICP", &[12, 13, 0, 1]);
    let usual = chunk(b"gAMA", &45_455_u32.to_be_bytes());
    let hlg = chunk(b"cICP", &[9, 18, 0, 1]);
    let (grey, colour) = (flat(png::ColorType::Grayscale, &[128]), flat(png::ColorType::Rgb, &[200, 100, 50]));
    for (file, said, want) in [
        (&grey, &linear, [188, 188, 188]),
        (&grey, &usual, [128, 128, 128]),
        (&colour, &usual, [200, 100, 50]),
        (&colour, &display_p3, [215, 93, 31]),
        (&colour, &hlg, [200, 100, 50]),
    ] {
        let file = with(file, false, said);
        for (format, tolerance) in [(Format::Webp, 1), (Format::Jpeg, 4)] {
            let options = ThumbnailOptions { format: Some(format), quality: 100, ..within(8) };
            let pixels = Pixels::decode(&made(file.clone(), options).unwrap().picture).rgba;
            let near = pixels[..3].iter().zip(want).all(|(got, want): (&u8, u8)| got.abs_diff(want) <= tolerance);
            assert!(near, "{format:?}: {:?} for {want:?}", &pixels[..3]);
        }
    }
}

#[test]
fn an_animation_of_one_frame_is_a_picture() {
    let mut one = Vec::new();
    let mut encoder = png::Encoder::new(&mut one, 2, 2);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_animated(1, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[9; 4]).unwrap();
    writer.finish().unwrap();
    assert_eq!(made(one, within(2)).unwrap().width, 2);
    assert_eq!(made(animated_png(), within(2)), Err(ThumbnailError::Animated));
}

#[test]
fn a_profile_larger_than_the_picture_is_kept_or_dropped_but_nothing_to_refuse() {
    let packed = |profile: &[u8]| {
        let mut info = png::Info::with_size(1, 1);
        (info.color_type, info.bit_depth) = (png::ColorType::Rgb, png::BitDepth::Eight);
        info.icc_profile = Some(profile.to_vec().into());
        let mut file = Vec::new();
        let mut writer = png::Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
        writer.write_image_data(&[1, 2, 3]).unwrap();
        writer.finish().unwrap();
        file
    };
    for (size, kept) in [(3_000_000, true), (5_000_000, false), (20_000_000, false)] {
        let mut profile = profile(b"RGB ");
        // Noise, so that it stays as large when it is packed.
        let noise = |at: usize| (at.wrapping_mul(at).wrapping_mul(2_654_435_761) >> 13) as u8;
        profile.extend((0..size).map(|at| if size < 10_000_000 { noise(at) } else { 0 }));
        let thumbnail = made(packed(&profile), within(1)).unwrap();
        assert_eq!(profile_of(&thumbnail.picture).is_some_and(|found| found == profile), kept, "{size}");
    }
}

#[test]
fn chunks_that_say_nothing_of_pixels_are_skipped_whatever_is_in_them() {
    let file = fixture("palette-alpha.png");
    let want = made(file.clone(), within(50));
    let names: [&[u8; 4]; 12] =
        [b"cICP", b"sRGB", b"gAMA", b"cHRM", b"mDCV", b"cLLI", b"iCCP", b"zTXt", b"fcTL", b"acTL", b"sBIT", b"pHYs"];
    for name in names {
        for body in [&b""[..], b"\0", b"\xff\xff\xff\xff", &[0xff; 26]] {
            if matches!((name, body), (b"gAMA", [_, _, _, _]) | (b"sRGB", [0])) {
                // These are good ones.
                continue;
            }
            let mut damaged = chunk(name, body);
            assert_eq!(made(with(&file, false, &damaged), within(50)), want, "{} {body:?}", name.escape_ascii());
            // With a wrong checksum, too.
            *damaged.last_mut().unwrap() ^= 1;
            assert_eq!(made(with(&file, false, &damaged), within(50)), want, "{} {body:?}", name.escape_ascii());
        }
    }
    let many = chunk(b"tEXt", b"").repeat(200_000);
    assert_eq!(made(with(&file, false, &many), within(50)), want);
    assert_eq!(made(with(&file, true, b""), within(50)), want);
    assert_eq!(made(file[..file.len() - 12].to_vec(), within(50)), want, "the last chunk is lost");
    assert_eq!(made([&file[..], b"and more"].concat(), within(50)), want);
}

#[test]
fn rows_without_end_are_refused() {
    let tall = |height: u32| {
        let mut file = flat(png::ColorType::Grayscale, &[1]);
        file[16..24].copy_from_slice(&[[0, 0, 0, 1], height.to_be_bytes()].concat());
        let header = chunk(b"IHDR", &file[16..29]);
        file.splice(8..33, header);
        file
    };
    match made(tall(50_000_000), within(8)) {
        Err(ThumbnailError::TooLarge { bound, .. }) => assert!(bound.contains("rows"), "{bound}"),
        other => panic!("{other:?}"),
    }
    // This many would do, were they there.
    assert!(matches!(made(tall(1_000_000), within(8)), Err(ThumbnailError::Broken { .. })));
}

#[test]
fn a_thumbnail_that_its_format_has_no_room_for_is_refused_with_the_limit() {
    let mut tall = Vec::new();
    let mut encoder = png::Encoder::new(&mut tall, 1, 300);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[7; 300]).unwrap();
    writer.finish().unwrap();
    for (format, width, limit) in [(Format::Webp, 60, "16383"), (Format::Jpeg, 220, "65535")] {
        let fit = offloop_edge::tasks::Fit::Contain;
        let options = ThumbnailOptions { width: Some(width), fit, format: Some(format), ..ThumbnailOptions::default() };
        let error = made(tall.clone(), options.clone()).unwrap_err();
        assert!(matches!(error, ThumbnailError::Result { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(limit) && text.contains(&(width * 300).to_string()), "{text}");
        let fits = ThumbnailOptions { width: Some(width / 5), ..options };
        assert_eq!(made(tall.clone(), fits).unwrap().height, width / 5 * 300);
    }
}
