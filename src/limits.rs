//! What a deployment allows: every figure that `[vars]` may set, checked once at start.

mod var;

use std::fmt;
use std::time::Duration;

pub use var::LimitError;
use var::{millis, number};

/// The longest `/async-io` may be asked to wait.
pub(crate) const SECONDS_MAX: u32 = 30;

/// The most bytes of one result. With larger ones a few callers would take all the memory there is.
pub const RESULT_MAX: usize = 8 << 20;

/// The limits of a deployment, each with a default that needs no configuration.
///
/// # Examples
///
/// ```
/// use offloop_edge::limits::Limits;
///
/// let limits = Limits::from_vars(|name| (name == "QUEUE").then(|| "64".to_owned()))?;
/// assert_eq!(limits.queue, 64);
///
/// let error = Limits::from_vars(|name| (name == "QUEUE").then(|| "many".to_owned())).unwrap_err();
/// assert_eq!(error.to_string(), "QUEUE is \"many\", it must be a whole number from 1 to 100000");
/// # Ok::<(), offloop_edge::limits::LimitError>(())
/// ```
#[derive(Clone)]
pub struct Limits {
    /// `NUMBER_MAX`: the largest `number` of `/async-cpu`. At most 10^13, since the sum must stay below 2^128.
    pub number_max: u64,
    /// `BODY_MAX`: the largest request body in bytes. At most 32 MiB, what a lane takes in one message.
    pub body_max: usize,
    /// `PICTURE_MAX`: the largest picture that may be posted, in bytes; without `Content-Length` it is `BODY_MAX`, if that is less. With larger ones less of a lane's memory is left for their pixels.
    pub picture_max: usize,
    /// `PIXELS_MAX`: the most pixels of a posted picture, told by its header. What does not fit into the memory of a lane is refused
    /// in any case.
    pub pixels_max: u64,
    /// `REQUESTS_MAX`: how many requests may be under way at a time. Each takes the runtime some 50 kB, and a Cloudflare isolate has 128 MB.
    pub requests_max: usize,
    /// `MEMORY_MAX`: bytes that the bodies and results of all requests together may take in this isolate. What would take more is answered with
    /// 503 at once. The runtime's garbage takes as much again.
    pub memory_max: usize,
    /// `LANES`: how many lanes compute; 0 leaves it to the platform.
    pub lanes: usize,
    /// `QUEUE`: how many jobs may wait. More give short waits to fewer callers and long waits to many.
    pub queue: usize,
    /// `TIMEOUT_MS`: the deadline of a request that does not set one.
    pub timeout: Duration,
    /// `TIMEOUT_MAX_MS`: the latest deadline that a request may set with `X-Timeout-Ms`.
    pub timeout_max: Duration,
    /// `INLINE_BELOW`: up to this `number`, `/async-cpu` computes where the request came in. Too small, and trivial requests pay for a
    /// hop that costs more than their work; too large, and they delay everybody else's. The default takes some 20 µs, a hop
    /// several hundred. It is an option because the clock of an edge isolate stands still while it computes, so
    /// that nothing can measure how long inline work took.
    pub inline_below: u64,
    /// `PART_MS`: how long one part of a split computation should hold its lane. Shorter parts let others in sooner, longer
    /// ones spend less on hops.
    pub part: Duration,
    /// `PARTS_MAX`: the most parts that one request is split into, whatever `PART_MS` says. Each may cost a subrequest, of which
    /// Cloudflare grants 50 (free) or 1,000 (paid): <https://developers.cloudflare.com/workers/platform/limits/#subrequests>.
    pub parts_max: usize,
    /// `ATTEMPT_MAX_MS`: a job that may have kept a lane for this long is not tried again when the lane is lost, whoever ended it. As long as the
    /// platform lets a lane compute, which on Cloudflare is `limits.cpu_ms`, by default 30 s.
    pub attempt_max: Duration,
    /// `API_TOKEN`, a secret: if set, computing routes need it as a bearer token.
    pub api_token: Option<String>,
}

impl Limits {
    /// The variables that there are.
    pub const NAMES: [&str; 15] = [
        "NUMBER_MAX",
        "BODY_MAX",
        "PICTURE_MAX",
        "PIXELS_MAX",
        "REQUESTS_MAX",
        "MEMORY_MAX",
        "LANES",
        "QUEUE",
        "TIMEOUT_MS",
        "TIMEOUT_MAX_MS",
        "INLINE_BELOW",
        "PART_MS",
        "PARTS_MAX",
        "ATTEMPT_MAX_MS",
        "API_TOKEN",
    ];

    /// Checks the names of all variables that are set: one that is misspelled would leave a default in force, and `API_TOKN` everything open.
    ///
    /// # Errors
    ///
    /// Names the first that does not exist, and those that do.
    pub fn check_names<S: AsRef<str>>(set: impl IntoIterator<Item = S>) -> Result<(), LimitError> {
        match set.into_iter().find(|name| !Self::NAMES.contains(&name.as_ref())) {
            Some(unknown) => {
                let allowed = format!("one of {}", Self::NAMES.join(", "));
                Err(LimitError::new(unknown.as_ref().to_owned(), "no variable of this function", allowed))
            }
            None => Ok(()),
        }
    }

