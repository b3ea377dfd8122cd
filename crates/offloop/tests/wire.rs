//! Frames: what goes in comes out, and foreign bytes are an error, never a panic.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

#[path = "wire/any.rs"]
mod any;

use std::time::Duration;

use offloop::wire::{Call, Event, Payload, Progress, Reply, decode_calls, decode_events, encode_calls, encode_events};
use offloop::{Blob, Error, Instant, LostReason};
use proptest::collection::vec;
use proptest::prelude::*;

/// The fingerprint of "this" build.
const OURS: u64 = 0x0123_4567_89ab_cdef;

fn calls_frame(calls: &[Call], now: Instant) -> Vec<u8> {
    let mut out = Vec::new();
    encode_calls(OURS, calls, now, &mut out, None);
    out
}

fn events_frame(events: &[Event]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_events(OURS, events, &mut out, None);
    out
}

fn read_calls(frame: Vec<u8>) -> Result<Vec<Call>, Error> {
    decode_calls(OURS, &frame.into(), Instant::from_micros(0), Vec::new())
}

fn read_events(frame: Vec<u8>) -> Result<Vec<Event>, Error> {
    decode_events(OURS, &frame.into(), Vec::new())
}

fn is_refusal<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Malformed { .. } | Error::Skew { ours: OURS, .. }))
}

fn is_malformed<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Malformed { .. }))
}

/// The deadline as the far side sees it: never earlier than meant, and late by less than a millisecond.
fn is_same_moment(sent: Option<Instant>, read: Option<Instant>, now: Instant) -> bool {
    match (sent, read) {
        (None, None) => true,
        (Some(sent), Some(read)) => {
            read >= sent.max(now) && read < sent.max(now) + Duration::from_millis(1)
                || read == Instant::from_micros(u64::MAX)
        }
        _ => false,
    }
}

/// An event as the far side sees it: whole microseconds, and the table that is ours there is theirs here.
fn seen_from_afar(event: &Event) -> Event {
    let Event::Reply(reply) = event else { return event.clone() };
    let micros = u64::try_from(reply.busy.as_micros()).unwrap_or(u64::MAX);
    let result = match &reply.result {
        Err(Error::Skew { ours, .. }) => Err(Error::Skew { ours: OURS, theirs: *ours }),
        result => result.clone(),
    };
    Event::Reply(Reply { id: reply.id, busy: Duration::from_micros(micros), result })
}

