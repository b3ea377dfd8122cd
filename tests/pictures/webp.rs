//! WebP files of unusual kinds.

use offloop_edge::tasks::{Format, ThumbnailError, ThumbnailOptions};

use super::compare::Pixels;
use super::{fixture, made, within};

fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let body: Vec<u8> = chunks
        .iter()
        .flat_map(|(name, body)| {
            let size = u32::try_from(body.len()).unwrap().to_le_bytes();
            [&name[..], &size, body, &vec![0; body.len() % 2]].concat()
        })
        .collect();
    let size = u32::try_from(body.len() + 4).unwrap().to_le_bytes();
    [&b"RIFF"[..], &size, b"WEBP", &body].concat()
}

/// The content of a chunk.
fn content(file: &[u8], name: &[u8; 4]) -> Vec<u8> {
    let at = file.windows(4).position(|window| window == name).unwrap();
    let size = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
    file[at + 8..at + 8 + size].to_vec()
}

fn header(flags: u8, (width, height): (u32, u32)) -> Vec<u8> {
    let side = |side: u32| (side - 1).to_le_bytes();
    [&[flags, 0, 0, 0][..], &side(width)[..3], &side(height)[..3]].concat()
}

fn size(file: &[u8]) -> (u32, u32) {
    let pixels = Pixels::decode(file);
    (pixels.width, pixels.height)
}

#[test]
fn colour_and_alpha_are_those_of_the_decoder_to_the_last_bit() {
    for name in [
        "alpha.webp",
        "lossy.webp",
        "lossless.webp",
        "alpha-lossless.webp",
        "alpha-none.webp",
        "alpha-raw.webp",
        "alpha-fast.webp",
    ] {
        let whole = fixture(name);
        let options = ThumbnailOptions { format: Some(Format::Png), ..within(2_048) };
        let (got, want) = (Pixels::decode(&made(whole.clone(), options).unwrap().picture), Pixels::decode(&whole));
        let alpha = |pixels: &Pixels| pixels.rgba.chunks(4).map(|pixel| pixel[3]).collect::<Vec<u8>>();
        assert_eq!(alpha(&got), alpha(&want), "{name}");
        // Colours are multiplied by alpha on their way, which costs those of faint pixels a few bits.
        let far = got.rgba.chunks(4).zip(want.rgba.chunks(4)).find(|(got, want)| {
            let reach = 256 / u32::from(want[3]).max(1) + 1;
            want[3] > 0 && got.iter().zip(*want).any(|(got, want)| u32::from(got.abs_diff(*want)) > reach)
        });
        assert_eq!(far, None, "{name}");
    }
}

#[test]
fn what_a_header_promises_and_the_file_lacks_is_no_reason_to_refuse_it() {
    let lossy = fixture("lossy.webp");
    let (picture, sides) = (content(&lossy, b"VP8 "), size(&lossy));
    let want = made(lossy, within(50));
    // Every flag but that of an animation, without a chunk for any; then with chunks of nonsense.
    assert_eq!(made(file(&[(b"VP8X", &header(0x3c, sides)), (b"VP8 ", &picture)]), within(50)), want);
    let nonsense: &[u8] = b"nonsense";
    let chunks: [(&[u8; 4], &[u8]); 5] = [
        (b"VP8X", &header(0x3c, sides)),
        (b"ICCP", nonsense),
        (b"VP8 ", &picture),
        (b"EXIF", nonsense),
        (b"XMP ", nonsense),
    ];
    let whole = file(&chunks);
    assert_eq!(made(whole.clone(), within(50)), want);
    assert_eq!(made(whole[..whole.len() - 20].to_vec(), within(50)), want, "metadata that is cut off");
    let many = file(
        &[(b"VP8 ", &picture[..])].into_iter().chain((0..100_000).map(|_| (b"abcd", &b""[..]))).collect::<Vec<_>>(),
    );
    assert_eq!(made(many, within(50)), want);
    let other = file(&[(b"VP8X", &header(0, (sides.0 + 1, sides.1))), (b"VP8 ", &picture)]);
    assert!(matches!(made(other, within(50)), Err(ThumbnailError::Broken { .. })));
}

#[test]
fn the_orientation_is_read_with_and_without_the_prefix_of_jpeg() {
    let lossy = fixture("lossy.webp");
    let sides = size(&lossy);
    let turned = &b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"[..];
    for exif in [turned, &turned[6..]] {
        let whole = file(&[(b"VP8X", &header(8, sides)), (b"VP8 ", &content(&lossy, b"VP8 ")), (b"EXIF", exif)]);
        let thumbnail = made(whole, within(2_048)).unwrap();
        assert_eq!((thumbnail.height, thumbnail.width), sides);
    }
}

#[test]
fn an_animation_of_one_frame_is_a_picture() {
    let alpha = fixture("alpha.webp");
    let sides = size(&alpha);
    let inner = file(&[(b"ALPH", &content(&alpha, b"ALPH")), (b"VP8 ", &content(&alpha, b"VP8 "))]);
    let frame = [&[0; 6][..], &header(0, sides)[4..], &[100, 0, 0, 0], &inner[12..]].concat();
    let animated = |frames: usize| {
        let head = header(0x12, sides);
        let start: [(&[u8; 4], &[u8]); 2] = [(b"VP8X", &head), (b"ANIM", &[0; 6])];
        file(&start.into_iter().chain((0..frames).map(|_| (b"ANMF", &frame[..]))).collect::<Vec<_>>())
    };
    assert_eq!(made(animated(1), within(50)), made(alpha, within(50)));
    assert_eq!(made(animated(2), within(50)), Err(ThumbnailError::Animated));
}
