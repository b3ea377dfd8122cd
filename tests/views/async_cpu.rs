use http::Request;

use super::{App, formula};

#[test]
fn the_text_is_exactly_that_and_the_sum_is_in_a_header() {
    let answer = App::new().get("/async-cpu");
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "Async CPU"));
    assert_eq!(answer.header("x-result"), "333283335000");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
}

#[test]
fn sums_are_exact() {
    let app = App::new();
    for (number, sum) in [
        ("0", "0"),
        ("1", "0"),
        ("2", "1"),
        ("10000", "333283335000"),
        ("20000", "2666466670000"),
        ("20001", &formula(20_001)),
        ("10000000", "333333283333335000000"),
    ] {
        let answer = app.get(&format!("/async-cpu?number={number}"));
        assert_eq!((answer.header("x-result"), answer.text.as_str()), (sum, "Async CPU"), "{number}");
    }
}

#[test]
fn json_has_the_result_as_digits_and_the_times() {
    let answer = App::new().get_as("/async-cpu?number=10000000", "application/json");
    assert_eq!(answer.header("content-type"), "application/json");
    let json = answer.json();
    assert_eq!((&json["number"], &json["result"]), (&10_000_000.into(), &"333333283333335000000".into()));
    assert_eq!(json["lanes"], 2);
    let time = |name: &str| json[name].as_f64().unwrap();
    assert!(time("run_ms") > 0.0 && time("queue_ms") >= 0.0, "{json}");
    assert!(time("total_ms") * 2.0 + 1.0 >= time("run_ms"), "two lanes cannot be busy for longer: {json}");
}

#[test]
fn work_below_the_price_of_a_hop_takes_no_lane() {
    let app = App::new();
    assert_eq!(app.get_as("/async-cpu?number=20000", "application/json").json()["lanes"], 0);
    assert_eq!(app.pool.stats().submitted, 0);
    assert_eq!(app.get("/stats").json()["inline"], 1);
    assert_eq!(app.get_as("/async-cpu?number=20001", "application/json").json()["lanes"], 1);
    assert_eq!(app.pool.stats().submitted, 1);
}

#[test]
fn the_answer_says_that_it_depends_on_accept_and_must_not_be_stored() {
    let answer = App::new().get("/async-cpu");
    assert_eq!(answer.header("vary"), "accept");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[test]
fn a_form_that_is_not_on_offer_is_refused_before_any_work() {
    let app = App::new();
    let problem = app.get_as("/async-cpu?number=100000000000", "image/png").problem(406);
    assert!(problem["detail"].as_str().unwrap().contains("text/event-stream"));
    assert_eq!(app.pool.stats().submitted, 0);
}

#[test]
fn head_is_answered_as_get_without_a_body() {
    let answer = App::new().ask(Request::head("/async-cpu?number=5"), "");
    assert_eq!((answer.status.as_u16(), answer.header("x-result"), answer.text.as_str()), (200, "30", ""));
}
