use axum::body::Body;
use futures_executor::block_on;
use http::Request;
use offloop::{Executor, Options};
use offloop_edge::limits::Limits;
use offloop_edge::tasks::{TASKS, sum_of_squares};
use offloop_edge::views;
use tower::ServiceExt;

use super::{Answer, App};

#[test]
fn an_unknown_path_is_a_problem() {
    for uri in ["/", "/nothing", "/async-cpu/", "/ASYNC-CPU", "/tasks/a/b", "/%00"] {
        let answer = App::new().get(uri);
        assert_eq!(answer.problem(404)["kind"], "not_found", "{uri}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let app = App::new();
    for uri in ["/ping", "/async-io", "/async-cpu", "/tasks", "/stats", "/probe"] {
        let answer = app.ask(Request::post(uri), Body::empty());
        answer.problem(405);
        assert_eq!(answer.header("allow"), "GET,HEAD", "{uri}");
    }
    let answer = app.get("/tasks/sum_of_squares");
    answer.problem(405);
    assert_eq!(answer.header("allow"), "POST");
}

#[test]
fn a_full_queue_is_told_to_come_again() {
    let app = App::with(&[], Options::default().lanes(1).queue(0));
    let busy = app.pool.try_submit(sum_of_squares, 0..500_000_000).unwrap();
    for answer in [app.get("/async-cpu?number=100000"), app.post_json("/tasks/identify", "1")] {
        assert_eq!(answer.problem(503)["kind"], "full");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(app.get("/async-cpu?number=10000").status, 200, "what needs no lane needs no room");
    drop(busy);
}

#[test]
fn a_deadline_that_passes_is_a_gateway_timeout() {
    let app = App::new();
    let start = offloop::now();
    let request = Request::get("/async-cpu?number=1000000000000").header("x-timeout-ms", "150");
    assert_eq!(app.ask(request, Body::empty()).problem(504)["kind"], "timed_out");
    assert!(offloop::now() - start < std::time::Duration::from_secs(1));
    app.wait_until_idle();
}

#[test]
fn a_closed_executor_is_told_to_come_again() {
    let app = App::new();
    block_on(app.pool.close());
    let answer = app.get("/async-cpu?number=100000");
    assert_eq!(answer.problem(503)["kind"], "closed");
    assert_eq!(answer.header("retry-after"), "1");
}

#[test]
fn a_missing_executor_is_a_problem_and_no_panic() {
    let request = Request::get("/async-cpu").body(Body::empty()).unwrap();
    let answer = block_on(async { Answer::read(App::new().router.oneshot(request).await.unwrap()).await });
    answer.problem(500);
}

#[test]
fn a_misconfigured_deployment_says_so_everywhere() {
    let error = Limits::from_vars(|name| (name == "QUEUE").then(|| "lots".to_owned())).unwrap_err();
    let pool = Executor::inline(&TASKS, Options::default());
    let app = App { router: views::misconfigured(&error), pool };
    for uri in ["/ping", "/async-cpu"] {
        let problem = app.get(uri).problem(500);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("QUEUE") && detail.contains("from 1 to 100000"), "{detail}");
    }
}

#[test]
fn ping_answers_pong_and_needs_nothing() {
    let request = Request::get("/ping").body(Body::empty()).unwrap();
    let answer = block_on(async { Answer::read(App::new().router.oneshot(request).await.unwrap()).await });
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "pong"));
}
