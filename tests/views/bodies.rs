//! Bodies that are late: a deadline covers them, and what is known without them is said without them.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::stream::{self, StreamExt};
use http::Request;
use offloop_edge::views::Deadline;

use super::{Answer, App};

/// A body of which so much comes, and then nothing more.
fn stalled(begin: &'static [u8]) -> Body {
    let begin = stream::iter((!begin.is_empty()).then(|| Ok::<_, std::io::Error>(Bytes::from_static(begin))));
    Body::from_stream(begin.chain(stream::pending()))
}

fn ask(app: &App, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
    let headers = headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
    app.ask(headers, body)
}

#[test]
fn a_body_that_has_not_come_by_the_deadline_is_408() {
    let app = App::new();
    let json = ("content-type", "application/json");
    let mut wanted = vec![("/tasks/sum_of_squares", json), ("/tasks/count_primes", ("accept", "text/event-stream"))];
    #[cfg(feature = "password")]
    wanted.extend([("/password/hash", json), ("/password/verify", json)]);
    #[cfg(feature = "thumbnail")]
    wanted.push(("/thumbnail?width=5", ("content-type", "image/png")));
    for (path, header) in wanted {
        for begin in [&b""[..], b"{"] {
            let start = offloop::now();
            let answer = ask(&app, path, &[header, ("x-timeout-ms", "60")], stalled(begin));
            assert_eq!(answer.problem(408)["kind"], "request_timeout", "{path}");
            assert!(offloop::now() - start >= Duration::from_millis(60), "{path}");
        }
    }
    assert_eq!(app.pool.stats().submitted, 0);
}

#[test]
fn a_deployments_own_deadline_covers_bodies_too() {
    let app = App::with(&[("TIMEOUT_MS", "60")], offloop::Options::default().lanes(1));
    ask(&app, "/tasks/sum_of_squares", &[("content-type", "application/json")], stalled(b"{")).problem(408);
}

#[test]
fn what_the_head_says_is_answered_before_the_body() {
    let app = App::with(&[("API_TOKEN", "secret"), ("BODY_MAX", "1000")], offloop::Options::default().lanes(1));
    let token = ("authorization", "Bearer secret");
    let json = ("content-type", "application/json");
    for (path, headers, status) in [
        ("/nothing", &[][..], 404),
        ("/tasks", &[token], 405),
        ("/tasks/sum_of_squares", &[json], 401),
        ("/tasks/no_such_task", &[token, json], 404),
        ("/tasks/sum_of_squares", &[token, ("content-type", "text/plain")], 415),
        ("/tasks/sum_of_squares", &[token, json, ("accept", "image/png")], 406),
        ("/tasks/sum_of_squares", &[token, json, ("x-timeout-ms", "soon")], 400),
        ("/tasks/sum_of_squares", &[token, json, ("content-length", "1001")], 413),
        ("/tasks/sum_of_squares?n=1", &[token, json], 400),
    ] {
        // No deadline of its own: had it waited for the body, it would wait for a minute.
        let start = offloop::now();
        ask(&app, path, headers, stalled(b"{")).problem(status);
        assert!(offloop::now() - start < Duration::from_secs(30), "{path}");
    }
    assert_eq!(app.pool.stats().submitted, 0);
}

#[test]
fn the_entry_learns_until_when_it_may_write() {
    let app = App::new();
    let asked = |path: &str, timeout: &str| {
        let deadline = Deadline::default();
        let request = Request::get(path).header("x-timeout-ms", timeout).extension(deadline.clone());
        drop(block_on(app.send(request, Body::empty())));
        deadline.get()
    };
    let start = offloop::now();
    let deadline = asked("/async-cpu?number=3", "5000").unwrap();
    assert!(deadline - start >= Duration::from_secs(5) && deadline - offloop::now() <= Duration::from_secs(5));
    assert_eq!(asked("/ping", "5000"), None);
}
