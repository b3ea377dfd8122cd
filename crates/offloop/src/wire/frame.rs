//! Frames of calls, and of replies and progress.

use std::borrow::Borrow;
use std::time::Duration;

use super::reader::{Frame, Reader};
use super::{Call, Payload, Progress, Reply};
use crate::blob::Blob;
use crate::error::{Error, LostReason};
use crate::instant::Instant;

const NAME: [u8; 2] = *b"OL";
const VERSION: u8 = 2;
const CALLS: u8 = 1;
const EVENTS: u8 = 2;
/// Added to the kind when the blobs are not in the frame but travel beside it.
const DETACHED: u8 = 0x80;

/// What a lane says about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The call ended.
    Reply(Reply),
    /// The call is under way.
    Progress(Progress),
}

/// Where blobs go.
enum Blobs<'a> {
    /// Into the frame.
    Within,
    /// Here, in order.
    Beside(&'a mut Vec<Blob>),
    /// Into the frame, but for those that are not here yet: they are noted, each with the byte of the frame before which it belongs.
    Around(&'a mut Vec<(usize, Blob)>),
}

impl<'a> From<Option<&'a mut Vec<Blob>>> for Blobs<'a> {
    fn from(detached: Option<&'a mut Vec<Blob>>) -> Self {
        detached.map_or(Blobs::Within, Blobs::Beside)
    }
}

/// Appends a frame of calls to `out`. With `detached` the blobs go there, in order, instead of into the frame.
pub fn encode_calls<C: Borrow<Call>>(
    fingerprint: u64,
    calls: &[C],
    now: Instant,
    out: &mut Vec<u8>,
    detached: Option<&mut Vec<Blob>>,
) {
    put_calls(fingerprint, calls, now, out, detached.into());
}

/// As [`encode_calls`], but leaves out blobs that are not here yet: gives them, each with the byte of the frame before which it belongs.
#[cfg_attr(not(all(target_arch = "wasm32", feature = "edge")), allow(dead_code))]
pub(crate) fn encode_calls_around<C: Borrow<Call>>(
    fingerprint: u64,
    calls: &[C],
    now: Instant,
    out: &mut Vec<u8>,
) -> Vec<(usize, Blob)> {
    let mut around = Vec::new();
    put_calls(fingerprint, calls, now, out, Blobs::Around(&mut around));
    around
}

fn put_calls<C: Borrow<Call>>(fingerprint: u64, calls: &[C], now: Instant, out: &mut Vec<u8>, mut blobs: Blobs<'_>) {
    header(out, CALLS, fingerprint, calls.len(), &blobs);
    for call in calls.iter().map(Borrow::borrow) {
        varint(out, call.id);
        varint(out, u64::from(call.task));
        // Rounded up: a call with half a millisecond left is late, not without a deadline.
        let left = call.deadline.map_or(0, |deadline| (deadline - now).as_micros().div_ceil(1000) + 1);
        varint(out, u64::try_from(left).unwrap_or(u64::MAX));
        payload(out, &call.input, &mut blobs);
    }
}

/// Reads a frame of calls; `detached` holds the blobs that came beside it.
///
/// # Errors
///
/// [`Error::Malformed`] for bytes that are no such frame, [`Error::Skew`] if it is one of another build.
pub fn decode_calls(fingerprint: u64, frame: &Blob, now: Instant, detached: Vec<Blob>) -> Result<Vec<Call>, Error> {
    calls_in(fingerprint, Frame::Shared(frame), now, detached)
}

/// As [`decode_calls`].
pub(crate) fn calls_in(
    fingerprint: u64,
    frame: Frame<'_>,
    now: Instant,
    detached: Vec<Blob>,
) -> Result<Vec<Call>, Error> {
    decode(fingerprint, CALLS, frame, detached, |reader, detached| {
        let id = reader.varint()?;
        let task = u32::try_from(reader.varint()?).map_err(Error::malformed)?;
        let left = reader.varint()?;
        let deadline = left.checked_sub(1).map(|left| now + Duration::from_millis(left));
        Ok(Call { id, task, deadline, input: read_payload(reader, detached)? })
    })
}

