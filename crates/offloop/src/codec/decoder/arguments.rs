//! The arguments of a task, one after the other.

use std::any::{Any, TypeId};
use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::runs::Run;
use super::{DEEPEST, Decoder, MOST_EMPTY};
use crate::codec::kind;
use crate::codec::mark::{Kind, find};
use crate::codec::refusal::Refusal;
use crate::error::Error;

/// What a value is read from.
///
/// By itself for the vectors of numbers that most tasks take and give: serde knows no vector, only elements.
#[derive(Debug)]
pub struct Arguments<'a>(Decoder<'a>);

impl<'a> Arguments<'a> {
    pub(in crate::codec) fn new(bytes: &'a [u8]) -> Self {
        Self(Decoder {
            bytes,
            deeper: DEEPEST,
            empty: MOST_EMPTY,
            known: None,
            refused: "",
            kinds: 0,
            is_checked: false,
        })
    }

    /// Says how many are to be read.
    pub fn begin(&mut self, count: usize) {
        match count {
            0 => self.0.kind(kind::UNIT),
            1 => {}
            _ => self.0.kind(kind::TUPLE),
        }
    }

    /// Compares what was asked for with what was written.
    pub(in crate::codec) fn check(&mut self) -> Result<(), Error> {
        if !self.0.is_checked || self.0.array() == Ok(self.0.kinds.to_le_bytes()) {
            return Ok(());
        }
        Err(Refusal::Kinds.error(""))
    }

    /// Whether all has been read.
    pub(in crate::codec) fn is_done(&self) -> bool {
        self.0.bytes.is_empty()
    }

    /// Reads the next one.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if it is of another type.
    #[allow(clippy::should_implement_trait)]
    pub fn next<T: DeserializeOwned + 'static>(&mut self) -> Result<T, Error> {
        let read = if const { can_hold::<T>() } && is_vector::<T>() {
            let mut value: Option<T> = None;
            fill(&mut self.0, &mut value).and_then(|()| value.ok_or(Refusal::Unfit))
        } else {
            T::deserialize(&mut self.0)
        };
        read.map_err(|refusal| refusal.error(self.0.refused))
    }
}

impl Arguments<'_> {
    /// Reads what is in a `Result`, as [`next`](Self::next) does.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if it is none.
    pub fn next_result<T, E>(&mut self) -> Result<Result<T, E>, Error>
    where
        T: DeserializeOwned + 'static,
        E: DeserializeOwned + 'static,
    {
        let mark = self.0.mark().map_err(|refusal| refusal.error(""))?;
        match (Kind::of(mark), find(&["Ok", "Err"], mark)) {
            (Kind::Newtype, Some(0)) => self.next().map(Ok),
            (Kind::Newtype, Some(1)) => self.next().map(Err),
            _ => Err(Refusal::Unfit.error("")),
        }
    }
}

/// Whether a value of this type has room for a vector. If not, all that is about vectors is left out of the program.
pub(crate) const fn can_hold<T>() -> bool {
    size_of::<T>() >= size_of::<Vec<u8>>()
}

/// Whether a type is a vector of numbers, or an `Option` of one: known when it is compiled.
#[inline]
fn is_vector<T: 'static>() -> bool {
    is::<T, u8>() || is::<T, i8>() || is::<T, f32>() || is::<T, f64>()
}

#[inline]
fn is<T: 'static, E: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<Vec<E>>() || TypeId::of::<T>() == TypeId::of::<Option<Vec<E>>>()
}

/// Reads a vector of numbers in one piece.
fn fill(decoder: &mut Decoder<'_>, value: &mut dyn Any) -> Result<(), Refusal> {
    vector::<1, u8>(decoder, value, kind::U8, |bytes: Cow<'_, [u8]>| bytes.into_owned())?;
    vector::<1, i8>(decoder, value, kind::I8, |bytes: Cow<'_, [u8]>| {
        bytes.into_owned().into_iter().map(u8::cast_signed).collect()
    })?;
    vector::<4, f32>(decoder, value, kind::F32, |bytes| {
        bytes.as_chunks().0.iter().copied().map(f32::from_le_bytes).collect()
    })?;
    vector::<8, f64>(decoder, value, kind::F64, |bytes| {
        bytes.as_chunks().0.iter().copied().map(f64::from_le_bytes).collect()
    })
}

/// The same, if the numbers are of this type and of so many bytes.
fn vector<const N: usize, E: 'static>(
    decoder: &mut Decoder<'_>,
    value: &mut dyn Any,
    each: u32,
    numbers: impl Fn(Cow<'_, [u8]>) -> Vec<E>,
) -> Result<(), Refusal> {
    if let Some(value) = value.downcast_mut::<Option<Vec<E>>>() {
        *value = Some(read::<N, E>(decoder, each, numbers)?);
    } else if let Some(value) = value.downcast_mut::<Option<Option<Vec<E>>>>() {
        decoder.kind(kind::OPTION);
        *value = Some(match decoder.u8()? {
            0 => None,
            1 => Some(read::<N, E>(decoder, each, numbers)?),
            _ => return Err(Refusal::Unfit),
        });
    }
    Ok(())
}

fn read<const N: usize, E>(
    decoder: &mut Decoder<'_>,
    each: u32,
    numbers: impl Fn(Cow<'_, [u8]>) -> Vec<E>,
) -> Result<Vec<E>, Refusal> {
    let run = decoder.head()?;
    let (Run::Inline(count) | Run::Beside(count, _)) = run;
    decoder.kind(kind::SEQUENCE);
    decoder.kind(each.wrapping_mul(u32::try_from(count).unwrap_or(u32::MAX)));
    match run {
        Run::Inline(count) => {
            let length = count.checked_mul(N).ok_or(Refusal::Short)?;
            Ok(numbers(decoder.take(length)?.into()))
        }
        Run::Beside(count, bytes) if Some(bytes.len()) == count.checked_mul(N) => {
            // Bytes are not copied, if nobody else has them.
            Ok(if N == 1 { numbers(bytes.into_vec().into()) } else { numbers(Cow::Borrowed(&bytes)) })
        }
        Run::Beside(..) => Err(Refusal::Unfit),
    }
}
