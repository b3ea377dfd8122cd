use axum::body::Body;
use http::Request;
use offloop::Options;

use super::App;

fn app() -> App {
    App::with(&[("API_TOKEN", "s3cret")], Options::default().lanes(1))
}

#[test]
fn computing_needs_the_token_if_one_is_configured() {
    let app = app();
    for request in [
        || Request::get("/async-cpu?number=5"),
        || Request::get("/probe"),
        || Request::post("/tasks/count_primes").header("content-type", "application/json"),
    ] {
        for wrong in
            ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret!", "Bearer S3cret", "Basic s3cret", "s3cret"]
        {
            let answer = app.ask(request().header("authorization", wrong), "10");
            assert_eq!(answer.problem(401)["kind"], "unauthorized", "{wrong:?}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        assert_eq!(app.ask(request(), "10").status, 401);
        assert_eq!(app.ask(request().header("authorization", "Bearer s3cret"), "10").status, 200);
        assert_eq!(app.ask(request().header("authorization", "bearer  s3cret"), "10").status, 200);
    }
}

#[test]
fn a_stranger_learns_nothing_about_parameters() {
    assert_eq!(app().get("/async-cpu?number=abc").status, 401);
    assert_eq!(app().post_json("/tasks/no_such_task", "1").status, 401);
}

#[test]
fn what_does_not_compute_is_open() {
    let app = app();
    for uri in ["/ping", "/async-io?seconds=0", "/tasks", "/stats"] {
        assert_eq!(app.ask(Request::get(uri), Body::empty()).status, 200, "{uri}");
    }
}

#[test]
fn without_a_configured_token_none_is_asked_for() {
    assert_eq!(App::new().get("/async-cpu").status, 200);
}
