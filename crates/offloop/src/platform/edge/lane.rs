//! The near side of a lane: gathers the calls of one turn of the loop and sends them in one fetch.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use send_wrapper::SendWrapper;

use super::failure::Failure;
use super::flight::{Flight, Passenger};
use super::place::{Kind, Place};
use super::{local, trap};
use crate::blob::Blob;
use crate::error::{Error, LostReason};
use crate::instant::Instant;
use crate::lane::{Events, Factory, Lane, Loss, Stop, Traits};
use crate::platform::{Body, now};
use crate::task::Tasks;
use crate::wire::{Call, encode_calls_around};

/// Fetches of one request that wait for an answer at the same time.
/// Source: <https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections>.
const FETCHES: usize = 6;

/// Fetches to one lane: while it works on one, the next is on its way.
const FETCHES_TO_A_LANE: usize = 2;

/// Bytes after which the rest of a turn's calls go into a fetch of their own, half of what one message may hold.
const FULL_FRAME: usize = 16 * 1024 * 1024;

/// Makes the lanes of one executor, which belongs to one request.
pub(crate) fn factory(tasks: &'static Tasks, places: Vec<Place>) -> Factory {
    let trip = SendWrapper::new(Rc::new(Trip {
        places,
        origin: trap::origin(),
        fetches: Cell::default(),
        admitted: Cell::default(),
        lanes: RefCell::default(),
    }));
    Box::new(move |events| Box::new(EdgeLane(SendWrapper::new(Side::new(&trip, tasks, events)))))
}

/// What the lanes of one executor share.
struct Trip {
    places: Vec<Place>,
    /// Tells the far side whose calls these are.
    origin: f64,
    fetches: Cell<usize>,
    /// Set by the first call that is let in; those after it are parts of the same request.
    admitted: Cell<bool>,
    lanes: RefCell<Vec<Weak<Side>>>,
}

impl Trip {
    /// Whether this request may have calls in flight, given how many others of the isolate have.
    fn admits(&self, kind: Kind) -> bool {
        if !self.admitted.get() {
            let load: usize = self.places.iter().map(|place| place.load_of(kind)).sum();
            self.admitted.set(load < self.places.iter().map(Place::most).fold(0, usize::saturating_add));
        }
        self.admitted.get()
    }
}

struct EdgeLane(SendWrapper<Rc<Side>>);

pub(super) struct Side {
    pub(super) tasks: &'static Tasks,
    pub(super) events: Events,
    pub(super) place: Option<Place>,
    trip: Rc<Trip>,
    /// Calls of this turn, or calls that wait for a fetch to end.
    pending: RefCell<Vec<Passenger>>,
    flights: RefCell<Vec<Rc<Flight>>>,
    flushing: Cell<bool>,
    itself: Weak<Self>,
}

impl Lane for EdgeLane {
    fn traits(&self) -> Traits {
        // Work of 5 ms hides one round trip within a region and is soon over if another lane would have been the better choice.
        Traits { stop: Stop::Release, prefetch: 64, ahead: Duration::from_millis(5), shared: true }
    }

    fn send(&self, call: Arc<Call>) {
        let Some(place) = &self.0.place else {
            let error =
                Error::lost(LostReason::NotStarted, "the executor has no places for lanes, give it at least one");
            return self.0.events.lost(&[call.id], error, Loss::NeverStarted);
        };
        let mut bodies = call.input.blobs.iter().filter_map(Blob::coming).peekable();
        let kind = if bodies.peek().is_some() { Kind::Body } else { Kind::Whole };
        if bodies.any(Body::is_spent) {
            return self.0.events.lost(&[call.id], Error::body_gone(), Loss::NeverStarted);
        }
        if !self.0.trip.admits(kind) {
            return self.0.events.lost(&[call.id], Error::Full, Loss::NeverStarted);
        }
        self.0.pending.borrow_mut().push(Passenger { call, _token: place.count(kind) });
        self.0.flush_soon();
    }

    fn cancel(&self, id: u64) {
        self.0.pending.borrow_mut().retain(|passenger| passenger.call.id != id);
        let flight = self.0.flights.borrow().iter().find(|flight| flight.release(id).is_some()).cloned();
        // Calls that others wait for travel on; the reply to this one will find nobody.
        if let Some(flight) = flight.filter(|flight| flight.is_empty()) {
            self.0.abort(&flight);
        }
    }

