//! Rows in, a smaller picture out: whole blocks of pixels are averaged while the rows arrive, so that a large picture is
//! never in memory as a whole. What is left to scale is done better, by [`narrow`](super::narrow) and [`scale`](super::scale).

use super::ThumbnailError;
use super::narrow::Narrow;
use super::picture::{Decoded, Meta, Picture};
use super::plan::Sizes;

/// What the bytes of a decoded pixel mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Samples {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// As `Rgba`, with an alpha that means nothing.
    Rgbx,
    /// Amounts of ink, 255 for all of it.
    Cmyk,
}

impl Samples {
    pub(super) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Rgbx | Self::Cmyk => 4,
        }
    }

    /// Red, green, blue and alpha of one pixel.
    fn colour(self, pixel: &[u8]) -> [u8; 4] {
        match (self, pixel) {
            (Self::Grey, &[y]) => [y, y, y, 255],
            (Self::GreyAlpha, &[y, a]) => [y, y, y, a],
            (Self::Rgb, &[r, g, b]) | (Self::Rgbx, &[r, g, b, _]) => [r, g, b, 255],
            (Self::Rgba, &[r, g, b, a]) => [r, g, b, a],
            (Self::Cmyk, &[c, m, y, k]) => {
                let [r, g, b] = [c, m, y].map(|ink| times(255 - ink, 255 - k));
                [r, g, b, 255]
            }
            _ => [0; 4],
        }
    }
}

/// The product of two parts of 255, rounded.
fn times(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b) + 127;
    u8::try_from(product / 255).unwrap_or(u8::MAX)
}

/// Takes rows and keeps the averages of blocks.
pub(super) struct Reduce {
    samples: Samples,
    /// Width and height of the picture whose rows arrive.
    size: (u32, u32),
    /// Width and height of a block.
    block: (u32, u32),
    /// For each block of the current row of blocks: colours times alpha, and alpha.
    sums: Vec<[u64; 4]>,
    rows: u32,
    /// The averages of a row of blocks.
    row: Vec<u8>,
    narrow: Narrow,
    sizes: Sizes,
    /// By how much the rows that arrive are a reduction already.
    before: u32,
}

impl Reduce {
    /// For a picture of `size` that arrives. `sizes` are those of the file, of which it may be a reduction already, by `before`.
    pub(super) fn new(samples: Samples, size: (u32, u32), block: (u32, u32), sizes: Sizes, before: u32) -> Self {
        let (across, down) = (size.0.div_ceil(block.0), size.1.div_ceil(block.1));
        let sums = if block == (1, 1) { Vec::new() } else { vec![[0; 4]; across as usize] };
        let extent = f64::from(sizes.source.0) / (f64::from(block.0) * f64::from(before));
        let narrow = Narrow::new(across, down, extent, sizes.shown.0, sizes.result.0);
        Self { samples, size, block, sums, rows: 0, row: Vec::new(), narrow, sizes, before }
    }

    /// Takes the next row.
    pub(super) fn push(&mut self, row: &[u8]) {
        let pixels = row.chunks_exact(self.samples.count()).take(self.size.0 as usize);
        self.rows += 1;
        if self.sums.is_empty() {
            let samples = self.samples;
            self.row.clear();
            self.row.extend(pixels.flat_map(|pixel| {
                let [r, g, b, a] = samples.colour(pixel);
                if a == 255 { [r, g, b, a] } else { [times(r, a), times(g, a), times(b, a), a] }
            }));
            self.narrow.push(&self.row);
            return;
        }
        let mut pixels = pixels;
        for sum in &mut self.sums {
            for pixel in pixels.by_ref().take(self.block.0 as usize) {
                let [r, g, b, a] = self.samples.colour(pixel).map(u64::from);
                for (sum, value) in sum.iter_mut().zip([r * a, g * a, b * a, a]) {
                    *sum += value;
                }
            }
        }
        if self.rows.is_multiple_of(self.block.1) || self.rows == self.size.1 {
            self.finish_blocks();
        }
    }

