//! What can go wrong with a job: one small enum, and the reasons for which a lane is lost.

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
        /// What happened to the lane, for programs.
        reason: LostReason,
        /// What else is known of it, in the words of the browser, the runtime or the lane.
        cause: String,
    },
    /// The executor takes no more jobs, because `close` or `abort` was called.
    Closed,
    /// Bytes could not be read as what they should be.
    Malformed {
        /// What was wrong with them.
        what: String,
    },
    /// The far side is another build. Deploy both sides from the same build. In a page: a newer one was deployed since it was loaded, or its files
    /// came from two deployments; reload it.
    Skew {
        /// What this side is told by: the fingerprint of its table, or the number of its JavaScript glue.
        ours: u64,
        /// The same of the far side; 0 if it cannot be had.
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

    pub(crate) fn lost(reason: LostReason, cause: impl Into<String>) -> Self {
        Self::Lost { reason, cause: cause.into() }
    }

    /// A body that is passed on as it comes would have to be here, or sent a second time.
    pub(crate) fn body_gone() -> Self {
        Self::lost(
            LostReason::BodyGone,
            "the request's body was passed on to a lane and is gone, send the request again",
        )
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
                write!(
                    f,
                    "the table has no task {name}: call one that offloop::tasks! lists, by that very function and not by a closure around it"
                )
            }
            Self::Failed { message } => write!(f, "the task panicked: {message}"),
            Self::Lost { reason, cause } => write!(f, "the lane was lost: {cause} ({reason})"),
            Self::Closed => write!(f, "the executor is closed and takes no more jobs"),
            Self::Malformed { what } => write!(f, "malformed data: {what}"),
            Self::Skew { ours, theirs } => write!(
                f,
                "the far side is another build ({theirs:016x}, here {ours:016x}): deploy both from the same build, and reload pages that are open"
            ),
        }
    }
}

impl std::error::Error for Error {}

/// Why a lane was lost, and a job with it.
///
/// Exhaustive on purpose, as [`Error`] is.
///
/// # Examples
///
/// ```
/// use offloop::{Error, LostReason};
///
/// fn is_worth_asking_later(error: &Error) -> bool {
///     match error {
///         Error::Full => true,
///         Error::Lost { reason, .. } => reason.is_temporary(),
///         _ => false,
///     }
/// }
/// assert!(is_worth_asking_later(&Error::Lost { reason: LostReason::Overloaded, cause: "it said 503".into() }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LostReason {
    /// The lane could not be started: a worker script that is not there, has another type than JavaScript, is forbidden by the page's policy, or
    /// did not come up in time; an executor without a place for lanes. The next try ends in the same way until that is mended.
    NotStarted,
    /// The system gave no thread, for the lane or for timers.
    NoThread,
    /// The program in the lane ended by itself, most likely because of this job: a trap, such as endless recursion or exhausted memory, or an
    /// uncaught error of what the task has left behind. A panic is [`Error::Failed`].
    Crashed,
    /// One side has no memory for a message, or the runtime ended the lane because it took too much.
    OutOfMemory,
    /// The program in the lane ended before this job began: another one, perhaps another user's, ended it, or it was going down.
    Reset,
    /// The lane was closed by somebody: the page that lent it is gone, or its worker closed itself.
    Closed,
    /// The connection to the lane broke, or could not be made: its process or its isolate was ended, restarted or moved.
    Disconnected,
    /// The lane refused the job for want of room.
    Overloaded,
    /// The lane was lost when it may have been at this job for as long as [`Options::attempt_limit`](crate::Options::attempt_limit) says. The job is
    /// not tried again, so that it does not cost a second lane.
    Overran,
    /// The lane was lost, and the request's body, which was passed on to it as it came, cannot be sent a second time. Send the request again.
    BodyGone,
    /// A lane of one's own panicked when it was given the job.
    Panicked,
    /// What a lane of one's own says, or an answer that is none of a lane.
    Other,
}

impl LostReason {
    /// All there are, by their numbers on the wire.
    const ALL: [Self; 12] = [
        Self::NotStarted,
        Self::NoThread,
        Self::Crashed,
        Self::OutOfMemory,
        Self::Reset,
        Self::Closed,
        Self::Disconnected,
        Self::Overloaded,
        Self::Overran,
        Self::BodyGone,
        Self::Panicked,
        Self::Other,
    ];

    /// The variant's name in snake case, for counters and logs.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(offloop::LostReason::NotStarted.name(), "not_started");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::NoThread => "no_thread",
            Self::Crashed => "crashed",
            Self::OutOfMemory => "out_of_memory",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Disconnected => "disconnected",
            Self::Overloaded => "overloaded",
            Self::Overran => "overran",
            Self::BodyGone => "body_gone",
            Self::Panicked => "panicked",
            Self::Other => "other",
        }
    }

    /// Whether the task may have begun. If not, it can be submitted again even if it must not run twice.
    #[must_use]
    pub fn may_have_run(self) -> bool {
        match self {
            Self::NotStarted | Self::NoThread | Self::Reset | Self::Overloaded => false,
            Self::Crashed
            | Self::OutOfMemory
            | Self::Closed
            | Self::Disconnected
            | Self::Overran
            | Self::BodyGone
            | Self::Panicked
            | Self::Other => true,
        }
    }

    /// Whether the lane was lost through no fault of the job, so that another try soon is likely to end well. The executor itself tries such a job
    /// again until its deadline, if it may run twice or has not begun: see [`Options::retries`](crate::Options::retries).
    #[must_use]
    pub fn is_temporary(self) -> bool {
        match self {
            Self::Reset | Self::Closed | Self::Disconnected | Self::Overloaded | Self::BodyGone => true,
            Self::NotStarted
            | Self::NoThread
            | Self::Crashed
            | Self::OutOfMemory
            | Self::Overran
            | Self::Panicked
            | Self::Other => false,
        }
    }

    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// The reason with this number.
    pub(crate) fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for LostReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::LostReason;

    #[test]
    fn each_reason_has_a_number_of_its_own() {
        for (number, reason) in (0..).zip(LostReason::ALL) {
            assert_eq!((reason.number(), LostReason::numbered(number)), (number, Some(reason)));
        }
        assert_eq!(LostReason::numbered(12), None);
    }
}
