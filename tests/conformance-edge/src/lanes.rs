//! The lanes that this gateway has, and what their tasks have been seen to do.

use std::cell::RefCell;

use js_sys::Promise;
use offloop::Executor;
use offloop::edge::Place;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::platform::{Abilities, Platform};
use crate::tasks::TASKS;

#[wasm_bindgen(inline_js = "
    export const has = (env, name) => env[name] !== undefined;
    export const get = (env, name) => env[name];
    const target = (env, index) => env.LANE ? env.LANE.get(env.LANE.idFromName(`lane/${index}`)) : env[`LANE_${index}`];
    export const ask = (env, index, url) => target(env, index).fetch(url).then((response) => response.text());
    export const random_whole = () => Math.floor(Math.random() * 2 ** 52);
")]
extern "C" {
    fn has(env: &JsValue, name: &str) -> bool;
    fn get(env: &JsValue, name: &str) -> JsValue;
    fn ask(env: &JsValue, index: usize, url: &str) -> Promise;
    fn random_whole() -> f64;
}

/// Lanes of either kind: as many as the tests have processes.
const LANES: usize = 2;

thread_local! {
    static ENV: RefCell<JsValue> = const { RefCell::new(JsValue::UNDEFINED) };
    static NOTES: RefCell<Vec<(u64, &'static str)>> = const { RefCell::new(Vec::new()) };
    /// Tells instances of this program apart: objects of one process share one.
    static INSTANCE: u64 = random();
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a whole number below 2^52")]
pub(crate) fn random() -> u64 {
    random_whole() as u64
}

pub(crate) fn is_lane(env: &JsValue) -> bool {
    has(env, "IS_LANE")
}

pub(crate) fn set(env: &JsValue) {
    ENV.with_borrow_mut(|place| *place = env.clone());
}

fn env() -> JsValue {
    ENV.with_borrow(JsValue::clone)
}

/// Lanes that are objects are in the gateway's process, and so on its thread.
fn are_processes() -> bool {
    !has(&env(), "LANE")
}

pub(crate) fn platform() -> Platform {
    let pool = |lanes: usize, options| {
        let env = env();
        let place = |index| match are_processes() {
            true => Place::service(&get(&env, &format!("LANE_{index}")), format!("LANE_{index}")),
            false => Place::object(&get(&env, "LANE"), format!("lane/{index}"), None),
        };
        Executor::edge(&TASKS, options, (0..lanes.min(LANES)).map(place).collect())
    };
    // The clock stands still while a lane computes, so that tasks count loops instead.
    let apart = are_processes();
    let abilities =
        Abilities { beside: true, parallel: apart, heard: false, told: false, apart, blur: 40.0, crashes: 8 };
    Platform::new(pool, abilities)
}

pub(crate) fn note(key: u64, what: &'static str) {
    NOTES.with_borrow_mut(|notes| notes.push((key, what)));
}

/// How often a task with this key did this, on any lane.
pub(crate) async fn seen(key: u64, what: &str) -> usize {
    let mut by_instance: Vec<(String, usize)> = Vec::new();
    for lane in 0..LANES {
        let url = format!("http://lane/notes/{key}/{what}");
        let text = JsFuture::from(ask(&env(), lane, &url)).await.unwrap().as_string().unwrap();
        let (instance, count) = text.split_once(' ').unwrap();
        by_instance.push((instance.to_owned(), count.parse().unwrap()));
    }
    by_instance.sort();
    by_instance.dedup_by(|one, other| one.0 == other.0);
    by_instance.iter().map(|(_, count)| count).sum()
}

/// What a gateway asks a lane beside its tasks.
pub(crate) struct Question {
    key: u64,
    what: String,
}

impl Question {
    pub(crate) fn in_url(url: &str) -> Option<Self> {
        let (key, what) = url.strip_prefix("http://lane/notes/")?.split_once('/')?;
        Some(Self { key: key.parse().ok()?, what: what.to_owned() })
    }

    pub(crate) fn answer(&self) -> String {
        let count = NOTES
            .with_borrow(|notes| notes.iter().filter(|(key, what)| *key == self.key && *what == self.what).count());
        format!("{} {count}", INSTANCE.with(|instance| *instance))
    }
}
