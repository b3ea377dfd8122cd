//! Frames as `postMessage` takes them: a string if it is short, one `Uint8Array`, or an array of it and one for each blob.

use std::hint::black_box;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent};

use crate::blob::Blob;
use crate::wire::Frame;

#[wasm_bindgen]
extern "C" {
    /// Shows this in the console.
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(super) fn complain(text: &str);
}

#[wasm_bindgen(module = "/js/lane.js")]
extern "C" {
    // Fails when the browser has no memory for the copy.
    #[wasm_bindgen(catch, js_name = copyOut)]
    fn copy_out(bytes: &[u8]) -> Result<Uint8Array, JsValue>;
    #[wasm_bindgen(catch, js_name = postText)]
    fn post_text(target: &JsValue, bytes: &[u8]) -> Result<(), JsValue>;
    #[wasm_bindgen(js_name = readText)]
    fn read_text(event: &Event, room: &mut [u8]) -> i32;
    /// What went wrong, in the browser's words.
    pub(super) fn text(error: &JsValue) -> String;
    #[wasm_bindgen(catch, js_name = post)]
    fn post_transfer(target: &JsValue, message: &JsValue, transfer: &Array) -> Result<(), JsValue>;
}

/// Up to this length a frame travels as text: measured, a round trip of 30 or 300 bytes takes 10 µs less than as a buffer; at 1000
/// bytes there is no difference.
const TEXT: usize = 512;
/// From this length a buffer is transferred: below, handing it over costs more than copying the bytes once more.
const TRANSFERRED: usize = 8 * 1024;

/// Posts a frame, with the blobs beside it, to a worker or from the scope of one.
pub(super) fn post_frame(target: &JsValue, frame: &[u8], blobs: &[Blob]) -> Result<(), JsValue> {
    if blobs.is_empty() && frame.len() <= TEXT {
        return post_text(target, frame);
    }
    let transfer = Array::new();
    let first = copy_out(frame)?;
    if frame.len() >= TRANSFERRED {
        transfer.push(&first.buffer());
    }
    if blobs.is_empty() {
        return post_transfer(target, &first, &transfer);
    }
    let parts = Array::of1(&first);
    for blob in blobs {
        let part = copy_out(blob)?;
        transfer.push(&part.buffer());
        parts.push(&part);
    }
    post_transfer(target, &parts, &transfer)
}

/// Posts something that is no frame.
pub(super) fn post_message(target: &JsValue, message: &JsValue) -> Result<(), JsValue> {
    post_transfer(target, message, &Array::new())
}

/// Why there is no frame in a message.
pub(super) enum Unread {
    /// It is something else.
    Other(JsValue),
    /// There is no room for it in wasm memory; with what is to be told of that.
    TooLarge(String),
}

/// Decodes the frame, and the blobs beside it, of a message.
pub(super) fn read<T>(event: &Event, decode: impl FnOnce(Frame<'_>, Vec<Blob>) -> T) -> Result<T, Unread> {
    let mut room = [0; TEXT];
    if let Ok(length) = usize::try_from(read_text(event, &mut room)) {
        return Ok(decode(Frame::Borrowed(room.get(..length).unwrap_or_default()), Vec::new()));
    }
    let message = event.unchecked_ref::<MessageEvent>().data();
    let (frame, blobs) = parts(&message)?.ok_or(Unread::Other(message))?;
    Ok(decode(Frame::Shared(&frame), blobs))
}

fn parts(message: &JsValue) -> Result<Option<(Blob, Vec<Blob>)>, Unread> {
    if let Some(frame) = message.dyn_ref() {
        return Ok(Some((copy_in(frame)?, Vec::new())));
    }
    let Some(parts) = message.dyn_ref::<Array>() else { return Ok(None) };
    let mut blobs = Vec::new();
    for part in parts.iter() {
        let Some(part) = part.dyn_ref() else { return Ok(None) };
        blobs.push(copy_in(part)?);
    }
    Ok((!blobs.is_empty()).then(|| (blobs.remove(0), blobs)))
}

/// Bytes into wasm memory.
fn copy_in(bytes: &Uint8Array) -> Result<Blob, Unread> {
    let length = usize::try_from(bytes.length()).unwrap_or(usize::MAX);
    // Asked for first, since where there is no room, the copy would end the whole program. The compiler must not think that nobody needs it.
    let mut room = Vec::<u8>::new();
    let fits = room.try_reserve_exact(length).is_ok() && black_box(&room).capacity() >= length;
    drop(room);
    if !fits {
        return Err(Unread::TooLarge(format!("there is no memory for a message of {length} bytes")));
    }
    Ok(bytes.to_vec().into())
}
