//! Whatever serde can describe crosses the border unchanged; whatever it cannot is a typed error.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::reversed_empty_ranges)]

#[path = "values/attributes.rs"]
mod attributes;
#[path = "values/handwritten.rs"]
mod handwritten;
#[cfg(feature = "json")]
#[path = "values/json.rs"]
mod json;
#[path = "values/kept.rs"]
mod kept;
#[path = "values/limits.rs"]
mod limits;
#[path = "values/runs.rs"]
mod runs;
#[path = "values/standard.rs"]
mod standard;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

use offloop::wire::Payload;
use offloop::{Context, Error, Executor, Options, Task};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// As deep as one likes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Nest {
    End,
    In(Box<Nest>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Tuple(u8, String),
    Named { side: f32, label: Option<char> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Skips {
    #[serde(skip_serializing_if = "Option::is_none")]
    sometimes: Option<u8>,
    always: u8,
    list: Vec<u8>,
    #[serde(skip)]
    never: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Skipping {
    Variant {
        #[serde(skip_serializing_if = "Option::is_none")]
        sometimes: Option<u8>,
        always: u8,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    map: BTreeMap<String, u8>,
}

type Mixed = (Option<Option<u8>>, String, Vec<(i64, Option<String>)>);

/// Two levels for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Linked {
    next: Option<Box<Linked>>,
}

/// Cannot be written.
#[derive(Debug, Deserialize)]
struct Sulk;

impl Serialize for Sulk {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not today"))
    }
}

fn sulk() -> Sulk {
    Sulk
}

macro_rules! echoes {
    ($($name:ident: $type:ty),* $(,)?) => {
        $(fn $name(value: $type) -> $type { value })*
        offloop::tasks! { $($name,)* sulk }
    };
}

echoes! {
    unit: (), yes: bool, small: i8, wide: u128, wide_signed: i128, float: f64, single: f32, letter: char, text: String,
    options: Option<Option<Option<u8>>>, list: Vec<u64>, lists: Vec<Vec<Option<String>>>, array: [u8; 32],
    map: BTreeMap<String, Vec<i64>>, hash: HashMap<u32, u32>, range: Range<u64>, duration: Duration,
    outcome: Result<u8, String>, nest: Nest, shape: Shape, triple: (u8, (u16, [i32; 2]), String), boxed: Box<str>,
    anything: serde_json::Value, skips: Skips, skipping: Skipping, flat: Flat, linked: Linked, numbers: (u8, i8, bool, u16, i16, u32, i32), wide_numbers: (u64, i64, u128, i128),
    mixed: Mixed, nothings: Vec<()>, many_nothings: Vec<Vec<[(); 3]>>,
}

fn run(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let entry = TASKS.at(TASKS.named(name)?).unwrap();
    entry.run(&Context::none(), Payload { bytes: bytes.into(), blobs: Vec::new() }).map(|output| output.bytes.into())
}

fn through<F: Task<M, Input = T, Output = T>, M, T>(task: F, value: T) -> Result<T, Error>
where
    T: Serialize + serde::de::DeserializeOwned + 'static,
{
    futures_executor::block_on(Executor::inline(&TASKS, Options::default()).run(task, value))
}

/// There and back, with the bytes compared too, so that NaN equals itself.
fn crosses<T: Serialize>(name: &str, value: &T) {
    let bytes = postcard::to_allocvec(value).unwrap();
    assert_eq!(run(name, bytes.clone()), Ok(bytes), "{name}");
}

/// There and back, compared as it is printed, so that NaN equals itself.
fn arrives<F: Task<M, Input = T, Output = T>, M, T>(task: F, value: T)
where
    T: Serialize + serde::de::DeserializeOwned + std::fmt::Debug + 'static,
{
    let sent = format!("{value:?}");
    match through(task, value) {
        Ok(value) => assert_eq!(format!("{value:?}"), sent),
        Err(error) => panic!("{sent}: {error}"),
    }
}

#[test]
fn the_largest_and_the_smallest_numbers_cross() {
    for number in [0, 1, u128::from(u64::MAX), u128::from(u64::MAX) + 1, 333_283_335_000, u128::MAX] {
        crosses("wide", &number);
    }
    for number in [i128::MIN, i128::from(i64::MIN) - 1, -1, 0, i128::MAX] {
        crosses("wide_signed", &number);
    }
    for number in [i8::MIN, -1, 0, i8::MAX] {
        crosses("small", &number);
    }
}

#[test]
fn floats_keep_every_bit() {
    let odd =
        [f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), -0.0, f64::MIN_POSITIVE / 2.0, f64::NEG_INFINITY];
    for number in odd {
        crosses("float", &number);
        let bytes = run("float", number.to_le_bytes().to_vec()).unwrap();
        assert_eq!(bytes, number.to_bits().to_le_bytes());
    }
    crosses("single", &f32::from_bits(0xffc0_1234));
}

#[test]
fn options_in_options_stay_apart() {
    for value in [None, Some(None), Some(Some(None)), Some(Some(Some(0_u8)))] {
        crosses("options", &value);
    }
}

#[test]
fn texts_collections_and_enums_cross() {
    for value in ["", "\0", "é\u{301}\u{10ffff}", &"x".repeat(30_000)] {
        crosses("text", &value);
        crosses("boxed", &value);
    }
    arrives(text, "x".repeat(100_000));
    arrives(boxed, "x".repeat(100_000).into());
    crosses("unit", &());
    crosses("letter", &'\u{10ffff}');
    crosses("lists", &vec![vec![], vec![None, Some(String::new())]]);
    crosses("array", &[9_u8; 32]);
    crosses("map", &BTreeMap::from([(String::new(), vec![i64::MIN]), ("a".into(), vec![])]));
    arrives(range, u64::MAX..0);
    arrives(duration, Duration::MAX);
    arrives(outcome, Err("no".to_owned()));
    crosses("triple", &(1_u8, (2_u16, [-3_i32, i32::MIN]), "four"));
    for value in [Shape::Unit, Shape::Tuple(1, "a".into()), Shape::Named { side: f32::NAN, label: Some('é') }] {
        arrives(shape, value);
    }
}

#[test]
fn a_thousand_levels_of_nesting_cross() {
    let deep = (0..1000).fold(Nest::End, |inner, _| Nest::In(Box::new(inner)));
    arrives(nest, deep);
}

#[test]
fn a_type_that_only_json_can_describe_is_a_typed_error() {
    assert!(matches!(run("anything", vec![1, 2, 3]), Err(Error::Malformed { .. })));
}

/// Its bytes would be read as another value: the next field's would be taken for it.
#[test]
fn a_value_that_skips_a_field_is_refused_by_name() {
    let kept = Skips { sometimes: Some(1), always: 2, list: vec![3], never: 0 };
    assert_eq!(through(skips, kept.clone()), Ok(kept));
    // Without the check this is `Some(3)`, 9 and `[7]`, and no error.
    let skipped = through(skips, Skips { sometimes: None, always: 1, list: vec![9, 1, 7], never: 0 });
    let told = "skips: its argument: `sometimes` is left out";
    assert!(matches!(&skipped, Err(Error::Malformed { what }) if what.starts_with(told)), "{skipped:?}");
    assert!(through(skipping, Skipping::Variant { sometimes: Some(1), always: 2 }).is_ok());
    let skipped = through(skipping, Skipping::Variant { sometimes: None, always: 2 });
    assert!(matches!(&skipped, Err(Error::Malformed { what }) if what.contains("`sometimes`")), "{skipped:?}");
    let flat = through(flat, Flat { map: BTreeMap::from([("a".to_owned(), 1)]) });
    assert!(matches!(&flat, Err(Error::Malformed { what }) if what.contains("flatten")), "{flat:?}");
}

#[test]
fn values_out_of_range_are_malformed() {
    let refused: &[(&str, &[u8])] = &[
        ("yes", &[2]),
        ("letter", &[3, 0xed, 0xa0, 0x80]),
        ("text", &[1, 0xff]),
        ("options", &[2]),
        ("outcome", &[2]),
        ("shape", &[3]),
        ("nest", &[1; 100]),
        ("wide", &[0xff; 18]),
        ("wide", &[0xff; 19]),
        ("list", &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ("map", &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ("text", &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, b'a']),
    ];
    for (name, bytes) in refused {
        assert!(matches!(run(name, bytes.to_vec()), Err(Error::Malformed { .. })), "{name} {bytes:x?}");
    }
    // Seconds and nanoseconds that overflow, between what is around them in any duration.
    let mut duration = kept::bytes("duration", Duration::ZERO).unwrap();
    assert_eq!(run("duration", duration.clone()), Ok(duration.clone()));
    let overflow = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f];
    duration.splice(4..6, overflow);
    assert!(matches!(run("duration", duration), Err(Error::Malformed { .. })));
}

/// Where nothing has a name, what postcard itself makes of bytes, our decoder makes of them, too; but for a `char`, of which postcard takes the first of several.
fn reads_alike<T: Serialize + serde::de::DeserializeOwned>(name: &str, bytes: &[u8]) {
    if let Ok((value, rest)) = postcard::take_from_bytes::<T>(bytes) {
        let taken = bytes[..bytes.len() - rest.len()].to_vec();
        assert_eq!(run(name, taken), Ok(postcard::to_allocvec(&value).unwrap()), "{name} {bytes:x?}");
    }
}

fn any_shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        (any::<u8>(), ".{0,8}").prop_map(|(number, text)| Shape::Tuple(number, text)),
        (any::<f32>(), any::<Option<char>>()).prop_map(|(side, label)| Shape::Named { side, label }),
    ]
}

