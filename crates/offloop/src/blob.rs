//! Bytes that cross an isolate border without being copied twice.

mod beside;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::{Error as _, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use beside::{collect, put, supply, take};

use crate::platform::Body;

/// A cheaply cloneable run of bytes, for large task arguments and results.
///
/// A `Blob` travels beside the value: handed over by reference between threads, transferred instead of cloned to and from a Web Worker. A large
/// `Vec<u8>` does so as well, but is copied once or twice on the way, and a `Blob` that is passed on to another task is not. In JSON a `Blob` is a
/// base64 string, and a `Vec<u8>` an array of numbers.
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
#[derive(Clone)]
pub struct Blob(Place);

/// Where the bytes are.
#[derive(Clone)]
enum Place {
    Here(Bytes),
    Coming(Arc<Body>),
}

impl Blob {
    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Place::Here(bytes) => bytes.len(),
            Place::Coming(body) => body.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the bytes are in this program's memory. Only a blob of `edge::body`, a request's body that is to be passed on as it comes, is
    /// not: its bytes cannot be looked at here.
    #[must_use]
    pub fn is_here(&self) -> bool {
        matches!(self.0, Place::Here(_))
    }

    /// The bytes as a vector; without a copy if nobody else holds this blob.
    ///
    /// # Panics
    ///
    /// If they are not [here](Self::is_here).
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        Bytes::from(self).into()
    }

    /// Part of this blob, sharing its memory; `None` if the range is not inside it.
    ///
    /// # Panics
    ///
    /// If the bytes are not [here](Self::is_here).
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Option<Self> {
        (start <= end && end <= self.len()).then(|| self.here().slice(start..end).into())
    }

    fn here(&self) -> &Bytes {
        match &self.0 {
            Place::Here(bytes) => bytes,
            // To compute with nothing in place of the bytes would be worse.
            Place::Coming(_) => {
                std::panic::panic_any("the bytes of this blob are not here: it is a body that is passed on as it comes")
            }
        }
    }

    /// The body, if the bytes are still to come.
    #[cfg_attr(not(all(target_arch = "wasm32", feature = "edge")), allow(dead_code, reason = "elsewhere none are"))]
    pub(crate) fn coming(&self) -> Option<&Body> {
        match &self.0 {
            Place::Here(_) => None,
            Place::Coming(body) => Some(body),
        }
    }
}

impl Deref for Blob {
    type Target = [u8];

    /// # Panics
    ///
    /// If the bytes are not [here](Self::is_here).
    fn deref(&self) -> &[u8] {
        self.here()
    }
}

impl Default for Blob {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        self.here() == other.here()
    }
}

impl Eq for Blob {}

impl Hash for Blob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.here().hash(state);
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Self {
        Self(Place::Here(bytes))
    }
}

impl From<Body> for Blob {
    fn from(body: Body) -> Self {
        Self(Place::Coming(Arc::new(body)))
    }
}

impl From<Blob> for Bytes {
    fn from(blob: Blob) -> Self {
        match blob.0 {
            Place::Here(bytes) => bytes,
            Place::Coming(_) => blob.here().clone(),
        }
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            if !self.is_here() {
                return Err(S::Error::custom("the bytes of this blob are not here"));
            }
            return serializer.serialize_str(&STANDARD.encode(&**self));
        }
        match beside::put(self) {
            Some(index) => serializer.serialize_u32(index),
            None if !self.is_here() => Err(S::Error::custom("the bytes of this blob are not here")),
            None => serializer.serialize_bytes(self),
        }
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_str(Text);
        }
        if !beside::is_any() {
            return deserializer.deserialize_byte_buf(Raw);
        }
        let index = u32::deserialize(deserializer)?;
        beside::take(index).ok_or_else(|| D::Error::custom(format_args!("no blob {index} beside the value")))
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
