//! Whatever is read as calls can be written and read again, and is the same. Nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use offloop::wire::{decode_calls, encode_calls};
use offloop::{Blob, Instant};

fuzz_target!(|input: (u8, Vec<Vec<u8>>, &[u8])| {
    let (apart, beside, rest) = input;
    // A good header, so that the fuzzer spends its time behind it.
    let kind = if apart & 1 == 0 { 0x01 } else { 0x81 };
    let frame = [b"OL\x01", &[kind][..], &7_u64.to_le_bytes(), rest].concat();
    let beside = beside.into_iter().map(Blob::from).collect();
    let now = Instant::from_micros(0);
    if let Ok(calls) = decode_calls(7, &frame.into(), now, beside) {
        let (mut again, mut beside) = (Vec::new(), Vec::new());
        encode_calls(7, &calls, now, &mut again, Some(&mut beside));
        let again = decode_calls(7, &again.into(), now, beside).expect("what we write we can read");
        assert_eq!(again, calls);
    }
    let _ = decode_calls(7, &rest.to_vec().into(), now, Vec::new());
});
