use std::time::Duration;

use axum::body::Body;
use http::Request;
use offloop::now;

use super::App;

const HUGE: &str = "1000000000000000000000000000000";

#[track_caller]
fn assert_refused(app: &App, uri: &str, parameter: &str, allowed: &str) {
    let start = now();
    let problem = app.get(uri).problem(400);
    assert!(now() - start < Duration::from_millis(500), "{uri} was not refused at once");
    assert_eq!(problem["parameter"], parameter, "{uri}");
    assert_eq!(problem["allowed"], allowed, "{uri}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(parameter) && detail.contains(allowed), "{detail}");
    assert_eq!(app.pool.stats().submitted, 0, "{uri} reached the lanes");
}

#[test]
fn a_bad_number_is_refused_at_once_with_the_range() {
    let app = App::new();
    let bad = [
        "abc",
        "-1",
        "1.5",
        "",
        "1e30",
        HUGE,
        "NaN",
        "inf",
        "+1",
        "%201",
        "1%00",
        "0x10",
        "1_000",
        "%FF",
        "1000000000001",
    ];
    for number in bad {
        let uri = format!("/async-cpu?number={number}");
        assert_refused(&app, &uri, "number", "a whole number from 0 to 1000000000000");
    }
}

#[test]
fn bad_seconds_are_refused_at_once_with_the_range() {
    let app = App::new();
    for seconds in ["abc", "-1", "", "1e30", HUGE, "NaN", "inf", "30.1", "31", ".5", "5.", "1,5", "-0"] {
        let uri = format!("/async-io?seconds={seconds}");
        assert_refused(&app, &uri, "seconds", "a number of seconds from 0 to 30, fractions allowed");
    }
}

#[test]
fn a_parameter_may_be_given_once() {
    assert_refused(&App::new(), "/async-cpu?number=1&number=1", "number", "once");
    assert_refused(&App::new(), "/async-io?seconds=0&seconds=1", "seconds", "once");
}

#[test]
fn a_parameter_that_nobody_reads_is_refused() {
    assert_refused(&App::new(), "/async-cpu?nubmer=5", "nubmer", "number");
    assert_refused(&App::new(), "/async-cpu?number=5&seconds=1", "seconds", "number");
    assert_refused(&App::new(), "/async-io?number=5", "number", "seconds");
    assert_refused(&App::new(), "/stats?verbose", "verbose", "no parameters");
}

#[test]
fn the_bound_is_the_configured_one() {
    let app = App::with(&[("NUMBER_MAX", "100")], offloop::Options::default());
    assert_eq!(app.get("/async-cpu?number=100").status, 200);
    assert_refused(&app, "/async-cpu?number=101", "number", "a whole number from 0 to 100");
}

#[test]
fn a_deadline_is_a_number_of_milliseconds_within_bounds() {
    let app = App::new();
    for value in ["0", "600001", "abc", "-1", "1.5", "", HUGE] {
        for uri in ["/async-cpu", "/async-io?seconds=0"] {
            let problem = app.ask(Request::get(uri).header("x-timeout-ms", value), Body::empty()).problem(400);
            assert_eq!(problem["parameter"], "X-Timeout-Ms");
            assert_eq!(problem["allowed"], "a whole number from 1 to 600000");
        }
    }
    let twice = Request::get("/async-cpu").header("x-timeout-ms", "5").header("x-timeout-ms", "5");
    assert_eq!(app.ask(twice, Body::empty()).problem(400)["allowed"], "once");
    assert_eq!(app.ask(Request::get("/async-cpu").header("x-timeout-ms", "600000"), Body::empty()).status, 200);
}