proptest! {
    #[test]
    fn calls_arrive_as_they_were_sent(calls in vec(any::call(), 0..8), now in any::instant(), apart: bool) {
        let (mut frame, mut beside) = (Vec::new(), Vec::new());
        encode_calls(OURS, &calls, now, &mut frame, apart.then_some(&mut beside));
        let read = decode_calls(OURS, &frame.into(), now, beside)?;
        prop_assert_eq!(read.len(), calls.len());
        for (read, sent) in read.iter().zip(&calls) {
            prop_assert_eq!((read.id, read.task, &read.input), (sent.id, sent.task, &sent.input));
            prop_assert!(is_same_moment(sent.deadline, read.deadline, now), "{:?} for {:?}", read.deadline, sent.deadline);
        }
    }

    #[test]
    fn events_arrive_as_they_were_sent(events in vec(any::event(), 0..8), apart: bool) {
        let (mut frame, mut beside) = (Vec::new(), Vec::new());
        encode_events(OURS, &events, &mut frame, apart.then_some(&mut beside));
        let read = decode_events(OURS, &frame.into(), beside)?;
        prop_assert_eq!(read, events.iter().map(seen_from_afar).collect::<Vec<_>>());
    }

    #[test]
    fn inline_blobs_share_the_frames_memory(payload in any::payload()) {
        let frame = Blob::from(events_frame(&[Event::Reply(Reply { id: 1, busy: Duration::ZERO, result: Ok(payload) })]));
        let memory = frame.as_ptr_range();
        for event in decode_events(OURS, &frame, Vec::new())? {
            let Event::Reply(Reply { result: Ok(payload), .. }) = event else { panic!("not the reply: {event:?}") };
            for blob in payload.blobs.iter().filter(|blob| !blob.is_empty()) {
                prop_assert!(memory.contains(&blob.as_ptr()));
            }
        }
    }

    #[test]
    fn a_frame_cut_short_is_malformed(calls in vec(any::call(), 0..4), events in vec(any::event(), 0..4), at: prop::sample::Index) {
        let (mut calls, mut events) = (calls_frame(&calls, Instant::from_micros(0)), events_frame(&events));
        calls.truncate(at.index(calls.len()));
        events.truncate(at.index(events.len()));
        prop_assert!(is_malformed(&read_calls(calls)));
        prop_assert!(is_malformed(&read_events(events)));
    }

    #[test]
    fn a_frame_with_more_behind_it_is_malformed(calls in vec(any::call(), 0..4), events in vec(any::event(), 0..4), more in vec(any::<u8>(), 1..40)) {
        let calls = [calls_frame(&calls, Instant::from_micros(0)), more.clone()].concat();
        let events = [events_frame(&events), more].concat();
        prop_assert!(is_malformed(&read_calls(calls)));
        prop_assert!(is_malformed(&read_events(events)));
    }

    #[test]
    fn damaged_calls_are_refused_or_read_as_other_calls(calls in vec(any::call(), 0..6), damage in vec(any::damage(), 1..4)) {
        let mut frame = calls_frame(&calls, Instant::from_micros(0));
        damage.iter().for_each(|damage| damage.apply(&mut frame));
        let result = read_calls(frame);
        match &result {
            Ok(calls) => prop_assert_eq!(&read_calls(calls_frame(calls, Instant::from_micros(0)))?, calls),
            Err(_) => prop_assert!(is_refusal(&result), "{result:?}"),
        }
    }

    #[test]
    fn damaged_events_are_refused_or_read_as_other_events(events in vec(any::event(), 0..6), damage in vec(any::damage(), 1..4)) {
        let mut frame = events_frame(&events);
        damage.iter().for_each(|damage| damage.apply(&mut frame));
        let result = read_events(frame);
        match &result {
            Ok(events) => {
                let again = read_events(events_frame(events))?;
                prop_assert_eq!(again, events.iter().map(seen_from_afar).collect::<Vec<_>>());
            }
            Err(_) => prop_assert!(is_refusal(&result), "{result:?}"),
        }
    }

    #[test]
    fn random_bytes_are_refused(noise in vec(any::<u8>(), 0..200)) {
        let (calls, events) = (read_calls(noise.clone()), read_events(noise));
        prop_assert!(is_refusal(&calls) && is_refusal(&events), "{calls:?} {events:?}");
    }

    #[test]
    fn random_bytes_behind_a_good_header_never_panic(noise in vec(prop_oneof![0..16_u8, any::<u8>()], 0..200), apart: bool, beside in vec(any::blob(), 0..3)) {
        for (kind, is_calls) in [(1_u8, true), (2, false)] {
            let kind = if apart { kind | 0x80 } else { kind };
            let frame = Blob::from([b"OL\x02", &[kind][..], &OURS.to_le_bytes(), &noise].concat());
            let refused = if is_calls {
                decode_calls(OURS, &frame, Instant::from_micros(0), beside.clone()).err()
            } else {
                decode_events(OURS, &frame, beside.clone()).err()
            };
            prop_assert!(refused.as_ref().is_none_or(|error| error.kind() == "malformed"), "{refused:?}");
        }
    }

    #[test]
    fn another_build_is_skew(calls in vec(any::call(), 0..4), events in vec(any::event(), 0..4), theirs: u64) {
        prop_assume!(theirs != OURS);
        let skew = Err(Error::Skew { ours: OURS, theirs });
        let mut frame = Vec::new();
        encode_calls(theirs, &calls, Instant::from_micros(0), &mut frame, None);
        prop_assert_eq!(read_calls(frame).map(drop), skew.clone());
        let mut frame = Vec::new();
        encode_events(theirs, &events, &mut frame, None);
        prop_assert_eq!(read_events(frame).map(drop), skew);
    }

    #[test]
    fn blobs_missing_or_left_over_beside_a_frame_are_malformed(calls in vec(any::call(), 1..4), more in any::blob(), apart: bool) {
        let (mut frame, mut beside) = (Vec::new(), Vec::new());
        encode_calls(OURS, &calls, Instant::from_micros(0), &mut frame, apart.then_some(&mut beside));
        let frame = Blob::from(frame);
        let read = |beside| decode_calls(OURS, &frame, Instant::from_micros(0), beside);
        let more = [&beside[..], &[more]].concat();
        prop_assert!(is_malformed(&read(more)));
        if beside.pop().is_some() {
            prop_assert!(is_malformed(&read(beside)));
        }
    }

    #[test]
    fn numbers_of_any_length_arrive(id in any::number(), done in any::number(), total in any::number()) {
        let progress = vec![Event::Progress(Progress { id, done, total })];
        prop_assert_eq!(read_events(events_frame(&progress))?, progress);
    }
}

