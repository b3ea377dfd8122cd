//! `native figures ROUNDS SCALE` prints a line of JSON for each round, figure and peer; `native memory PEER LANES` the resident
//! bytes of a process with so many idle lanes; `native flight PEER CALLS` makes so many trivial calls, 64 at
//! a time, for a profiler to look at, and prints how many there were a second.

mod figures;
mod peers;

use std::sync::Barrier;
use std::sync::OnceLock;

use peers::{Blocking, Offloop, Rayon, Tokio};

/// Really called: the compiler does not see through it.
fn double(n: u64) -> u64 {
    std::hint::black_box(n) * 2
}

/// Really loops: without `black_box` the compiler would find a formula.
fn spin(rounds: u64) -> u64 {
    (0..rounds).fold(0, |sum: u64, i| sum.wrapping_add(std::hint::black_box(i) * i))
}

static ALL: OnceLock<Barrier> = OnceLock::new();

/// Returns when as many of it run as there are lanes.
fn meet(lanes: u64) -> u64 {
    let barrier = ALL.get_or_init(|| Barrier::new(usize::try_from(lanes).unwrap()));
    barrier.wait();
    1
}

offloop::tasks! { #[idempotent] double, #[idempotent] spin, meet }

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["figures", rounds, scale] => figures::all(rounds.parse().unwrap(), scale.parse().unwrap()),
        ["memory", "offloop", lanes] => figures::memory::<Offloop>(lanes.parse().unwrap()),
        ["memory", "tokio", lanes] => figures::memory::<Tokio>(lanes.parse().unwrap()),
        ["memory", "blocking", lanes] => figures::memory::<Blocking>(lanes.parse().unwrap()),
        ["memory", "rayon", lanes] => figures::memory::<Rayon>(lanes.parse().unwrap()),
        ["flight", "offloop", calls] => figures::flight::<Offloop>(calls.parse().unwrap()),
        ["flight", "tokio", calls] => figures::flight::<Tokio>(calls.parse().unwrap()),
        ["flight", "blocking", calls] => figures::flight::<Blocking>(calls.parse().unwrap()),
        ["flight", "rayon", calls] => figures::flight::<Rayon>(calls.parse().unwrap()),
        _ => panic!("native figures ROUNDS SCALE | native memory PEER LANES | native flight PEER CALLS"),
    }
}
