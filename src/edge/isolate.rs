//! What all requests of one isolate share: its configuration, its figures, and where its lanes are.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use offloop::edge::Place;
use offloop::{Executor, Options, Recorder};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;
use worker::{
    Env,
    js_sys::{Object, Reflect},
    worker_sys::web_sys,
};

use crate::limits::Limits;
use crate::tasks::TASKS;
use crate::views::{self, Pool, Site};

/// Objects when nothing says how many: as many fetches as one request may have open.
const OBJECTS: usize = 6;

/// How often a job is tried again when its lane has crashed. More often than by default: a trap in a lane takes the jobs of other requests with
/// it, and does not tell whose job it was.
const RETRIES: u32 = 5;

/// How the names of variables begin that `.env` may hold for wrangler itself, which hands them on.
const TOOLS: [&str; 3] = ["CLOUDFLARE_", "CF_", "WRANGLER_"];

/// How this isolate was configured, found out with its first request.
pub(super) struct Isolate {
    pub(super) role: Role,
}

pub(super) enum Role {
    /// Serves an executor.
    Lane,
    /// Serves clients.
    Gateway(Rc<Gateway>),
}

pub(super) struct Gateway {
    pub(super) router: Router,
    /// Makes the executor of one request. What it waits for belongs to that request, which is why it is not shared.
    pub(super) pool: Pool,
    /// By when an answer is written whose route has no deadline of its own.
    pub(super) timeout: Duration,
    options: Options,
    places: Vec<Place>,
}

thread_local! {
    static ISOLATE: OnceCell<Rc<Isolate>> = const { OnceCell::new() };
}

impl Isolate {
    pub(super) fn of(env: &Env, request: &Request) -> Rc<Self> {
        ISOLATE.with(|isolate| isolate.get_or_init(|| Rc::new(Self::new(env, request))).clone())
    }

    fn new(env: &Env, request: &Request) -> Self {
        if variable(env, "ROLE").as_deref() == Some("lane") {
            return Self { role: Role::Lane };
        }
        let limits = Limits::check_names(variables(env)).and_then(|()| Limits::from_vars(|name| variable(env, name)));
        let (limits, wrong) = match limits {
            Ok(limits) => (limits, None),
            Err(error) => (Limits::default(), Some(error)),
        };
        let places = places(env, &limits, request);
        let router = match wrong {
            None => views::router_on(limits.clone(), Some(threads(env, request, places.len()))),
            Some(error) => views::misconfigured(&error),
        };
        let share = limits.queue.div_ceil(places.len().max(1));
        let places: Vec<_> = places.into_iter().map(|place| place.limit(share)).collect();
        let options = Options::default().queue(limits.queue).retries(RETRIES).attempt_limit(limits.attempt_max);
        let options = options.recorder(Recorder::new());
        let pool = {
            let (options, places) = (options.clone(), places.clone());
            Pool::new(move || executor(&options, places.clone()))
        };
        Self { role: Role::Gateway(Rc::new(Gateway { router, pool, timeout: limits.timeout, options, places })) }
    }
}

impl Gateway {
    pub(super) fn site(&self, request: &Request) -> Site {
        let Self { options, places, .. } = self;
        let (options, places) = (options.clone(), places.clone());
        let alone = move || {
            let one = |place: &Place| (place.name().to_owned(), executor(&options, vec![place.clone()]));
            places.iter().map(one).collect::<Vec<_>>()
        };
        let lanes: Option<views::Lanes> = self.has_lanes().then(|| Arc::new(alone) as views::Lanes);
        Site { runtime: "edge", colo: colo(request), lanes }
    }

    pub(super) fn has_lanes(&self) -> bool {
        !self.places.is_empty()
    }
}

fn executor(options: &Options, places: Vec<Place>) -> Executor {
    if places.is_empty() {
        return Executor::inline(&TASKS, options.clone());
    }
    Executor::edge(&TASKS, options.clone(), places)
}

/// The lanes that are bound: services in other processes if there are any, else objects.
fn places(env: &Env, limits: &Limits, request: &Request) -> Vec<Place> {
    let most = if limits.lanes == 0 { usize::MAX } else { limits.lanes };
    let services = (0..most).map_while(|index| {
        let name = format!("LANE_{index}");
        object(env, &name).map(|service| Place::service(&service, name))
    });
    let services: Vec<Place> = services.collect();
    if !services.is_empty() {
        return services;
    }
    let Some(namespace) = object(env, "LANE") else { return Vec::new() };
    // An object lives where it was first asked for. With the place in its name it is near those who ask for it by that name.
    let region = colo(request).unwrap_or_else(|| "local".to_owned());
    let count = if limits.lanes == 0 { OBJECTS } else { limits.lanes };
    (0..count).map(|index| Place::object(&namespace, format!("offloop/{region}/{index}"), None)).collect()
}

/// How many of the lanes run at the same time: on one machine, all objects are in one process and so in one thread.
fn threads(env: &Env, request: &Request, places: usize) -> usize {
    let objects = object(env, "LANE_0").is_none();
    if objects && colo(request).is_none() { 1 } else { places }
}

/// Cloudflare's name of the place where the request came in; there is none elsewhere.
fn colo(request: &Request) -> Option<String> {
    let cf = Reflect::get(request, &JsValue::from_str("cf")).ok().filter(JsValue::is_object)?;
    Reflect::get(&cf, &JsValue::from_str("colo")).ok()?.as_string()
}

fn object(env: &Env, name: &str) -> Option<JsValue> {
    binding(env, name).filter(JsValue::is_object)
}

/// A variable or secret. Those that are numbers or truth values in the configuration arrive as such. What is neither is no value for any of
/// them: it must not pass for one that is not set.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = binding(env, name).filter(|value| !value.is_undefined() && !value.is_null())?;
    Some(plain(&value).unwrap_or_else(|| "no text".to_owned()))
}

fn plain(value: &JsValue) -> Option<String> {
    let number = value.as_f64().map(|number| number.to_string());
    value.as_string().or(number).or_else(|| value.as_bool().map(|value| value.to_string()))
}

/// The names of all variables, but for the role and what is meant for wrangler.
fn variables(env: &Env) -> Vec<String> {
    let env: &JsValue = env.unchecked_ref();
    let names = Object::keys::<JsValue>(env.unchecked_ref()).into_iter().filter_map(|name| name.as_string());
    let is_ours = |name: &String| name != "ROLE" && !TOOLS.iter().any(|tool| name.starts_with(tool));
    let is_variable =
        |name: &String| Reflect::get(env, &JsValue::from_str(name)).is_ok_and(|value| plain(&value).is_some());
    names.filter(is_ours).filter(is_variable).collect()
}

fn binding(env: &Env, name: &str) -> Option<JsValue> {
    let env: &JsValue = env.unchecked_ref();
    Reflect::get(env, &JsValue::from_str(name)).ok()
}
