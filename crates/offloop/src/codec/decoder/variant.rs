//! Which variant it is, and what is in it.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Decoder;
use crate::codec::mark::{Kind, find};
use crate::codec::refusal::Refusal;

/// A variant of an enum.
pub(super) struct Variant<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    /// The enum's name.
    of: &'static str,
    names: &'static [&'static str],
    kind: Kind,
}

impl<'a, 'de> Variant<'a, 'de> {
    pub(super) fn new(decoder: &'a mut Decoder<'de>, of: &'static str, names: &'static [&'static str]) -> Self {
        Self { decoder, of, names, kind: Kind::Unit }
    }

    /// What is in it, if it was written as it is read.
    fn content(self, kind: Kind) -> Result<&'a mut Decoder<'de>, Refusal> {
        if self.kind == kind { Ok(self.decoder) } else { self.decoder.refuse(self.of, Refusal::Fields) }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Refusal;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<(S::Value, Self), Refusal> {
        let mark = self.decoder.mark()?;
        let Some(place) = find(self.names, mark) else { return self.decoder.refuse(self.of, Refusal::Variant) };
        let name = self.names.get(place).copied().unwrap_or_default();
        self.kind = Kind::of(mark);
        Ok((seed.deserialize(Name { name, place })?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        self.content(Kind::Unit).map(drop)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refusal> {
        seed.deserialize(self.content(Kind::Newtype)?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        let of = self.of;
        self.content(Kind::Tuple)?.tuple(of, length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        let of = self.of;
        self.content(Kind::Struct)?.fields(of, fields, visitor)
    }
}

/// Of a variant. By its name, which has one meaning also where some variants are skipped; types that ask for a number get its place.
struct Name {
    name: &'static str,
    place: usize,
}

impl<'de> Deserializer<'de> for Name {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_str(self.name)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_u64(u64::try_from(self.place).unwrap_or(u64::MAX))
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_u64(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
