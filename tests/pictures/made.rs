//! Pictures that are made when they are needed, since they are large or strange.

use std::io::Cursor;

/// A small generator (xorshift), so that a failure can be repeated.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}

/// Nothing but the header of an ICC profile, as far as anybody here reads it.
pub fn profile(space: &[u8; 4]) -> Vec<u8> {
    let mut profile = vec![7; 200];
    profile[16..20].copy_from_slice(space);
    profile
}

pub fn jpeg_with_profile(profile: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    encoder.add_icc_profile(profile).unwrap();
    encoder.encode(&[90; 16 * 16 * 3], 16, 16, jpeg_encoder::ColorType::Rgb).unwrap();
    file
}

pub fn png_with_profile(profile: &[u8]) -> Vec<u8> {
    let mut info = png::Info::with_size(16, 16);
    (info.color_type, info.bit_depth) = (png::ColorType::Rgb, png::BitDepth::Eight);
    info.icc_profile = Some(profile.to_vec().into());
    let mut file = Vec::new();
    let mut writer = png::Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
    writer.write_image_data(&[90; 16 * 16 * 3]).unwrap();
    writer.finish().unwrap();
    file
}

pub fn profile_of(bytes: &[u8]) -> Option<Vec<u8>> {
    match bytes[0] {
        0xff => {
            let mut decoder = jpeg_decoder::Decoder::new(bytes);
            decoder.decode().unwrap();
            decoder.icc_profile()
        }
        0x89 => {
            let reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
            reader.info().icc_profile.as_deref().map(<[u8]>::to_vec)
        }
        _ => image_webp::WebPDecoder::new(Cursor::new(bytes)).unwrap().icc_profile().unwrap(),
    }
}

pub fn animated_png() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 2);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0; 4]).unwrap();
    writer.write_image_data(&[255; 4]).unwrap();
    writer.finish().unwrap();
    file
}

/// Small files that claim to be large pictures.
pub fn bombs(fixture: &dyn Fn(&str) -> Vec<u8>) -> Vec<(&'static str, Vec<u8>)> {
    // Where a decoder would have to unpack everything: a real picture, black all over.
    let mut black = Vec::new();
    let mut encoder = png::Encoder::new(&mut black, 12_000, 12_000);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![0; 1_500 * 12_000]).unwrap();
    writer.finish().unwrap();
    let mut vast = fixture("rgb.png");
    vast[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let crc = crc(&vast[12..29]).to_be_bytes();
    vast[29..33].copy_from_slice(&crc);
    let patched = |name, marker: &[u8], offset: usize, size: &[u8]| {
        let mut file = fixture(name);
        let at = file.windows(marker.len()).position(|window| window == marker).unwrap() + offset;
        file[at..at + size.len()].copy_from_slice(size);
        file
    };
    vec![
        ("black.png", black),
        ("vast.png", vast),
        ("baseline.jpg", patched("baseline.jpg", &[0xff, 0xc0], 5, &[0xff; 4])),
        ("progressive.jpg", patched("progressive.jpg", &[0xff, 0xc2], 5, &[0xff; 4])),
        ("lossy.webp", patched("lossy.webp", &[0x9d, 0x01, 0x2a], 3, &[0xff, 0x3f, 0xff, 0x3f])),
        ("lossless.webp", patched("lossless.webp", b"VP8L", 9, &[0xfe, 0xbf, 0xff, 0x0f])),
    ]
}

/// A chunk of a PNG.
pub fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [&name[..], body].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc(&named).to_be_bytes()].concat()
}

/// CRC-32 as PNG uses it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
