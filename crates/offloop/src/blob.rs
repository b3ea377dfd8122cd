//! Bytes that cross an isolate border without being copied twice.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A cheaply cloneable run of bytes, for large task arguments and results.
///
/// A `Vec<u8>` in a task's signature works, but is encoded with the rest of the value. A `Blob` travels beside it: handed
/// over by reference between threads, transferred instead of cloned to and from a Web Worker. In JSON it is a base64 string.
///
/// # Examples
///
/// ```
/// use offloop::Blob;
///
/// fn invert(image: Blob) -> Blob {
///     image.iter().map(|byte| !byte).collect::<Vec<u8>>().into()
/// }
/// assert_eq!(&*invert(Blob::from(vec![0, 1])), [255, 254]);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Blob(Bytes);

impl Blob {
    /// The bytes as a vector; without a copy if nobody else holds this blob.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0.into()
    }

    /// Part of this blob, sharing its memory; `None` if the range is not inside it.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Option<Self> {
        (start <= end && end <= self.0.len()).then(|| Self(self.0.slice(start..end)))
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Blob> for Bytes {
    fn from(blob: Blob) -> Self {
        blob.0
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

thread_local! {
    // serde has no side channel, so the blobs of the value being coded wait here. `Some` only inside `collect` and `supply`.
    static BESIDE: RefCell<Option<Vec<Option<Blob>>>> = const { RefCell::new(None) };
}

/// Puts the outer value of [`BESIDE`] back, also when coding panics or is nested.
struct Restore(Option<Vec<Option<Blob>>>);

impl Drop for Restore {
    fn drop(&mut self) {
        BESIDE.with(|beside| *beside.borrow_mut() = self.0.take());
    }
}

/// Runs `encode`; the blobs in the value land in the returned vector and the bytes hold only their indices.
pub(crate) fn collect<T>(encode: impl FnOnce() -> T) -> (T, Vec<Blob>) {
    let _restore = Restore(BESIDE.with(|beside| beside.borrow_mut().replace(Vec::new())));
    let value = encode();
    let blobs = BESIDE.with(|beside| beside.borrow_mut().take());
    (value, blobs.unwrap_or_default().into_iter().flatten().collect())
}

/// Runs `decode`, in which blobs are taken from `blobs` by index, each at most once; also tells how many were left.
pub(crate) fn supply<T>(blobs: Vec<Blob>, decode: impl FnOnce() -> T) -> (T, usize) {
    let blobs = blobs.into_iter().map(Some).collect();
    let _restore = Restore(BESIDE.with(|beside| beside.borrow_mut().replace(blobs)));
    let value = decode();
    let left = BESIDE.with(|beside| beside.borrow().iter().flatten().flatten().count());
    (value, left)
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.serialize_str(&STANDARD.encode(&self.0));
        }
        let index = BESIDE.with(|beside| {
            let mut beside = beside.borrow_mut();
            let blobs = beside.as_mut()?;
            blobs.push(Some(self.clone()));
            u32::try_from(blobs.len() - 1).ok()
        });
        match index {
            Some(index) => serializer.serialize_u32(index),
            None => serializer.serialize_bytes(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_str(Text);
        }
        if BESIDE.with(|beside| beside.borrow().is_none()) {
            return deserializer.deserialize_byte_buf(Raw);
        }
        let index = usize::try_from(u32::deserialize(deserializer)?).unwrap_or(usize::MAX);
        BESIDE
            .with(|beside| beside.borrow_mut().as_mut()?.get_mut(index)?.take())
            .ok_or_else(|| D::Error::custom(format_args!("no blob {index} beside the value")))
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Blob;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a base64 string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Blob, E> {
        STANDARD.decode(text).map(Blob::from).map_err(E::custom)
    }
}

struct Raw;

impl Visitor<'_> for Raw {
    type Value = Blob;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
        Ok(bytes.to_vec().into())
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Blob, E> {
        Ok(bytes.into())
    }
}
