//! Which way up a picture is, as its EXIF data says.

use super::picture::Picture;

/// One of the eight orientations of EXIF (tag 0x0112): 1 is upright, above 4 the sides are swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orientation(u8);

impl Orientation {
    pub(super) const UPRIGHT: Self = Self(1);

    #[cfg(test)]
    pub(super) fn new(value: u8) -> Self {
        Self(value)
    }

    /// The orientation in EXIF data, from its first directory. What cannot be read is upright, as in browsers: many programs write nonsense.
    ///
    /// No more is read than this one field, whatever the other directories hold.
    pub(super) fn read(exif: Option<&[u8]>) -> Self {
        // Some writers keep the JPEG segment's prefix in PNG and WebP, where it does not belong.
        let exif = exif.map(|bytes| bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes));
        exif.and_then(tag).filter(|value| (1..=8).contains(value)).map_or(Self::UPRIGHT, Self)
    }

    pub(super) fn is_transposed(self) -> bool {
        self.0 > 4
    }
}

/// The value of the orientation's entry: TIFF 6.0, section 2, gives the layout.
fn tag(tiff: &[u8]) -> Option<u8> {
    let big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let bytes = |from: usize, count: usize| tiff.get(from..from.checked_add(count)?);
    let number = |from, count| {
        let fold = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        let bytes = bytes(from, count)?;
        Some(if big { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) })
    };
    let directory = number(4, 4)?;
    let entries = (0..number(directory, 2)?)
        .map_while(|index| bytes(directory + 2 + 12 * index, 12).map(|_| directory + 2 + 12 * index));
    for entry in entries {
        if number(entry, 2)? == 0x0112 {
            let width = match number(entry + 2, 2)? {
                1 => 1,
                3 => 2,
                4 => 4,
                _ => return None,
            };
            return number(entry + 8, width)?.try_into().ok();
        }
    }
    None
}

/// Turns the picture upright.
pub(super) fn apply(picture: Picture) -> Picture {
    let orientation = picture.meta.orientation;
    if orientation == Orientation::UPRIGHT {
        return picture;
    }
    let (across, down) = (picture.width as usize, picture.height as usize);
    let (width, height) = if orientation.is_transposed() { (down, across) } else { (across, down) };
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    for y in 0..height {
        for x in 0..width {
            // Where the upright pixel is stored: the table of the EXIF standard, read backwards.
            let (column, row) = match orientation.0 {
                2 => (across - 1 - x, y),
                3 => (across - 1 - x, down - 1 - y),
                4 => (x, down - 1 - y),
                5 => (y, x),
                6 => (y, down - 1 - x),
                7 => (across - 1 - y, down - 1 - x),
                8 => (across - 1 - y, x),
                _ => (x, y),
            };
            let at = (row * across + column) * 4;
            pixels.extend_from_slice(picture.pixels.get(at..at + 4).unwrap_or(&[0; 4]));
        }
    }
    let (width, height) =
        if orientation.is_transposed() { (picture.height, picture.width) } else { (picture.width, picture.height) };
    Picture { width, height, pixels, ..picture }
}

#[cfg(test)]
mod tests {
    use super::{Orientation, apply};
    use crate::tasks::thumbnail::colour::Colour;
    use crate::tasks::thumbnail::picture::{Meta, Picture};

    /// Turns `stored`, rows of one letter a pixel.
    fn upright(orientation: u8, stored: &[&str]) -> Vec<String> {
        let size = [stored[0].len(), stored.len()].map(|side| u32::try_from(side).unwrap());
        let meta = Meta {
            orientation: Orientation(orientation),
            grey: false,
            alpha: false,
            profile: None,
            colour: Colour::default(),
        };
        let pixels = stored.concat().bytes().flat_map(|byte| [byte; 4]).collect();
        let picture = Picture { width: size[0], height: size[1], pixels, meta };
        let turned = apply(picture);
        let letters: Vec<u8> = turned.pixels.chunks(4).map(|pixel| pixel[0]).collect();
        letters.chunks(turned.width as usize).map(|row| String::from_utf8(row.to_vec()).unwrap()).collect()
    }

    #[test]
    fn all_eight_ways_of_storing_a_picture_come_out_the_same() {
        let stored: [&[&str]; 8] = [
            &["abc", "def"],
            &["cba", "fed"],
            &["fed", "cba"],
            &["def", "abc"],
            &["ad", "be", "cf"],
            &["cf", "be", "ad"],
            &["fc", "eb", "da"],
            &["da", "eb", "fc"],
        ];
        for (orientation, stored) in (1..).zip(stored) {
            assert_eq!(upright(orientation, stored), ["abc", "def"], "orientation {orientation}");
        }
    }

    #[test]
    fn nonsense_is_upright() {
        for exif in [&b""[..], b"Exif\0\0", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff"] {
            assert_eq!(Orientation::read(Some(exif)), Orientation::UPRIGHT);
        }
        assert_eq!(Orientation::read(None), Orientation::UPRIGHT);
    }
}