    fn finish_blocks(&mut self) {
        let rows = match self.rows % self.block.1 {
            0 => self.block.1,
            part => part,
        };
        let mut left = self.size.0;
        self.row.clear();
        for sum in &mut self.sums {
            let columns = self.block.0.min(left);
            left -= columns;
            let count = u64::from(columns) * u64::from(rows);
            let average =
                |sum: u64, unit: u64| u8::try_from((sum + unit * count / 2) / (unit * count)).unwrap_or(u8::MAX);
            let [r, g, b, a] = std::mem::take(sum);
            self.row.extend([average(r, 255), average(g, 255), average(b, 255), average(a, 1)]);
        }
        self.narrow.push(&self.row);
    }

    /// The reduced picture, once all rows are in.
    pub(super) fn finish(self, meta: Meta) -> Result<Decoded, ThumbnailError> {
        if self.rows != self.size.1 {
            return Err(ThumbnailError::broken(format_args!("it has {} of {} rows", self.rows, self.size.1)));
        }
        let (width, height) = (self.sizes.result.0, self.size.1.div_ceil(self.block.1));
        let extent = f64::from(self.sizes.source.1) / (f64::from(self.block.1) * f64::from(self.before));
        let pixels = self.narrow.finish()?;
        Ok(Decoded { picture: Picture { width, height, pixels, meta }, sizes: self.sizes, extent })
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour::Colour;
    use super::super::orientation::Orientation;
    use super::super::picture::Meta;
    use super::super::plan::Sizes;
    use super::{Reduce, Samples};

    /// Reduces these rows, with the blocks as the pixels of the result.
    fn reduced(samples: Samples, size: (u32, u32), block: (u32, u32), rows: &[&[u8]]) -> Vec<u8> {
        let result = (size.0.div_ceil(block.0), size.1.div_ceil(block.1));
        // As if the last blocks were whole, so that nothing is left to scale.
        let source = (result.0 * block.0, result.1 * block.1);
        let mut reduce =
            Reduce::new(samples, size, block, Sizes { source, result, shown: (1.0, 1.0), turned: false }, 1);
        rows.iter().for_each(|row| reduce.push(row));
        let meta = Meta {
            orientation: Orientation::UPRIGHT,
            grey: false,
            alpha: true,
            profile: None,
            colour: Colour::default(),
        };
        reduce.finish(meta).unwrap().picture.pixels
    }

    #[test]
    fn blocks_are_averaged_also_the_cut_ones_at_the_edges() {
        let rows: [&[u8]; 3] = [&[0, 100, 10, 20, 7], &[100, 0, 30, 40, 9], &[1, 3, 5, 7, 200]];
        let pixels = reduced(Samples::Grey, (5, 3), (2, 2), &rows);
        let grey: Vec<u8> = pixels.chunks(4).map(|pixel| pixel[0]).collect();
        assert_eq!(grey, [50, 25, 8, 2, 6, 200]);
        assert!(pixels.chunks(4).all(|pixel| pixel[3] == 255));
    }

    #[test]
    fn transparent_pixels_lend_no_colour() {
        let pair = reduced(Samples::Rgba, (2, 1), (2, 1), &[&[200, 100, 50, 255, 255, 255, 255, 0]]);
        assert_eq!(pair, [100, 50, 25, 128], "multiplied by alpha");
        let whole = reduced(Samples::Rgba, (1, 1), (1, 1), &[&[200, 100, 50, 128]]);
        assert_eq!(whole, [100, 50, 25, 128]);
    }

    #[test]
    fn ink_darkens() {
        let colour = |ink: [u8; 4]| Samples::Cmyk.colour(&ink);
        assert_eq!(colour([0, 0, 0, 0]), [255, 255, 255, 255]);
        assert_eq!(colour([255, 0, 0, 0]), [0, 255, 255, 255]);
        assert_eq!(colour([0, 0, 0, 255]), [0, 0, 0, 255]);
        assert_eq!(colour([0, 255, 255, 128]), [127, 0, 0, 255]);
    }
}
