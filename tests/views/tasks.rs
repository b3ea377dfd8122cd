use axum::body::Body;
use http::Request;

use super::App;

#[test]
fn the_table_has_names_and_signatures() {
    let json = App::new().get("/tasks").json();
    let line = json.as_array().unwrap().iter().find(|line| line["name"] == "sum_of_squares").unwrap();
    assert_eq!((&line["output"], &line["idempotent"]), (&"u128".into(), &true.into()));
    assert!(line["input"].as_str().unwrap().contains("Range<u64>"), "{line}");
}

#[test]
fn any_task_takes_and_gives_json() {
    let app = App::new();
    for (task, input, output) in [
        ("sum_of_squares", r#"{"start":0,"end":10000}"#, "333283335000"),
        ("count_primes", "1000000", "78498"),
        ("count_primes", " 10 ", "4"),
    ] {
        let answer = app.post_json(&format!("/tasks/{task}"), input);
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, output), "{task}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[test]
fn an_unknown_task_is_not_found() {
    for name in ["no_such_task", "Sum_of_squares", "%FF", "%2e%2e"] {
        App::new().post_json(&format!("/tasks/{name}"), "1").problem(404);
    }
    assert_eq!(App::new().post_json("/tasks/no_such_task", "1").problem(404)["kind"], "unknown_task");
}

#[test]
fn what_is_not_json_is_bad_and_what_does_not_fit_is_unprocessable() {
    let app = App::new();
    for body in ["", "{", "nonsense", "1 2", "\u{0}"] {
        let status = if body.is_empty() { 422 } else { 400 };
        app.post_json("/tasks/count_primes", body).problem(status);
    }
    for body in ["\"ten\"", "-1", "1.5", "4294967296", "null", "[]"] {
        let problem = app.post_json("/tasks/count_primes", body).problem(422);
        assert!(problem["detail"].as_str().unwrap().contains("u32"), "{problem}");
    }
    assert_eq!(app.pool.stats().submitted, 0);
}

#[test]
fn work_that_would_hold_a_lane_for_long_is_unprocessable() {
    let app = App::new();
    let problem = app.post_json("/tasks/sum_of_squares", r#"{"start":0,"end":1000000001}"#).problem(422);
    assert!(problem["detail"].as_str().unwrap().contains("1000000000"), "{problem}");
    app.post_json("/tasks/count_primes", "4294967295").problem(422);
    assert_eq!(app.pool.stats().submitted, 0);
}

#[test]
fn a_body_must_say_that_it_is_json() {
    let app = App::new();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "json"] {
        app.ask(Request::post("/tasks/count_primes").header("content-type", kind), "10").problem(415);
    }
    app.ask(Request::post("/tasks/count_primes"), "10").problem(415);
    let utf8 = Request::post("/tasks/count_primes").header("content-type", "application/json; charset=utf-8");
    assert_eq!(app.ask(utf8, "10").text, "4");
}

#[test]
fn a_body_above_the_bound_is_refused_with_or_without_its_length() {
    let app = App::with(&[("BODY_MAX", "10")], offloop::Options::default());
    assert_eq!(app.post_json("/tasks/count_primes", "        10").status, 200);
    let problem = app.post_json("/tasks/count_primes", "         10").problem(413);
    assert!(problem["detail"].as_str().unwrap().contains("10 bytes"), "{problem}");
    let request = Request::post("/tasks/count_primes").header("content-type", "application/json");
    app.ask(request.header("content-length", "11"), Body::empty()).problem(413);
}

#[cfg(feature = "faults")]
#[test]
fn a_panic_is_told_with_its_message() {
    let app = App::new();
    let problem = app.post_json("/tasks/panic_with", "\"out of cheese\"").problem(500);
    assert_eq!(problem["kind"], "failed");
    assert!(problem["detail"].as_str().unwrap().contains("out of cheese"), "{problem}");
    assert_eq!(app.post_json("/tasks/count_primes", "10").text, "4", "the pool goes on");
}

#[cfg(feature = "faults")]
#[test]
fn a_task_without_end_is_ended_by_the_deadline() {
    let app = App::new();
    let request = Request::post("/tasks/never_end").header("x-timeout-ms", "100");
    app.ask(request, Body::empty()).problem(504);
    app.wait_until_idle();
}

#[cfg(not(feature = "faults"))]
#[test]
fn tasks_that_misbehave_are_not_reachable() {
    for name in ["panic_with", "spin", "never_end"] {
        App::new().post_json(&format!("/tasks/{name}"), "1").problem(404);
    }
}