proptest! {
    #[test]
    fn any_list_crosses(list in vec(any::<u64>(), 0..50), texts in vec(proptest::option::of(".{0,8}"), 0..8), wide: u128, float: f64) {
        crosses("list", &list);
        crosses("lists", &vec![texts]);
        crosses("wide", &wide);
        crosses("float", &float);
    }

    #[test]
    fn any_variant_and_any_struct_arrives(shapes in vec(any_shape(), 1..20), levels in 0..100_usize, ends: (u64, u64)) {
        shapes.into_iter().for_each(|value| arrives(shape, value));
        arrives(nest, (0..levels).fold(Nest::End, |inner, _| Nest::In(Box::new(inner))));
        arrives(range, ends.0..ends.1);
    }

    #[test]
    fn whatever_postcard_reads_is_read_alike(bytes in vec(prop_oneof![0..4_u8, any::<u8>()], 0..60)) {
        reads_alike::<(u8, i8, bool, u16, i16, u32, i32)>("numbers", &bytes);
        reads_alike::<(u64, i64, u128, i128)>("wide_numbers", &bytes);
        reads_alike::<Mixed>("mixed", &bytes);
        reads_alike::<BTreeMap<String, Vec<i64>>>("map", &bytes);
    }

    #[test]
    fn random_arguments_are_refused_or_taken_but_never_panic(bytes in vec(prop_oneof![0..4_u8, any::<u8>()], 0..60)) {
        for entry in &TASKS {
            let result = run(entry.name(), bytes.clone());
            prop_assert!(matches!(result, Ok(_) | Err(Error::Malformed { .. })), "{}: {result:?}", entry.name());
        }
    }
}
