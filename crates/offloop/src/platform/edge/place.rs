//! Where calls can be sent, and how many are on their way there.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;

use super::js;
use super::pulse::{Departure, Pulse};
use crate::instant::Instant;
use crate::platform::now;

/// How long a task that was aborted may go on, unless its place shows that it has ended: as long as one may run at the edge, and at `npm start`.
/// Source: <https://developers.cloudflare.com/durable-objects/platform/limits/>.
pub(crate) const GOES_ON: Duration = Duration::from_secs(30);

/// Somewhere with `fetch`, where [`serve`](super::serve) answers: a Durable Object or a service binding.
///
/// Cheap to clone. Make the places of an isolate once, and give clones of them to the executor of each request.
///
/// # Examples
///
/// ```ignore
/// let lanes = env.durable_object("LANE")?;
/// let place = Place::object(&lanes, "pool/weur/0", Some("weur")).limit(64);
/// let place = Place::service(&env.service("LANE_0")?, "LANE_0");
/// ```
#[derive(Clone)]
pub struct Place {
    far: SendWrapper<Rc<Far>>,
    limit: usize,
}

struct Far {
    binding: JsValue,
    name: String,
    access: Access,
    known: Rc<Known>,
}

enum Access {
    Object { hint: Option<String> },
    Service,
}

/// What this isolate knows of a place, over all its requests.
#[derive(Default)]
struct Known {
    /// Calls in flight, of each kind.
    load: [Cell<usize>; 2],
    pulse: Rc<Pulse>,
    missing: Cell<Option<Missing>>,
}

/// Calls are counted, and refused, by their kind: clients that send their bodies slowly must not keep out those who only have a question.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// All of it is here.
    Whole,
    /// Part of it is a body that is passed on as it comes.
    Body,
}

/// Fetches to this place that were aborted with calls in them, if nothing has been answered since which was sent later. The place cannot notice
/// while it computes, and may go on.
#[derive(Clone, Copy)]
struct Missing {
    /// When the first of them was sent.
    first: Instant,
    /// When the last of them was aborted.
    since: Instant,
}

thread_local! {
    // By name, so that an isolate that makes its places anew for each request still counts right.
    static KNOWN: RefCell<HashMap<String, Rc<Known>>> = RefCell::default();
}

impl Place {
    /// The Durable Object with this name, in a namespace from the environment. `hint` says where it should live when it is first used:
    /// <https://developers.cloudflare.com/durable-objects/reference/data-location/#provide-a-location-hint>.
    pub fn object(namespace: &impl AsRef<JsValue>, name: impl Into<String>, hint: Option<&str>) -> Self {
        Self::new(namespace.as_ref(), name.into(), Access::Object { hint: hint.map(str::to_owned) })
    }

    /// A worker behind a service binding from the environment. `name` tells it from other places.
    ///
    /// On Cloudflare such a worker runs on its caller's thread, which makes it no lane; in a workerd of one's own it can be another process.
    pub fn service(binding: &impl AsRef<JsValue>, name: impl Into<String>) -> Self {
        Self::new(binding.as_ref(), name.into(), Access::Service)
    }

    fn new(binding: &JsValue, name: String, access: Access) -> Self {
        let known = KNOWN.with_borrow_mut(|known| known.entry(name.clone()).or_default().clone());
        // More calls than this wait longer at the place than most callers do.
        let limit = 256;
        Self { far: SendWrapper::new(Rc::new(Far { binding: binding.clone(), name, access, known })), limit }
    }

    /// How many calls this isolate may have in flight here before executors of new requests are refused with
    /// [`Error::Full`](crate::Error::Full) (default 256). The limits of all places of an executor are taken together. Calls with a
    /// [`body`](super::body) have as many places again, of their own.
    ///
    /// Too small, and bursts are refused that the lanes could have dealt with; too large, and requests wait until nobody wants
    /// their answers any more.
    #[must_use]
    pub fn limit(mut self, calls: usize) -> Self {
        self.limit = calls;
        self
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.far.name
    }

    pub(super) fn most(&self) -> usize {
        self.limit
    }

    /// Calls in flight here, from all requests of this isolate.
    #[must_use]
    pub fn load(&self) -> usize {
        self.load_of(Kind::Whole) + self.load_of(Kind::Body)
    }

    pub(super) fn load_of(&self, kind: Kind) -> usize {
        self.far.known.load(kind).get()
    }

    /// As `load`, with what may be going on there though nobody waits for it: one call, since a place runs one at a time and notices after it
    /// what else was aborted. A place from which nothing is heard weighs more the longer that lasts, and one that fails as much as hundreds of calls.
    pub(super) fn weight(&self) -> usize {
        self.load() + usize::from(self.missing().is_some()) + self.far.known.pulse.weight(now())
    }

    /// A fetch leaves with calls that are all here.
    pub(super) fn depart(&self) -> Departure {
        self.far.known.pulse.depart(now())
    }

    /// As `depart`, for a fetch with a body that is still coming.
    pub(super) fn depart_with_body(&self) -> Departure {
        self.far.known.pulse.depart_with_body(now())
    }

    /// A fetch has failed. Gives the moment before which the first of its calls cannot have begun.
    pub(super) fn failed(&self, departure: Option<Departure>) -> Instant {
        let (pulse, now) = (&self.far.known.pulse, now());
        // What was sent before and aborted may have gone on until now.
        let began = if self.missing().is_some() { now } else { pulse.began(departure.as_ref(), now) };
        pulse.failed(now);
        began
    }

    /// Until when that is likely: as long again as it has gone on when the last fetch was aborted.
    pub(super) fn occupied(&self) -> Option<Instant> {
        let Missing { first, since } = self.missing()?;
        Some(since + (since - first)).filter(|until| *until > now())
    }

    fn missing(&self) -> Option<Missing> {
        self.far.known.missing.get().filter(|missing| now() - missing.since < GOES_ON)
    }

    /// A fetch was aborted with calls in it that was sent at this moment.
    pub(super) fn aborted(&self, sent: Instant) {
        let first = self.missing().map_or(sent, |missing| missing.first);
        self.far.known.missing.set(Some(Missing { first, since: now() }));
    }

    /// A fetch is answered that was sent at this moment.
    pub(super) fn answered(&self, sent: Instant) {
        let missing = &self.far.known.missing;
        missing.set(missing.get().filter(|missing| missing.since > sent));
        self.heard();
    }

    /// Something has come from there.
    pub(super) fn heard(&self) {
        self.far.known.pulse.heard(now());
    }

    /// The object to call `fetch` on. A stub of an object is good until it fails once.
    pub(super) fn target(&self) -> Result<JsValue, JsValue> {
        match &self.far.access {
            Access::Object { hint } => js::stub(&self.far.binding, &self.far.name, hint.as_deref()),
            Access::Service => Ok(self.far.binding.clone()),
        }
    }

    /// Counts a call as in flight, until the token is dropped.
    pub(super) fn count(&self, kind: Kind) -> Token {
        let known = self.far.known.clone();
        known.load(kind).set(known.load(kind).get() + 1);
        Token { known, kind }
    }
}

impl Known {
    fn load(&self, kind: Kind) -> &Cell<usize> {
        let [whole, body] = &self.load;
        match kind {
            Kind::Whole => whole,
            Kind::Body => body,
        }
    }
}

/// A call in flight.
pub(super) struct Token {
    known: Rc<Known>,
    kind: Kind,
}

impl Drop for Token {
    fn drop(&mut self) {
        let count = self.known.load(self.kind);
        count.set(count.get().saturating_sub(1));
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("name", &self.name()).field("load", &self.load()).finish_non_exhaustive()
    }
}
