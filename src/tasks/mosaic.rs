//! Tiles into one PNG.

use offloop::Blob;
use png::{BitDepth, ColorType, Compression, Encoder};
use serde::{Deserialize, Serialize};

/// Tiles as [`tile`](super::tile) draws them, side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mosaic {
    /// Width of the picture in pixels, at most 2,048.
    pub width: u32,
    /// Height of the picture in pixels, at most 2,048.
    pub height: u32,
    /// The edge of a tile. Those at the right and at the bottom end with the picture.
    pub edge: u32,
    /// Row by row, each from left to right, four bytes a pixel.
    pub tiles: Vec<Blob>,
}

/// Puts tiles together and encodes them as a PNG, without alpha.
///
/// # Errors
///
/// Says what does not fit together.
pub fn mosaic(mosaic: Mosaic) -> Result<Blob, String> {
    let Mosaic { width, height, edge, tiles } = mosaic;
    if [width, height].iter().any(|side| !(1..=2_048).contains(side)) || edge == 0 {
        return Err("width and height must be from 1 to 2048, and edge at least 1".to_owned());
    }
    let (width_, edge_) = (width as usize, edge as usize);
    let across = width.div_ceil(edge) as usize;
    let mut pixels = Vec::with_capacity(width_ * height as usize * 3);
    for y in 0..height as usize {
        let (band, row) = (y / edge_, y % edge_);
        for column in 0..across {
            let columns = edge_.min(width_ - column * edge_);
            let tile =
                tiles.get(band * across + column).ok_or_else(|| format!("there are only {} tiles", tiles.len()))?;
            let row = tile.get(row * columns * 4..(row + 1) * columns * 4).ok_or("a tile is too small")?;
            for pixel in row.chunks_exact(4) {
                pixels.extend_from_slice(&pixel[..3]);
            }
        }
    }
    encode(width, height, &pixels).map_err(|error| error.to_string())
}

fn encode(width: u32, height: u32, pixels: &[u8]) -> Result<Blob, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::{Mosaic, mosaic};

    #[test]
    fn every_pixel_lands_in_its_place() {
        // 5 x 3 pixels in tiles of 2 x 2; each pixel is its own number.
        let tile = |numbers: &[u8]| numbers.iter().flat_map(|n| [*n, *n, *n, 255]).collect::<Vec<_>>().into();
        let tiles = [&[0, 1, 5, 6][..], &[2, 3, 7, 8], &[4, 9], &[10, 11], &[12, 13], &[14]].map(tile).to_vec();
        let file = mosaic(Mosaic { width: 5, height: 3, edge: 2, tiles }).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&*file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels.chunks(3).map(|pixel| pixel[0]).collect::<Vec<_>>(), (0..15).collect::<Vec<u8>>());
    }

    #[test]
    fn tiles_that_do_not_fit_are_refused() {
        let of = |width, height, edge, tiles| mosaic(Mosaic { width, height, edge, tiles });
        assert!(of(2, 2, 2, vec![]).unwrap_err().contains("0 tiles"));
        assert!(of(2, 2, 2, vec![vec![0; 15].into()]).unwrap_err().contains("too small"));
        assert!(
            of(0, 2, 2, vec![]).is_err() && of(2, 4_000_000_000, 2, vec![]).is_err() && of(2, 2, 0, vec![]).is_err()
        );
    }
}
