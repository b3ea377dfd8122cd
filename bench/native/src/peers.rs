//! One way to call each of them.

use std::future::Future;

use futures_util::StreamExt;
use offloop::{Executor, Options};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::{TASKS, double, meet, spin};

pub trait Peer {
    const NAME: &'static str;
    fn start(lanes: usize) -> Self;
    fn double(&self, n: u64) -> impl Future<Output = u64>;
    fn spin(&self, rounds: u64) -> impl Future<Output = u64>;
    fn meet(&self, lanes: u64) -> impl Future<Output = u64>;
    /// The sum of `double` over `0..total` by what the peer has for that, if anything.
    fn map(&self, _total: u64) -> Option<impl Future<Output = u64>> {
        None::<std::future::Ready<u64>>
    }
}

pub struct Offloop(Executor);

impl Peer for Offloop {
    const NAME: &'static str = "offloop";
    fn start(lanes: usize) -> Self {
        Self(Executor::threads(&TASKS, Options::default().lanes(lanes).queue(1_000_000)))
    }
    async fn double(&self, n: u64) -> u64 {
        self.0.run(double, n).await.unwrap()
    }
    async fn spin(&self, rounds: u64) -> u64 {
        self.0.run(spin, rounds).await.unwrap()
    }
    async fn meet(&self, lanes: u64) -> u64 {
        self.0.run(meet, lanes).await.unwrap()
    }
    fn map(&self, total: u64) -> Option<impl Future<Output = u64>> {
        let stream = self.0.map(double, 0..total);
        Some(stream.fold(0, async |sum, answer| sum + answer.unwrap()))
    }
}

pub struct Tokio(tokio::runtime::Runtime);

impl Peer for Tokio {
    const NAME: &'static str = "tokio";
    fn start(lanes: usize) -> Self {
        // Only its blocking threads are used; the caller waits outside of the runtime, as with the others.
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        Self(builder.worker_threads(1).max_blocking_threads(lanes).build().unwrap())
    }
    async fn double(&self, n: u64) -> u64 {
        self.0.spawn_blocking(move || double(n)).await.unwrap()
    }
    async fn spin(&self, rounds: u64) -> u64 {
        self.0.spawn_blocking(move || spin(rounds)).await.unwrap()
    }
    async fn meet(&self, lanes: u64) -> u64 {
        self.0.spawn_blocking(move || meet(lanes)).await.unwrap()
    }
}

pub struct Blocking;

impl Peer for Blocking {
    const NAME: &'static str = "blocking";
    fn start(lanes: usize) -> Self {
        // Read once, at the first call.
        let limit = std::env::var("BLOCKING_MAX_THREADS").ok().and_then(|limit| limit.parse().ok());
        assert!(limit.is_some_and(|limit: usize| limit >= lanes), "set BLOCKING_MAX_THREADS to {lanes}");
        Self
    }
    async fn double(&self, n: u64) -> u64 {
        blocking::unblock(move || double(n)).await
    }
    async fn spin(&self, rounds: u64) -> u64 {
        blocking::unblock(move || spin(rounds)).await
    }
    async fn meet(&self, lanes: u64) -> u64 {
        blocking::unblock(move || meet(lanes)).await
    }
}

pub struct Rayon(rayon::ThreadPool);

impl Rayon {
    /// Rayon has no futures; a channel brings the result.
    async fn run(&self, work: impl FnOnce() -> u64 + Send + 'static) -> u64 {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.0.spawn(move || sender.send(work()).unwrap());
        receiver.await.unwrap()
    }
}

impl Peer for Rayon {
    const NAME: &'static str = "rayon";
    fn start(lanes: usize) -> Self {
        Self(rayon::ThreadPoolBuilder::new().num_threads(lanes).build().unwrap())
    }
    async fn double(&self, n: u64) -> u64 {
        self.run(move || double(n)).await
    }
    async fn spin(&self, rounds: u64) -> u64 {
        self.run(move || spin(rounds)).await
    }
    async fn meet(&self, lanes: u64) -> u64 {
        self.run(move || meet(lanes)).await
    }
    fn map(&self, total: u64) -> Option<impl Future<Output = u64>> {
        // In the calling thread's time: rayon blocks it, and may see through the items as a whole.
        Some(std::future::ready(self.0.install(|| (0..total).into_par_iter().map(double).sum())))
    }
}
