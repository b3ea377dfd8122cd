//! What a stranger may ask of a task.
//!
//! A lane cannot always be stopped while it computes. So each task has a bound here on the time and memory of one call, or a reason for none;
//! a task without an entry is not answered by name. Code that calls a task by its function is trusted, `POST /tasks/{name}` is not.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

#[cfg(feature = "thumbnail")]
use super::ThumbnailOptions;
use super::Tile;
#[cfg(feature = "password")]
use super::{Cost as Hashing, Password};
use crate::limits::Limits;
#[cfg(feature = "thumbnail")]
use crate::limits::RESULT_MAX;

/// The longest that one call may take a lane, on a core of usual speed.
pub const TIME_MAX: Duration = Duration::from_secs(1);

/// The longest range for one call, at 1 ns a number. `GET /async-cpu` splits longer ones.
const LONGEST_RANGE: u64 = 1_000_000_000;

/// The largest end: squares below this sum up to less than 2^128.
const LARGEST_END: u64 = 10_000_000_000_000;

/// The largest number below which primes are counted, at 1 ns a number. The sieve's memory grows with its square root.
const LARGEST_PRIME: u32 = 300_000_000;

/// The most iterations for one tile or strip, at 2.5 ns each. `GET /mandelbrot` splits larger pictures.
const MOST_ITERATIONS: u64 = 200_000_000;

/// The most pixels of one, which are up to six bytes of JSON each.
const MOST_PIXELS: u64 = 512 * 512;

/// What one call costs at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// How long it takes its lane, at most [`TIME_MAX`].
    pub time: Duration,
    /// Bytes of the result as JSON, at most [`RESULT_MAX`](crate::limits::RESULT_MAX) where there is a bound. What a task takes besides depends on its argument's size only, or is checked by itself.
    pub result: usize,
}

/// Reads a JSON argument. An error says what is allowed. Text that is no argument of this task passes: decoding it says it better.
type Read = for<'a> fn(&'a [u8], &Limits) -> Result<(Cost, Cow<'a, [u8]>), String>;

/// How a task that is called by name is bounded.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    /// By its argument. Gives the argument to call it with.
    Argument(Read),
    /// Every call costs about the same.
    Always(Cost),
    /// Not at all, and why that may be.
    Unbounded(&'static str),
}

/// What is the smallest and fastest.
const SMALL: Cost = Cost { time: Duration::from_millis(1), result: 1 << 10 };

/// What the cost limits of passwords let through: 256 MiB written, and 64 MiB of a lane's memory at a time.
#[cfg(feature = "password")]
const HASHING: Cost = Cost { time: Duration::from_millis(400), result: 1 << 10 };

/// How long hashing takes at this cost, if that is allowed at all: 1.5 ms a MiB.
#[cfg(feature = "password")]
#[must_use]
pub fn hashing(cost: &Hashing) -> Duration {
    let written = u64::from(cost.memory_kib).saturating_mul(cost.iterations.into());
    Duration::from_nanos(written.saturating_mul(1_500)).min(HASHING.time)
}

/// What the limits of pictures let through, which are checked before anything is decoded.
#[cfg(feature = "thumbnail")]
const SHRINKING: Cost = Cost { time: TIME_MAX, result: RESULT_MAX };

/// The bound of a task; `None` for one that has no entry, and so is not called by name.
#[must_use]
pub fn bound(task: &str) -> Option<Bound> {
    Some(match task {
        "sum_of_squares" => Bound::Argument(sum_of_squares),
        "count_primes" => Bound::Argument(count_primes),
        "identify" => Bound::Always(SMALL),
        "tile" => Bound::Argument(tile),
        #[cfg(feature = "mandelbrot")]
        "strip" => Bound::Argument(strip),
        #[cfg(feature = "password")]
        "hash_password" => Bound::Argument(hash_password),
        #[cfg(feature = "password")]
        "verify_password" => Bound::Argument(verify_password),
        #[cfg(feature = "thumbnail")]
        "thumbnail" => Bound::Argument(thumbnail),
        #[cfg(feature = "faults")]
        "panic_with" | "spin" | "never_end" | "hoard" | "swell" => {
            Bound::Unbounded("compiled into tests and the page only, which show what happens then")
        }
        _ => return None,
    })
}

/// Checks the JSON argument of a task. Gives what the call may cost, and the argument to call it with.
///
/// # Errors
///
/// What is allowed, in words for the caller.
pub fn check<'a>(task: &str, input: &'a [u8], limits: &Limits) -> Result<(Cost, Cow<'a, [u8]>), String> {
    match bound(task) {
        Some(Bound::Argument(read)) => read(input, limits),
        Some(Bound::Always(cost)) => Ok((cost, input.into())),
        Some(Bound::Unbounded(_)) => Ok((Cost { result: usize::MAX, ..SMALL }, input.into())),
        None => Err(format!("{task} has no bound in src/tasks/bounds.rs, so it cannot be called by name")),
    }
}

