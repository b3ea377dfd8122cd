//! Fields, and whether they are those that were written.

use serde::de::Visitor;

use super::Decoder;
use super::elements::Elements;
use crate::codec::mark;
use crate::codec::refusal::Refusal;

impl<'de> Decoder<'de> {
    /// Reads the fields of a tuple struct or of a tuple variant.
    pub(super) fn tuple<V: Visitor<'de>>(
        &mut self,
        of: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.is_checked = true;
        if self.number()? != u64::try_from(length).unwrap_or(u64::MAX) {
            return self.refuse(of, Refusal::Fields);
        }
        self.sequence(length, visitor)
    }

    /// Reads fields that have names.
    pub(super) fn fields<V: Visitor<'de>>(
        &mut self,
        of: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let mark = self.mark()?;
        let known = self.known.filter(|(known, same, _)| std::ptr::eq(*known, names) && *same == mark);
        let Some(count) = known.map_or_else(|| mark::count(names, mark), |(_, _, count)| Some(count)) else {
            return self.refuse(of, Refusal::Fields);
        };
        self.known = Some((names, mark, count));
        self.inside(|decoder| {
            let mut elements = Elements { decoder, left: count, asked: false };
            let value = visitor.visit_seq(&mut elements);
            let (left, asked) = (elements.left, elements.asked);
            // With fewer fields than names some are aliases. Or one is a field that was not written, and others were read in its place.
            let may_be_others = count < names.len();
            match value {
                Ok(value) if left == 0 && !(may_be_others && asked) => Ok(value),
                Err(why) if !may_be_others || !matches!(why, Refusal::Unfit | Refusal::Short) => Err(why),
                _ => decoder.refuse(of, Refusal::Fields),
            }
        })
    }

    pub(super) fn mark(&mut self) -> Result<mark::Mark, Refusal> {
        self.is_checked = true;
        self.array()
    }

    pub(super) fn refuse<T>(&mut self, name: &'static str, why: Refusal) -> Result<T, Refusal> {
        self.refused = name;
        Err(why)
    }
}