    /// Reads the limits from variables of whatever runtime this is; a variable that is not set leaves the default.
    ///
    /// # Errors
    ///
    /// Names the first variable that is out of its range, and the range.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, LimitError> {
        let default = Self::default();
        let limits = Self {
            number_max: number(&var, "NUMBER_MAX", default.number_max, 0..=10_000_000_000_000)?,
            body_max: number(&var, "BODY_MAX", default.body_max, 1..=32 << 20)?,
            picture_max: number(&var, "PICTURE_MAX", default.picture_max, 1..=24 << 20)?,
            pixels_max: number(&var, "PIXELS_MAX", default.pixels_max, 1..=1_000_000_000)?,
            requests_max: number(&var, "REQUESTS_MAX", default.requests_max, 1..=100_000)?,
            memory_max: number(&var, "MEMORY_MAX", default.memory_max, 1 << 20..=1 << 30)?,
            lanes: number(&var, "LANES", default.lanes, 0..=64)?,
            queue: number(&var, "QUEUE", default.queue, 1..=100_000)?,
            timeout: millis(&var, "TIMEOUT_MS", default.timeout, 1..=3_600_000)?,
            timeout_max: millis(&var, "TIMEOUT_MAX_MS", default.timeout_max, 1..=3_600_000)?,
            inline_below: number(&var, "INLINE_BELOW", default.inline_below, 0..=10_000_000)?,
            part: millis(&var, "PART_MS", default.part, 1..=1_000)?,
            parts_max: number(&var, "PARTS_MAX", default.parts_max, 1..=100_000)?,
            attempt_max: millis(&var, "ATTEMPT_MAX_MS", default.attempt_max, 1..=86_400_000)?,
            api_token: var("API_TOKEN"),
        };
        if limits.timeout > limits.timeout_max {
            return Err(LimitError::new("TIMEOUT_MS", "more than TIMEOUT_MAX_MS", "at most TIMEOUT_MAX_MS"));
        }
        // An empty token would lock everybody out or, read carelessly, let everybody in.
        if limits
            .api_token
            .as_deref()
            .is_some_and(|token| token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()))
        {
            return Err(LimitError::new("API_TOKEN", "not usable as a token", "one or more printable characters"));
        }
        Ok(limits)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            number_max: 1_000_000_000_000,
            body_max: 1 << 20,
            picture_max: 10 << 20,
            pixels_max: 50_000_000,
            requests_max: 2_048,
            memory_max: 24 << 20,
            lanes: 0,
            queue: 256,
            timeout: Duration::from_secs(60),
            timeout_max: Duration::from_secs(600),
            inline_below: 20_000,
            part: Duration::from_millis(20),
            parts_max: 900,
            attempt_max: Duration::from_secs(30),
            api_token: None,
        }
    }
}

impl fmt::Debug for Limits {
    /// Everything but the token, which must not end up in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("number_max", &self.number_max)
            .field("body_max", &self.body_max)
            .field("picture_max", &self.picture_max)
            .field("pixels_max", &self.pixels_max)
            .field("requests_max", &self.requests_max)
            .field("memory_max", &self.memory_max)
            .field("lanes", &self.lanes)
            .field("queue", &self.queue)
            .field("timeout", &self.timeout)
            .field("timeout_max", &self.timeout_max)
            .field("inline_below", &self.inline_below)
            .field("part", &self.part)
            .field("parts_max", &self.parts_max)
            .field("attempt_max", &self.attempt_max)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::Limits;

    fn with(name: &'static str, value: &'static str) -> Result<Limits, String> {
        Limits::from_vars(|asked| (asked == name).then(|| value.to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_within_their_own_ranges() {
        let defaults = Limits::from_vars(|_| None).unwrap();
        assert_eq!(format!("{defaults:?}"), format!("{:?}", Limits::default()));
        let names = ["NUMBER_MAX", "BODY_MAX", "LANES", "QUEUE", "TIMEOUT_MS", "TIMEOUT_MAX_MS", "INLINE_BELOW"];
        let values = ["1000000000000", "1048576", "0", "256", "60000", "600000", "20000"];
        for (name, value) in names.into_iter().zip(values) {
            assert_eq!(format!("{:?}", with(name, value).unwrap()), format!("{defaults:?}"), "{name}");
        }
    }

    #[test]
    fn a_bad_value_is_refused_with_its_name_and_range() {
        for value in ["", "abc", "-1", "1.5", " 7", "+7", "0x10", "10000000000001", "99999999999999999999999"] {
            let error = with("NUMBER_MAX", value).unwrap_err();
            assert!(error.starts_with("NUMBER_MAX is") && error.ends_with("from 0 to 10000000000000"), "{error}");
        }
        assert!(with("QUEUE", "0").unwrap_err().contains("from 1 to 100000"));
        assert!(with("TIMEOUT_MS", "600001").unwrap_err().contains("TIMEOUT_MAX_MS"));
    }

    #[test]
    fn a_variable_that_does_not_exist_is_refused_by_name() {
        let error = Limits::check_names(["QUEUE", "API_TOKN"]).unwrap_err();
        assert_eq!(error.name(), "API_TOKN");
        assert!(
            error.to_string().starts_with("API_TOKN is no variable of this function, it must be one of NUMBER_MAX, "),
            "{error}"
        );
        let asked = RefCell::new(Vec::new());
        Limits::from_vars(|name| {
            asked.borrow_mut().push(name.to_owned());
            None
        })
        .unwrap();
        assert_eq!(asked.into_inner(), Limits::NAMES);
        assert!(Limits::check_names(Limits::NAMES).is_ok());
    }

    #[test]
    fn a_token_that_nobody_can_send_is_refused_and_none_is_printed() {
        for token in ["", "two words", "tök"] {
            assert!(with("API_TOKEN", token).is_err(), "{token}");
        }
        let limits = with("API_TOKEN", "secret").unwrap();
        assert_eq!(limits.api_token.as_deref(), Some("secret"));
        assert!(!format!("{limits:?}").contains("secret"));
    }
}