type Checked<'a> = Result<(Cost, Cow<'a, [u8]>), String>;

/// A cost of `units` at so many nanoseconds for ten of them.
fn costing(units: u64, per_ten: u64, result: usize) -> Cost {
    Cost { time: Duration::from_nanos(units.saturating_mul(per_ten) / 10), result }
}

fn sum_of_squares<'a>(input: &'a [u8], limits: &Limits) -> Checked<'a> {
    let Ok(range) = serde_json::from_slice::<Range<u64>>(input) else { return Ok((SMALL, input.into())) };
    let largest = limits.number_max.min(LARGEST_END);
    let length = range.end.saturating_sub(range.start);
    if range.end > largest {
        return Err(format!("end must be at most {largest}"));
    }
    if length > LONGEST_RANGE {
        return Err(format!("a range may hold at most {LONGEST_RANGE} numbers, split it or use /async-cpu"));
    }
    Ok((costing(length, 10, SMALL.result), input.into()))
}

fn count_primes<'a>(input: &'a [u8], _: &Limits) -> Checked<'a> {
    match serde_json::from_slice::<u32>(input) {
        Ok(below) if below > LARGEST_PRIME => Err(format!("the number must be at most {LARGEST_PRIME}")),
        Ok(below) => Ok((costing(below.into(), 10, SMALL.result), input.into())),
        Err(_) => Ok((SMALL, input.into())),
    }
}

/// `bytes` of JSON a pixel.
fn drawing(width: u16, height: u16, iterations: u32, bytes: usize) -> Result<Cost, String> {
    let pixels = u64::from(width) * u64::from(height);
    let work = pixels.saturating_mul(iterations.into());
    if work > MOST_ITERATIONS {
        return Err(format!("width × height × iterations may be at most {MOST_ITERATIONS}, ask for a smaller part"));
    }
    if pixels > MOST_PIXELS {
        return Err(format!("width × height may be at most {MOST_PIXELS}, ask for a smaller part"));
    }
    let result = usize::try_from(pixels).unwrap_or(usize::MAX).saturating_mul(bytes);
    Ok(costing(work, 25, result))
}

fn tile<'a>(input: &'a [u8], _: &Limits) -> Checked<'a> {
    let Ok(Tile { width, height, iterations, .. }) = serde_json::from_slice(input) else {
        return Ok((SMALL, input.into()));
    };
    Ok((drawing(width, height, iterations, 6)?, input.into()))
}

#[cfg(feature = "mandelbrot")]
fn strip<'a>(input: &'a [u8], _: &Limits) -> Checked<'a> {
    let Ok(super::Rows { width, height, iterations, .. }) = serde_json::from_slice(input) else {
        return Ok((SMALL, input.into()));
    };
    Ok((drawing(width, height, iterations, 4)?, input.into()))
}

/// The task itself refuses what takes longer, or more memory, than a lane can bear. Whatever is wrong is said without a word of it: a decoder's
/// message would quote the password.
#[cfg(feature = "password")]
fn hash_password<'a>(input: &'a [u8], _: &Limits) -> Checked<'a> {
    match serde_json::from_slice::<(Password, Hashing)>(input) {
        Ok((_, cost)) => Ok((Cost { time: hashing(&cost), ..HASHING }, input.into())),
        Err(_) => Err("hash_password takes [password, {memory_kib, iterations, parallelism}]".to_owned()),
    }
}

#[cfg(feature = "password")]
fn verify_password<'a>(input: &'a [u8], _: &Limits) -> Checked<'a> {
    match serde_json::from_slice::<(Password, String)>(input) {
        Ok(_) => Ok((HASHING, input.into())),
        Err(_) => Err("verify_password takes [password, hash]".to_owned()),
    }
}

/// The limit on pixels is the deployment's, whatever the caller says.
#[cfg(feature = "thumbnail")]
fn thumbnail<'a>(input: &'a [u8], limits: &Limits) -> Checked<'a> {
    let Ok((picture, mut options)) = serde_json::from_slice::<(offloop::Blob, ThumbnailOptions)>(input) else {
        return Ok((SMALL, input.into()));
    };
    let (width, height) = (options.width.or(options.height), options.height.or(options.width));
    let pixels = u64::from(width.unwrap_or(0)) * u64::from(height.unwrap_or(0));
    // Usually. What is too much is refused when it is there.
    let result = usize::try_from(pixels.saturating_mul(2)).unwrap_or(RESULT_MAX) + (16 << 10);
    let cost = Cost { result: result.min(RESULT_MAX), ..SHRINKING };
    if options.pixels_max <= limits.pixels_max {
        return Ok((cost, input.into()));
    }
    options.pixels_max = limits.pixels_max;
    let input = serde_json::to_vec(&(picture, options)).map_err(|error| error.to_string())?;
    Ok((cost, input.into()))
}

