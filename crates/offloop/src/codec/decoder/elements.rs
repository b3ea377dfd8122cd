//! What is in sequences and maps, counted.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::Decoder;
use crate::codec::refusal::Refusal;

/// What is in a sequence or a map.
pub(super) struct Elements<'a, 'de> {
    pub(super) decoder: &'a mut Decoder<'de>,
    pub(super) left: usize,
    /// Whether more were asked for than there are.
    pub(super) asked: bool,
}

impl<'de> Elements<'_, 'de> {
    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        let Some(left) = self.left.checked_sub(1) else {
            self.asked = true;
            return Ok(None);
        };
        self.left = left;
        let before = self.decoder.bytes.len();
        let value = seed.deserialize(&mut *self.decoder)?;
        if self.decoder.bytes.len() == before {
            self.decoder.empty = self.decoder.empty.checked_sub(1).ok_or(Refusal::Empty)?;
        }
        Ok(Some(value))
    }

    /// Not more than can be there, for whoever sets memory aside for them.
    fn hint(&self) -> usize {
        self.left.min(self.decoder.bytes.len())
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        self.next(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Refusal;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        self.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        seed.deserialize(&mut *self.decoder)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}
