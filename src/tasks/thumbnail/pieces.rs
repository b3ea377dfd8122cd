//! A file read without the parts that its decoder need not see.

use std::io::{BufRead, Read, Result, Seek, SeekFrom};

/// More would be hostile: what is left out usually stands together.
const MOST: usize = 1_000;

/// Slices of a file, read as if they followed each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    /// The piece that is being read, and what is left of it.
    index: usize,
    left: &'a [u8],
}

impl<'a> Pieces<'a> {
    /// Adds a piece; `false` if there are too many.
    pub(super) fn push(&mut self, piece: &'a [u8]) -> bool {
        if self.pieces.is_empty() {
            self.left = piece;
        }
        self.pieces.push(piece);
        self.pieces.len() <= MOST
    }

    /// Goes on to the next piece that is not empty. At the end nothing is left.
    fn advance(&mut self) {
        while self.left.is_empty() && self.index + 1 < self.pieces.len() {
            self.index += 1;
            self.left = self.pieces[self.index];
        }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.advance();
        self.left.read(buffer)
    }

    /// JPEG is read byte by byte.
    #[inline]
    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<()> {
        let mut buffer = buffer;
        while self.left.len() < buffer.len() {
            let read = self.read(buffer)?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            buffer = &mut buffer[read..];
        }
        self.left.read_exact(buffer)
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        self.advance();
        Ok(self.left)
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.get(count..).unwrap_or_default();
    }
}

impl Seek for Pieces<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let before = |pieces: &[&[u8]]| pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        let current = before(self.pieces.get(..=self.index).unwrap_or_default()) - self.left.len() as u64;
        let to = match to {
            SeekFrom::Start(to) => Some(to),
            SeekFrom::Current(by) => current.checked_add_signed(by),
            SeekFrom::End(by) => before(&self.pieces).checked_add_signed(by),
        };
        let mut rest = to.ok_or(std::io::ErrorKind::InvalidInput)?;
        (self.index, self.left) = (0, &[]);
        for (index, piece) in self.pieces.iter().enumerate() {
            (self.index, self.left) = (index, piece);
            if rest < piece.len() as u64 {
                break;
            }
            rest -= piece.len() as u64;
            self.left = &[];
        }
        self.consume(usize::try_from(rest).unwrap_or(usize::MAX));
        Ok(to.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, Read, Seek, SeekFrom};

    use super::Pieces;

    fn pieces() -> Pieces<'static> {
        let mut pieces = Pieces::default();
        for piece in [&b"ab"[..], b"", b"cde", b"f"] {
            assert!(pieces.push(piece));
        }
        pieces
    }

    #[test]
    fn pieces_are_read_as_one() {
        let mut text = String::new();
        pieces().read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcdef");
        let mut three = [0; 3];
        let mut reader = pieces();
        reader.read_exact(&mut three).unwrap();
        assert_eq!((&three, reader.fill_buf().unwrap()), (b"abc", &b"de"[..]));
        reader.read_exact(&mut three).unwrap();
        assert!(reader.read_exact(&mut three).is_err());
        assert!(reader.fill_buf().unwrap().is_empty());
    }

    #[test]
    fn every_place_can_be_sought() {
        let mut reader = pieces();
        for at in (0..6).chain([3, 0, 5]) {
            assert_eq!(reader.seek(SeekFrom::Start(at)).unwrap(), at);
            assert_eq!(reader.stream_position().unwrap(), at);
            let mut rest = String::new();
            reader.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "abcdef"[usize::try_from(at).unwrap()..]);
        }
        assert_eq!(reader.seek(SeekFrom::End(-2)).unwrap(), 4);
        assert_eq!(reader.seek(SeekFrom::Current(-3)).unwrap(), 1);
        assert_eq!(reader.fill_buf().unwrap(), b"b");
    }
}
