//! What can go wrong with a job, in one small enum.

use std::fmt;

/// Why a job did not give a result.
///
/// Every variant ends the job for good: nothing goes on in the background, and nothing more will be reported.
/// The enum is exhaustive on purpose, so that a `match` that maps errors to answers breaks when a kind is added.
///
/// # Examples
///
/// ```
/// use offloop::Error;
///
/// let error = Error::Failed { message: "attempt to divide by zero (src/tasks.rs:4:5)".into() };
/// assert_eq!(error.to_string(), "the task panicked: attempt to divide by zero (src/tasks.rs:4:5)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The queue has no room. Try again later, or use `submit`, which waits for room.
    Full,
    /// The job was cancelled, or its executor aborted.
    Cancelled,
    /// The deadline passed, time in the queue included.
    TimedOut,
    /// The task is not in the executor's table. Add it to `offloop::tasks!`, and pass the function that is listed there: a closure around it
    /// or a pointer to it is something else.
    UnknownTask {
        /// The name as the caller gave it.
        name: String,
    },
    /// The task panicked. Its lane has been replaced.
    Failed {
        /// What the panic said, and its place: file, line and column. The place is missing if a panic hook that was set later does not
        /// call the one before it.
        message: String,
    },
    /// The lane ended, or never started, before it could answer.
    Lost {
        /// What happened to the lane.
        cause: String,
    },
    /// The executor takes no more jobs, because `close` or `abort` was called.
    Closed,
    /// Bytes could not be read as what they should be.
    Malformed {
        /// What was wrong with them.
        what: String,
    },
    /// The far side is another build, with another table of tasks. Deploy both sides from the same build.
    Skew {
        /// Fingerprint of the table on this side.
        ours: u64,
        /// Fingerprint of the table on the far side.
        theirs: u64,
    },
}

impl Error {
    /// The variant's name in lower case, for counters and logs.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(offloop::Error::TimedOut.kind(), "timed_out");
    /// ```
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::UnknownTask { .. } => "unknown_task",
            Self::Failed { .. } => "failed",
            Self::Lost { .. } => "lost",
            Self::Closed => "closed",
            Self::Malformed { .. } => "malformed",
            Self::Skew { .. } => "skew",
        }
    }

    /// A body that is passed on as it comes would have to be here, or sent a second time.
    pub(crate) fn gone() -> Self {
        Self::Lost {
            cause: "the request's body was passed on to a lane and is gone, send the request again".to_owned(),
        }
    }

    pub(crate) fn malformed(what: impl fmt::Display) -> Self {
        Self::Malformed { what: what.to_string() }
    }

    /// Says of malformed data what they are.
    pub(crate) fn of(self, whose: &str) -> Self {
        match self {
            Self::Malformed { what } => Self::Malformed { what: format!("{whose}: {what}") },
            other => other,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => write!(f, "the queue is full, try again later or wait for room with submit"),
            Self::Cancelled => write!(f, "the job was cancelled"),
            Self::TimedOut => write!(f, "the deadline passed before the job was done"),
            Self::UnknownTask { name } => {
                write!(f, "no task named {name}: list it in offloop::tasks!, and pass that very function, no closure")
            }
            Self::Failed { message } => write!(f, "the task panicked: {message}"),
            Self::Lost { cause } => write!(f, "the lane was lost: {cause}"),
            Self::Closed => write!(f, "the executor is closed and takes no more jobs"),
            Self::Malformed { what } => write!(f, "malformed data: {what}"),
            Self::Skew { ours, theirs } => write!(
                f,
                "the far side is another build ({theirs:016x}, here {ours:016x}), deploy both from the same build"
            ),
        }
    }
}

impl std::error::Error for Error {}
