//! Any call, any event, any damage: what the properties are checked with.

use std::time::Duration;

use offloop::wire::{Call, Event, Payload, Progress, Reply};
use offloop::{Blob, Error, Instant, LostReason};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Numbers of every length on the wire, with those at the edges.
pub(crate) fn number() -> impl Strategy<Value = u64> {
    let edges = (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit]).chain([u64::MAX]).collect::<Vec<_>>();
    prop_oneof![select(edges), (0..64_u32, any::<u64>()).prop_map(|(bits, number)| number >> bits)]
}

pub(crate) fn instant() -> impl Strategy<Value = Instant> {
    number().prop_map(Instant::from_micros)
}

pub(crate) fn blob() -> impl Strategy<Value = Blob> {
    vec(any::<u8>(), 0..300).prop_map(Blob::from)
}

pub(crate) fn payload() -> impl Strategy<Value = Payload> {
    (vec(any::<u8>(), 0..200), vec(blob(), 0..4)).prop_map(|(bytes, blobs)| Payload { bytes: bytes.into(), blobs })
}

pub(crate) fn call() -> impl Strategy<Value = Call> {
    (number(), any::<u32>(), proptest::option::of(instant()), payload()).prop_map(|(id, task, deadline, input)| Call {
        id,
        task,
        deadline,
        input,
    })
}

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..40).prop_map(String::from_iter)
}

fn reason() -> impl Strategy<Value = LostReason> {
    use LostReason as R;
    select(vec![
        R::NotStarted,
        R::NoThread,
        R::Crashed,
        R::OutOfMemory,
        R::Reset,
        R::Closed,
        R::Disconnected,
        R::Overloaded,
        R::Overran,
        R::BodyGone,
        R::Panicked,
        R::Other,
    ])
}

fn error() -> impl Strategy<Value = Error> {
    prop_oneof![
        select(vec![Error::Full, Error::Cancelled, Error::TimedOut, Error::Closed]),
        text().prop_map(|name| Error::UnknownTask { name }),
        text().prop_map(|message| Error::Failed { message }),
        (reason(), text()).prop_map(|(reason, cause)| Error::Lost { reason, cause }),
        text().prop_map(|what| Error::Malformed { what }),
        (any::<u64>(), any::<u64>()).prop_map(|(ours, theirs)| Error::Skew { ours, theirs }),
    ]
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let busy = prop_oneof![any::<Duration>(), number().prop_map(Duration::from_micros)];
    let result = prop_oneof![payload().prop_map(Ok), error().prop_map(Err)];
    prop_oneof![
        (number(), number(), number()).prop_map(|(id, done, total)| Event::Progress(Progress { id, done, total })),
        (number(), busy, result).prop_map(|(id, busy, result)| Event::Reply(Reply { id, busy, result })),
    ]
}

/// One accident on the way.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    Swap(Index, Index),
    Repeat(Index, Index),
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        2 => (any::<Index>(), select(vec![0, 1, 0x7f, 0x80, 0xff])).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        1 => any::<Index>().prop_map(Damage::Remove),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Damage::Swap(a, b)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Damage::Repeat(a, b)),
    ]
}

impl Damage {
    pub(crate) fn apply(&self, frame: &mut Vec<u8>) {
        let length = frame.len();
        if length == 0 {
            return;
        }
        match self {
            Self::Flip(at, bit) => frame[at.index(length)] ^= 1 << bit,
            Self::Set(at, byte) => frame[at.index(length)] = *byte,
            Self::Insert(at, byte) => frame.insert(at.index(length), *byte),
            Self::Remove(at) => drop(frame.remove(at.index(length))),
            Self::Cut(at) => frame.truncate(at.index(length)),
            Self::Swap(a, b) => frame.swap(a.index(length), b.index(length)),
            Self::Repeat(a, b) => {
                let (a, b) = (a.index(length), b.index(length));
                frame.extend_from_within(a.min(b)..a.max(b));
            }
        }
    }
}
