//! The contract between the executor and the places where jobs run.
//!
//! A *lane* runs one job at a time, in the order the calls were sent to it. The executor pushes calls into it with
//! [`Lane::send`], which never blocks and never waits; whatever becomes of a call comes back through [`Events`].
//! A lane owes each call exactly one ending: a reply, a `lost`, or a `cancel` that the executor asked for.
//! A second one would be taken for that of the next try, if there is one.
//!
//! The executor may hand a lane a few calls ahead ([`Traits::prefetch`]), so that it need not idle for a round trip.

mod here;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::error::Error;
use crate::instant::Instant;
use crate::platform::now;
use crate::wire::{Call, Progress, Reply};

pub use here::run;

/// What a lane does when one of its calls is cancelled while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// [`Lane::reset`] kills whatever the lane does and the lane starts afresh; other calls sent to it must be sent again.
    /// A Web Worker.
    Terminate,
    /// The call is let go at once and its place is free; neighbours are not touched. An HTTP request.
    Release,
    /// The call cannot be stopped: the lane stays occupied until its reply arrives, which is then discarded. A thread.
    Wait,
}

/// What the executor must know about a lane to use it well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// How a running call is stopped.
    pub stop: Stop,
    /// How many calls the lane may hold at once, the running one included; at least 1.
    pub prefetch: usize,
    /// How much work may wait at the lane behind the running call. About one round trip: less leaves the lane idle between
    /// calls, more commits work to this lane while another may become free first.
    pub ahead: Duration,
    /// Whether other executors use the same far side. Then the executor weighs [`Lane::load`] and picks the better of two
    /// random lanes (power of two choices) instead of the first idle one.
    pub shared: bool,
}

/// Why calls came to no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// None of the calls was started, and they would come to the same end elsewhere: the lane cannot come up. They end with the
    /// error, unless the lane is [down](Events::down) and another one works, which runs them.
    NeverStarted,
    /// None of the calls was started: the lane ended between two calls, as after a panic that was reported as a reply.
    /// They are run elsewhere.
    Idle,
    /// The call may have been running. Only an idempotent task may be run again.
    MaybeRan,
    /// None of the calls was started: another one, perhaps another user's, ended the program that was to run them. They are run again soon.
    Reset,
    /// The far side refused for now (overloaded, restarting): a retry on the same lane is to be avoided.
    Refused,
}

/// A place that runs one job at a time.
///
/// Methods are called by the executor, from any thread but one at a time, and must not block. They may call
/// [`Events`] from inside; the executor expects that.
pub trait Lane: Send + Sync + 'static {
    /// What kind of lane this is. Constant over the lane's life.
    fn traits(&self) -> Traits;

    /// Takes a call to run after those sent before it. A lane that is not running yet starts itself.
    fn send(&self, call: Arc<Call>);

    /// Whether calls are to be given to [`take`](Self::take): true of lanes of this crate that need no [`Events`] for it.
    #[doc(hidden)]
    fn is_prompt(&self) -> bool {
        false
    }

    /// As [`send`](Self::send), but the executor's lock is held, which must not be asked for: an error is one that would have been reported as
    /// [`Loss::NeverStarted`]. With `true` the lane wants a [`nudge`](Self::nudge) once the lock is free.
    #[doc(hidden)]
    fn take(&self, call: Arc<Call>) -> Result<bool, Error> {
        self.send(call);
        Ok(false)
    }

    #[doc(hidden)]
    fn nudge(&self) {}

    /// Tells the lane that nobody waits for `id` any more. For [`Stop::Release`] lanes the call ends here;
    /// for the others this is a hint that saves work if it arrives in time, and a reply is still owed.
    fn cancel(&self, id: u64);

    /// [`Stop::Terminate`] lanes: ends whatever runs, forgets all calls, reports nothing for them, and starts afresh when
    /// (or before) the next call comes.
    fn reset(&self) {}

    /// Gets the lane ready ahead of the first call.
    fn warm(&self) {}

    /// Calls in flight on the same far side from elsewhere (other executors), used to choose between lanes.
    fn load(&self) -> usize {
        0
    }

    /// Until when the far side is likely to go on with a call of another executor that nobody waits for, if it may, and there are others to
    /// send calls to. Asked when the lane is made, which gets none until then: what is sent to a place that is stuck waits there, whoever
    /// becomes free.
    fn occupied(&self) -> Option<Instant> {
        None
    }

    /// Ends the lane: whatever runs is stopped if it can be, all resources are released, no event follows.
    fn close(&self);
}

