//! The bytes of a value.

use std::fmt;
use std::ops::Deref;

/// How many bytes are kept in place: as many as take no room beside a vector.
const FEW: usize = 15;

/// An encoded value. Few bytes, as most arguments and results have, are kept in place and need no memory of their own.
///
/// # Examples
///
/// ```
/// use offloop::wire::Encoded;
///
/// let bytes = Encoded::from(vec![1, 2, 3]);
/// assert_eq!(bytes, [1, 2, 3]);
/// assert_eq!(bytes.len(), 3);
/// ```
#[derive(Clone)]
pub struct Encoded(Place);

#[derive(Clone)]
enum Place {
    Few { length: u8, bytes: [u8; FEW] },
    Many(Vec<u8>),
}

impl Deref for Encoded {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Place::Few { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Place::Many(bytes) => bytes,
        }
    }
}

impl Default for Encoded {
    fn default() -> Self {
        Self(Place::Few { length: 0, bytes: [0; FEW] })
    }
}

impl From<Vec<u8>> for Encoded {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Place::Many(bytes))
    }
}

impl From<&[u8]> for Encoded {
    fn from(bytes: &[u8]) -> Self {
        let mut encoded = Self::default();
        encoded.extend(bytes);
        encoded
    }
}

impl Encoded {
    pub(crate) fn extend(&mut self, more: &[u8]) {
        match &mut self.0 {
            Place::Many(bytes) => bytes.extend_from_slice(more),
            Place::Few { length, bytes } if more.len() <= FEW - usize::from(*length) => {
                for (place, byte) in bytes.iter_mut().skip(usize::from(*length)).zip(more) {
                    *place = *byte;
                    *length += 1;
                }
            }
            Place::Few { .. } => {
                let mut bytes = self.to_vec();
                bytes.extend_from_slice(more);
                self.0 = Place::Many(bytes);
            }
        }
    }

    /// Puts these bytes in the place of as many others.
    pub(crate) fn replace<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        let all = match &mut self.0 {
            Place::Few { bytes, .. } => &mut bytes[..],
            Place::Many(bytes) => bytes,
        };
        if let Some(place) = all.get_mut(at..at + N) {
            place.copy_from_slice(&bytes);
        }
    }
}

impl From<Encoded> for Vec<u8> {
    fn from(encoded: Encoded) -> Self {
        match encoded.0 {
            Place::Many(bytes) => bytes,
            Place::Few { .. } => encoded.to_vec(),
        }
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Encoded {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Eq for Encoded {}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Around the number of bytes that are kept in place.
    fn lengths() -> std::ops::Range<usize> {
        0..2 * FEW + 2
    }

    fn bytes(length: usize) -> Vec<u8> {
        (1..=255).take(length).collect()
    }

    #[test]
    fn bytes_are_the_same_wherever_they_are_kept() {
        for length in lengths() {
            let (slice, vector) = (Encoded::from(&bytes(length)[..]), Encoded::from(bytes(length)));
            assert_eq!(slice, bytes(length));
            assert_eq!(slice, vector);
            assert_eq!(Vec::from(slice.clone()), Vec::from(vector));
            assert_eq!(matches!(slice.0, Place::Few { .. }), length <= FEW);
        }
        assert_eq!(size_of::<Encoded>(), size_of::<Vec<u8>>());
    }

    #[test]
    fn a_vector_is_kept_and_given_back_as_it_is() {
        for length in 1..2 * FEW {
            let vector = bytes(length);
            let place = vector.as_ptr();
            let vector = Vec::from(Encoded::from(vector));
            assert_eq!(vector.as_ptr(), place);
        }
    }

    #[test]
    fn other_bytes_are_not_equal_though_they_are_as_many() {
        for length in lengths().skip(1) {
            for changed in 0..length {
                let mut other = bytes(length);
                other[changed] ^= 1;
                let few = Encoded::from(&other[..]);
                let pairs = [Encoded::from(&bytes(length)[..]), Encoded::from(bytes(length))];
                assert!(pairs.iter().all(|encoded| *encoded != other && *encoded != few));
            }
            assert_ne!(Encoded::from(bytes(length)), bytes(length - 1));
            assert_eq!(format!("{:?}", Encoded::from(&bytes(length)[..])), format!("{:?}", bytes(length)));
        }
    }

    #[test]
    fn what_is_written_in_pieces_is_read_as_a_whole() {
        for (first, second) in lengths().flat_map(|first| lengths().map(move |second| (first, second))) {
            let whole = bytes(first + second);
            let (mut pieces, mut single) = (Encoded::default(), Encoded::default());
            pieces.extend(&whole[..first]);
            pieces.extend(&whole[first..]);
            whole.iter().for_each(|byte| single.extend(&[*byte]));
            assert_eq!((&pieces, &single), (&whole.clone().into(), &whole.into()));
        }
    }
}
