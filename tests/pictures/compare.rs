//! How similar two pictures are.

use std::io::Cursor;

/// A decoded picture, four bytes a pixel.
pub struct Pixels {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
}

impl Pixels {
    /// Decodes with the libraries alone, none of what is tested.
    pub fn decode(bytes: &[u8]) -> Self {
        match bytes[0] {
            0xff => jpeg(bytes),
            0x89 => png(bytes),
            _ => webp(bytes),
        }
    }

    pub fn on_white(mut self) -> Self {
        for pixel in self.rgba.chunks_mut(4) {
            let alpha = u32::from(pixel[3]);
            for value in &mut pixel[..3] {
                *value = ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            }
            pixel[3] = 255;
        }
        self
    }

    /// One channel, colours times alpha.
    fn channel(&self, channel: usize) -> Vec<f64> {
        let value = |pixel: &[u8]| match channel {
            3 => f64::from(pixel[3]),
            _ => f64::from(pixel[channel]) * f64::from(pixel[3]) / 255.0,
        };
        self.rgba.chunks(4).map(value).collect()
    }
}

fn rgba(width: u32, height: u32, data: &[u8], channels: usize) -> Pixels {
    let expand = |pixel: &[u8]| match *pixel {
        [y] => [y, y, y, 255],
        [y, a] => [y, y, y, a],
        [r, g, b] => [r, g, b, 255],
        [r, g, b, a] => [r, g, b, a],
        _ => panic!("{channels} channels"),
    };
    let rgba: Vec<u8> = data.chunks(channels).flat_map(expand).collect();
    assert_eq!(rgba.len(), (width * height * 4) as usize);
    Pixels { width, height, rgba }
}

fn jpeg(bytes: &[u8]) -> Pixels {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let data = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    rgba(info.width.into(), info.height.into(), &data, info.pixel_format.pixel_bytes())
}

fn png(bytes: &[u8]) -> Pixels {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    rgba(info.width, info.height, &data, info.color_type.samples())
}

fn webp(bytes: &[u8]) -> Pixels {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).unwrap();
    let mut data = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut data).unwrap();
    let (width, height) = decoder.dimensions();
    rgba(width, height, &data, if decoder.has_alpha() { 4 } else { 3 })
}

/// The structural similarity (Wang et al., 2004) of the least similar channel: the mean over windows of 8 by 8 pixels, every
/// second one in each direction. 1 is the same picture.
pub fn similarity(a: &Pixels, b: &Pixels) -> f64 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    (0..4)
        .map(|channel| ssim(&a.channel(channel), &b.channel(channel), a.width as usize, a.height as usize))
        .fold(1.0, f64::min)
}

fn ssim(a: &[f64], b: &[f64], width: usize, height: usize) -> f64 {
    let (across, down) = (width.min(8), height.min(8));
    let (c1, c2) = ((0.01_f64 * 255.0).powi(2), (0.03_f64 * 255.0).powi(2));
    let (mut sum, mut windows) = (0.0, 0.0);
    for top in (0..=height - down).step_by(2) {
        for left in (0..=width - across).step_by(2) {
            let window = || (top..top + down).flat_map(|y| (left..left + across).map(move |x| y * width + x));
            let n = (across * down) as f64;
            let mean = |of: &dyn Fn(usize) -> f64| window().map(of).sum::<f64>() / n;
            let (ma, mb) = (mean(&|i| a[i]), mean(&|i| b[i]));
            let (va, vb) = (mean(&|i| (a[i] - ma).powi(2)), mean(&|i| (b[i] - mb).powi(2)));
            let covariance = mean(&|i| (a[i] - ma) * (b[i] - mb));
            sum += (2.0 * ma * mb + c1) * (2.0 * covariance + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
            windows += 1.0;
        }
    }
    sum / windows
}
