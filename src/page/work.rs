//! What only the page's second module has, which is loaded when a visitor asks for it: pictures and passwords.

use futures_util::StreamExt;
use futures_util::future::join;
use js_sys::{Array, Function, Uint8Array};
use offloop::Blob;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::Pool;
use crate::abort::unless_aborted;
use crate::answer::{Answer, Asked};
use crate::limits::Limits;
use crate::tasks::{Cost, Password, ThumbnailOptions, hash_password, thumbnail, verify_password};
use crate::views;

/// An encoded picture, held once for all thumbnails that are made of it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Picture(Blob);

#[wasm_bindgen]
impl Picture {
    /// The bytes of a JPEG, PNG or WebP file.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

#[wasm_bindgen]
impl Pool {
    /// A thumbnail that fits into a square with this side: its bytes, media type, width and height. `progress` is called with how
    /// many stages of how many are done.
    pub async fn thumbnail(
        &self,
        picture: &Picture,
        side: u32,
        progress: Function,
        signal: Option<AbortSignal>,
    ) -> Result<Array, JsValue> {
        let options = ThumbnailOptions { width: Some(side), height: Some(side), ..ThumbnailOptions::default() };
        let job = async {
            let handle = self.executor.submit(thumbnail, (picture.0.clone(), options)).await?;
            let told = handle.progress_stream().for_each(async |(done, total)| {
                // A page that cannot show it must not cost anybody the picture.
                let _ = progress.call2(&JsValue::NULL, &into_number(done), &into_number(total));
            });
            join(handle, told).await.0
        };
        let made = unless_aborted(signal, job).await??;
        let made = made.map_err(|error| JsError::new(&error.to_string()))?;
        let bytes = Uint8Array::from(&*made.picture);
        Ok(Array::of4(&bytes, &made.format.mime().into(), &made.width.into(), &made.height.into()))
    }

    /// The PHC string of a password.
    pub async fn hash(
        &self,
        password: String,
        memory_kib: u32,
        iterations: u32,
        signal: Option<AbortSignal>,
    ) -> Result<String, JsValue> {
        let cost = Cost { memory_kib, iterations, ..Cost::default() };
        let job = self.executor.run(hash_password, (Password::from(password), cost));
        let hash = unless_aborted(signal, job).await??;
        Ok(hash.map_err(|error| JsError::new(&error.to_string()))?)
    }

    /// Whether a password is the one that this PHC string was made of.
    pub async fn verify(&self, password: String, hash: String, signal: Option<AbortSignal>) -> Result<bool, JsValue> {
        let job = self.executor.run(verify_password, (Password::from(password), hash));
        let verification = unless_aborted(signal, job).await??;
        Ok(verification.map_err(|error| JsError::new(&error.to_string()))?.valid)
    }

    /// Answers a request that the service worker has passed on, since its own module lacks these tasks.
    ///
    /// # Errors
    ///
    /// The signal's reason, or what is wrong with the request.
    pub async fn answer(
        &self,
        method: String,
        path: String,
        headers: Array,
        body: Option<Vec<u8>>,
        signal: AbortSignal,
    ) -> Result<Answer, JsValue> {
        let asked = Asked { method, path, headers, body };
        asked.answer(views::router(Limits::default()), self.executor.clone(), "page", signal).await
    }
}

#[allow(clippy::cast_precision_loss, reason = "for a progress bar")]
fn into_number(count: u64) -> JsValue {
    JsValue::from_f64(count as f64)
}
