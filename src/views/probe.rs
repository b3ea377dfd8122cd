//! `GET /probe`: what the lanes of this deployment really are, measured.
//!
//! The same work is done on each lane alone, then on all at once. Lanes that run at the same time need no longer together than
//! alone; lanes that share a thread need the sum. Times are taken here, around awaits, since the far side's clock may stand still.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::future::try_join_all;
use offloop::{Error, Executor, now};
use serde::Serialize;

use super::problem::Problem;
use super::site::Site;
use super::{Shared, admission, json, query};
use crate::tasks::{identify, sum_of_squares};

/// How long the work on each lane should take: long against a hop and the grain of the clock.
const WORK: Duration = Duration::from_millis(25);

/// How often each time is taken.
const TRIES: usize = 2;

#[derive(Serialize)]
struct Findings {
    runtime: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    colo: Option<String>,
    /// The instance that this request came to.
    instance: String,
    lanes: Vec<Lane>,
    /// The time that all lanes needed one by one, and the time that they needed together.
    alone_ms: f64,
    together_ms: f64,
    /// How many lanes' worth of work was done at a time.
    parallelism: f64,
    /// Whether that is more than one lane could have done.
    overlapped: bool,
}

#[derive(Serialize)]
struct Lane {
    name: String,
    /// The same for lanes that share one isolate.
    instance: String,
    /// Whether that is the isolate which also handles requests.
    shares_gateway: bool,
    /// How often the instance has been asked: 1 means that it has just started.
    asked: u64,
    /// The way to the lane and back.
    hop_ms: f64,
    alone_ms: f64,
    together_ms: f64,
}

pub(super) async fn view(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let (pool, deadline) = admission::admit(&mut parts, &shared.limits)?;
    let [] = query::read(parts.uri.query(), [])?;
    let Some(_probing) = Probing::new(&shared) else {
        return Err(Problem::busy("the lanes are being measured, which is done for one at a time".to_owned(), 1));
    };
    let site = parts.extensions.remove::<Site>();
    let lanes = match site.as_ref().and_then(|site| site.lanes.as_ref()) {
        Some(lanes) => lanes().into_iter().map(|(name, pool)| (name, pool.until(deadline))).collect(),
        None => (0..pool.lanes()).map(|index| (index.to_string(), pool.clone())).collect::<Vec<_>>(),
    };
    let lanes = measure(lanes, shared.pace.units(WORK)).await?;
    Ok(json(&findings(site, lanes)))
}

/// Measuring for several at once would measure the others, and keep all lanes busy.
struct Probing(Arc<Shared>);

impl Probing {
    fn new(shared: &Arc<Shared>) -> Option<Self> {
        (!shared.probing.swap(true, Relaxed)).then(|| Self(Arc::clone(shared)))
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        self.0.probing.store(false, Relaxed);
    }
}

/// Gets the lanes up, then measures them one by one, then all together.
async fn measure(pools: Vec<(String, Executor)>, units: u64) -> Result<Vec<Lane>, Error> {
    let nonce = now().as_micros();
    let mut lanes = Vec::with_capacity(pools.len());
    let asked = pools.iter().zip(nonce..).map(|((_, pool), nonce)| pool.run(identify, nonce));
    let identities = try_join_all(asked).await?;
    // Once for nothing: a function's first runs take longer, until the engine has optimised it.
    try_join_all(pools.iter().map(|(_, pool)| pool.run(sum_of_squares, 0..units))).await?;
    for ((name, pool), identity) in pools.iter().zip(identities) {
        let (_, hop_ms) = timed(pool.run(identify, nonce)).await?;
        let alone_ms = best(|| timed(pool.run(sum_of_squares, 0..units))).await?;
        lanes.push(Lane {
            name: name.clone(),
            instance: instance(identity.instance),
            shares_gateway: false,
            asked: identity.asked,
            hop_ms,
            alone_ms,
            together_ms: 0.0,
        });
    }
    // A round as a whole: lanes that share a thread take turns at being the first.
    let mut shortest = f64::INFINITY;
    for _ in 0..TRIES {
        let together = pools.iter().map(|(_, pool)| timed(pool.run(sum_of_squares, 0..units)));
        let round = try_join_all(together).await?;
        let longest = round.iter().map(|(_, time)| *time).fold(0.0, f64::max);
        if longest < shortest {
            shortest = longest;
            lanes.iter_mut().zip(round).for_each(|(lane, (_, time))| lane.together_ms = time);
        }
    }
    Ok(lanes)
}

/// The shortest of a few times: what else goes on can make a time longer, never shorter.
async fn best<T, F: Future<Output = Result<(T, f64), Error>>>(time: impl Fn() -> F) -> Result<f64, Error> {
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        best = best.min(time().await?.1);
    }
    Ok(best)
}

fn findings(site: Option<Site>, mut lanes: Vec<Lane>) -> Findings {
    // Asked last: where this instance runs lanes too, it has its name from them already.
    let gateway = instance(identify(now().as_micros()).instance);
    for lane in &mut lanes {
        lane.shares_gateway = lane.instance == gateway;
    }
    let alone_ms = lanes.iter().map(|lane| lane.alone_ms).sum::<f64>();
    let together_ms = lanes.iter().map(|lane| lane.together_ms).fold(0.0, f64::max);
    let parallelism = if together_ms > 0.0 { alone_ms / together_ms } else { 0.0 };
    let (runtime, colo) = site.map_or(("unknown", None), |site| (site.runtime, site.colo));
    Findings {
        runtime,
        colo,
        instance: gateway,
        lanes,
        alone_ms,
        together_ms,
        parallelism,
        // Halfway between one lane's worth and two.
        overlapped: parallelism > 1.5,
    }
}

async fn timed<T>(job: impl Future<Output = Result<T, Error>>) -> Result<(T, f64), Error> {
    let start = now();
    let value = job.await?;
    Ok((value, (now() - start).as_secs_f64() * 1000.0))
}

/// JSON readers keep 53 bits of a number, so it goes as text.
fn instance(nonce: u64) -> String {
    format!("{nonce:016x}")
}
