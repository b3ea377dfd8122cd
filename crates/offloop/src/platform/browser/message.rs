//! Frames as `postMessage` takes them: a string if it is short, one `Uint8Array`, or an array of it and one for each blob.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::blob::Blob;

#[wasm_bindgen(module = "/js/lane.js")]
extern "C" {
    // Fails when the browser has no memory for the copy.
    #[wasm_bindgen(catch, js_name = copyOut)]
    fn copy_out(bytes: &[u8]) -> Result<Uint8Array, JsValue>;
    #[wasm_bindgen(js_name = toText)]
    fn to_text(bytes: &[u8]) -> JsValue;
    #[wasm_bindgen(js_name = fromText)]
    fn from_text(text: &JsValue) -> Vec<u8>;
}

/// Up to this length a frame travels as text: measured, a round trip of 30 or 300 bytes takes 10 µs less than as a buffer; at 1000
/// bytes there is no difference.
const TEXT: usize = 512;
/// From this length a buffer is transferred: below, handing it over costs more than copying the bytes once more.
const TRANSFERRED: usize = 8 * 1024;

/// A message, and the list of what is to be transferred with it.
pub(super) fn pack(frame: &[u8], blobs: &[Blob]) -> Result<(JsValue, Array), JsValue> {
    let transfer = Array::new();
    if blobs.is_empty() && frame.len() <= TEXT {
        return Ok((to_text(frame), transfer));
    }
    let first = copy_out(frame)?;
    if frame.len() >= TRANSFERRED {
        transfer.push(&first.buffer());
    }
    if blobs.is_empty() {
        return Ok((first.into(), transfer));
    }
    let parts = Array::of1(&first);
    for blob in blobs {
        let part = copy_out(blob)?;
        transfer.push(&part.buffer());
        parts.push(&part);
    }
    Ok((parts.into(), transfer))
}

/// The frame and the blobs of a message; `None` if it is no such message.
pub(super) fn unpack(message: &JsValue) -> Option<(Blob, Vec<Blob>)> {
    if message.is_string() {
        return Some((from_text(message).into(), Vec::new()));
    }
    let part = |value: &JsValue| value.dyn_ref::<Uint8Array>().map(|bytes| Blob::from(bytes.to_vec()));
    if let Some(frame) = part(message) {
        return Some((frame, Vec::new()));
    }
    let mut parts = message.dyn_ref::<Array>()?.iter();
    let frame = part(&parts.next()?)?;
    Some((frame, parts.map(|value| part(&value)).collect::<Option<_>>()?))
}

/// What went wrong, in the browser's words.
pub(super) fn text(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.to_string().into(),
        None => error.as_string().unwrap_or_else(|| format!("{error:?}")),
    }
}
