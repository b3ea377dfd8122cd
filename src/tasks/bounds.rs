//! What a stranger may ask of a task.
//!
//! A lane cannot always be stopped while it computes, so a task whose argument has no natural bound gets one here. Code
//! that calls a task by its function is trusted; `POST /tasks/{name}` is not.

use std::ops::Range;

use super::Tile;
#[cfg(feature = "password")]
use super::{Cost, Password};

/// The longest range for one call, about one second of work. `GET /async-cpu` splits longer ones.
const LONGEST_RANGE: u64 = 1_000_000_000;

/// The largest end: squares below this sum up to less than 2^128.
const LARGEST_END: u64 = 10_000_000_000_000;

/// The most iterations for one tile, a few seconds of work.
const MOST_ITERATIONS: u64 = 1_000_000_000;

/// Checks the JSON argument of a task. Texts that are no argument of this task at all pass: decoding them says it better.
///
/// # Errors
///
/// What is allowed, in words for the caller.
pub fn check(task: &str, input: &[u8]) -> Result<(), String> {
    match task {
        "sum_of_squares" => match serde_json::from_slice::<Range<u64>>(input) {
            Ok(range) if range.end > LARGEST_END => Err(format!("end must be at most {LARGEST_END}")),
            Ok(range) if range.end.saturating_sub(range.start) > LONGEST_RANGE => {
                Err(format!("a range may hold at most {LONGEST_RANGE} numbers, split it or use /async-cpu"))
            }
            _ => Ok(()),
        },
        "tile" => match serde_json::from_slice::<Tile>(input) {
            Ok(Tile { width, height, iterations, .. })
                if u64::from(width) * u64::from(height) * u64::from(iterations) > MOST_ITERATIONS =>
            {
                Err(format!("width × height × iterations may be at most {MOST_ITERATIONS}, ask for smaller tiles"))
            }
            _ => Ok(()),
        },
        // Whatever is wrong with these is said without a word of them: a decoder's message would quote the password.
        #[cfg(feature = "password")]
        "hash_password" => match serde_json::from_slice::<(Password, Cost)>(input) {
            Ok(_) => Ok(()),
            Err(_) => Err("hash_password takes [password, {memory_kib, iterations, parallelism}]".to_owned()),
        },
        #[cfg(feature = "password")]
        "verify_password" => match serde_json::from_slice::<(Password, String)>(input) {
            Ok(_) => Ok(()),
            Err(_) => Err("verify_password takes [password, hash]".to_owned()),
        },
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn work_that_would_hold_a_lane_for_long_is_refused() {
        assert!(check("sum_of_squares", br#"{"start":0,"end":1000000000}"#).is_ok());
        assert!(check("sum_of_squares", br#"{"start":5,"end":1}"#).is_ok());
        assert!(check("sum_of_squares", br#"{"start":0,"end":1000000001}"#).is_err());
        let tile = |iterations| {
            format!(r#"{{"left":0,"top":0,"step":1,"width":1000,"height":1000,"iterations":{iterations}}}"#)
        };
        assert!(check("tile", tile(1_000).as_bytes()).is_ok());
        assert!(check("tile", tile(1_001).as_bytes()).is_err());
        assert!(check("sum_of_squares", br#"{"start":18446744073709551614,"end":18446744073709551615}"#).is_err());
    }

    #[test]
    fn what_is_no_argument_is_left_to_the_decoder() {
        assert!(check("sum_of_squares", b"nonsense").is_ok());
        assert!(check("no_such_task", b"1").is_ok());
    }
}
