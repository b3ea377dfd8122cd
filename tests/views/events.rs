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
    parse_with_ids(text).into_iter().map(|(_, name, data)| (name, data)).collect()
}

/// The same with the ids, in front.
fn parse_with_ids(text: &str) -> Vec<(String, String, Value)> {
    let parse = |event: &str| {
        let field = |name: &str| {
            let values = event.lines().filter_map(|line| line.strip_prefix(name));
            let [value] = values.collect::<Vec<_>>().try_into().unwrap();
            str::to_owned(value)
        };
        (field("id: "), field("event: "), serde_json::from_str(&field("data: ")).unwrap())
    };
    text.strip_suffix("\n\n").unwrap().split("\n\n").filter(|block| *block != ":").map(parse).collect()
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
    assert_eq!((name.as_str(), &problem["status"]), ("problem", &504.into()));
    assert!(events.iter().filter(|(name, _)| name != "progress").count() == 1);
}

#[test]
fn events_are_numbered_and_the_last_one_has_an_id_of_its_own() {
    for (path, timeout) in [("/async-cpu?number=10000000", "60000"), ("/async-cpu?number=1000000000000", "100")] {
        let request = Request::get(path).header("accept", "text/event-stream").header("x-timeout-ms", timeout);
        let events = parse_with_ids(&App::new().ask(request, Body::empty()).text);
        let ids: Vec<_> = events.iter().map(|(id, ..)| id.clone()).collect();
        let numbers = (0..ids.len() - 1).map(|number| number.to_string());
        assert_eq!(ids, numbers.chain(["end".to_owned()]).collect::<Vec<_>>());
    }
}

#[test]
fn a_client_that_has_seen_the_last_event_is_told_to_stop() {
    let app = App::new();
    let cpu = || Request::get("/async-cpu?number=10000000");
    let task = || Request::post("/tasks/count_primes").header("content-type", "application/json");
    for request in [cpu(), task()] {
        let request = request.header("accept", "text/event-stream").header("last-event-id", "end");
        let answer = app.ask(request, "1000".to_owned());
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    }
    assert_eq!(app.pool.stats().submitted, 0);
    // Whoever wants no events did not get them before, either.
    for (request, accept) in [(cpu(), "text/plain"), (cpu(), "application/json"), (task(), "application/json")] {
        let request = request.header("accept", accept).header("last-event-id", "end");
        assert_eq!(app.ask(request, "1000".to_owned()).status, 200, "{accept}");
    }
}

#[test]
fn after_a_stream_that_broke_off_the_work_begins_anew() {
    for id in ["0", "7", "", "END", "end of it"] {
        let request = Request::get("/async-cpu?number=10000000").header("accept", "text/event-stream");
        let answer = App::new().ask(request.header("last-event-id", id), Body::empty());
        let events = parse(&answer.text);
        assert_eq!(events[0].1["done"], 0, "{id}");
        assert_eq!(events.last().unwrap().1["result"], "333333283333335000000", "{id}");
    }
}

#[test]
fn no_event_is_named_like_those_that_an_event_source_dispatches_itself() {
    for (path, timeout) in [("/async-cpu?number=10000000", "60000"), ("/async-cpu?number=1000000000000", "100")] {
        let request = Request::get(path).header("accept", "text/event-stream").header("x-timeout-ms", timeout);
        let events = parse(&App::new().ask(request, Body::empty()).text);
        assert!(events.iter().all(|(name, _)| !["error", "open", "message"].contains(&name.as_str())));
    }
}

/// The runtime learns that a client has gone only when it writes to it.
#[test]
fn a_stream_is_never_silent_for_long() {
    let app = App::with(&[], Options::default().lanes(1));
    let busy = app.pool.try_submit(offloop_edge::tasks::sum_of_squares, 0..1_000_000_000_000).unwrap();
    let events = |request: http::request::Builder, body: &str| {
        let request = request.header("accept", "text/event-stream").header("content-type", "application/json");
        block_on(app.send(request, body.to_owned())).into_body()
    };
    let task = events(Request::post("/tasks/sum_of_squares"), r#"{"start":0,"end":4}"#);
    let computation = events(Request::get("/async-cpu?number=100000000"), "");
    for mut body in [task, computation] {
        let mut next = || block_on(body.frame()).unwrap().unwrap().into_data().unwrap();
        let comments = std::iter::from_fn(|| Some(next())).skip_while(|part| *part != ":\n\n").take(3);
        assert_eq!(comments.collect::<Vec<_>>(), [":\n\n"; 3]);
    }
    drop(busy);
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
    let events = parse(&App::new().ask(request, "300000000".to_owned()).text);
    let (name, problem) = events.last().unwrap();
    assert_eq!((name.as_str(), &problem["status"]), ("problem", &504.into()));
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
    let mut body = block_on(app.send(request, "300000000".to_owned())).into_body();
    block_on(body.frame()).unwrap().unwrap();
    drop(body);
    app.wait_until_idle();
    assert_eq!(app.pool.stats().failed.cancelled, 1, "{:?}", app.pool.stats());
}
