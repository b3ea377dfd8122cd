//! Writes values.
//!
//! As postcard does (<https://postcard.jamesmunns.com/wire-format>), but for three things. A [mark](super::mark) precedes each struct and each
//! variant, and a count the fields of a tuple struct: without them a value could arrive as another one. Large runs of bytes travel beside the
//! value, as a [`Blob`] does. And a value has the bounds that its reader enforces.

mod compound;
mod raw;
mod runs;
mod unwritable;

use serde::ser::{Serialize, Serializer};

use self::compound::{Elements, Fields};
pub(super) use self::unwritable::Unwritable;
use self::unwritable::Why;
use super::kind;
use super::mark::{Kind, Mark, variant};
use super::{DEEPEST, MOST_EMPTY};
use crate::wire::{self, Encoded};

pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Encoded, Unwritable> {
    let mut encoder =
        Encoder { out: Encoded::default(), deeper: DEEPEST, empty: MOST_EMPTY, kinds: 0, is_checked: false };
    value.serialize(&mut encoder)?;
    if encoder.is_checked {
        encoder.out.extend(&encoder.kinds.to_le_bytes());
    }
    Ok(encoder.out)
}

type Written = Result<(), Unwritable>;

pub(super) struct Encoder {
    out: Encoded,
    /// How many more levels there may be.
    deeper: u32,
    /// How many more elements may take no bytes.
    empty: u32,
    /// The sum of the [kinds](kind).
    kinds: u32,
    /// Whether it is written.
    is_checked: bool,
}

impl Encoder {
    fn kind(&mut self, kind: u32) {
        self.kinds = self.kinds.wrapping_add(kind);
    }

    fn varint(&mut self, value: u64) -> Written {
        let (mut bytes, mut length) = ([0; MOST_BYTES], 0);
        wire::varint(value, |byte| {
            if let Some(place) = bytes.get_mut(length) {
                *place = byte;
            }
            length += 1;
        });
        self.out.extend(bytes.get(..length).unwrap_or_default());
        Ok(())
    }

    fn wide(&mut self, mut value: u128) -> Written {
        loop {
            match u64::try_from(value) {
                Ok(rest) => return self.varint(rest),
                Err(_) => self.out.extend(&[low(value.to_le_bytes()) | 0x80]),
            }
            value >>= 7;
        }
    }

    fn length(&mut self, length: usize) -> Written {
        self.varint(length.try_into().unwrap_or(u64::MAX))
    }

    fn byte(&mut self, byte: u8) -> Written {
        self.out.extend(&[byte]);
        Ok(())
    }

    fn mark(&mut self, mark: Mark) -> Written {
        self.is_checked = true;
        self.out.extend(&mark);
        Ok(())
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
            self.kind(kind::UNSIGNED);
            self.$write(<$wide_unsigned>::from(value))
        }

        fn $signed(self, value: $i) -> Written {
            self.kind(kind::SIGNED);
            let value = <$wide>::from(value);
            self.$write(((value << 1) ^ (value >> (<$wide>::BITS - 1))).cast_unsigned())
        })*
    };
}

impl<'a> Serializer for &'a mut Encoder {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Elements<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    numbers!(varint(u64, i64):
        serialize_u16(u16), serialize_i16(i16);
        serialize_u32(u32), serialize_i32(i32);
        serialize_u64(u64), serialize_i64(i64)
    );
    numbers!(wide(u128, i128): serialize_u128(u128), serialize_i128(i128));

    fn serialize_bool(self, value: bool) -> Written {
        self.kind(kind::BOOL);
        self.byte(value.into())
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.kind(kind::U8);
        self.byte(value)
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.kind(kind::I8);
        self.byte(value.cast_unsigned())
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.kind(kind::F32);
        self.out.extend(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.kind(kind::F64);
        self.out.extend(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        self.kind(kind::TEXT);
        self.run(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.kind(kind::BYTES);
        self.run(value)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_none(self) -> Written {
        self.kind(kind::OPTION);
        self.byte(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.kind(kind::OPTION);
        self.inside(|encoder| {
            encoder.byte(1)?;
            value.serialize(encoder)
        })
    }

    fn serialize_unit(self) -> Written {
        self.kind(kind::UNIT);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, index: u32, name: &'static str) -> Written {
        self.inside(|encoder| encoder.mark(variant(index, name, Kind::Unit)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
        value: &T,
    ) -> Written {
        self.inside(|encoder| {
            encoder.mark(variant(index, name, Kind::Newtype))?;
            value.serialize(encoder)
        })
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements<'a>, Unwritable> {
        self.kind(kind::SEQUENCE);
        let length = length.ok_or(Why::Endless)?;
        self.length(length)?;
        Elements::new(self, length, 1)
    }

    fn collect_seq<I>(self, elements: I) -> Written
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        self.sequence(elements.into_iter())
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements<'a>, Unwritable> {
        self.kind(kind::TUPLE);
        Elements::new(self, length, 1)
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Elements<'a>, Unwritable> {
        self.is_checked = true;
        self.length(length)?;
        Elements::new(self, length, 1)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
        length: usize,
    ) -> Result<Elements<'a>, Unwritable> {
        self.mark(variant(index, name, Kind::Tuple))?;
        self.length(length)?;
        Elements::new(self, length, 2)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Elements<'a>, Unwritable> {
        self.kind(kind::MAP);
        let length = length.ok_or(Why::Endless)?;
        self.length(length)?;
        Elements::new(self, length, 1)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Unwritable> {
        Fields::new(self, 1)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Fields<'a>, Unwritable> {
        self.mark(variant(index, name, Kind::Struct))?;
        Fields::new(self, 2)
    }
}
