use std::time::Duration;

use axum::body::Body;
use futures_executor::block_on;
use futures_util::future::join_all;
use http::Request;
use offloop::now;

use super::App;

#[test]
fn it_waits_as_long_as_it_is_told() {
    let app = App::new();
    for (uri, millis) in [("/async-io?seconds=0", 0), ("/async-io?seconds=0.25", 250), ("/async-io", 1_000)] {
        let start = now();
        let answer = app.get(uri);
        let took = now() - start;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "Async IO"));
        let expected = Duration::from_millis(millis);
        assert!(took >= expected && took < expected + Duration::from_secs(1), "{uri} took {took:?}");
    }
}

#[test]
fn a_thousand_wait_at_the_same_time() {
    let app = App::new();
    let start = now();
    let answers = block_on(join_all((0..1000).map(|_| app.send(Request::get("/async-io?seconds=0.5"), Body::empty()))));
    assert!(answers.iter().all(|answer| answer.status() == 200));
    assert!(now() - start < Duration::from_secs(2));
}

#[test]
fn a_deadline_ends_the_wait() {
    let start = now();
    let answer = App::new().ask(Request::get("/async-io?seconds=30").header("x-timeout-ms", "100"), Body::empty());
    assert_eq!(answer.problem(504)["kind"], "timed_out");
    assert!(now() - start < Duration::from_secs(1));
}
