//! Errors as JavaScript throws them.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::error::Error;

/// A JavaScript `Error` whose `name` is `OffloopError`, whose `message` is the text and whose `kind` is [`Error::kind`]. One of kind `lost` has a
/// `reason` as well, which is [`LostReason::name`](crate::LostReason::name).
///
/// So `?` is enough in what a page exports:
///
/// ```ignore
/// #[wasm_bindgen(js_name = countPrimes)]
/// pub async fn count_primes(pool: &Pool, below: u32) -> Result<u32, offloop::Error> {
///     pool.0.run(count_primes, below).await
/// }
/// ```
///
/// ```js
/// try {
///   show(await countPrimes(pool, 1_000_000));
/// } catch (error) {
///   if (error.kind === 'full') tryLater();
///   else throw error;
/// }
/// ```
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let thrown = js_sys::Error::new(&error.to_string());
        thrown.set_name("OffloopError");
        // An object that was just made takes it.
        let set = |name: &str, value: &str| _ = Reflect::set(&thrown, &name.into(), &value.into());
        set("kind", error.kind());
        if let Error::Lost { reason, .. } = error {
            set("reason", reason.name());
        }
        thrown.into()
    }
}
