//! What the suite needs of its platform; beside the native one and the one for browsers.

use std::pin::Pin;
use std::time::Duration;

use offloop::timeout;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

pub(crate) use crate::lanes::{note, random as key, seen};
use crate::platform::{Abilities, Platform};

/// A promise of the suite.
pub(crate) struct Promise {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    pub(crate) needs: fn(Abilities) -> bool,
    pub(crate) keep: fn(bool) -> Pin<Box<dyn Future<Output = ()>>>,
}

impl Promise {
    /// The file it stands in.
    pub(crate) fn group(&self) -> &'static str {
        self.path.rsplit(':').next().unwrap_or(self.path)
    }

    /// Whether something else is promised here.
    pub(crate) fn is_instead(&self, abilities: Abilities) -> bool {
        !(self.needs)(abilities)
    }
}

/// Keeps a promise to its end, and fails instead of waiting for ever.
pub(crate) async fn keep(instead: bool, promise: impl AsyncFnOnce(&Platform)) {
    let on = crate::lanes::platform();
    let kept = timeout(Duration::from_secs(60), promise(&on)).await;
    assert!(kept.is_ok(), "somebody waits for ever");
    on.was_kept_as_told(instead);
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn milliseconds_now() -> f64;
}

#[wasm_bindgen(inline_js = "export const later = () => new Promise((resolve) => setTimeout(resolve, 5));")]
extern "C" {
    fn later() -> js_sys::Promise;
}

/// Ends once others have run: here, the event loop.
pub(crate) async fn others_run() {
    JsFuture::from(later()).await.unwrap();
}

/// Computes for about as many milliseconds. The clock stands still meanwhile, so a number of loops has to do.
pub(crate) fn work(milliseconds: u64) {
    for _ in 0..milliseconds * 1_000 {
        // About a microsecond, most of it the way to the runtime and back, which takes as long however well the loop is compiled.
        std::hint::black_box(milliseconds_now());
        for step in 0..500_u32 {
            std::hint::black_box(step);
        }
    }
}

macro_rules! tests {
    ([$($everywhere:ident)*] [$($beside:ident)*] [$($parallel:ident)*] [$($heard:ident)*] [$($told:ident)*] [$($contained:ident)*] [$($apart:ident)*]) => {
        pub(crate) static PROMISES: &[crate::here::Promise] = &[
            $(one! { $everywhere |_| true },)*
            $(one! { $beside |able| able.beside },)*
            $(one! { $parallel |able| able.parallel },)*
            $(one! { $heard |able| able.heard },)*
            $(one! { $told |able| able.told },)*
            $(one! { $contained |_| true },)*
            $(one! { $apart |able| able.apart },)*
        ];
    };
}

macro_rules! one {
    ($promise:ident $needs:expr) => {
        crate::here::Promise {
            path: module_path!(),
            name: stringify!($promise),
            needs: $needs,
            keep: |instead| Box::pin(crate::here::keep(instead, $promise)),
        }
    };
}
