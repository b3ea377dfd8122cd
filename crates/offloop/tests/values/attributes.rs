//! Serde's attributes: a value arrives as it is, or it is refused with a word of advice; it never arrives as another value.

use super::*;

/// What comes of a value.
#[derive(Debug, PartialEq)]
enum End {
    Same,
    Other(String),
    Refused(String),
}

/// Which of two names that are swapped on the way there, and back again.
fn is_first(value: Swapped) -> bool {
    value == Swapped::A
}

/// A value before fields that would be read from bytes that are left, or be left without any.
fn echo<T: std::fmt::Debug>(value: (T, u8, u8)) -> ((T, u8, u8), String) {
    let seen = format!("{value:?}");
    (value, seen)
}

macro_rules! types {
    ($($(#[$attribute:meta])* $kind:ident $type:ident $body:tt)*) => {
        $(types!($kind, $(#[$attribute])* $type $body);)*
        offloop::tasks! { $(echo::<$type> as $type,)* is_first }
    };
    (enum, $(#[$attribute:meta])* $type:ident { $($body:tt)* }) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        enum $type { $($body)* }
    };
    (record, $(#[$attribute:meta])* $type:ident { $($body:tt)* }) => {
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        struct $type { $($body)* }
    };
    (tuple, $(#[$attribute:meta])* $type:ident { $($body:tt)* }) => {
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        struct $type($($body)*);
    };
}

types! {
    enum Skipped { A, #[serde(skip)] B, C, D(u8), E { e: u8 }, F(u8, u8) }
    enum NotWritten { A, #[serde(skip_serializing)] B, C }
    enum NotRead { A, #[serde(skip_deserializing)] B, C, D }
    enum Renamed { #[serde(rename = "z")] A, B }
    enum RenamedHere { #[serde(rename(serialize = "a1"))] A, B }
    enum Swapped { #[serde(rename(serialize = "B", deserialize = "A"))] A, #[serde(rename(serialize = "A", deserialize = "B"))] B }
    enum Aliased { #[serde(alias = "AA", alias = "0")] A, #[serde(alias = "BB")] B, C }
    enum RenamedAliased { #[serde(rename(serialize = "a1"), alias = "a1")] A, B }
    #[serde(rename_all(serialize = "lowercase"))] enum AllHere { A, Bb }
    #[serde(rename_all = "kebab-case")] enum All { OneTwo, Three { four_five: u8 } }
    enum Other { A, #[serde(skip_deserializing)] B, #[serde(other)] Rest }
    #[serde(tag = "t")] enum Tagged { A, B { b: u8 } }
    #[serde(tag = "t", content = "c")] enum Adjacent { A, B(u8), C { c: u8 }, D(u8, u8) }
    #[serde(untagged)] enum Untagged { A(u8), B(String) }
    enum PartlyUntagged { A(u8), #[serde(untagged)] B(String) }
    enum Fields { A(#[serde(skip)] u8), B(u8, #[serde(skip)] u8, u8), C { #[serde(skip)] c: u8, d: u8 } }
    enum FieldsNotWritten { A(#[serde(skip_serializing)] u8), B(u8, #[serde(skip_serializing)] u8, u8), C { #[serde(skip_serializing)] c: u8, d: u8 } }
    enum FieldsNotRead { A(#[serde(skip_deserializing)] u8), B(u8, #[serde(skip_deserializing)] u8, u8), C { #[serde(skip_deserializing)] c: u8, d: u8 } }
    #[serde(rename_all_fields(serialize = "UPPERCASE"))] enum FieldsRenamed { A { a: u8 } }
    enum With { #[serde(with = "pair")] A(u8, u8), B }
    #[non_exhaustive] enum Open { A, B(u8) }

    record Hidden { #[serde(skip_serializing)] a: u8, b: u8 }
    record HiddenDefault { #[serde(skip_serializing, default)] a: u8, b: u8 }
    #[serde(default)] record AllDefault { #[serde(skip_serializing)] a: u8, b: u8 }
    record HiddenOption { #[serde(skip_serializing)] a: Option<u8>, b: u8 }
    record Unread { #[serde(skip_deserializing)] a: u8, b: u8 }
    record Both { #[serde(skip_serializing)] a: u8, b: u8, #[serde(skip_deserializing)] c: u8 }
    record Lonely { #[serde(skip_serializing)] a: u8, #[serde(skip_deserializing)] b: u8 }
    record SwappedFields { #[serde(rename(serialize = "b", deserialize = "a"))] a: u8, #[serde(rename(serialize = "a", deserialize = "b"))] b: u8 }
    record AliasedFields { #[serde(alias = "aa", alias = "0")] a: u8, b: u8, #[serde(alias = "d")] c: u8 }
    record AliasedHidden { #[serde(alias = "aa")] a: u8, #[serde(skip_serializing)] b: Option<u8>, c: u8 }
    #[serde(default)] record AliasedDefault { #[serde(skip_serializing)] a: u8, #[serde(alias = "bb")] b: u8 }
    record RenamedField { #[serde(rename = "z")] a: u8, b: u8 }
    record RenamedFieldHere { #[serde(rename(serialize = "z"))] a: u8, b: u8 }
    record RenamedFieldAliased { #[serde(rename(serialize = "z"), alias = "z")] a: u8, b: u8 }
    #[serde(rename_all(serialize = "UPPERCASE"))] record AllFieldsHere { a: u8, b: u8 }
    #[serde(rename_all = "UPPERCASE")] record AllFields { a: u8, b: u8 }
    record Skips { #[serde(skip)] a: u8, b: u8 }
    record SkipsIf { #[serde(skip_serializing_if = "Option::is_none")] a: Option<u8>, b: u8 }
    record SkipsIfDefault { #[serde(default, skip_serializing_if = "Vec::is_empty")] a: Vec<u8>, b: u8 }
    record Flattened { #[serde(flatten)] a: RenamedField, b: u8 }
    record FlattenedHidden { #[serde(flatten, skip_serializing)] a: BTreeMap<String, u8>, #[serde(default)] b: u8 }
    #[serde(tag = "t")] record TaggedRecord { a: u8 }
    #[serde(deny_unknown_fields)] record Denies { a: u8, #[serde(alias = "c")] b: u8 }
    #[serde(from = "u8", into = "u8")] record Converted { a: u8 }
    #[serde(try_from = "String", into = "String")] record Parsed { a: u8 }
    record WithField { #[serde(with = "text")] a: u8, b: u8 }
    record WrittenWith { #[serde(serialize_with = "text::serialize")] a: u8, b: u8 }
    record WrittenSigned { #[serde(serialize_with = "signed")] a: u8, b: u8 }
    #[serde(transparent)] record Transparent { a: u8 }

    tuple Pair { u8, u8 }
    tuple PairSkips { u8, #[serde(skip)] u8, u8 }
    tuple PairHidden { u8, #[serde(skip_serializing)] u8, u8 }
    tuple PairUnread { u8, #[serde(skip_deserializing)] u8, u8 }
    tuple PairSkipsIf { #[serde(skip_serializing_if = "Option::is_none")] Option<u8>, u8 }
    tuple NewtypeHidden { #[serde(skip_serializing)] u8, u8 }
    tuple Newtype { u8 }
    #[serde(transparent)] tuple TransparentTuple { Vec<u8> }
}

fn outcome_of<T>(value: T) -> End
where
    T: Serialize + serde::de::DeserializeOwned + Clone + PartialEq + std::fmt::Debug + 'static,
{
    let pool = Executor::inline(&TASKS, Options::default());
    match futures_executor::block_on(pool.run(echo::<T>, (value.clone(), 7, 9))) {
        Ok((arrived, seen)) if arrived == (value.clone(), 7, 9) && seen == format!("{arrived:?}") => End::Same,
        Ok((arrived, _)) => End::Other(format!("{arrived:?}")),
        Err(Error::Malformed { what }) => End::Refused(what),
        Err(error) => panic!("{error}"),
    }
}

macro_rules! arrive {
    ($($value:expr),* $(,)?) => {
        $(assert_eq!(outcome_of($value), End::Same, "{}", stringify!($value));)*
    };
}

macro_rules! are_refused {
    ($($value:expr => $told:literal),* $(,)?) => {
        $(let end = outcome_of($value);
        assert!(matches!(&end, End::Refused(told) if told.contains($told)), "{}: {end:?}", stringify!($value));)*
    };
}

mod fields;

#[test]
fn variants_after_a_skipped_one_arrive() {
    arrive!(
        Skipped::A,
        Skipped::C,
        Skipped::D(1),
        Skipped::E { e: 2 },
        Skipped::F(3, 4),
        NotWritten::A,
        NotWritten::C,
        NotRead::A,
        NotRead::C,
        NotRead::D
    );
    are_refused!(Skipped::B => "Skipped::B cannot be serialized", NotWritten::B => "NotWritten::B cannot be serialized", NotRead::B => "`NotRead` has a variant that is written and not read");
}

mod pair {
    use super::*;

    pub(super) fn serialize<S: serde::Serializer>(a: &u8, b: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        (b, a).serialize(serializer)
    }
    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(u8, u8), D::Error> {
        <(u8, u8)>::deserialize(deserializer).map(|(b, a)| (a, b))
    }
}

mod text {
    use super::*;

    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn serialize<S: serde::Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }
    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn signed<S: serde::Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i8(number.cast_signed())
}

impl From<Converted> for u8 {
    fn from(value: Converted) -> Self {
        value.a
    }
}

impl From<u8> for Converted {
    fn from(a: u8) -> Self {
        Self { a }
    }
}

impl From<Parsed> for String {
    fn from(value: Parsed) -> Self {
        value.a.to_string()
    }
}

impl TryFrom<String> for Parsed {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(Self { a: text.parse()? })
    }
}

#[test]
fn variants_arrive_under_every_name_that_both_sides_know() {
    arrive!(
        Renamed::A,
        Renamed::B,
        Aliased::A,
        Aliased::B,
        Aliased::C,
        RenamedAliased::A,
        RenamedAliased::B,
        RenamedHere::B
    );
    arrive!(All::OneTwo, All::Three { four_five: 1 }, Other::A, Other::Rest, Open::A, Open::B(1));
    are_refused!(RenamedHere::A => "`RenamedHere` has a variant that is written and not read", AllHere::A => "is written and not read", AllHere::Bb => "is written and not read", Other::B => "is written and not read");
}

/// Serde knows the names alone. In JSON, too, each would arrive as the other.
#[test]
fn names_that_are_swapped_for_one_side_are_the_names_of_others() {
    let pool = Executor::inline(&TASKS, Options::default());
    assert_eq!(futures_executor::block_on(pool.run(is_first, Swapped::A)), Ok(false));
    assert_eq!(serde_json::from_str::<Swapped>(&serde_json::to_string(&Swapped::A).unwrap()).unwrap(), Swapped::B);
}

#[test]
fn forms_that_tell_themselves_are_refused() {
    for value in [Tagged::A, Tagged::B { b: 1 }] {
        are_refused!(value => "self-describing");
    }
    are_refused!(Untagged::A(1) => "self-describing", PartlyUntagged::A(1) => "self-describing", PartlyUntagged::B("b".to_owned()) => "self-describing");
    for value in [Adjacent::A, Adjacent::B(1), Adjacent::C { c: 1 }, Adjacent::D(2, 3)] {
        let end = outcome_of(value);
        assert!(matches!(end, End::Refused(_)), "{end:?}");
    }
}

/// By way of JSON a value crosses as any other does, and what cannot cross is refused there, too.
#[cfg(feature = "json")]
#[test]
fn what_holds_for_values_holds_for_json() {
    let pool = Executor::inline(&TASKS, Options::default());
    let call = |name, text: &str| futures_executor::block_on(pool.call_json(name, text.as_bytes()));
    for (name, text) in [
        ("Skipped", r#"["C",7,9]"#),
        ("Skipped", r#"[{"E":{"e":2}},7,9]"#),
        ("Skipped", r#"[{"F":[3,4]},7,9]"#),
        ("NotRead", r#"["D",7,9]"#),
        ("All", r#"[{"three":{"four_five":1}},7,9]"#),
        ("AllFields", r#"[{"A":1,"B":2},7,9]"#),
    ] {
        let answer = call(name, text);
        assert!(matches!(&answer, Ok(answer) if answer.starts_with(&format!("[{text},"))), "{name} {text}: {answer:?}");
    }
    assert!(matches!(call("Aliased", r#"["BB",7,9]"#), Ok(answer) if answer.starts_with(r#"[["B",7,9],"#)));
    for (name, text) in [
        ("Skipped", r#"["B",7,9]"#),
        ("NotRead", r#"["B",7,9]"#),
        ("Hidden", r#"[{"a":1,"b":2},7,9]"#),
        ("Both", r#"[{"a":1,"b":2},7,9]"#),
        ("RenamedHere", r#"["A",7,9]"#),
        ("Tagged", r#"[{"t":"A"},7,9]"#),
        ("PairHidden", "[[1,2,3],7,9]"),
    ] {
        let answer = call(name, text);
        assert!(matches!(answer, Err(Error::Malformed { .. })), "{name} {text}: {answer:?}");
    }
}
