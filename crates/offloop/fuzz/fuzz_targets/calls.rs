//! Whatever is read as calls can be written and read again. Nothing panics.
#![no_main]

#[path = "../properties.rs"]
#[allow(dead_code)]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::calls(bytes));
