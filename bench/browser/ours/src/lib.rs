//! What is measured in the browser: three tasks, Offloop's pool of them, and the same functions for the workers of others.

mod pool;

use std::cell::RefCell;

use offloop::Blob;
use wasm_bindgen::prelude::*;

fn double(n: u32) -> u32 {
    n.wrapping_mul(2)
}

fn echo(bytes: Blob) -> Blob {
    bytes
}

fn echo_vector(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

fn echo_result(bytes: Option<Vec<u8>>) -> Result<Vec<u8>, String> {
    bytes.ok_or_else(String::new)
}

fn echo_floats(numbers: Vec<f32>) -> Vec<f32> {
    numbers
}

fn spin(rounds: u64) -> u64 {
    drive::spin(rounds)
}

offloop::tasks! { #[idempotent] double, #[idempotent] echo, #[idempotent] echo_vector, #[idempotent] echo_result, #[idempotent] echo_floats, #[idempotent] spin }

#[wasm_bindgen]
pub fn raw_double(n: u32) -> u32 {
    double(n)
}

#[wasm_bindgen]
pub fn raw_echo(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

#[wasm_bindgen]
pub fn raw_spin(rounds: u64) -> u64 {
    spin(rounds)
}

thread_local! {
    static KEPT: RefCell<Vec<u8>> = RefCell::default();
}

/// Bytes that a hand-written page keeps in its wasm memory between calls, as Offloop's page does.
#[wasm_bindgen]
pub fn keep(bytes: Vec<u8>) {
    KEPT.set(bytes);
}

#[wasm_bindgen]
pub fn kept() -> Vec<u8> {
    KEPT.take()
}

#[wasm_bindgen]
pub fn make(length: usize) -> Vec<u8> {
    vec![7; length]
}