/// Appends a frame of events to `out`. With `detached` the blobs go there, in order, instead of into the frame.
pub fn encode_events(fingerprint: u64, events: &[Event], out: &mut Vec<u8>, detached: Option<&mut Vec<Blob>>) {
    let mut blobs = Blobs::from(detached);
    header(out, EVENTS, fingerprint, events.len(), &blobs);
    for event in events {
        match event {
            Event::Progress(progress) => {
                out.push(PROGRESS);
                for number in [progress.id, progress.done, progress.total] {
                    varint(out, number);
                }
            }
            Event::Reply(reply) => {
                out.push(tag(&reply.result));
                varint(out, reply.id);
                varint(out, u64::try_from(reply.busy.as_micros()).unwrap_or(u64::MAX));
                match &reply.result {
                    Ok(output) => payload(out, output, &mut blobs),
                    Err(Error::UnknownTask { name: text })
                    | Err(Error::Failed { message: text })
                    | Err(Error::Malformed { what: text }) => bytes(out, text.as_bytes()),
                    Err(Error::Lost { reason, cause }) => {
                        out.push(reason.number());
                        bytes(out, cause.as_bytes());
                    }
                    // Seen from the reader, our table is the far one.
                    Err(Error::Skew { ours, .. }) => out.extend_from_slice(&ours.to_le_bytes()),
                    Err(Error::Full | Error::Cancelled | Error::TimedOut | Error::Closed) => {}
                }
            }
        }
    }
}

/// Reads a frame of events; `detached` holds the blobs that came beside it.
///
/// # Errors
///
/// [`Error::Malformed`] for bytes that are no such frame, [`Error::Skew`] if it is one of another build.
pub fn decode_events(fingerprint: u64, frame: &Blob, detached: Vec<Blob>) -> Result<Vec<Event>, Error> {
    events_in(fingerprint, Frame::Shared(frame), detached)
}

/// As [`decode_events`].
pub(crate) fn events_in(fingerprint: u64, frame: Frame<'_>, detached: Vec<Blob>) -> Result<Vec<Event>, Error> {
    decode(fingerprint, EVENTS, frame, detached, |reader, detached| {
        let tag = reader.u8()?;
        let id = reader.varint()?;
        if tag == PROGRESS {
            return Ok(Event::Progress(Progress { id, done: reader.varint()?, total: reader.varint()? }));
        }
        let busy = Duration::from_micros(reader.varint()?);
        let result = match tag {
            DONE => Ok(read_payload(reader, detached)?),
            FAILED => Err(Error::Failed { message: reader.text()? }),
            MALFORMED => Err(Error::Malformed { what: reader.text()? }),
            UNKNOWN => Err(Error::UnknownTask { name: reader.text()? }),
            LOST => {
                let reason = LostReason::numbered(reader.u8()?);
                let reason = reason.ok_or_else(|| Error::malformed("a loss for no known reason"))?;
                Err(Error::Lost { reason, cause: reader.text()? })
            }
            SKEW => Err(Error::Skew { ours: fingerprint, theirs: reader.u64_le()? }),
            FULL => Err(Error::Full),
            CANCELLED => Err(Error::Cancelled),
            TIMED_OUT => Err(Error::TimedOut),
            CLOSED => Err(Error::Closed),
            _ => return Err(Error::malformed("an event of no known kind")),
        };
        Ok(Event::Reply(Reply { id, busy, result }))
    })
}

const DONE: u8 = 0;
const FAILED: u8 = 1;
const MALFORMED: u8 = 2;
const UNKNOWN: u8 = 3;
const LOST: u8 = 4;
const SKEW: u8 = 5;
const FULL: u8 = 6;
const CANCELLED: u8 = 7;
const TIMED_OUT: u8 = 8;
const CLOSED: u8 = 9;
const PROGRESS: u8 = 10;

