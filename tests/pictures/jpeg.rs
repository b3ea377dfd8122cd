//! JPEG files of unusual kinds.

use jpeg_encoder::{ColorType, Encoder};
use offloop_edge::tasks::{Format, ThumbnailError, ThumbnailOptions};

use super::compare::{Pixels, similarity};
use super::{fixture, made, within};

/// The segments of a file, each with the compressed data behind it.
fn segments(file: &[u8]) -> Vec<Vec<u8>> {
    let mut segments = vec![file[..2].to_vec()];
    let mut at = 2;
    while at + 4 <= file.len() {
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        let mut end = at + 2 + length;
        while file[at + 1] == 0xda && (file[end] != 0xff || matches!(file[end + 1], 0 | 0xd0..=0xd7)) {
            end += 1;
        }
        segments.push(file[at..end].to_vec());
        at = end;
    }
    segments.push(file[at..].to_vec());
    segments
}

fn encoded(side: u16, data: &[u8], color: ColorType, change: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 95);
    change(&mut encoder);
    encoder.encode(data, side, side, color).unwrap();
    file
}

fn grey(side: u16, progressive: bool) -> Vec<u8> {
    let data: Vec<u8> = (0..usize::from(side) * usize::from(side)).map(|at| (at % 251) as u8).collect();
    encoded(side, &data, ColorType::Luma, |encoder| encoder.set_progressive(progressive))
}

fn refused(file: Vec<u8>) -> String {
    match made(file, within(8)) {
        Err(ThumbnailError::Broken { what }) => what,
        other => panic!("{other:?}"),
    }
}

/// A scan of which only the header is there costs as much as a whole one: 12 bytes for half a million blocks.
#[test]
fn scans_are_bounded_by_the_blocks_that_they_visit() {
    for progressive in [true, false] {
        let mut file = segments(&grey(2_048, progressive));
        assert!(made(file.concat(), within(8)).is_ok());
        let scan = file.iter().rposition(|segment| segment.starts_with(&[0xff, 0xda])).unwrap();
        let header = 2 + usize::from(file[scan][3]);
        let again = file[scan][..header].repeat(1_000);
        file.insert(scan + 1, again);
        assert!(refused(file.concat()).contains("scans visit more than"), "{progressive}");
    }
    // A small picture may have many scans, but not without end.
    let mut file = segments(&grey(8, true));
    let scan = file.len() - 2;
    let header = file[scan][..2 + usize::from(file[scan][3])].to_vec();
    file.insert(scan + 1, header.repeat(100));
    assert!(made(file.concat(), within(8)).is_ok());
    file.insert(scan + 1, header.repeat(800_000));
    assert!(refused(file.concat()).contains("scans visit more than"));
}

#[test]
fn tables_without_end_are_refused() {
    let mut file = segments(&grey(8, false));
    // One code of one bit.
    let table = [&[0xff, 0xc4, 0, 20, 0, 1][..], &[0; 16]].concat();
    file.insert(1, table.repeat(300_000));
    assert!(refused(file.concat()).contains("scans visit more than"));
    let mut file = segments(&grey(8, false));
    file.insert(1, b"\xff\xfe\0\x02\xff\xdd\0\x04\0\0".repeat(100_000));
    assert!(refused(file.concat()).contains("too many segments"));
}

#[test]
fn colours_that_four_pixels_share_are_their_average() {
    let columns: Vec<u8> = (0..64 * 64).flat_map(|at| if at % 2 == 0 { [255, 0, 0] } else { [0, 0, 255] }).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 64, 64);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&columns).unwrap();
    writer.finish().unwrap();
    for quality in [50, 80, 89] {
        let options = ThumbnailOptions { format: Some(Format::Jpeg), quality, ..within(64) };
        let pixels = Pixels::decode(&made(file.clone(), options).unwrap().picture);
        let mean = |channel: usize| {
            pixels.rgba.chunks(4).map(|pixel| f64::from(pixel[channel])).sum::<f64>() / f64::from(64 * 64)
        };
        assert!((mean(0) - mean(2)).abs() < 20.0, "quality {quality}: red {} and blue {}", mean(0), mean(2));
    }
}

