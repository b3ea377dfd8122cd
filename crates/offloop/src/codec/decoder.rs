//! Reads values that an [encoder](super::encoder) wrote, or anybody.

mod arguments;
mod elements;
mod fields;
mod runs;
mod variant;

pub use arguments::Arguments;
pub(crate) use arguments::can_hold;
use elements::Elements;
use serde::de::{Deserializer, Visitor};
use variant::Variant;

use super::refusal::Refusal;
use super::{DEEPEST, MOST_EMPTY};
use super::{kind, mark};

/// Names, the mark that was found to be theirs, and how many fields it stands for.
type Known = (&'static [&'static str], mark::Mark, usize);

#[derive(Debug)]
pub(super) struct Decoder<'de> {
    bytes: &'de [u8],
    /// How many more levels there may be.
    deeper: u32,
    /// How many more elements may take no bytes.
    empty: u32,
    /// The fields of the struct before, as most structs follow one of their own type.
    known: Option<Known>,
    /// The type that was refused.
    refused: &'static str,
    /// The sum of the [kinds](kind) that were asked for.
    kinds: u32,
    /// Whether it is compared with what was written.
    is_checked: bool,
}

impl<'de> Decoder<'de> {
    fn take(&mut self, length: usize) -> Result<&'de [u8], Refusal> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(Refusal::Short)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(Refusal::Short)?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, Refusal> {
        self.array().map(|[byte]| byte)
    }

    /// A number of at most 64 bits. Zeros that make it longer than it has to be are taken.
    fn number(&mut self) -> Result<u64, Refusal> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            if shift == 63 && byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Refusal::Unfit)
    }

    /// The same, with at most 128 bits.
    fn long_number(&mut self) -> Result<u128, Refusal> {
        let mut number = 0;
        for shift in (0..128).step_by(7) {
            let byte = self.u8()?;
            if shift == 126 && byte > 3 {
                break;
            }
            number |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Refusal::Unfit)
    }

    fn narrow<N: TryFrom<u64>>(&mut self) -> Result<N, Refusal> {
        N::try_from(self.number()?).map_err(|_| Refusal::Unfit)
    }

    /// Reads what is a level deeper.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.deeper = self.deeper.checked_sub(1).ok_or(Refusal::Deep)?;
        let value = read(self);
        self.deeper += 1;
        value
    }

    fn sequence<V: Visitor<'de>>(&mut self, left: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.inside(|decoder| {
            let mut elements = Elements { decoder, left, asked: false };
            let value = visitor.visit_seq(&mut elements)?;
            if elements.left == 0 { Ok(value) } else { Err(Refusal::Unfit) }
        })
    }

    fn kind(&mut self, kind: u32) {
        self.kinds = self.kinds.wrapping_add(kind);
    }
}

/// Small numbers go back and forth around zero.
fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

macro_rules! numbers {
    ($($name:ident $visit:ident $kind:ident: $read:expr;)*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            self.kind(kind::$kind);
            let read: fn(&mut Decoder<'de>) -> Result<_, Refusal> = $read;
            visitor.$visit(read(self)?)
        })*
    };
}

fn signed_narrow<N: TryFrom<i64>>(decoder: &mut Decoder<'_>) -> Result<N, Refusal> {
    N::try_from(signed(decoder.number()?)).map_err(|_| Refusal::Unfit)
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Refusal;

    fn is_human_readable(&self) -> bool {
        false
    }

    numbers! {
        deserialize_u8 visit_u8 U8: Decoder::u8;
        deserialize_u16 visit_u16 UNSIGNED: Decoder::narrow;
        deserialize_u32 visit_u32 UNSIGNED: Decoder::narrow;
        deserialize_u64 visit_u64 UNSIGNED: Decoder::number;
        deserialize_u128 visit_u128 UNSIGNED: Decoder::long_number;
        deserialize_i8 visit_i8 I8: |decoder| decoder.u8().map(u8::cast_signed);
        deserialize_i16 visit_i16 SIGNED: signed_narrow;
        deserialize_i32 visit_i32 SIGNED: signed_narrow;
        deserialize_i64 visit_i64 SIGNED: signed_narrow;
        deserialize_i128 visit_i128 SIGNED: |decoder| decoder.long_number().map(|n| (n >> 1).cast_signed() ^ -(n & 1).cast_signed());
        deserialize_f32 visit_f32 F32: |decoder| decoder.array().map(f32::from_le_bytes);
        deserialize_f64 visit_f64 F64: |decoder| decoder.array().map(f64::from_le_bytes);
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::TEXT);
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::TEXT);
        self.text(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::BYTES);
        self.run(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::BYTES);
        self.run(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::BOOL);
        match self.u8()? {
            byte @ 0..=1 => visitor.visit_bool(byte == 1),
            _ => Err(Refusal::Unfit),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::TEXT);
        let length = self.narrow()?;
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| Refusal::Unfit)?;
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => visitor.visit_char(letter),
            _ => Err(Refusal::Unfit),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::OPTION);
        match self.u8()? {
            0 => visitor.visit_none(),
            1 => self.inside(|decoder| visitor.visit_some(decoder)),
            _ => Err(Refusal::Unfit),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::UNIT);
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::UNIT);
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::SEQUENCE);
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::TUPLE);
        self.sequence(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.tuple(name, length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.fields(name, fields, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.kind(kind::MAP);
        let left = self.narrow()?;
        self.inside(|decoder| {
            let mut elements = Elements { decoder, left, asked: false };
            let value = visitor.visit_map(&mut elements)?;
            if elements.left == 0 { Ok(value) } else { Err(Refusal::Unfit) }
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.inside(|decoder| visitor.visit_enum(Variant::new(decoder, name, variants)))
    }

    // The encoding does not say what follows.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
        Err(Refusal::Untold)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
        Err(Refusal::Untold)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
        Err(Refusal::Untold)
    }
}
