//! Which elements are their bytes.

use std::fmt;

use serde::Serialize;
use serde::ser::{Impossible, Serializer};

use crate::codec::kind;

/// The kind and the bytes of a value whose encoding is always as long.
pub(super) enum Raw {
    One(u32, [u8; 1]),
    Four(u32, [u8; 4]),
    Eight(u32, [u8; 8]),
}

/// The bytes of such a value, and `None` for every other. For one type the answer is always the same, which the compiler sees: what loops over
/// elements becomes a copy of their memory.
#[inline]
pub(super) fn raw<T: Serialize + ?Sized>(value: &T) -> Option<Raw> {
    value.serialize(Probe).ok()
}

struct Probe;

type Probed = Result<Raw, fmt::Error>;
type No = Impossible<Raw, fmt::Error>;

macro_rules! raw {
    ($($name:ident($type:ty) = $value:ident => $raw:expr;)*) => {
        $(#[inline]
        fn $name(self, $value: $type) -> Probed {
            Ok($raw)
        })*
    };
}

macro_rules! not_raw {
    ($($name:ident $(<$generic:ident>)? ($($type:ty),*) -> $output:ty;)*) => {
        $(#[inline]
        fn $name $(<$generic: Serialize + ?Sized>)? (self, $(_: $type),*) -> Result<$output, fmt::Error> {
            Err(fmt::Error)
        })*
    };
}

impl Serializer for Probe {
    type Ok = Raw;
    type Error = fmt::Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    raw! {
        serialize_bool(bool) = value => Raw::One(kind::BOOL, [value.into()]);
        serialize_u8(u8) = value => Raw::One(kind::U8, [value]);
        serialize_i8(i8) = value => Raw::One(kind::I8, value.to_le_bytes());
        serialize_f32(f32) = value => Raw::Four(kind::F32, value.to_le_bytes());
        serialize_f64(f64) = value => Raw::Eight(kind::F64, value.to_le_bytes());
    }

    not_raw! {
        serialize_u16(u16) -> Raw;
        serialize_u32(u32) -> Raw;
        serialize_u64(u64) -> Raw;
        serialize_u128(u128) -> Raw;
        serialize_i16(i16) -> Raw;
        serialize_i32(i32) -> Raw;
        serialize_i64(i64) -> Raw;
        serialize_i128(i128) -> Raw;
        serialize_char(char) -> Raw;
        serialize_str(&str) -> Raw;
        serialize_bytes(&[u8]) -> Raw;
        serialize_none() -> Raw;
        serialize_some<T>(&T) -> Raw;
        serialize_unit() -> Raw;
        serialize_unit_struct(&'static str) -> Raw;
        serialize_unit_variant(&'static str, u32, &'static str) -> Raw;
        serialize_newtype_variant<T>(&'static str, u32, &'static str, &T) -> Raw;
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Probed {
        value.serialize(self)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Probed {
        Err(fmt::Error)
    }

    fn collect_seq<I>(self, _: I) -> Probed
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        Err(fmt::Error)
    }

    fn collect_map<K, V, I>(self, _: I) -> Probed
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        Err(fmt::Error)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