/// Where a lane reports to. Cheap to clone; outlives the executor harmlessly.
#[derive(Clone)]
pub struct Events {
    lane: usize,
    sink: Weak<dyn Sink>,
}

/// The executor's side of [`Events`].
pub(crate) trait Sink: Send + Sync {
    fn reply(&self, lane: usize, replies: Vec<Reply>, now: Instant);
    /// Takes all of them, each with its lane.
    fn reply_all(&self, replies: &mut Vec<(usize, Reply)>);
    fn progress(&self, lane: usize, progress: Progress);
    /// None of the calls can have begun before `began`.
    fn lost(&self, lane: usize, ids: &[u64], error: Error, loss: Loss, began: Instant);
    fn down(&self, lane: usize, error: Error, loss: Loss);
}

impl Events {
    pub(crate) fn new(lane: usize, sink: Weak<dyn Sink>) -> Self {
        Self { lane, sink }
    }

    /// The index of the lane in its executor, for names and logs.
    #[must_use]
    pub fn lane(&self) -> usize {
        self.lane
    }

    /// Calls ended with these replies. Unknown ids are ignored.
    pub fn reply(&self, replies: Vec<Reply>) {
        self.reply_at(replies, now());
    }

    /// As `reply`, at a moment that is known.
    pub(crate) fn reply_at(&self, replies: Vec<Reply>, now: Instant) {
        if let Some(sink) = self.sink.upgrade() {
            sink.reply(self.lane, replies, now);
        }
    }

    /// As `reply` for calls of any lanes of the executor; leaves the vector empty.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "for lanes that share threads"))]
    pub(crate) fn reply_all(&self, replies: &mut Vec<(usize, Reply)>) {
        if let Some(sink) = self.sink.upgrade() {
            sink.reply_all(replies);
        }
        replies.clear();
    }

    /// Where another lane of the executor reports to.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "for lanes that share threads"))]
    pub(crate) fn on(&self, lane: usize) -> Self {
        Self { lane, sink: self.sink.clone() }
    }

    /// A running call tells how far it is.
    pub fn progress(&self, progress: Progress) {
        if let Some(sink) = self.sink.upgrade() {
            sink.progress(self.lane, progress);
        }
    }

    /// These calls, and no others, will get no reply. The lane goes on.
    pub fn lost(&self, ids: &[u64], error: Error, loss: Loss) {
        self.lost_since(ids, error, loss, Instant::from_micros(0));
    }

    /// As `lost`, for calls that were sent earlier than they can have begun.
    pub(crate) fn lost_since(&self, ids: &[u64], error: Error, loss: Loss, began: Instant) {
        if let Some(sink) = self.sink.upgrade() {
            sink.lost(self.lane, ids, error, loss, began);
        }
    }

    /// The lane is down with everything it held. `error` is for the call that was running (the oldest one without a
    /// reply); calls behind it never started and are run elsewhere. With [`Loss::NeverStarted`] all of them end with `error`,
    /// unless another lane works, and the lane is left alone for a while, so that a script that cannot load does not spin.
    ///
    /// A lane with threads of its own cannot know which calls that means, if one is just being [sent](Lane::send) by another thread. That one
    /// counts as a call that may have run, whatever `loss` says of the others, and a [`Stop::Terminate`] lane is [reset](Lane::reset)
    /// so that it has nothing of it. [`lost`](Self::lost) names the calls that it means.
    pub fn down(&self, error: Error, loss: Loss) {
        if let Some(sink) = self.sink.upgrade() {
            sink.down(self.lane, error, loss);
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("lane", &self.lane).finish_non_exhaustive()
    }
}

/// Makes the lane with the given index, which reports to the given events. Called again when the pool grows.
///
/// The executor is locked meanwhile: neither it nor the events may be used before this has returned.
pub type Factory = Box<dyn Fn(Events) -> Box<dyn Lane> + Send + Sync>;