    fn load(&self) -> usize {
        let own =
            self.0.pending.borrow().len() + self.0.flights.borrow().iter().map(|flight| flight.len()).sum::<usize>();
        self.0.place.as_ref().map_or(0, Place::weight).saturating_sub(own)
    }

    fn occupied(&self) -> Option<Instant> {
        let until = self.0.place.as_ref()?.occupied()?;
        self.0.trip.places.iter().any(|place| place.occupied().is_none()).then_some(until)
    }

    fn close(&self) {
        self.0.pending.take();
        // All calls may have their replies, and the answer not be at its end yet. The other lanes of the request may have its place.
        let flights = self.0.flights.borrow().clone();
        for flight in flights {
            if flight.is_empty() {
                flight.stop();
                self.0.landed(&flight);
            } else {
                self.0.abort(&flight);
            }
        }
    }
}

impl Side {
    fn new(trip: &Rc<Trip>, tasks: &'static Tasks, events: Events) -> Rc<Self> {
        let place = trip.places.get(events.lane() % trip.places.len().max(1)).cloned();
        let side = Rc::new_cyclic(|itself| Self {
            tasks,
            events,
            place,
            trip: trip.clone(),
            pending: RefCell::default(),
            flights: RefCell::default(),
            flushing: Cell::default(),
            itself: itself.clone(),
        });
        let mut lanes = trip.lanes.borrow_mut();
        lanes.retain(|lane| lane.strong_count() > 0);
        lanes.push(side.itself.clone());
        side
    }

    pub(super) fn origin(&self) -> f64 {
        self.trip.origin
    }

    /// At the end of this turn, so that calls which are sent in it travel together.
    fn flush_soon(&self) {
        if !self.flushing.replace(true) {
            let itself = self.itself.clone();
            local::spawn(async move {
                if let Some(side) = itself.upgrade() {
                    side.flushing.set(false);
                    side.flush();
                }
            });
        }
    }

    fn flush(self: &Rc<Self>) {
        while self.flights.borrow().len() < FETCHES_TO_A_LANE && self.trip.fetches.get() < FETCHES {
            let load = self.take_load();
            if load.is_empty() {
                return;
            }
            let mut frame = Vec::with_capacity(32 * load.len());
            let calls: Vec<&Call> = load.iter().map(|passenger| &*passenger.call).collect();
            let around = encode_calls_around(self.tasks.fingerprint(), &calls, now(), &mut frame);
            let Some(target) = self.place.as_ref().map(Place::target) else { return };
            match target {
                Ok(target) => {
                    self.trip.fetches.set(self.trip.fetches.get() + 1);
                    let flight = Flight::start(self.clone(), &target, load, &frame, &around);
                    self.flights.borrow_mut().push(flight);
                }
                Err(thrown) => {
                    let Failure { error, .. } = thrown.into();
                    let ids: Vec<u64> = load.iter().map(|passenger| passenger.call.id).collect();
                    drop(load);
                    self.events.lost(&ids, error, Loss::NeverStarted);
                }
            }
        }
    }

    /// As many of the waiting calls as fit into one frame, at least one if there is any.
    fn take_load(&self) -> Vec<Passenger> {
        let mut pending = self.pending.borrow_mut();
        let mut size = 0;
        let fitting = pending.iter().take_while(|passenger| {
            let before = size;
            size += passenger.call.input.len();
            before == 0 || size <= FULL_FRAME
        });
        let count = fitting.count();
        pending.drain(..count).collect()
    }

    /// Ends a fetch whose last calls nobody waits for any more.
    fn abort(&self, flight: &Rc<Flight>) {
        if let Some(place) = &self.place {
            place.aborted(flight.sent);
        }
        flight.stop();
        self.landed(flight);
    }

    /// A fetch is over, whichever way: its place is free, and calls may have waited for it.
    pub(super) fn landed(&self, flight: &Rc<Flight>) {
        let mut flights = self.flights.borrow_mut();
        let Some(at) = flights.iter().position(|known| Rc::ptr_eq(known, flight)) else { return };
        flights.swap_remove(at);
        drop(flights);
        self.trip.fetches.set(self.trip.fetches.get().saturating_sub(1));
        for lane in self.trip.lanes.borrow().iter().filter_map(Weak::upgrade) {
            if !lane.pending.borrow().is_empty() {
                lane.flush_soon();
            }
        }
    }
}
