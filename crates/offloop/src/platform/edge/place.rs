//! Where calls can be sent, and how many are on their way there.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;

use super::js;

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
    load: Rc<Load>,
}

enum Access {
    Object { hint: Option<String> },
    Service,
}

/// Calls in flight from this isolate, over all its requests, of each kind.
#[derive(Default)]
struct Load([Cell<usize>; 2]);

/// Calls are counted, and refused, by their kind: clients that send their bodies slowly must not keep out those who only have a question.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// All of it is here.
    Whole,
    /// Part of it is a body that is passed on as it comes.
    Body,
}

thread_local! {
    // By name, so that an isolate that makes its places anew for each request still counts right.
    static LOADS: RefCell<HashMap<String, Rc<Load>>> = RefCell::default();
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
        let load = LOADS.with_borrow_mut(|loads| loads.entry(name.clone()).or_default().clone());
        // More calls than this wait longer at the place than most callers do.
        let limit = 256;
        Self { far: SendWrapper::new(Rc::new(Far { binding: binding.clone(), name, access, load })), limit }
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
        self.far.load.of(kind).get()
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
        let load = self.far.load.clone();
        load.of(kind).set(load.of(kind).get() + 1);
        Token { load, kind }
    }
}

impl Load {
    fn of(&self, kind: Kind) -> &Cell<usize> {
        let [whole, body] = &self.0;
        match kind {
            Kind::Whole => whole,
            Kind::Body => body,
        }
    }
}

/// A call in flight.
pub(super) struct Token {
    load: Rc<Load>,
    kind: Kind,
}

impl Drop for Token {
    fn drop(&mut self) {
        let count = self.load.of(self.kind);
        count.set(count.get().saturating_sub(1));
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("name", &self.name()).field("load", &self.load()).finish_non_exhaustive()
    }
}
