//! What a client is told whose lane was lost.

use std::sync::Arc;
use std::time::Duration;

use offloop::lane::{Events, Factory, Lane, Loss, Stop, Traits};
use offloop::wire::Call;
use offloop::{Error, Executor, LostReason, Options};
use offloop_edge::tasks::TASKS;

use super::App;

/// Loses each call for this reason.
struct Losing(Events, LostReason);

impl Lane for Losing {
    fn traits(&self) -> Traits {
        Traits { stop: Stop::Wait, prefetch: 1, ahead: Duration::ZERO, shared: true }
    }

    fn send(&self, call: Arc<Call>) {
        let error = Error::Lost { reason: self.1, cause: "in a test".to_owned() };
        self.0.lost(&[call.id], error, Loss::NeverStarted);
    }

    fn cancel(&self, _: u64) {}
    fn close(&self) {}
}

#[test]
fn a_lost_job_is_told_with_its_reason_and_when_to_come_again() {
    let told = [
        (LostReason::Crashed, 502, "crashed"),
        (LostReason::Disconnected, 502, "disconnected"),
        (LostReason::Overran, 502, "overran"),
        (LostReason::Overloaded, 503, "overloaded"),
        (LostReason::BodyGone, 503, "body_gone"),
    ];
    for (reason, status, name) in told {
        let factory: Factory = Box::new(move |events| Box::new(Losing(events, reason)));
        let app = App::on(&[], Executor::with_lanes(&TASKS, Options::default(), factory));
        let answer = app.get("/async-cpu?number=100000");
        let problem = answer.problem(status);
        assert_eq!((&problem["kind"], &problem["reason"]), (&"lost".into(), &name.into()));
        assert_eq!(answer.header("retry-after"), "1", "{name}");
    }
}
