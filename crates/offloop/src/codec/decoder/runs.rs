//! Runs of bytes, and of elements that are their bytes.

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Decoder;
use crate::blob::{self, Blob};
use crate::codec::refusal::Refusal;
use crate::codec::{BESIDE, kind};

/// Where a run is, and how many elements it has.
pub(super) enum Run {
    Inline(usize),
    Beside(usize, Blob),
}

impl<'de> Decoder<'de> {
    /// What precedes a run.
    pub(super) fn head(&mut self) -> Result<Run, Refusal> {
        match self.number()? {
            BESIDE => {
                let index = self.narrow()?;
                let count = self.narrow()?;
                Ok(Run::Beside(count, blob::take(index).ok_or(Refusal::Short)?))
            }
            count => usize::try_from(count).map(Run::Inline).map_err(|_| Refusal::Unfit),
        }
    }

    pub(super) fn run<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refusal> {
        match self.head()? {
            Run::Inline(length) => visitor.visit_borrowed_bytes(self.take(length)?),
            Run::Beside(length, bytes) if bytes.len() == length => visitor.visit_byte_buf(bytes.into_vec()),
            Run::Beside(..) => Err(Refusal::Unfit),
        }
    }

    pub(super) fn text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refusal> {
        match self.head()? {
            Run::Inline(length) => {
                visitor.visit_borrowed_str(std::str::from_utf8(self.take(length)?).map_err(|_| Refusal::Unfit)?)
            }
            Run::Beside(length, bytes) if bytes.len() == length => {
                visitor.visit_string(String::from_utf8(bytes.into_vec()).map_err(|_| Refusal::Unfit)?)
            }
            Run::Beside(..) => Err(Refusal::Unfit),
        }
    }

    pub(super) fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Refusal> {
        match self.head()? {
            Run::Inline(count) => self.sequence(count, visitor),
            Run::Beside(count, bytes) => self.inside(|decoder| {
                let mut block = Block { bytes: &bytes, left: count, kind: 0 };
                let value = visitor.visit_seq(&mut block)?;
                decoder.kind(block.kind.wrapping_mul(u32::try_from(count).unwrap_or(u32::MAX)));
                if block.left == 0 && block.bytes.is_empty() { Ok(value) } else { Err(Refusal::Unfit) }
            }),
        }
    }
}

/// Elements that are their bytes, and beside the value.
struct Block<'a> {
    bytes: &'a [u8],
    left: usize,
    /// Of its elements.
    kind: u32,
}

impl<'de> SeqAccess<'de> for Block<'_> {
    type Error = Refusal;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(Element(self)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.bytes.len()))
    }
}

struct Element<'a, 'b>(&'a mut Block<'b>);

impl Element<'_, '_> {
    #[inline]
    fn array<const N: usize>(self, kind: u32) -> Result<[u8; N], Refusal> {
        let (bytes, rest) = self.0.bytes.split_first_chunk().ok_or(Refusal::Short)?;
        self.0.bytes = rest;
        self.0.kind = kind;
        Ok(*bytes)
    }
}

macro_rules! elements {
    ($($name:ident $visit:ident($type:ty) $kind:ident;)*) => {
        $(#[inline]
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            visitor.$visit(<$type>::from_le_bytes(self.array(kind::$kind)?))
        })*
    };
}

impl<'de> Deserializer<'de> for Element<'_, '_> {
    type Error = Refusal;

    elements! {
        deserialize_u8 visit_u8(u8) U8;
        deserialize_i8 visit_i8(i8) I8;
        deserialize_f32 visit_f32(f32) F32;
        deserialize_f64 visit_f64(f64) F64;
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.array(kind::BOOL)? {
            [byte @ 0..=1] => visitor.visit_bool(byte == 1),
            _ => Err(Refusal::Unfit),
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    // No other elements are their bytes.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
        Err(Refusal::Unfit)
    }

    forward_to_deserialize_any! {
        i16 i32 i64 i128 u16 u32 u64 u128 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct enum
        identifier ignored_any
    }
}