#[test]
fn calls_are_not_events_nor_events_calls() {
    let calls = calls_frame(&[], Instant::from_micros(0));
    assert!(is_malformed(&read_events(calls)));
    assert!(is_malformed(&read_calls(events_frame(&[]))));
}

#[test]
fn a_loss_for_an_unknown_reason_is_malformed() {
    let loss = |reason| [b"OL\x02\x02", &OURS.to_le_bytes()[..], &[1, 4, 9, 0, reason, 1, b'x']].concat();
    let lost = Error::Lost { reason: LostReason::Reset, cause: "x".to_owned() };
    let Event::Reply(Reply { result, .. }) = read_events(loss(4)).unwrap().remove(0) else { panic!("it is none") };
    assert_eq!(result, Err(lost));
    assert!((12..=255).all(|reason| is_malformed(&read_events(loss(reason)))));
}

#[test]
fn another_version_of_the_wire_is_another_build() {
    let (mut events, mut calls) = (events_frame(&[]), calls_frame(&[], Instant::from_micros(0)));
    (events[2], calls[2]) = (1, 0);
    let skew = Err(Error::Skew { ours: OURS, theirs: OURS });
    assert_eq!((read_events(events).map(drop), read_calls(calls).map(drop)), (skew.clone(), skew));
    // Nothing is known of what follows: not even whether it names a build.
    assert_eq!(read_events(b"OL\x03\x09".to_vec()), Err(Error::Skew { ours: OURS, theirs: 0 }));
}

/// A frame of one progress event whose id is these bytes.
fn progress_with_id(id: &[u8]) -> Result<Vec<Event>, Error> {
    read_events([b"OL\x02\x02", &OURS.to_le_bytes()[..], &[1, 10], id, &[0, 0]].concat())
}

#[test]
fn a_number_too_long_for_64_bits_is_malformed() {
    let nine = [0xff; 9];
    let largest = [&nine[..], &[0x01]].concat();
    assert_eq!(progress_with_id(&largest), Ok(vec![Event::Progress(Progress { id: u64::MAX, done: 0, total: 0 })]));
    for last in [&[0x02][..], &[0x03], &[0x7f], &[0x80], &[0x81, 0x00], &[0xff, 0xff]] {
        let id = [&nine[..], last].concat();
        assert!(is_malformed(&progress_with_id(&id)), "{id:x?}");
    }
}

#[test]
fn a_task_index_beyond_32_bits_is_malformed() {
    let frame = |task: &[u8]| [b"OL\x02\x01", &OURS.to_le_bytes()[..], &[1, 0], task, &[0, 0, 0]].concat();
    let largest = read_calls(frame(&[0xff, 0xff, 0xff, 0xff, 0x0f])).unwrap();
    assert_eq!(largest[0].task, u32::MAX);
    assert!(is_malformed(&read_calls(frame(&[0x80, 0x80, 0x80, 0x80, 0x10]))));
}

#[test]
fn a_late_call_keeps_its_deadline() {
    let (now, late) = (Instant::from_micros(2_000), Instant::from_micros(1_999));
    let call = Call { id: 1, task: 0, deadline: Some(late), input: Payload::default() };
    let read = decode_calls(OURS, &calls_frame(&[call], now).into(), now, Vec::new()).unwrap();
    assert_eq!(read[0].deadline, Some(now), "a call that is late on this side is late on the far side too");
}

#[test]
fn a_frame_has_room_for_700_000_empty_calls_and_not_for_any_number() {
    let read = |count: &[u8], calls: usize| {
        let mut frame = calls_frame(&[], Instant::from_micros(0));
        // Instead of how many there were: none.
        frame.pop();
        frame.extend_from_slice(count);
        frame.resize(frame.len() + 5 * calls, 0);
        read_calls(frame).map(|calls| calls.len())
    };
    assert_eq!(read(&[0xe0, 0xdc, 0x2a], 700_000), Ok(700_000));
    assert!(is_malformed(&read(&[0xc0, 0x84, 0x3d], 1_000_000)));
}
