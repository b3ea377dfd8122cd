//! Frames on a byte stream: the same frames, however the stream is chunked.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use offloop::wire::{Splitter, put_length};
use offloop::{Blob, Error};
use proptest::collection::vec;
use proptest::prelude::*;

const LONGEST: usize = 64 * 1024 * 1024;

fn stream(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = Vec::new();
    for frame in frames {
        let start = stream.len();
        stream.extend_from_slice(&[0; 4]);
        stream.extend_from_slice(frame);
        put_length(&mut stream, start).unwrap();
    }
    stream
}

/// Everything that comes out when the stream is cut at these places, and how it ends.
fn split(stream: &[u8], cuts: &[usize]) -> (Vec<Blob>, Result<bool, Error>) {
    let (mut splitter, mut frames, mut from) = (Splitter::default(), Vec::new(), 0);
    // The end comes twice: an error that is held back until the frames before it are out shows with the next chunk.
    for &to in cuts.iter().chain([&stream.len(), &stream.len()]) {
        match splitter.push(&stream[from..to]) {
            Ok(more) => frames.extend(more),
            Err(error) => return (frames, Err(error)),
        }
        from = to;
    }
    (frames, Ok(splitter.is_done()))
}

fn cuts_of(cuts: Vec<prop::sample::Index>, length: usize) -> Vec<usize> {
    let mut cuts = cuts.into_iter().map(|cut| cut.index(length + 1)).collect::<Vec<_>>();
    cuts.sort_unstable();
    cuts
}

proptest! {
    #[test]
    fn chunks_do_not_matter(frames in vec(vec(any::<u8>(), 0..60), 0..8), cuts in vec(any::<prop::sample::Index>(), 0..20)) {
        let stream = stream(&frames);
        let (found, ending) = split(&stream, &cuts_of(cuts, stream.len()));
        prop_assert_eq!(found.iter().map(|frame| frame.to_vec()).collect::<Vec<_>>(), frames);
        prop_assert_eq!(ending, Ok(true));
    }

    #[test]
    fn chunks_do_not_matter_for_rubbish_either(
        rubbish in vec(prop_oneof![8 => 0..4_u8, 1 => any::<u8>()], 0..200),
        cuts in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        prop_assert_eq!(split(&rubbish, &cuts_of(cuts, rubbish.len())), split(&rubbish, &[]));
        let bytes = (0..rubbish.len()).collect::<Vec<_>>();
        prop_assert_eq!(split(&rubbish, &bytes), split(&rubbish, &[]));
    }

    #[test]
    fn a_stream_cut_short_is_not_done(frames in vec(vec(any::<u8>(), 0..60), 1..4), at: prop::sample::Index) {
        let whole = stream(&frames);
        let end = at.index(whole.len());
        let (found, ending) = split(&whole[..end], &[]);
        prop_assert_eq!(ending, Ok(stream(&frames[..found.len()]).len() == end));
    }
}

#[test]
fn a_frame_longer_than_any_is_refused_after_those_before_it() {
    let mut bytes = stream(&[vec![1, 2, 3]]);
    bytes.extend_from_slice(&u32::try_from(LONGEST + 1).unwrap().to_le_bytes());
    let mut splitter = Splitter::default();
    assert_eq!(splitter.push(&bytes), Ok(vec![Blob::from(vec![1, 2, 3])]));
    assert!(!splitter.is_done());
    for _ in 0..2 {
        assert!(matches!(splitter.push(&[]), Err(Error::Malformed { .. })));
    }
}

#[test]
fn a_frame_as_long_as_allowed_passes() {
    let frame = vec![7; LONGEST];
    let bytes = stream(std::slice::from_ref(&frame));
    let mut splitter = Splitter::default();
    let found = bytes.chunks(1 << 20).flat_map(|chunk| splitter.push(chunk).unwrap()).collect::<Vec<_>>();
    assert!(found.len() == 1 && *found[0] == frame[..] && splitter.is_done());
}

#[test]
fn a_length_without_a_place_is_an_error() {
    for start in [0, 1, usize::MAX - 4, usize::MAX] {
        assert!(put_length(&mut [0; 3], start).is_err());
    }
    assert!(put_length(&mut vec![0; 4 + LONGEST + 1], 0).is_err());
}
