//! Measures a pool of which only calls are known, in Rust: what `drive.js` is for JavaScript.

use std::future::Future;
use std::hint::black_box;

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds.
    #[wasm_bindgen(js_namespace = performance)]
    pub fn now() -> f64;
}

pub type Answer<T> = Result<T, String>;

/// One way to call each task.
pub trait Peer {
    type Bytes: From<Vec<u8>>;
    /// What is in it.
    fn slice(bytes: &Self::Bytes) -> &[u8];
    fn double(&self, n: u32) -> impl Future<Output = Answer<u32>>;
    fn echo(&self, bytes: Self::Bytes) -> impl Future<Output = Answer<Self::Bytes>>;
    fn spin(&self, rounds: u64) -> impl Future<Output = Answer<u64>>;
}

/// The task that really loops: without `black_box` the compiler would find a formula.
pub fn spin(rounds: u64) -> u64 {
    (0..rounds).fold(0, |sum: u64, i| sum.wrapping_add(black_box(i) * i))
}

/// Until every lane has answered: a lane that is not up yet takes one call.
pub async fn first(peer: &impl Peer, lanes: usize) -> Answer<()> {
    let answers = join_all((0..lanes).map(|_| peer.double(21))).await;
    if answers.iter().all(|answer| *answer == Ok(42)) { Ok(()) } else { Err(format!("{answers:?}")) }
}

/// Milliseconds of each call, one after the other.
pub async fn trips(peer: &impl Peer, count: u32) -> Answer<Vec<f64>> {
    let mut all = Vec::new();
    for n in 0..count {
        let start = now();
        let answer = peer.double(n).await?;
        all.push(now() - start);
        check(answer == 2 * n)?;
    }
    Ok(all)
}

/// Milliseconds for `total` calls, `flight` at a time.
pub async fn flight(peer: &impl Peer, total: u32, flight: u32) -> Answer<f64> {
    let start = now();
    let mut calls: FuturesUnordered<_> = (0..flight).map(|n| peer.double(n)).collect();
    let (mut next, mut sum) = (flight, 0);
    while let Some(answer) = calls.next().await {
        sum += u64::from(answer?);
        if next < total {
            calls.push(peer.double(next));
            next += 1;
        }
    }
    check(sum == u64::from(total) * u64::from(total - 1))?;
    Ok(now() - start)
}

/// Milliseconds of each round trip of so many bytes.
pub async fn bytes<P: Peer>(peer: &P, length: usize, count: u32) -> Answer<Vec<f64>> {
    let mut all = Vec::new();
    let mut bytes = P::Bytes::from(vec![7; length]);
    for _ in 0..count {
        let start = now();
        bytes = peer.echo(bytes).await?;
        all.push(now() - start);
    }
    let bytes = P::slice(&bytes);
    check(bytes.len() == length && bytes.iter().all(|byte| *byte == 7))?;
    Ok(all)
}

/// Milliseconds for `count` jobs of so many rounds, two at a time.
pub async fn spins(peer: &impl Peer, count: u32, rounds: u64) -> Answer<f64> {
    let start = now();
    let mut calls: FuturesUnordered<_> = (0..count.min(2)).map(|_| peer.spin(rounds)).collect();
    let mut next = count.min(2);
    while let Some(answer) = calls.next().await {
        check(answer? == spin_of(rounds))?;
        if next < count {
            calls.push(peer.spin(rounds));
            next += 1;
        }
    }
    Ok(now() - start)
}

/// What `spin` returns, without its loop.
fn spin_of(rounds: u64) -> u64 {
    let n = u128::from(rounds);
    u64::try_from((n.saturating_sub(1) * n * (2 * n).saturating_sub(1) / 6) % (1 << 64)).unwrap_or(0)
}

pub fn check(right: bool) -> Answer<()> {
    if right { Ok(()) } else { Err("a wrong answer".to_owned()) }
}

/// Exports `Pool`, which holds a `$peer`, to the page. `$run` runs its futures.
#[macro_export]
macro_rules! export {
    ($peer:ty) => {
        $crate::export!($peer, $crate::here);
    };
    ($peer:ty, $run:path) => {
        #[wasm_bindgen]
        pub struct Pool(std::rc::Rc<$peer>);

        impl From<$peer> for Pool {
            fn from(peer: $peer) -> Self {
                Self(std::rc::Rc::new(peer))
            }
        }

        #[wasm_bindgen]
        impl Pool {
            pub async fn first(&self, lanes: usize) -> Result<(), String> {
                let peer = self.0.clone();
                $run(async move { $crate::first(&*peer, lanes).await }).await
            }
            pub async fn trips(&self, count: u32) -> Result<Vec<f64>, String> {
                let peer = self.0.clone();
                $run(async move { $crate::trips(&*peer, count).await }).await
            }
            pub async fn flight(&self, total: u32, flight: u32) -> Result<f64, String> {
                let peer = self.0.clone();
                $run(async move { $crate::flight(&*peer, total, flight).await }).await
            }
            pub async fn bytes(&self, length: usize, count: u32) -> Result<Vec<f64>, String> {
                let peer = self.0.clone();
                $run(async move { $crate::bytes(&*peer, length, count).await }).await
            }
            pub async fn spin(&self, count: u32, rounds: u64) -> Result<f64, String> {
                let peer = self.0.clone();
                $run(async move { $crate::spins(&*peer, count, rounds).await }).await
            }
        }
    };
}

/// As part of the future that wasm-bindgen runs.
pub async fn here<T>(work: impl Future<Output = T>) -> T {
    work.await
}
