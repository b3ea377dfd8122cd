//! Reads postcard's encoding, whoever wrote it: <https://postcard.jamesmunns.com/wire-format>.
//!
//! Of our own, for two bounds that postcard has not: how deep values are nested, since each level takes stack, and how many elements may take
//! no bytes, since a `Vec<()>` can claim any number of them.

mod elements;

use elements::Elements;
use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
};

use super::refusal::Refusal;

/// Levels of nesting. Each takes some hundred bytes of stack in an optimised build, and a wasm module has 1 MiB.
const DEEPEST: u32 = 1024;

/// Elements without bytes in one value: as many steps take about a millisecond.
const MOST_EMPTY: u32 = 1 << 20;

/// Reads a value; gives the bytes that are left over as well.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), Refusal> {
    let mut decoder = Decoder { bytes, deeper: DEEPEST, empty: MOST_EMPTY };
    let value = T::deserialize(&mut decoder)?;
    Ok((value, decoder.bytes))
}

struct Decoder<'de> {
    bytes: &'de [u8],
    /// How many more levels there may be.
    deeper: u32,
    /// How many more elements may take no bytes.
    empty: u32,
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

    fn prefixed(&mut self) -> Result<&'de [u8], Refusal> {
        let length = self.narrow()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'de str, Refusal> {
        std::str::from_utf8(self.prefixed()?).map_err(|_| Refusal::Unfit)
    }

    /// Reads what is a level deeper.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.deeper = self.deeper.checked_sub(1).ok_or(Refusal::Deep)?;
        let value = read(self);
        self.deeper += 1;
        value
    }

    fn sequence<V: Visitor<'de>>(&mut self, left: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.inside(|decoder| visitor.visit_seq(Elements { decoder, left }))
    }
}

/// Small numbers go back and forth around zero.
fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

macro_rules! numbers {
    ($($name:ident $visit:ident: $read:expr;)*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
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
        deserialize_u8 visit_u8: Decoder::u8;
        deserialize_u16 visit_u16: Decoder::narrow;
        deserialize_u32 visit_u32: Decoder::narrow;
        deserialize_u64 visit_u64: Decoder::number;
        deserialize_u128 visit_u128: Decoder::long_number;
        deserialize_i8 visit_i8: |decoder| decoder.u8().map(u8::cast_signed);
        deserialize_i16 visit_i16: signed_narrow;
        deserialize_i32 visit_i32: signed_narrow;
        deserialize_i64 visit_i64: signed_narrow;
        deserialize_i128 visit_i128: |decoder| decoder.long_number().map(|n| (n >> 1).cast_signed() ^ -(n & 1).cast_signed());
        deserialize_f32 visit_f32: |decoder| decoder.array().map(f32::from_le_bytes);
        deserialize_f64 visit_f64: |decoder| decoder.array().map(f64::from_le_bytes);
        deserialize_str visit_borrowed_str: Decoder::text;
        deserialize_string visit_borrowed_str: Decoder::text;
        deserialize_bytes visit_borrowed_bytes: Decoder::prefixed;
        deserialize_byte_buf visit_borrowed_bytes: Decoder::prefixed;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.u8()? {
            byte @ 0..=1 => visitor.visit_bool(byte == 1),
            _ => Err(Refusal::Unfit),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let mut letters = self.text()?.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => visitor.visit_char(letter),
            _ => Err(Refusal::Unfit),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.u8()? {
            0 => visitor.visit_none(),
            1 => self.inside(|decoder| visitor.visit_some(decoder)),
            _ => Err(Refusal::Unfit),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let length = self.narrow()?;
        self.sequence(length, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.sequence(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.sequence(length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.sequence(fields.len(), visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let left = self.narrow()?;
        self.inside(|decoder| visitor.visit_map(Elements { decoder, left }))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.inside(|decoder| visitor.visit_enum(decoder))
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

impl<'de> EnumAccess<'de> for &mut Decoder<'de> {
    type Error = Refusal;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Refusal> {
        let index: U32Deserializer<Refusal> = self.narrow::<u32>()?.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Decoder<'de> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refusal> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.sequence(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        self.sequence(fields.len(), visitor)
    }
}