fn tag(result: &Result<Payload, Error>) -> u8 {
    match result {
        Ok(_) => DONE,
        Err(Error::Failed { .. }) => FAILED,
        Err(Error::Malformed { .. }) => MALFORMED,
        Err(Error::UnknownTask { .. }) => UNKNOWN,
        Err(Error::Lost { .. }) => LOST,
        Err(Error::Skew { .. }) => SKEW,
        Err(Error::Full) => FULL,
        Err(Error::Cancelled) => CANCELLED,
        Err(Error::TimedOut) => TIMED_OUT,
        Err(Error::Closed) => CLOSED,
    }
}

fn header(out: &mut Vec<u8>, kind: u8, fingerprint: u64, count: usize, blobs: &Blobs<'_>) {
    out.extend_from_slice(&NAME);
    out.push(VERSION);
    out.push(if matches!(blobs, Blobs::Beside(_)) { kind | DETACHED } else { kind });
    out.extend_from_slice(&fingerprint.to_le_bytes());
    length(out, count);
}

fn decode<T>(
    fingerprint: u64,
    kind: u8,
    frame: Frame<'_>,
    detached: Vec<Blob>,
    mut message: impl FnMut(&mut Reader<'_>, &mut Option<std::vec::IntoIter<Blob>>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut reader = Reader::new(frame);
    if reader.array()? != NAME {
        return Err(Error::malformed("these bytes are no frame"));
    }
    let version = reader.u8()?;
    let found = reader.u8()?;
    if version != VERSION {
        // Another build, whatever else its frames look like; this one's fingerprint may not be where ours is.
        return Err(Error::Skew { ours: fingerprint, theirs: reader.u64_le().unwrap_or_default() });
    }
    if found & !DETACHED != kind {
        return Err(Error::malformed("a frame of the other kind"));
    }
    let theirs = reader.u64_le()?;
    if theirs != fingerprint {
        return Err(Error::Skew { ours: fingerprint, theirs });
    }
    if found & DETACHED == 0 && !detached.is_empty() {
        return Err(Error::malformed("blobs came beside a frame that holds its own"));
    }
    let mut detached = (found & DETACHED != 0).then(|| detached.into_iter());
    let count = reader.length()?;
    let mut messages = Vec::new();
    for _ in 0..count {
        reader.claim::<T>()?;
        messages.push(message(&mut reader, &mut detached)?);
    }
    if reader.remaining() != 0 || detached.is_some_and(|blobs| blobs.len() != 0) {
        return Err(Error::malformed("bytes are left over after the last message"));
    }
    Ok(messages)
}

fn payload(out: &mut Vec<u8>, payload: &Payload, blobs: &mut Blobs<'_>) {
    bytes(out, &payload.bytes);
    length(out, payload.blobs.len());
    for blob in &payload.blobs {
        match blobs {
            Blobs::Beside(detached) => detached.push(blob.clone()),
            Blobs::Around(around) if !blob.is_here() => {
                length(out, blob.len());
                around.push((out.len(), blob.clone()));
            }
            Blobs::Within | Blobs::Around(_) => bytes(out, blob),
        }
    }
}

fn read_payload(reader: &mut Reader<'_>, detached: &mut Option<std::vec::IntoIter<Blob>>) -> Result<Payload, Error> {
    let bytes = reader.bytes()?.into();
    // Not `length`: detached blobs take no room in the frame. The loop ends with the first one that is missing.
    let count = reader.varint()?;
    let mut blobs = Vec::new();
    for _ in 0..count {
        reader.claim::<Blob>()?;
        blobs.push(match detached {
            Some(detached) => detached.next().ok_or_else(|| Error::malformed("a blob is missing beside the frame"))?,
            None => reader.blob()?,
        });
    }
    Ok(Payload { bytes, blobs })
}

fn varint(out: &mut Vec<u8>, number: u64) {
    super::varint(number, |byte| out.push(byte));
}

fn length(out: &mut Vec<u8>, length: usize) {
    varint(out, u64::try_from(length).unwrap_or(u64::MAX));
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend_from_slice(bytes);
}
