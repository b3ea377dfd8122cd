//! Writes postcard's encoding: <https://postcard.jamesmunns.com/wire-format>.
//!
//! Of our own, since postcard's takes a field that a value leaves out for written: whoever reads takes the bytes of the next one for it, and now
//! and then they are some value of its type.

use std::fmt;

use serde::Serialize;
use serde::ser::{self, Serializer};

use crate::wire::{self, Encoded};

pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Encoded, Unwritable> {
    let mut encoder = Encoder(Encoded::default());
    value.serialize(&mut encoder)?;
    Ok(encoder.0)
}

/// Why a value has no bytes. One word, since nearly every call gives it back as nothing.
#[derive(Debug)]
pub(super) struct Unwritable(Box<Why>);

#[derive(Debug)]
enum Why {
    /// It leaves out this field.
    Skipped(&'static str),
    /// It does not know how many elements it has.
    Endless,
    /// What it says itself.
    Said(String),
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Why::Skipped(field) => {
                write!(f, "`{field}` is left out (`skip_serializing_if`), which the far side cannot tell")
            }
            Why::Endless => f.write_str("a map or sequence of unknown length, as by `flatten`"),
            Why::Said(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Unwritable {}

impl From<Why> for Unwritable {
    fn from(why: Why) -> Self {
        Self(Box::new(why))
    }
}

impl ser::Error for Unwritable {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Why::Said(text.to_string()).into()
    }
}

type Written = Result<(), Unwritable>;

struct Encoder(Encoded);

impl Encoder {
    fn varint(&mut self, value: u64) -> Written {
        let (mut bytes, mut length) = ([0; MOST_BYTES], 0);
        wire::varint(value, |byte| {
            if let Some(place) = bytes.get_mut(length) {
                *place = byte;
            }
            length += 1;
        });
        self.0.extend(bytes.get(..length).unwrap_or_default());
        Ok(())
    }

    fn wide(&mut self, mut value: u128) -> Written {
        loop {
            match u64::try_from(value) {
                Ok(rest) => return self.varint(rest),
                Err(_) => self.0.extend(&[low(value.to_le_bytes()) | 0x80]),
            }
            value >>= 7;
        }
    }

    fn length(&mut self, length: usize) -> Written {
        self.varint(length.try_into().unwrap_or(u64::MAX))
    }
}

/// Of a number of 64 bits.
const MOST_BYTES: usize = 10;

fn low<const N: usize>(bytes: [u8; N]) -> u8 {
    bytes.first().copied().unwrap_or_default()
}

/// Unsigned numbers as they are; signed ones with the sign at the lowest place, so that small ones stay short.
macro_rules! numbers {
    ($write:ident($wide_unsigned:ty, $wide:ty): $($unsigned:ident($u:ty), $signed:ident($i:ty));*) => {
        $(fn $unsigned(self, value: $u) -> Written {
            self.$write(<$wide_unsigned>::from(value))
        }

        fn $signed(self, value: $i) -> Written {
            let value = <$wide>::from(value);
            self.$write(((value << 1) ^ (value >> (<$wide>::BITS - 1))).cast_unsigned())
        })*
    };
}

impl Serializer for &mut Encoder {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers!(varint(u64, i64):
        serialize_u16(u16), serialize_i16(i16);
        serialize_u32(u32), serialize_i32(i32);
        serialize_u64(u64), serialize_i64(i64)
    );
    numbers!(wide(u128, i128): serialize_u128(u128), serialize_i128(i128));

    fn serialize_bool(self, value: bool) -> Written {
        self.serialize_u8(value.into())
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.0.extend(&[value]);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_u8(value.cast_unsigned())
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.0.extend(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.0.extend(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.length(value.len())?;
        self.0.extend(value);
        Ok(())
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_none(self) -> Written {
        self.serialize_u8(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.serialize_u8(1)?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Written {
        self.serialize_u32(index)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Written {
        self.serialize_u32(index)?;
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Unwritable> {
        self.length(length.ok_or(Why::Endless)?)?;
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Unwritable> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Unwritable> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Unwritable> {
        self.serialize_u32(index)?;
        Ok(self)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self, Unwritable> {
        self.serialize_seq(length)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unwritable> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        fields: usize,
    ) -> Result<Self, Unwritable> {
        self.serialize_tuple_variant(name, index, variant, fields)
    }
}

macro_rules! compound {
    ($($trait:ident::$element:ident($($key:ty)?)),*) => {
        $(impl ser::$trait for &mut Encoder {
            type Ok = ();
            type Error = Unwritable;

            fn $element<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Written {
                value.serialize(&mut **self)
            }

            compound!(skip $($key)?);

            fn end(self) -> Written {
                Ok(())
            }
        })*
    };
    (skip) => {};
    (skip $key:ty) => {
        fn skip_field(&mut self, key: $key) -> Written {
            Err(Why::Skipped(key).into())
        }
    };
}

compound!(
    SerializeSeq::serialize_element(),
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeTupleVariant::serialize_field(),
    SerializeStruct::serialize_field(&'static str),
    SerializeStructVariant::serialize_field(&'static str)
);

impl ser::SerializeMap for &mut Encoder {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(&mut **self)
    }

    fn end(self) -> Written {
        Ok(())
    }
}
