//! Lanes as at the edge: far away, and without room at times, since executors share them and cannot wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use offloop::lane::{Events, Factory, Lane, Loss, Stop, Traits};
use offloop::wire::{Call, Reply};
use offloop::{Context, Error, Executor, Options};
use offloop_edge::tasks::TASKS;

use super::{App, formula};

/// Runs each call in a thread of its own, and refuses those whose turn says so.
struct Crowded {
    events: Events,
    turn: AtomicUsize,
    refuses: fn(usize) -> bool,
    /// How long the way takes.
    way: Duration,
}

impl Lane for Crowded {
    fn traits(&self) -> Traits {
        Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: true }
    }

    fn send(&self, call: Arc<Call>) {
        if (self.refuses)(self.turn.fetch_add(1, Ordering::Relaxed)) {
            return self.events.lost(&[call.id], Error::Full, Loss::NeverStarted);
        }
        let events = self.events.clone();
        let way = self.way;
        std::thread::spawn(move || {
            std::thread::sleep(way);
            let entry = TASKS.at(call.task).unwrap();
            let result = entry.run(&Context::none(), call.input.clone());
            events.reply(vec![Reply { id: call.id, busy: Duration::ZERO, result }]);
        });
    }

    fn cancel(&self, _: u64) {}
    fn close(&self) {}
}

fn app(refuses: fn(usize) -> bool) -> App {
    distant("1", Duration::ZERO, refuses)
}

fn distant(part_ms: &str, way: Duration, refuses: fn(usize) -> bool) -> App {
    let factory: Factory =
        Box::new(move |events| Box::new(Crowded { events, turn: AtomicUsize::new(0), refuses, way }));
    App::on(&[("PART_MS", part_ms)], Executor::with_lanes(&TASKS, Options::default().lanes(2).retries(0), factory))
}

#[test]
fn a_computation_that_finds_no_room_at_all_is_refused_at_once() {
    let app = app(|_| true);
    for accept in ["text/plain", "application/json", "text/event-stream"] {
        let start = offloop::now();
        let answer = app.get_as("/async-cpu?number=10000000", accept);
        assert_eq!(answer.problem(503)["kind"], "full", "{accept}");
        assert!(offloop::now() - start < Duration::from_secs(1));
    }
}

#[test]
fn a_computation_that_has_begun_waits_for_room_and_loses_nothing() {
    for refuses in [|turn| turn % 2 == 1, |turn| turn % 5 != 0] {
        let answer = app(refuses).get("/async-cpu?number=5000000");
        assert_eq!((answer.status.as_u16(), answer.header("x-result")), (200, formula(5_000_000).as_str()));
    }
}

#[test]
fn a_long_way_does_not_multiply_the_parts() {
    let app = distant("20", Duration::from_millis(20), |_| false);
    for _ in 0..30 {
        app.get("/async-cpu?number=300000");
    }
    let before = app.pool.stats().submitted;
    assert_eq!(app.get("/async-cpu?number=30000").header("x-result"), formula(30_000));
    assert_eq!(app.pool.stats().submitted, before + 1);
}
