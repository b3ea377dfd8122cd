//! One fetch with some calls, from its start to its end.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::{AbortHandle, abortable};
use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::failure::Failure;
use super::lane::Side;
use super::local::News;
use super::place::{Place, Token};
use super::pulse::Departure;
use super::{js, local};
use crate::blob::Blob;
use crate::error::Error;
use crate::instant::Instant;
use crate::lane::Loss;
use crate::platform::{Body, now};
use crate::wire::{Call, Event, Reply, Splitter, decode_events};

/// What an answer in a header holds at most, in bytes; as in `js/flight.js`.
const LONGEST_IN_HEADER: usize = 256;

/// A call on its way, counted as such.
pub(super) struct Passenger {
    pub(super) call: Arc<Call>,
    pub(super) _token: Token,
}

pub(super) struct Flight {
    js: js::Flight,
    /// Calls without a reply that somebody waits for, in the order in which they run.
    aboard: RefCell<Vec<Passenger>>,
    /// Until it has landed.
    departure: RefCell<Option<Departure>>,
    /// Ends the future that listens to the answer.
    listening: RefCell<Option<AbortHandle>>,
    pub(super) sent: Instant,
}

impl Flight {
    /// Sends the frame, with what was left out of it, and reports to the lane's events until all calls have ended.
    pub(super) fn start(
        side: Rc<Side>,
        target: &JsValue,
        aboard: Vec<Passenger>,
        frame: &[u8],
        around: &[(usize, Blob)],
    ) -> Rc<Self> {
        let origin = side.origin();
        let (answer, js) = News::asked(|turn, key| {
            if around.is_empty() {
                return js::Flight::new(target, origin, frame, turn, key);
            }
            send_around(target, origin, frame, around, turn, key)
        });
        let depart = if around.is_empty() { Place::depart } else { Place::depart_with_body };
        let departure = side.place.as_ref().map(depart);
        let flight = Rc::new(Self {
            js,
            aboard: RefCell::new(aboard),
            departure: RefCell::new(departure),
            listening: RefCell::default(),
            sent: now(),
        });
        flight.clone().attend(side, answer);
        flight
    }

    pub(super) fn len(&self) -> usize {
        self.aboard.borrow().len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.aboard.borrow().is_empty()
    }

    /// Lets go of a call, if it is in here.
    pub(super) fn release(&self, id: u64) -> Option<Passenger> {
        let mut aboard = self.aboard.borrow_mut();
        let at = aboard.iter().position(|passenger| passenger.call.id == id)?;
        Some(aboard.remove(at))
    }

    /// Aborts the fetch. Nothing is reported for the calls in it.
    pub(super) fn stop(&self) {
        self.aboard.take();
        self.departure.take();
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
        self.js.stop();
    }

    fn attend(self: Rc<Self>, side: Rc<Side>, answer: News) {
        let flight = self.clone();
        let (listen, handle) = abortable(async move {
            let ended = flight.listen(&side, answer).await;
            side.landed(&flight);
            let departure = flight.departure.take();
            let ids: Vec<u64> = flight.aboard.take().iter().map(|passenger| passenger.call.id).collect();
            if !ids.is_empty() {
                let ended = ended.err();
                let Failure { error, loss } =
                    ended.unwrap_or_else(|| Failure::cut("it answered without a reply to every call"));
                let began = match &side.place {
                    Some(place) if matches!(loss, Loss::MaybeRan | Loss::Refused) => place.failed(departure),
                    _ => now(),
                };
                side.events.lost_since(&ids, error, loss, began);
            }
        });
        *self.listening.borrow_mut() = Some(handle);
        local::spawn(async move {
            // Stopped on purpose if it is an error.
            let _ = listen.await;
        });
    }

    async fn listen(&self, side: &Side, answer: News) -> Result<(), Failure> {
        let answer = answer.await?;
        if let Some(place) = &side.place {
            place.answered(self.sent);
        }
        let mut room = [0; LONGEST_IN_HEADER];
        if let Ok(length) = usize::try_from(js::read(&answer, &mut room)) {
            let short = room.get(..length).unwrap_or_default();
            return Ok(self.deliver(side, &Blob::from(short.to_vec()))?);
        }
        if let Some(whole) = answer.dyn_ref::<Uint8Array>() {
            return Ok(self.deliver(side, &Blob::from(whole.to_vec()))?);
        }
        let mut splitter = Splitter::default();
        while let Some(part) = News::of(&self.js.next()).await?.dyn_ref::<Uint8Array>() {
            if let Some(place) = &side.place {
                place.heard();
            }
            for frame in splitter.push(&part.to_vec())? {
                self.deliver(side, &frame)?;
            }
        }
        if splitter.is_done() { Ok(()) } else { Err(Failure::cut("its answer ended in the middle of a frame")) }
    }

    fn deliver(&self, side: &Side, frame: &Blob) -> Result<(), Error> {
        let mut replies: Vec<Reply> = Vec::new();
        for event in decode_events(side.tasks.fingerprint(), frame, Vec::new())? {
            match event {
                Event::Progress(progress) => side.events.progress(progress),
                // A reply to a call that was cancelled, or to none of ours.
                Event::Reply(reply) if self.release(reply.id).is_none() => {}
                Event::Reply(reply) => replies.push(reply),
            }
        }
        if !replies.is_empty() {
            side.events.reply(replies);
        }
        Ok(())
    }
}

/// Sends the frame with bodies in between, which do not come into this program.
fn send_around(
    target: &JsValue,
    origin: f64,
    frame: &[u8],
    around: &[(usize, Blob)],
    turn: &Function,
    key: f64,
) -> js::Flight {
    let places = around.iter().map(|(place, _)| u32::try_from(*place).unwrap_or(u32::MAX)).collect();
    let length = around.iter().map(|(_, blob)| blob.len()).sum::<usize>() + frame.len();
    let length = u32::try_from(length).map_or(f64::INFINITY, f64::from);
    let sources = around.iter().filter_map(|(_, blob)| blob.coming()).map(Body::spend).collect::<Array>();
    js::Flight::around(target, origin, frame, places, &sources, length, turn, key)
}
