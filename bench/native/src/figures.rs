//! What is measured, in turns: each round takes each figure of each peer once.

use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

use futures_executor::block_on;
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::peers::{Blocking, Offloop, Peer, Rayon, Tokio};

const LANES: usize = 2;
const LANES_AS_NUMBER: u64 = 2;

pub fn all(rounds: usize, scale: u64) {
    let (offloop, tokio) = (Offloop::start(LANES), Tokio::start(LANES));
    let (blocking, rayon) = (Blocking::start(LANES), Rayon::start(LANES));
    for round in 0..=rounds {
        // The first round warms up.
        let told = round > 0;
        figures(&offloop, scale, told);
        figures(&tokio, scale, told);
        figures(&blocking, scale, told);
        figures(&rayon, scale, told);
    }
}

fn figures<P: Peer>(peer: &P, scale: u64, told: bool) {
    let tell = |figure: &str, value: f64| {
        if told {
            println!(r#"{{"peer":"{}","figure":"{figure}","value":{value}}}"#, P::NAME);
        }
    };
    // `blocking` has one pool for the process, which is started already.
    if P::NAME != Blocking::NAME {
        tell("start", start::<P>());
    }
    let mut trips: Vec<f64> = (0..2_000 * scale).map(|n| trip(peer, n)).collect();
    trips.sort_by(f64::total_cmp);
    tell("trip", trips[trips.len() / 2]);
    tell("trip99", trips[trips.len() * 99 / 100]);
    for flight in [1, 64] {
        let total = if flight == 1 { 10_000 } else { 50_000 } * scale;
        let (sum, took) = timed(flown(peer, total, flight));
        assert_eq!(sum, total * (total - 1));
        tell(if flight == 1 { "rate1" } else { "rate64" }, per_second(total, took));
    }
    let total = 50_000 * scale;
    let start = Instant::now();
    if let Some(sum) = peer.map(black_box(total)) {
        assert_eq!(block_on(sum), total * (total - 1));
        tell("map", per_second(total, start.elapsed()));
    }
    let rounds = 20_000_000 * scale;
    let (alone, one) = timed(peer.spin(rounds));
    let (both, two) = timed(join_all([peer.spin(rounds), peer.spin(rounds)]));
    assert_eq!(both, [alone, alone]);
    tell("speedup", 2.0 * one.as_secs_f64() / two.as_secs_f64());
}

/// Milliseconds from nothing to an answer of every thread.
fn start<P: Peer>() -> f64 {
    let start = Instant::now();
    let peer = P::start(LANES);
    block_on(join_all((0..LANES).map(|_| peer.meet(LANES_AS_NUMBER))));
    start.elapsed().as_secs_f64() * 1e3
}

/// Microseconds of one call.
fn trip<P: Peer>(peer: &P, n: u64) -> f64 {
    let (answer, took) = timed(peer.double(n));
    assert_eq!(answer, 2 * n);
    took.as_secs_f64() * 1e6
}

async fn flown<P: Peer>(peer: &P, total: u64, flight: u64) -> u64 {
    let mut calls: FuturesUnordered<_> = (0..flight).map(|n| peer.double(n)).collect();
    let (mut next, mut sum) = (flight, 0);
    while let Some(answer) = calls.next().await {
        sum += answer;
        if next < total {
            calls.push(peer.double(next));
            next += 1;
        }
    }
    sum
}

fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (block_on(future), start.elapsed())
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// Prints how many trivial calls are made a second, 64 at a time.
pub fn flight<P: Peer>(total: u64) {
    let peer = P::start(LANES);
    block_on(flown(&peer, 10_000, 64));
    let (sum, took) = timed(flown(&peer, total, 64));
    assert_eq!(sum, total * (total - 1));
    println!("{:.0}", per_second(total, took));
}

/// Prints the resident bytes of a process in which so many lanes have nothing to do. Without those of files: which pages of its own program a
/// process has touched is the same for few lanes and for many, but for chance, and that is as much as a lane takes.
pub fn memory<P: Peer>(lanes: usize) {
    let peer = P::start(lanes);
    let count = u64::try_from(lanes).unwrap();
    block_on(join_all((0..lanes).map(|_| peer.meet(count))));
    println!("{}", resident());
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) * 1024
}
