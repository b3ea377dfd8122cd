//! What a PNG says of its colours without a profile: kept in a PNG, converted to sRGB for formats that cannot say it.

use super::picture::Picture;

/// The contents of `cICP`, `sRGB`, `gAMA` and `cHRM` (PNG, third edition, section 11.3.2).
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Colour {
    cicp: Option<[u8; 4]>,
    srgb: Option<[u8; 1]>,
    gamma: Option<[u8; 4]>,
    primaries: Option<[u8; 32]>,
}

/// Where red, green, blue and white lie: x and y of each.
type Chromaticities = [[f64; 2]; 4];

const D65: [f64; 2] = [0.3127, 0.329];
const SRGB: Chromaticities = [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], D65];
const DISPLAY_P3: Chromaticities = [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], D65];
const BT2020: Chromaticities = [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046], D65];

/// How much light a sample stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Transfer {
    Srgb,
    /// The sample to this power.
    Power(f64),
}

impl Colour {
    /// Takes a chunk, if it is one of these, the first good one of its kind.
    pub(super) fn read(&mut self, name: &[u8; 4], body: &[u8]) {
        match name {
            b"cICP" => {
                self.cicp = self.cicp.or(body.try_into().ok().filter(|cicp: &[u8; 4]| matches!(cicp, [_, _, 0, 0 | 1])))
            }
            b"sRGB" => self.srgb = self.srgb.or(body.try_into().ok().filter(|intent: &[u8; 1]| intent[0] < 4)),
            b"gAMA" => self.gamma = self.gamma.or(body.try_into().ok().filter(|gamma| *gamma != [0; 4])),
            b"cHRM" => self.primaries = self.primaries.or(body.try_into().ok()),
            _ => {}
        }
    }

    /// The chunks as they were.
    pub(super) fn chunks(&self) -> impl Iterator<Item = ([u8; 4], &[u8])> {
        let chunk = |name: &[u8; 4], body| (*name, body);
        [
            self.cicp.as_ref().map(|body| chunk(b"cICP", &body[..])),
            self.srgb.as_ref().map(|body| chunk(b"sRGB", body)),
            self.gamma.as_ref().map(|body| chunk(b"gAMA", body)),
            self.primaries.as_ref().map(|body| chunk(b"cHRM", body)),
        ]
        .into_iter()
        .flatten()
    }

    /// Transfer and primaries, unless they are those of sRGB or of a kind that is not converted (PQ and HLG, whose light has no white).
    fn foreign(&self) -> Option<(Transfer, Chromaticities)> {
        let number =
            |bytes: &[u8]| bytes.try_into().map_or(0.0, |bytes| f64::from(u32::from_be_bytes(bytes)) / 100_000.0);
        if let Some([primaries, transfer, 0, 1]) = self.cicp {
            // ITU-T H.273, tables 2 and 3.
            let primaries = match primaries {
                1 => SRGB,
                9 => BT2020,
                12 => DISPLAY_P3,
                _ => return None,
            };
            let transfer = match transfer {
                1 | 6 | 13 | 14 | 15 => Transfer::Srgb,
                4 => Transfer::Power(2.2),
                5 => Transfer::Power(2.8),
                8 => Transfer::Power(1.0),
                _ => return None,
            };
            return Some((transfer, primaries)).filter(|colour| *colour != (Transfer::Srgb, SRGB));
        }
        if self.srgb.is_some() {
            return None;
        }
        // 0.45455 and what is near it means sRGB, as in libpng.
        let transfer = match self.gamma.map(|gamma| number(&gamma)) {
            Some(gamma) if (gamma * 2.2 - 1.0).abs() >= 0.05 => Transfer::Power(1.0 / gamma),
            _ => Transfer::Srgb,
        };
        let primaries = self.primaries.map_or(SRGB, |bytes| {
            let place = |at: usize| [number(&bytes[8 * at..8 * at + 4]), number(&bytes[8 * at + 4..8 * at + 8])];
            [place(1), place(2), place(3), place(0)]
        });
        let near = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).abs() < 0.003 && (a[1] - b[1]).abs() < 0.003;
        let primaries = if primaries.iter().zip(&SRGB).all(|(a, b)| near(a, b)) { SRGB } else { primaries };
        Some((transfer, primaries)).filter(|colour| *colour != (Transfer::Srgb, SRGB))
    }
}

/// Converts the colours of a picture to sRGB. A colour profile that is kept says it better.
pub(super) fn to_srgb(picture: &mut Picture) {
    let foreign = picture.meta.colour.foreign().filter(|_| picture.meta.fitting_profile().is_none());
    let Some((transfer, primaries)) = foreign else { return };
    let light: Vec<f64> = (0..=255).map(|value| transfer.light(f64::from(value) / 255.0)).collect();
    // What cannot be converted stays as it is: the primaries may lie on a line.
    let matrix = to_xyz(&SRGB).and_then(|srgb| Some(product(&inverse(&srgb)?, &to_xyz(&primaries)?)));
    // White becomes white, and grey stays grey.
    let matrix = matrix.map(|matrix| matrix.map(|row| row.map(|value| value / row.iter().sum::<f64>())));
    let Some(matrix) = matrix.filter(|matrix| matrix.iter().flatten().all(|value| value.is_finite())) else { return };
    let samples: Vec<u8> = (0..=4_095).map(|value| sample(f64::from(value) / 4_095.0)).collect();
    // Light from 0 to 1, so nothing is cut off but the fraction.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let sample = |light: f64| samples[(light.clamp(0.0, 1.0).sqrt() * 4_095.0).round() as usize];
    for pixel in picture.pixels.chunks_exact_mut(4) {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(|value| light[usize::from(value)]);
        for (value, row) in pixel.iter_mut().zip(&matrix) {
            *value = sample(row[0] * r + row[1] * g + row[2] * b);
        }
    }
}

impl Transfer {
    fn light(self, value: f64) -> f64 {
        match self {
            Self::Power(power) => value.powf(power),
            // IEC 61966-2-1.
            Self::Srgb if value <= 0.04045 => value / 12.92,
            Self::Srgb => ((value + 0.055) / 1.055).powf(2.4),
        }
    }
}

/// The sample of sRGB for the square of this: dark samples lie closer together.
fn sample(root: f64) -> u8 {
    let light = root * root;
    let value = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let value = (value * 255.0).round().clamp(0.0, 255.0) as u8;
    value
}

type Matrix = [[f64; 3]; 3];

/// From red, green and blue to XYZ.
fn to_xyz(places: &Chromaticities) -> Option<Matrix> {
    let xyz = |[x, y]: [f64; 2]| [x / y, 1.0, (1.0 - x - y) / y];
    let [r, g, b, white] = (*places).map(xyz);
    let columns: Matrix = [0, 1, 2].map(|row| [r[row], g[row], b[row]]);
    let inverse = inverse(&columns)?;
    let amounts = inverse.map(|row| row.iter().zip(&white).map(|(a, b)| a * b).sum::<f64>());
    Some(columns.map(|row| [row[0] * amounts[0], row[1] * amounts[1], row[2] * amounts[2]]))
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| [0, 1, 2].map(|column| (0..3).map(|at| row[at] * b[at][column]).sum()))
}

fn inverse(m: &Matrix) -> Option<Matrix> {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|column| m[0][column] * minor(0, column)).sum();
    (determinant.abs() > 1e-9).then(|| [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row) / determinant)))
}
