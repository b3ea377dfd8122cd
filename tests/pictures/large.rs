//! Large pictures, made when they are needed.

/// A picture of bands with some noise, `channels` bytes a pixel, which is quick to make.
pub fn data(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let noise: Vec<u8> =
        (0..width * channels + 256).map(|at| (at * 200 / width / channels + at * at % 11) as u8).collect();
    (0..height).flat_map(|y| noise[y / 8 % 256..][..width * channels].iter().copied()).collect()
}

/// A PNG that is quick to write.
pub fn png(width: u32, height: u32, color: png::ColorType) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_compression(png::Compression::Fastest);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&data(width as usize, height as usize, color.samples())).unwrap();
    writer.finish().unwrap();
    file
}

pub fn jpeg(width: u16, height: u16, progressive: bool, color: jpeg_encoder::ColorType) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    encoder.set_progressive(progressive);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    let channels = if color == jpeg_encoder::ColorType::Cmyk { 4 } else { 3 };
    encoder.encode(&data(width.into(), height.into(), channels), width, height, color).unwrap();
    file
}

pub fn webp(width: u32, height: u32, color: image_webp::ColorType) -> Vec<u8> {
    let channels = if color == image_webp::ColorType::Rgba8 { 4 } else { 3 };
    let mut file = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut file);
    encoder.encode(&data(width as usize, height as usize, channels), width, height, color).unwrap();
    file
}

/// As most cameras and programs write progressive pictures: four pixels share their colour.
pub fn jpeg_420(width: u16, height: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 80);
    encoder.set_progressive(true);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode(&data(width.into(), height.into(), 3), width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    file
}

pub fn fixture(name: &str) -> Vec<u8> {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/large").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A PNG of noise with alpha, which nothing can compress.
pub fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&(0..width * height * 4).map(|_| next()).collect::<Vec<u8>>()).unwrap();
    writer.finish().unwrap();
    file
}
