//! The way to the other side of a lane: messages, and beside them, where memory can be shared, a ring for short frames.
//!
//! All of the ring is in `js/ring.js`: wasm sees nothing but its own memory, so that nothing here is unsafe. What is sent arrives in order,
//! by whichever way it goes.

use std::cell::{OnceCell, RefCell};

use wasm_bindgen::prelude::*;

use super::message::{post_frame, post_message};
use crate::blob::Blob;
use crate::error::Error;
use crate::wire::Frame;

#[wasm_bindgen(module = "/js/ring.js")]
extern "C" {
    #[wasm_bindgen(js_name = canShare)]
    pub(super) fn can_share() -> bool;

    type Ring;
    #[wasm_bindgen(js_name = makeRing)]
    fn make_ring() -> Option<Ring>;
    #[wasm_bindgen(js_name = openRing)]
    fn open_ring(buffer: &JsValue) -> Option<Ring>;
    #[wasm_bindgen(method, getter)]
    fn buffer(this: &Ring) -> JsValue;
    #[wasm_bindgen(method)]
    fn send(this: &Ring, frame: &[u8]) -> i32;
    #[wasm_bindgen(method)]
    fn posted(this: &Ring);
    #[wasm_bindgen(method)]
    fn heard(this: &Ring);
    #[wasm_bindgen(method)]
    fn receive(this: &Ring, room: &mut [u8]) -> i32;
    #[wasm_bindgen(method)]
    fn wait(this: &Ring) -> bool;
    #[wasm_bindgen(method)]
    fn listen(this: &Ring, heard: &JsValue);
    #[wasm_bindgen(method)]
    fn close(this: &Ring);
}

#[wasm_bindgen(module = "/js/lane.js")]
extern "C" {
    fn announce(scope: &JsValue, ready: &JsValue);
}

/// No frame in a ring is longer.
const LONGEST: usize = 4096;

/// One side's way to the other.
pub(super) struct Link {
    /// A worker, or the scope of one.
    target: JsValue,
    shared: OnceCell<Shared>,
}

struct Shared {
    ring: Ring,
    room: RefCell<Vec<u8>>,
    /// What the ring calls in the page. It must live until the ring is closed.
    _heard: Option<Closure<dyn Fn()>>,
}

impl Link {
    pub(super) fn new(target: JsValue) -> Self {
        Self { target, shared: OnceCell::new() }
    }

    /// The worker's side: says that it is up, with rings if they are wanted and can be had.
    pub(super) fn ready(&self, shared: bool) {
        let ring = shared.then(make_ring).flatten();
        announce(&self.target, &ring.as_ref().map_or(JsValue::TRUE, Ring::buffer));
        if let Some(ring) = ring {
            self.keep(ring, None);
        }
    }

    /// The page's side: uses the ring, and calls `heard` when something has come. False if this is no ring.
    pub(super) fn open(&self, buffer: &JsValue, heard: impl Fn() + 'static) -> bool {
        let Some(ring) = open_ring(buffer) else { return false };
        let heard = Closure::<dyn Fn()>::new(heard);
        ring.listen(heard.as_ref());
        self.keep(ring, Some(heard));
        true
    }

    fn keep(&self, ring: Ring, heard: Option<Closure<dyn Fn()>>) {
        let _ = self.shared.set(Shared { ring, room: RefCell::new(vec![0; LONGEST]), _heard: heard });
    }

    fn ring(&self) -> Option<&Ring> {
        self.shared.get().map(|shared| &shared.ring)
    }

    /// Sends a frame, with the blobs beside it.
    pub(super) fn send(&self, frame: &[u8], blobs: &[Blob]) -> Result<(), JsValue> {
        if let (Some(ring), true) = (self.ring(), blobs.is_empty()) {
            match ring.send(frame) {
                0 => {}
                1 => return Ok(()),
                // It does not look into the ring before it gets a message, whichever.
                _ => return self.post(&JsValue::NULL),
            }
        }
        post_frame(&self.target, frame, blobs)?;
        self.posted();
        Ok(())
    }

    /// Posts something that is no frame.
    pub(super) fn post(&self, message: &JsValue) -> Result<(), JsValue> {
        post_message(&self.target, message)?;
        self.posted();
        Ok(())
    }

    fn posted(&self) {
        if let Some(ring) = self.ring() {
            ring.posted();
        }
    }

    /// Gives each frame of the ring to `take`, but for those that came after a message which has not been heard.
    pub(super) fn receive(&self, mut take: impl FnMut(Frame<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let Some(Shared { ring, room, .. }) = self.shared.get() else { return Ok(()) };
        let mut room = room.borrow_mut();
        loop {
            let length = ring.receive(&mut room);
            if length == -1 {
                return Ok(());
            }
            let frame = usize::try_from(length).ok().and_then(|length| room.get(..length));
            take(Frame::Borrowed(frame.ok_or_else(|| Error::malformed("a damaged ring"))?))?;
        }
    }

    /// A message has come; with it, what was sent after it can be received.
    pub(super) fn heard(&self) {
        if let Some(ring) = self.ring() {
            ring.heard();
        }
    }

    /// Waits for the next frame in the ring, if there is one; false if it is time to go back to the event loop.
    pub(super) fn wait(&self) -> bool {
        self.ring().is_some_and(Ring::wait)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.ring.close();
    }
}
