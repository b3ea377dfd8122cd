//! Counts primes on Durable Objects while the function goes on answering.

use std::time::Duration;

use futures_util::TryStreamExt;
use offloop::edge::{self, Place};
use offloop::{Error, Executor, Options};
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response, ResponseInit, Url};

/// How many primes there are from `from` up to, and not including, `to`.
fn count_primes(from: u32, to: u32) -> u32 {
    let is_prime = |n: &u32| *n > 1 && (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    (from..to).filter(is_prime).count().try_into().unwrap_or(u32::MAX)
}

/// Panics for `by` 0.
fn divide(number: u32, by: u32) -> u32 {
    number / by
}

offloop::tasks! { #[idempotent] count_primes, divide }

#[wasm_bindgen]
extern "C" {
    /// The bindings of wrangler.toml; the crate `worker` has one for all kinds: `env.durable_object("LANE")?`.
    pub type Env;
    #[wasm_bindgen(method, getter, js_name = LANE)]
    fn lanes(this: &Env) -> JsValue;
}

/// The fetch event, called by main.js.
#[wasm_bindgen]
pub fn fetch(request: Request, env: Env) -> JsValue {
    let handler = answer(request.url(), env);
    edge::respond(&request, handler, |error| (status(&error), "text/plain", format!("{error}\n")))
}

/// The fetch of a lane object, called by main.js. It has no other caller: whoever reaches it can run any task.
#[wasm_bindgen]
pub fn lane(request: Request) -> JsValue {
    edge::serve(&TASKS, request, JsValue::UNDEFINED)
}

/// `/primes?below=1000000` and `/divide?number=6&by=2`, both with `&ms=` for the time that they may take.
async fn answer(url: String, env: Env) -> Response {
    let Ok(url) = Url::new(&url) else { return response(400, "what is the URL?\n") };
    let number =
        |name: &str, default| url.search_params().get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let pool = pool(&env).within(Duration::from_millis(number("ms", 10_000).into()));
    let result = match url.pathname().as_str() {
        "/primes" => primes(&pool, number("below", 1_000_000)).await,
        "/divide" => pool.run(divide, (number("number", 6), number("by", 2))).await,
        _ => return response(404, "no such page\n"),
    };
    match result {
        Ok(number) => response(200, &format!("{number}\n")),
        Err(error) => response(status(&error), &format!("{error}\n")),
    }
}

/// In parts, which several lanes can share, and none of which keeps one for long.
async fn primes(pool: &Executor, below: u32) -> Result<u32, Error> {
    const PART: u32 = 50_000;
    let parts = (0..below.div_ceil(PART)).map(|i| (PART * i, below.min(PART.saturating_mul(i + 1))));
    pool.map(count_primes, parts).try_fold(0, async |sum, part| Ok(sum + part)).await
}

/// Cheap, and of this request, since what it waits for is. A lane is an object; more than six at once a request cannot reach.
fn pool(env: &Env) -> Executor {
    let lanes = env.lanes();
    let places = (0..4).map(|index| Place::object(&lanes, format!("lanes/{index}"), None)).collect();
    Executor::edge(&TASKS, Options::default(), places)
}

fn status(error: &Error) -> u16 {
    match error {
        Error::Full => 503,
        Error::TimedOut => 504,
        Error::Lost { .. } => 502,
        _ => 500,
    }
}

fn response(status: u16, text: &str) -> Response {
    let init = ResponseInit::new();
    init.set_status(status);
    // Refuses a status that is none, which there is not here.
    Response::new_with_opt_str_and_init(Some(text), &init).unwrap_throw()
}
