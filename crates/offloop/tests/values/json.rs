//! The same by way of JSON.

use super::*;

fn through_json(name: &str, text: &str) -> Result<String, Error> {
    let entry = TASKS.at(TASKS.named(name)?).unwrap();
    entry.output_to_json(entry.run(&Context::none(), entry.input_from_json(text.as_bytes())?)?)
}

#[test]
fn values_cross_from_json_to_json() {
    for (name, text) in [
        ("unit", "null"),
        ("wide", "340282366920938463463374607431768211455"),
        ("wide_signed", "-170141183460469231731687303715884105728"),
        ("float", "-0.0"),
        ("text", r#""a\u0000é""#),
        ("options", "7"),
        ("map", r#"{"":[-1],"b":[]}"#),
        ("range", r#"{"start":1,"end":2}"#),
        ("triple", r#"[1,[2,[3,4]],"five"]"#),
        ("shape", r#"{"Named":{"side":1.5,"label":null}}"#),
    ] {
        let out = through_json(name, text).unwrap();
        let [out, text] = [&out, text].map(|text| text.replace("\\u0000", "\0"));
        assert_eq!(out, text, "{name}");
    }
}

#[test]
fn json_of_another_shape_is_malformed_and_says_where() {
    for (name, text) in [
        ("unit", ""),
        ("unit", "{}"),
        ("wide", "-1"),
        ("wide", "1.5"),
        ("wide", "1e3"),
        ("wide", "340282366920938463463374607431768211456"),
        ("list", "[1,2"),
        ("list", "[1] 2"),
        ("text", "\"\u{1}\""),
        ("range", r#"{"start":1}"#),
        ("array", "[1]"),
    ] {
        let refused = through_json(name, text);
        assert!(matches!(&refused, Err(Error::Malformed { what }) if what.contains("line")), "{name}: {refused:?}");
    }
    let invalid = TASKS.iter().next().unwrap().input_from_json(&[0xff, 0xfe]);
    assert!(matches!(invalid, Err(Error::Malformed { .. })));
}

#[test]
fn json_nested_without_end_is_malformed() {
    let refused = through_json("nest", &r#"{"In":"#.repeat(100_000));
    assert!(matches!(refused, Err(Error::Malformed { .. })), "{refused:?}");
}
