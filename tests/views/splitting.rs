use axum::body::Body;
use futures_executor::block_on;
use futures_util::FutureExt;
use futures_util::future::join_all;
use http::Request;
use offloop::{Executor, Options, now};
use offloop_edge::tasks::TASKS;

use super::{Answer, App, formula};

#[test]
fn a_request_makes_no_more_parts_than_allowed() {
    let app = App::with(&[("PARTS_MAX", "5"), ("PART_MS", "1")], Options::default().lanes(2));
    assert_eq!(app.get("/async-cpu?number=30000000").header("x-result"), formula(30_000_000));
    assert!((1..=5).contains(&app.pool.stats().submitted), "{:?}", app.pool.stats());
}

#[test]
fn large_work_is_split_so_that_others_get_their_turn() {
    let app = App::with(&[("PART_MS", "2")], Options::default().lanes(2));
    assert_eq!(app.get("/async-cpu?number=30000000").header("x-result"), formula(30_000_000));
    assert!(app.pool.stats().submitted > 10, "{:?}", app.pool.stats());
}

#[test]
fn work_of_less_than_a_millisecond_stays_in_one_piece() {
    let app = App::new();
    app.get("/async-cpu?number=100000");
    assert_eq!(app.pool.stats().submitted, 1);
}

#[test]
fn a_burst_beyond_the_queue_ends_in_right_sums_or_full() {
    let app = App::with(&[], Options::default().lanes(2).queue(8));
    let requests =
        (0..500).map(|_| app.send(Request::get("/async-cpu?number=100000"), Body::empty()).map(Answer::read));
    let answers = block_on(async { join_all(join_all(requests).await).await });
    let (good, full): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(good.iter().all(|answer| answer.header("x-result") == formula(100_000)));
    assert!(full.iter().all(|answer| answer.problem(503)["kind"] == "full" && answer.header("retry-after") == "1"));
    assert!(good.len() >= 8 && !full.is_empty(), "{} good, {} full", good.len(), full.len());
    app.wait_until_idle();
    let stats = app.pool.stats();
    assert_eq!(stats.submitted, stats.finished + stats.failed.total(), "{stats:?}");
}

#[test]
fn an_admitted_computation_is_finished_however_full_the_queue_gets() {
    let app = App::with(&[("PART_MS", "1")], Options::default().lanes(1).queue(1));
    let long = app.send(Request::get("/async-cpu?number=20000000"), Body::empty());
    let short = async {
        for _ in 0..200 {
            let answer = app.send(Request::get("/async-cpu?number=50000"), Body::empty()).await;
            assert!(answer.status() == 200 || answer.status() == 503);
            offloop::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let (long, ()) = block_on(futures_util::future::join(long, short));
    assert_eq!(long.headers()["x-result"], formula(20_000_000).as_str());
}

#[test]
fn without_lanes_a_long_computation_still_lets_others_run() {
    let app = App::on(&[("PART_MS", "5")], Executor::inline(&TASKS, Options::default()));
    let long = app.send(Request::get("/async-cpu?number=20000000"), Body::empty());
    let pings = async {
        let mut gaps = Vec::new();
        for _ in 0..10 {
            let start = now();
            offloop::sleep(std::time::Duration::from_millis(1)).await;
            assert_eq!(app.send(Request::get("/ping"), Body::empty()).await.status(), 200);
            gaps.push(now() - start);
        }
        gaps
    };
    let ((long, end), (gaps, pinged)) =
        block_on(futures_util::future::join(long.map(|answer| (answer, now())), pings.map(|gaps| (gaps, now()))));
    assert_eq!(long.headers()["x-result"], formula(20_000_000).as_str());
    assert!(pinged < end, "the pings were only answered after the computation: {gaps:?}");
}

#[test]
fn a_client_that_goes_away_takes_its_jobs_with_it() {
    let app = App::new();
    let answer = app.send(Request::get("/async-cpu?number=30000000000"), Body::empty());
    let gone = block_on(offloop::timeout(std::time::Duration::from_millis(100), answer));
    assert!(gone.is_err());
    app.wait_until_idle();
    let stats = app.pool.stats();
    assert!(stats.failed.cancelled > 0 && stats.submitted == stats.finished + stats.failed.total(), "{stats:?}");
}
