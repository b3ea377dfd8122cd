//! Types whose two sides are written by hand, and are not alike. In JSON most of them would do.

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, SerializeTuple, Serializer};

use super::*;

/// A field, between others that notice if it takes too many bytes or too few.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Between<T> {
    before: u8,
    value: T,
    after: Vec<u8>,
}

fn echo<T>(value: Between<T>) -> Between<T> {
    value
}

macro_rules! types {
    ($($type:ident($held:ty): $serialize:expr, $deserialize:expr;)*) => {
        $(#[derive(Debug, Clone, PartialEq)]
        struct $type($held);

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                fn by<S: Serializer>(value: &$held, serializer: S) -> Result<S::Ok, S::Error> {
                    $serialize(value, serializer)
                }
                by(&self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                fn by<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$held, D::Error> {
                    $deserialize(deserializer)
                }
                by(deserializer).map(Self)
            }
        })*
        offloop::tasks! { $(echo::<$type> as $type),* }
    };
}

fn as_map<S: Serializer>(pair: &(u8, u8), serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("a", &pair.0)?;
    map.serialize_entry("b", &pair.1)?;
    map.end()
}

fn as_sequence<S: Serializer>(pair: &(u8, u8), serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(2))?;
    sequence.serialize_element(&pair.0)?;
    sequence.serialize_element(&pair.1)?;
    sequence.end()
}

fn as_too_short<S: Serializer>(pair: &(u8, u8), serializer: S) -> Result<S::Ok, S::Error> {
    let mut tuple = serializer.serialize_tuple(2)?;
    tuple.serialize_element(&pair.0)?;
    tuple.end()
}

#[derive(Serialize, Deserialize)]
struct Named {
    a: u8,
    b: u8,
}

fn from_struct<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(u8, u8), D::Error> {
    Named::deserialize(deserializer).map(|named| (named.a, named.b))
}

/// Takes a sequence or a map, and a part of it.
struct First;

impl<'de> Visitor<'de> for First {
    type Value = (u8, u8);

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a first element")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(u8, u8), A::Error> {
        Ok((sequence.next_element()?.unwrap_or_default(), 0))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(u8, u8), A::Error> {
        Ok((map.next_entry::<String, u8>()?.map_or(0, |(_, value)| value), 0))
    }
}

types! {
    MapAsStruct((u8, u8)): as_map, from_struct;
    StructAsMap((u8, u8)): |pair: &(u8, u8), serializer| Named { a: pair.0, b: pair.1 }.serialize(serializer), |deserializer: D| deserializer.deserialize_map(First);
    SequenceAsTuple((u8, u8)): as_sequence, Deserialize::deserialize;
    SequenceAsFirst((u8, u8)): as_sequence, |deserializer: D| deserializer.deserialize_seq(First);
    MapAsFirst((u8, u8)): as_map, |deserializer: D| deserializer.deserialize_map(First);
    TupleAsStruct((u8, u8)): Serialize::serialize, from_struct;
    TooShort((u8, u8)): as_too_short, Deserialize::deserialize;
    Signed(u64): |number: &u64, serializer: S| serializer.serialize_i64(number.cast_signed()), Deserialize::deserialize;
    Unsigned(i64): |number: &i64, serializer: S| serializer.serialize_u64(number.cast_unsigned()), Deserialize::deserialize;
    Byte(u32): |number: &u32, serializer: S| serializer.serialize_u8(u8::try_from(*number).unwrap()), Deserialize::deserialize;
    Text(u64): |number: &u64, serializer: S| serializer.collect_str(number), Deserialize::deserialize;
    Either(u64): |number: &u64, serializer: S| serializer.serialize_u64(*number), |deserializer: D| deserializer.deserialize_any(Number);
    Nothing(Option<u8>): |_: &Option<u8>, serializer: S| serializer.serialize_unit(), Deserialize::deserialize;
    Bare(Option<u8>): |number: &Option<u8>, serializer: S| serializer.serialize_u8(number.unwrap_or_default()), Deserialize::deserialize;
}

struct Number;

impl Visitor<'_> for Number {
    type Value = u64;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, number: u64) -> Result<u64, E> {
        Ok(number)
    }
}

#[test]
fn what_is_written_in_one_form_and_read_in_another_never_arrives_as_another_value() {
    fn check<T>(value: T)
    where
        T: Serialize + serde::de::DeserializeOwned + Clone + PartialEq + std::fmt::Debug + 'static,
    {
        for after in [vec![], vec![0], vec![1, 0], vec![2, 1, 0], vec![0; 40]] {
            let sent = Between { before: 1, value: value.clone(), after };
            let pool = Executor::inline(&TASKS, Options::default());
            match futures_executor::block_on(pool.run(echo::<T>, sent.clone())) {
                Ok(arrived) => assert_eq!(arrived, sent),
                Err(error) => assert_eq!(error.kind(), "malformed", "{error}"),
            }
        }
    }
    for pair in [(0, 0), (1, 0), (0, 1), (1, 2), (2, 1), (1, 1)] {
        check(MapAsStruct(pair));
        check(StructAsMap(pair));
        check(SequenceAsTuple(pair));
        check(SequenceAsFirst(pair));
        check(MapAsFirst(pair));
        check(TupleAsStruct(pair));
        check(TooShort(pair));
    }
    for number in [0, 1, 2, 5, 127, 128, 255] {
        check(Signed(number));
        check(Text(number));
        check(Either(number));
        check(Byte(u32::try_from(number).unwrap()));
        check(Unsigned(number.cast_signed()));
        check(Unsigned(-number.cast_signed()));
    }
    for number in [None, Some(0), Some(1), Some(2)] {
        check(Nothing(number));
        check(Bare(number));
    }
}
