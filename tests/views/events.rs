use axum::body::Body;
use futures_executor::block_on;
use http::Request;
use http_body_util::BodyExt;
use offloop::{Executor, Options};
use offloop_edge::tasks::TASKS;
use serde_json::Value;

use super::App;

/// The events of a stream: names and data.
fn parse(text: &str) -> Vec<(String, Value)> {
    let parse = |event: &str| {
        let (name, data) = event.split_once('\n').unwrap();
        let data = data.strip_prefix("data: ").unwrap();
        (name.strip_prefix("event: ").unwrap().to_owned(), serde_json::from_str(data).unwrap())
    };
    text.strip_suffix("\n\n").unwrap().split("\n\n").map(parse).collect()
}

#[test]
fn progress_grows_from_nothing_to_all_and_the_result_comes_last() {
    let answer = App::new().get_as("/async-cpu?number=10000000", "text/event-stream");
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let events = parse(&answer.text);
    let (last, progress) = events.split_last().unwrap();
    assert_eq!((last.0.as_str(), &last.1["result"]), ("result", &"333333283333335000000".into()));
    assert!(progress.iter().all(|(name, data)| name == "progress" && data["total"] == 10_000_000));
    let done: Vec<_> = progress.iter().map(|(_, data)| data["done"].as_u64().unwrap()).collect();
    assert!(done.len() > 2 && done.is_sorted() && done[0] == 0 && done.ends_with(&[10_000_000]), "{done:?}");
}

#[test]
fn small_work_has_its_result_too() {
    let events = parse(&App::new().get_as("/async-cpu?number=3", "text/event-stream").text);
    assert_eq!(events.last().unwrap().1["result"], "5");
}

#[test]
fn an_error_on_the_way_is_the_last_event_and_a_problem() {
    let request = Request::get("/async-cpu?number=1000000000000").header("x-timeout-ms", "200");
    let answer = App::new().ask(request.header("accept", "text/event-stream"), Body::empty());
    assert_eq!(answer.status, 200);
    let events = parse(&answer.text);
    let (name, problem) = events.last().unwrap();
    assert_eq!((name.as_str(), &problem["status"]), ("error", &504.into()));
    assert!(events.iter().filter(|(name, _)| name != "progress").count() == 1);
}

#[test]
fn bad_input_and_a_full_queue_are_told_by_the_status() {
    let app = App::with(&[], Options::default().lanes(1).queue(0));
    app.get_as("/async-cpu?number=x", "text/event-stream").problem(400);
    let busy = app.pool.try_submit(offloop_edge::tasks::sum_of_squares, 0..1_000_000_000).unwrap();
    assert_eq!(app.get_as("/async-cpu?number=100000", "text/event-stream").problem(503)["kind"], "full");
    drop(busy);
}

#[test]
fn a_client_that_goes_away_takes_its_jobs_with_it() {
    let app = App::on(&[], Executor::threads(&TASKS, Options::default().lanes(2)));
    let request = Request::get("/async-cpu?number=1000000000000").header("accept", "text/event-stream");
    let mut body = block_on(app.send(request, Body::empty())).into_body();
    for _ in 0..4 {
        block_on(body.frame()).unwrap().unwrap();
    }
    assert!(app.pool.stats().running > 0);
    drop(body);
    app.wait_until_idle();
    let stats = app.pool.stats();
    assert!(stats.failed.cancelled > 0, "{stats:?}");
    assert_eq!(stats.submitted, stats.finished + stats.failed.total(), "{stats:?}");
}

fn as_events(app: &App, task: &str, input: &str) -> super::Answer {
    let request = Request::post(format!("/tasks/{task}")).header("content-type", "application/json");
    app.ask(request.header("accept", "text/event-stream"), input.to_owned())
}

#[test]
fn a_tasks_own_reports_are_events_and_its_result_is_the_last() {
    let answer = as_events(&App::new(), "count_primes", "200000000");
    assert_eq!((answer.header("content-type"), answer.header("vary")), ("text/event-stream", "accept"));
    let events = parse(&answer.text);
    let (last, progress) = events.split_last().unwrap();
    assert_eq!((last.0.as_str(), &last.1), ("result", &11_078_937.into()));
    assert!(progress.iter().all(|(name, data)| name == "progress" && data["total"] == 200_000_000));
    let done: Vec<_> = progress.iter().map(|(_, data)| data["done"].as_u64().unwrap()).collect();
    assert!(!done.is_empty() && done.is_sorted(), "{done:?}");
}

#[test]
fn a_task_that_reports_nothing_has_its_result_as_the_only_event() {
    let events = parse(&as_events(&App::new(), "sum_of_squares", r#"{"start":0,"end":4}"#).text);
    assert_eq!(events, [("result".to_owned(), 14.into())]);
}

#[test]
fn a_task_that_fails_has_its_problem_as_the_last_event() {
    let request = Request::post("/tasks/count_primes").header("content-type", "application/json");
    let request = request.header("accept", "text/event-stream").header("x-timeout-ms", "50");
    let events = parse(&App::new().ask(request, "4000000000".to_owned()).text);
    let (name, problem) = events.last().unwrap();
    assert_eq!((name.as_str(), &problem["status"]), ("error", &504.into()));
}

#[test]
fn what_is_wrong_before_a_task_starts_is_told_by_the_status() {
    let app = App::new();
    as_events(&app, "no_such_task", "1").problem(404);
    as_events(&app, "count_primes", "-1").problem(422);
    let request = Request::post("/tasks/count_primes").header("content-type", "application/json");
    app.ask(request.header("accept", "image/png"), "1".to_owned()).problem(406);
    assert_eq!(app.pool.stats().submitted, 0);
}

#[test]
fn a_client_that_goes_away_takes_its_task_with_it() {
    let app = App::new();
    let request = Request::post("/tasks/count_primes").header("content-type", "application/json");
    let request = request.header("accept", "text/event-stream");
    let mut body = block_on(app.send(request, "4294967295".to_owned())).into_body();
    block_on(body.frame()).unwrap().unwrap();
    drop(body);
    app.wait_until_idle();
    assert_eq!(app.pool.stats().failed.cancelled, 1, "{:?}", app.pool.stats());
}