#[cfg(test)]
mod tests {
    use super::{Bound, TIME_MAX, bound, check};
    use crate::limits::{Limits, RESULT_MAX};
    use crate::tasks::TASKS;

    fn refused(task: &str, input: &str) -> bool {
        check(task, input.as_bytes(), &Limits::default()).is_err()
    }

    /// Arguments of each task: one that is just within its bound, and those that are beyond it.
    fn samples(task: &str) -> (&'static str, &'static [&'static str]) {
        match task {
            "sum_of_squares" => (
                r#"{"start":0,"end":1000000000}"#,
                &[
                    r#"{"start":0,"end":1000000001}"#,
                    r#"{"start":0,"end":18446744073709551615}"#,
                    r#"{"start":18446744073709551614,"end":18446744073709551615}"#,
                    r#"{"start":1000000000000,"end":1000000000001}"#,
                ],
            ),
            "count_primes" => ("300000000", &["300000001", "4294967295"]),
            "identify" => ("1", &[]),
            "tile" => (
                r#"{"left":0,"top":0,"step":1,"width":500,"height":500,"iterations":800}"#,
                &[
                    r#"{"left":0,"top":0,"step":1,"width":500,"height":500,"iterations":801}"#,
                    r#"{"left":0,"top":0,"step":1,"width":65535,"height":65535,"iterations":4294967295}"#,
                    r#"{"left":0,"top":0,"step":1,"width":65535,"height":3000,"iterations":1}"#,
                ],
            ),
            "strip" => (
                r#"{"left":0,"top":0,"step":1,"from":0,"width":500,"height":500,"iterations":800}"#,
                &[
                    r#"{"left":0,"top":0,"step":1,"from":0,"width":500,"height":500,"iterations":801}"#,
                    r#"{"left":0,"top":0,"step":1,"from":0,"width":65535,"height":3000,"iterations":1}"#,
                ],
            ),
            // What else they refuse, they refuse by themselves: see their own tests.
            "hash_password" => (r#"["x",{"memory_kib":65536,"iterations":4}]"#, &[]),
            "verify_password" => (r#"["x","$argon2id$"]"#, &[]),
            "thumbnail" => (r#"["",{"width":2048,"pixels_max":18446744073709551615}]"#, &[]),
            other => panic!("give {other} a sample of what it costs most, and of what is refused"),
        }
    }

    #[test]
    fn every_task_has_a_bound_on_time_and_memory_or_a_reason_for_none() {
        for entry in &TASKS {
            let name = entry.name();
            match bound(name) {
                None => panic!("{name} has no bound in src/tasks/bounds.rs"),
                Some(Bound::Unbounded(reason)) => assert!(reason.len() > 20, "{name}: {reason}"),
                Some(Bound::Always(_) | Bound::Argument(_)) => {
                    let (most, beyond) = samples(name);
                    let (cost, input) = check(name, most.as_bytes(), &Limits::default()).unwrap();
                    assert!(cost.time <= TIME_MAX && cost.result <= RESULT_MAX, "{name}: {cost:?}");
                    entry.input_from_json(&input).unwrap();
                    for input in beyond {
                        entry.input_from_json(input.as_bytes()).unwrap();
                        assert!(refused(name, input), "{name} {input}");
                    }
                }
            }
        }
    }

    #[test]
    fn work_that_would_hold_a_lane_for_long_is_refused() {
        assert!(!refused("sum_of_squares", r#"{"start":5,"end":1}"#));
        assert!(refused("sum_of_squares", r#"{"start":0,"end":1000000001}"#));
        assert!(refused("count_primes", "4294967295"));
        assert!(refused("no_such_task", "1"), "it has no bound");
        assert!(!refused("count_primes", "[]"), "what is no argument is left to the decoder");
    }

    #[test]
    fn a_deployments_own_limit_holds_for_a_task_by_name_as_for_its_route() {
        let limits = Limits { number_max: 1_000, pixels_max: 99, ..Limits::default() };
        assert!(check("sum_of_squares", br#"{"start":0,"end":1000}"#, &limits).is_ok());
        assert!(check("sum_of_squares", br#"{"start":0,"end":1001}"#, &limits).is_err());
        #[cfg(feature = "thumbnail")]
        for options in ["{\"width\":9}", "{\"width\":9,\"pixels_max\":100}", "{\"width\":9,\"pixels_max\":99}"] {
            let input = format!("[\"\",{options}]");
            let (_, input) = check("thumbnail", input.as_bytes(), &limits).unwrap();
            assert!(String::from_utf8_lossy(&input).contains("\"pixels_max\":99}"), "{options}");
        }
    }
}