#[test]
fn a_kind_of_jpeg_that_would_be_decoded_to_noise_is_refused_with_a_sentence() {
    for side in [8, 1_000] {
        match made(fixture("lossless.jpg"), within(side)) {
            Err(ThumbnailError::Broken { what }) => assert!(what.contains("lossless JPEG"), "{what}"),
            other => panic!("{other:?}"),
        }
    }
    for (kind, says) in [(0xc9, "arithmetic-coded"), (0xc5, "hierarchical"), (0xcf, "arithmetic-coded")] {
        let mut file = segments(&grey(8, false));
        let frame = file.iter_mut().find(|segment| segment[1] == 0xc0).unwrap();
        frame[1] = kind;
        assert!(refused(file.concat()).contains(says));
    }
    // A component that is sampled more often than the least and less often than the most, in a scan of its own.
    let mut file = segments(&encoded(100, &[90; 100 * 100 * 3], ColorType::Rgb, |encoder| {
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    }));
    let frame = file.iter_mut().find(|segment| segment[1] == 0xc0).unwrap();
    (frame[11], frame[14], frame[17]) = (0x42, 0x21, 0x21);
    let scan = file.iter_mut().find(|segment| segment[1] == 0xda).unwrap();
    scan.splice(2..14, [0, 8, 1, 2, 0x11, 0, 63, 0]);
    assert!(refused(file.concat()).contains("sampled"));
}

/// Photoshop writes RGB with the identifiers of YCbCr, and says so in a marker.
#[test]
fn the_marker_of_adobe_says_what_samples_mean() {
    let data = [200, 30, 90].repeat(16 * 16);
    let file = encoded(16, &data, ColorType::Ycbcr, |encoder| {
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    });
    let with = |transform: Option<u8>, jfif: bool| {
        let mut file = segments(&file);
        let place = file.iter().position(|segment| segment[1] == 0xe0);
        if !jfif && let Some(place) = place {
            file.remove(place);
        }
        if let Some(transform) = transform {
            file.insert(1, [&b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"[..], &[transform]].concat());
        }
        let options = ThumbnailOptions { format: Some(Format::Png), ..within(16) };
        Pixels::decode(&made(file.concat(), options).unwrap().picture).rgba[..3].to_vec()
    };
    let near = |a: &[u8], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 4);
    let rgb = [200, 30, 90];
    let converted = with(None, true);
    assert!(near(&with(Some(0), false), rgb));
    for (transform, jfif) in [(None, false), (Some(1), false), (Some(9), false), (Some(0), true)] {
        assert_eq!(with(transform, jfif), converted, "{transform:?} {jfif}");
    }
    assert!(!near(&converted, rgb));
}

#[test]
fn what_browsers_pass_over_is_passed_over() {
    let original = fixture("baseline.jpg");
    let want = Pixels::decode(&made(original.clone(), within(64)).unwrap().picture);
    let similar = |file: Vec<u8>| {
        let got = Pixels::decode(&made(file, within(64)).unwrap().picture);
        similarity(&got, &want)
    };
    let changed = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut file = segments(&original);
        change(&mut file);
        file.concat()
    };
    assert!(similar(changed(&|file| file.push(b"\xff\xd8 and another picture".to_vec()))) > 0.999);
    assert!(similar(changed(&|file| file.insert(2, b"garbage between\xff\xff\xff".to_vec()))) > 0.999);
    // An empty comment, metadata of every kind that breaks off, and a height that was known before.
    assert!(
        similar(changed(
            &|file| file.insert(1, b"\xff\xfe\0\x02\xff\xe1\0\x04Ex\xff\xee\0\x04Ad\xff\xe2\0\x02".to_vec())
        )) > 0.999
    );
    assert!(similar(changed(&|file| file.insert(file.len() - 1, b"\xff\xdc\0\x04\x01\x68".to_vec()))) > 0.999);
    // Without tables of codes, those of motion JPEG are meant.
    let plain = encoded(16, &[90; 16 * 16 * 3], ColorType::Rgb, |_| {});
    let bare: Vec<Vec<u8>> = segments(&plain).into_iter().filter(|segment| segment[1] != 0xc4).collect();
    assert_eq!(made(bare.concat(), within(8)), made(plain, within(8)));
}

#[test]
fn a_picture_that_has_lost_nothing_but_its_end_is_whole() {
    for name in ["baseline.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg"] {
        let whole = fixture(name);
        let without = |bytes: usize| whole[..whole.len() - bytes].to_vec();
        assert_eq!(made(without(2), within(64)), made(whole.clone(), within(64)), "{name}");
        assert_eq!(made(without(1), within(64)), made(whole.clone(), within(64)), "{name}");
        for lost in [30, 100, 400] {
            assert!(refused(without(lost)).contains("ends early"), "{lost} bytes of {name}");
        }
    }
}
