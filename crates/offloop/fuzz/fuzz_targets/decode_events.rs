//! Whatever is read as events can be written and read again. Nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use offloop::Blob;
use offloop::wire::{decode_events, encode_events};

fuzz_target!(|input: (u8, Vec<Vec<u8>>, &[u8])| {
    let (apart, beside, rest) = input;
    let kind = if apart & 1 == 0 { 0x02 } else { 0x82 };
    let frame = [b"OL\x01", &[kind][..], &7_u64.to_le_bytes(), rest].concat();
    let beside = beside.into_iter().map(Blob::from).collect();
    if let Ok(events) = decode_events(7, &frame.into(), beside) {
        let (mut again, mut beside) = (Vec::new(), Vec::new());
        encode_events(7, &events, &mut again, Some(&mut beside));
        let again = decode_events(7, &again.into(), beside).expect("what we write we can read");
        assert_eq!(again.len(), events.len());
    }
    let _ = decode_events(7, &rest.to_vec().into(), Vec::new());
});
