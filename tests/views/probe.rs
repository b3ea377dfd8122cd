use std::sync::Arc;

use axum::body::Body;
use http::Request;
use offloop::{Executor, Options};
use offloop_edge::tasks::TASKS;
use offloop_edge::views::Site;

use super::App;

#[test]
fn lanes_are_measured_alone_and_together() {
    let json = App::new().get("/probe").json();
    let lanes = json["lanes"].as_array().unwrap();
    assert_eq!(lanes.len(), 2);
    for lane in lanes {
        assert!(lane["alone_ms"].as_f64() > Some(0.0) && lane["hop_ms"].as_f64() < lane["alone_ms"].as_f64(), "{lane}");
        // Threads share one instance with this test.
        assert_eq!((&lane["shares_gateway"], &lane["instance"]), (&true.into(), &json["instance"]));
    }
}

#[test]
fn lanes_that_share_a_thread_are_found_out() {
    let pool = Executor::threads(&TASKS, Options::default().lanes(1));
    let site = Site {
        runtime: "native",
        colo: Some("HAM".to_owned()),
        lanes: Some(Arc::new(move || vec![("left".to_owned(), pool.clone()), ("right".to_owned(), pool.clone())])),
    };
    let probe = || App::new().ask(Request::get("/probe").extension(site.clone()), Body::empty()).json();
    let json = probe();
    assert_eq!((&json["runtime"], &json["colo"]), (&"native".into(), &"HAM".into()));
    assert_eq!((&json["lanes"][0]["name"], &json["lanes"][1]["name"]), (&"left".into(), &"right".into()));
    // Times on a busy machine may mislead once.
    assert!((0..3).any(|_| probe()["overlapped"] == false), "{json}");
}
