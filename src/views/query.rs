//! Query strings, read strictly: what is not understood is refused, never guessed.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::problem::Problem;

/// The values of the `known` parameters, in that order. A parameter that is given twice or that is not known is refused: a
/// mistyped `nubmer=5` would otherwise compute something else than was asked for.
pub(super) fn read<'a, const N: usize>(
    raw: Option<&'a str>,
    known: [&'static str; N],
) -> Result<[Option<Cow<'a, str>>; N], Problem> {
    let mut values = [const { None }; N];
    for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
        let place = known.iter().zip(&mut values).find(|(known, _)| **known == name);
        let Some((known, place)) = place else {
            let allowed = if N == 0 { "no parameters".to_owned() } else { known.join(", ") };
            return Err(Problem::parameter(&name, "is not a parameter of this route", allowed));
        };
        if place.replace(value).is_some() {
            return Err(Problem::parameter(known, "is given more than once", "once".to_owned()));
        }
    }
    Ok(values)
}

/// A whole number in decimal digits, nothing else: no sign, no exponent, no blank.
pub(super) fn whole(name: &str, text: Option<&str>, default: u64, range: RangeInclusive<u64>) -> Result<u64, Problem> {
    let Some(text) = text else { return Ok(default) };
    let allowed = || format!("a whole number from {} to {}", range.start(), range.end());
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::parameter(name, "is not a whole number", allowed()));
    }
    // More digits than fit are digits still: the number is out of range.
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(Problem::parameter(name, "is out of range", allowed())),
    }
}

/// A time in seconds: decimal digits with an optional fraction, nothing else.
pub(super) fn seconds(name: &str, text: Option<&str>, default: u32, longest: u32) -> Result<Duration, Problem> {
    let Some(text) = text else { return Ok(Duration::from_secs(default.into())) };
    let allowed = || format!("a number of seconds from 0 to {longest}, fractions allowed");
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (before, after) = text.split_once('.').unwrap_or((text, "0"));
    if !digits(before) || !digits(after) {
        return Err(Problem::parameter(name, "is not a number of seconds", allowed()));
    }
    let longest = Duration::from_secs(longest.into());
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| *seconds <= longest).ok_or_else(|| Problem::parameter(name, "is out of range", allowed()))
}

/// A decimal number, with a sign, a fraction and an exponent if need be.
#[cfg(feature = "mandelbrot")]
pub(super) fn decimal(
    name: &str,
    text: Option<&str>,
    default: f64,
    range: RangeInclusive<f64>,
) -> Result<f64, Problem> {
    let Some(text) = text else { return Ok(default) };
    let allowed = || format!("a number from {} to {}", range.start(), range.end());
    // `parse` also takes words: inf, nan.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number = text.parse().ok().filter(|_| plain);
    let number: f64 = number.ok_or_else(|| Problem::parameter(name, "is not a number", allowed()))?;
    if range.contains(&number) { Ok(number) } else { Err(Problem::parameter(name, "is out of range", allowed())) }
}

/// One of a few words.
#[cfg(feature = "thumbnail")]
pub(super) fn choice<T: Copy, const N: usize>(
    name: &str,
    text: Option<&str>,
    words: [(&str, T); N],
) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let found = words.iter().find(|(word, _)| *word == text);
    let allowed = || words.map(|(word, _)| word).join(", ");
    found.map(|(_, value)| Some(*value)).ok_or_else(|| Problem::parameter(name, "is not one of the choices", allowed()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{read, seconds, whole};

    #[test]
    fn only_plain_digits_within_the_range_are_whole_numbers() {
        let number = |text| whole("n", Some(text), 7, 0..=1_000).ok();
        assert_eq!(whole("n", None, 7, 0..=1_000).ok(), Some(7));
        for (text, expected) in [("0", 0), ("1000", 1_000), ("007", 7)] {
            assert_eq!(number(text), Some(expected));
        }
        let huge = "1".to_owned() + &"0".repeat(30);
        for text in ["", " ", "abc", "-1", "+1", "1.5", "1e2", "1 ", " 1", "0x1", "1001", "NaN", "inf", "١", &huge] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction_and_nothing_else() {
        let time = |text| seconds("s", Some(text), 1, 30).ok();
        assert_eq!(seconds("s", None, 1, 30).ok(), Some(Duration::from_secs(1)));
        for (text, expected) in [("0", 0), ("0.25", 250), ("30", 30_000), ("30.000", 30_000)] {
            assert_eq!(time(text), Some(Duration::from_millis(expected)));
        }
        let long = "9".repeat(400);
        for text in
            ["", ".", "1.", ".5", "-1", "+1", "1e1", "NaN", "inf", "infinity", "30.001", "31", "1.2.3", "1,5", &long]
        {
            assert_eq!(time(text), None, "{text:?}");
        }
    }

    #[test]
    fn each_parameter_is_read_once_and_none_is_ignored() {
        let [a, b] = read(Some("b=%31&a=x+y"), ["a", "b"]).ok().unwrap();
        assert_eq!((a.as_deref(), b.as_deref()), (Some("x y"), Some("1")));
        for raw in ["a=1&a=1", "c=1", "a=1&c", "A=1"] {
            assert!(read(Some(raw), ["a", "b"]).is_err(), "{raw}");
        }
        assert!(read::<0>(None, []).is_ok());
    }
}
