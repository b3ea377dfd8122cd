//! What must hold for any bytes: used by the fuzz targets here, and by `tests/corpus.rs`, which needs no fuzzer.

use offloop::wire::{Event, Payload, Reply, Splitter, decode_calls, decode_events, encode_calls, encode_events};
use offloop::{Blob, Context, Error, Instant, Tasks};

const OURS: u64 = 7;

/// A frame of this kind with `bytes` behind its header. The first of them says whether blobs travel beside it and how many do; they follow,
/// each with its length before it.
fn frame(kind: u8, bytes: &[u8]) -> (Blob, Vec<Blob>) {
    let (&head, mut rest) = bytes.split_first().unwrap_or((&0, &[]));
    let mut beside = Vec::new();
    for _ in 0..head >> 1 {
        let Some((length, after)) = rest.split_first() else { break };
        let (blob, after) = after.split_at(usize::from(*length).min(after.len()));
        beside.push(Blob::from(blob.to_vec()));
        rest = after;
    }
    let kind = if head & 1 == 0 { kind } else { kind | 0x80 };
    (Blob::from([b"OL\x02", &[kind][..], &OURS.to_le_bytes(), rest].concat()), beside)
}

/// Whatever is read as calls can be written and read again.
pub fn calls(bytes: &[u8]) {
    let (now, (whole, beside)) = (Instant::from_micros(0), frame(1, bytes));
    if let Ok(calls) = decode_calls(OURS, &whole, now, beside) {
        let (mut again, mut beside) = (Vec::new(), Vec::new());
        encode_calls(OURS, &calls, now, &mut again, Some(&mut beside));
        assert_eq!(decode_calls(OURS, &again.into(), now, beside), Ok(calls), "what we write we can read");
    }
    assert!(
        decode_calls(OURS, &bytes.to_vec().into(), now, Vec::new()).map_or(true, |calls| calls.len() <= bytes.len())
    );
}

/// Whatever is read as events can be written and read again.
pub fn events(bytes: &[u8]) {
    let (whole, beside) = frame(2, bytes);
    if let Ok(events) = decode_events(OURS, &whole, beside) {
        let (mut again, mut beside) = (Vec::new(), Vec::new());
        encode_events(OURS, &events, &mut again, Some(&mut beside));
        let again = decode_events(OURS, &again.into(), beside).expect("what we write we can read");
        // A skew has changed sides.
        let is_skew = |event: &Event| matches!(event, Event::Reply(Reply { result: Err(Error::Skew { .. }), .. }));
        assert_eq!(again.len(), events.len());
        assert!(again.iter().zip(&events).all(|(again, event)| again == event || is_skew(event) && is_skew(again)));
    }
    let _ = decode_events(OURS, &bytes.to_vec().into(), Vec::new());
}

/// The frames that come out do not depend on how the stream is chunked; the first byte says how.
pub fn stream(bytes: &[u8]) {
    let (&size, stream) = bytes.split_first().unwrap_or((&1, &[]));
    assert_eq!(split(stream.chunks(usize::from(size).max(1))), split([stream].into_iter()));
}

fn split<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<Blob>, Option<Error>, bool) {
    let (mut splitter, mut frames) = (Splitter::default(), Vec::new());
    // The empty chunk brings out an error that waits behind good frames.
    for chunk in chunks.chain([&[][..]]) {
        match splitter.push(chunk) {
            Ok(more) => frames.extend(more),
            Err(error) => return (frames, Some(error), splitter.is_done()),
        }
    }
    (frames, None, splitter.is_done())
}

/// Bytes are an argument of a task or they are malformed; what a task that gives back its argument was given can be given to it again.
pub fn values(tasks: &Tasks, bytes: &[u8]) {
    for entry in tasks {
        let run = |bytes: &[u8]| entry.run(&Context::none(), Payload { bytes: bytes.into(), blobs: Vec::new() });
        match run(bytes) {
            Ok(output) => assert_eq!(run(&output.bytes), Ok(output), "{}", entry.name()),
            Err(error) => assert_eq!(error.kind(), "malformed", "{}: {error}", entry.name()),
        }
    }
}
