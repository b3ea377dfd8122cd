//! Runs of bytes, and of elements that are their bytes.

use std::iter::from_fn;

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::raw::{Raw, raw};
use super::{Encoder, Unwritable, Why, Written};
use crate::blob::{self, Blob};
use crate::codec::{BESIDE, LARGE, kind};

/// Fewer elements are written one by one.
const FEW: usize = 32;

impl Encoder {
    /// Writes elements: in one piece, if each is its bytes.
    pub(super) fn sequence<T: Serialize>(&mut self, mut elements: impl Iterator<Item = T>) -> Written {
        let (count, most) = elements.size_hint();
        if most != Some(count) {
            return Err(Why::Endless.into());
        }
        if count < FEW {
            return self.one_by_one(count, elements);
        }
        let Some(first) = elements.next() else { return Err(Why::Miscounted.into()) };
        match raw(&first) {
            Some(Raw::One(kind, first)) => self.block(kind, first, elements, count, |raw| match raw {
                Raw::One(kind, bytes) => Some((kind, bytes)),
                _ => None,
            }),
            Some(Raw::Four(kind, first)) => self.block(kind, first, elements, count, |raw| match raw {
                Raw::Four(kind, bytes) => Some((kind, bytes)),
                _ => None,
            }),
            Some(Raw::Eight(kind, first)) => self.block(kind, first, elements, count, |raw| match raw {
                Raw::Eight(kind, bytes) => Some((kind, bytes)),
                _ => None,
            }),
            None => {
                let mut first = Some(first);
                self.one_by_one(count, from_fn(move || first.take().or_else(|| elements.next())))
            }
        }
    }

    fn one_by_one<T: Serialize>(&mut self, count: usize, mut elements: impl Iterator<Item = T>) -> Written {
        let mut written = self.serialize_seq(Some(count))?;
        elements.try_for_each(|element| written.serialize_element(&element))?;
        written.end()
    }

    fn block<const N: usize, T: Serialize>(
        &mut self,
        each: u32,
        first: [u8; N],
        rest: impl Iterator<Item = T>,
        count: usize,
        bytes: impl Fn(Raw) -> Option<(u32, [u8; N])>,
    ) -> Written {
        self.enter(1)?;
        let mut all = Vec::with_capacity(count);
        all.push(first);
        let mut odd = false;
        // Not to be left early, or it is no copy.
        all.extend(rest.map(|element| {
            let (of, bytes) = raw(&element).and_then(&bytes).unwrap_or((0, [0; N]));
            odd |= of != each;
            bytes
        }));
        if odd || all.len() != count {
            return Err(Why::Miscounted.into());
        }
        self.leave(1);
        self.kind(kind::SEQUENCE);
        self.kind(each.wrapping_mul(u32::try_from(count).unwrap_or(u32::MAX)));
        let bytes = all.into_flattened();
        if bytes.len() < LARGE { self.inline(count, &bytes) } else { self.beside(count, bytes.into()) }
    }

    /// Writes a run of bytes.
    pub(super) fn run(&mut self, bytes: &[u8]) -> Written {
        if bytes.len() < LARGE {
            self.inline(bytes.len(), bytes)
        } else {
            self.beside(bytes.len(), bytes.to_vec().into())
        }
    }

    fn inline(&mut self, count: usize, bytes: &[u8]) -> Written {
        self.length(count)?;
        self.out.extend(bytes);
        Ok(())
    }

    #[cold]
    fn beside(&mut self, count: usize, bytes: Blob) -> Result<(), Unwritable> {
        let Some(index) = blob::put(&bytes) else { return self.inline(count, &bytes) };
        self.varint(BESIDE)?;
        self.varint(index.into())?;
        self.length(count)
    }
}
