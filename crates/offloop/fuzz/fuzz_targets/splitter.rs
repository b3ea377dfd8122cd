//! The frames that come out do not depend on how the stream is chunked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use offloop::wire::Splitter;
use offloop::{Blob, Error};

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

fuzz_target!(|input: (u8, &[u8])| {
    let (size, stream) = input;
    assert_eq!(split(stream.chunks(usize::from(size).max(1))), split([stream].into_iter()));
});
