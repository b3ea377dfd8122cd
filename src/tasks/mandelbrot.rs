//! The Mandelbrot set, tile by tile: the picture of the demo page and of `GET /mandelbrot`.

use offloop::Blob;
use serde::{Deserialize, Serialize};

mod palette;

/// The longest edge of a tile: 4 MiB of pixels at most, whoever asks.
const LONGEST_EDGE: u16 = 1024;

/// A rectangle of samples on the complex plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// The real part of the leftmost samples.
    pub left: f64,
    /// The imaginary part of the topmost samples, with the axis pointing down.
    pub top: f64,
    /// The distance between two samples.
    pub step: f64,
    /// Samples in a row, at most 1024.
    pub width: u16,
    /// Rows, at most 1024.
    pub height: u16,
    /// How long a point may stay before it counts as inside.
    pub iterations: u32,
}

/// Draws a tile: four bytes a pixel (red, green, blue, opaque), row by row.
///
/// # Errors
///
/// What is allowed, if an edge is too long.
///
/// # Examples
///
/// ```
/// use offloop_edge::tasks::{Tile, tile};
///
/// let pixels = tile(Tile { left: 0.0, top: 0.0, step: 1.0, width: 2, height: 1, iterations: 50 })?;
/// assert_eq!(pixels.len(), 8);
/// assert_eq!(pixels[..4], [0x0b, 0x0d, 0x0e, 255], "0 is inside");
/// # Ok::<(), String>(())
/// ```
pub fn tile(tile: Tile) -> Result<Blob, String> {
    let Tile { left, top, step, width, height, iterations } = tile;
    if width > LONGEST_EDGE || height > LONGEST_EDGE {
        return Err(format!("a tile of {width} × {height}, each edge may be at most {LONGEST_EDGE}"));
    }
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 4);
    for row in 0..height {
        let y = top + f64::from(row) * step;
        for column in 0..width {
            let [red, green, blue] = sample(left + f64::from(column) * step, y, iterations);
            pixels.extend_from_slice(&[red, green, blue, 255]);
        }
    }
    Ok(pixels.into())
}

/// The colour of one point.
pub(super) fn sample(x: f64, y: f64, iterations: u32) -> [u8; 3] {
    palette::colour(escape(x, y, iterations))
}

/// A point this far out (squared) has escaped. Further than the 4 that decides it: the fraction of the last step gets smoother.
const FAR: f64 = 256.0;

/// After how many iterations the point escapes, with the fraction that makes colours flow; `None` if it does not.
fn escape(cx: f64, cy: f64, iterations: u32) -> Option<f64> {
    if in_cardioid_or_bulb(cx, cy) {
        return None;
    }
    let (mut x, mut y) = (0.0_f64, 0.0_f64);
    // Points inside run in circles sooner or later. Each is compared with an earlier one, taken at powers of two (Brent).
    let (mut seen, mut next_look) = ((0.0, 0.0), 8);
    for iteration in 0..iterations {
        let (xx, yy) = (x * x, y * y);
        if xx + yy > FAR {
            let fraction = (0.5 * (xx + yy).ln()).log2() - FAR.ln().log2() + 1.0;
            return Some((f64::from(iteration) - fraction).max(0.0));
        }
        (x, y) = (xx - yy + cx, 2.0 * x * y + cy);
        #[allow(clippy::float_cmp, reason = "exactly the same point means the same orbit for ever")]
        if (x, y) == seen {
            return None;
        }
        if iteration == next_look {
            seen = (x, y);
            next_look *= 2;
        }
    }
    None
}

/// The two largest parts of the set have a formula: <https://en.wikipedia.org/wiki/Plotting_algorithms_for_the_Mandelbrot_set>.
fn in_cardioid_or_bulb(x: f64, y: f64) -> bool {
    let yy = y * y;
    let q = (x - 0.25) * (x - 0.25) + yy;
    q * (q + (x - 0.25)) <= 0.25 * yy || (x + 1.0) * (x + 1.0) + yy <= 0.0625
}

#[cfg(test)]
mod tests {
    use super::{Tile, escape, tile};

    #[test]
    fn known_points_are_inside_or_outside() {
        for (x, y) in [(0.0, 0.0), (-1.0, 0.0), (0.25, 0.0), (-2.0, 0.0), (0.0, 1.0), (-0.1, 0.75)] {
            assert!(escape(x, y, 5_000).is_none(), "{x} + {y}i");
        }
        for (x, y) in [(0.26, 0.0), (1.0, 0.0), (-2.01, 0.0), (0.4, 0.4), (f64::INFINITY, 0.0)] {
            assert!(escape(x, y, 5_000).is_some(), "{x} + {y}i");
        }
    }

    #[test]
    fn the_count_grows_smoothly_towards_the_border() {
        let counts: Vec<f64> = (0..200).map(|i| escape(1.5 - f64::from(i) * 0.006, 0.0, 5_000).unwrap()).collect();
        assert!(counts.is_sorted(), "{counts:?}");
        let jump = counts.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        assert!(jump < 1.0, "a band of {jump} would be seen");
    }

    #[test]
    fn tiles_side_by_side_are_the_picture_in_one() {
        let whole = Tile { left: -0.75, top: 0.1, step: 1.0 / 4096.0, width: 64, height: 8, iterations: 300 };
        let right = Tile { left: whole.left + 32.0 * whole.step, width: 32, ..whole };
        let (picture, right) = (tile(whole).unwrap(), tile(right).unwrap());
        for row in 0..8 {
            let half = picture.slice((row * 64 + 32) * 4, (row + 1) * 64 * 4).unwrap();
            assert_eq!(half, right.slice(row * 32 * 4, (row + 1) * 32 * 4).unwrap(), "row {row}");
        }
    }

    #[test]
    fn a_tile_that_is_too_large_is_refused() {
        let huge = Tile { left: 0.0, top: 0.0, step: 1.0, width: 1025, height: 1, iterations: 1 };
        assert!(tile(huge).unwrap_err().contains("1024"));
    }
}
