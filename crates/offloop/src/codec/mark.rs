//! What a struct or a variant is recognised by.
//!
//! Serde's two sides need not agree: `skip_deserializing` changes the numbers of the variants that are read, and not of those that are written,
//! and a field that only one side skips moves all fields after it. So a mark of four bytes precedes each struct and each variant, and whoever reads
//! compares it with the names that its own side uses.

/// A number, the kind of a variant, and 22 bits of a hash.
pub(super) type Mark = [u8; 4];

/// Bits of a mark below the hash.
const BELOW: u32 = 10;

/// Ways to leave out aliases that are tried before a struct is refused; as many take less than a millisecond.
const TRIES: u32 = 1 << 14;

/// What a variant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unit,
    Newtype,
    Tuple,
    Struct,
}

impl Kind {
    /// The kind of the variant with this mark.
    pub(super) fn of(mark: Mark) -> Self {
        match u32::from_le_bytes(mark) >> 8 & 3 {
            0 => Self::Unit,
            1 => Self::Newtype,
            2 => Self::Tuple,
            _ => Self::Struct,
        }
    }
}

/// A hash of names in order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Names(u64);

impl Names {
    /// With one more name.
    #[inline]
    pub(super) fn then(self, name: &str) -> Self {
        let (words, rest) = name.as_bytes().as_chunks();
        let length = u64::from(low(name.len()));
        let last = rest.iter().fold(length, |word, byte| word << 8 | u64::from(*byte));
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        // As rustc hashes its own names; the best bits are the highest.
        Self(
            words
                .chain([last])
                .fold(self.0, |hash, word| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        )
    }

    fn mark(self, number: u8, kind: Kind) -> Mark {
        let kind = match kind {
            Kind::Unit => 0_u64,
            Kind::Newtype => 1,
            Kind::Tuple => 2,
            Kind::Struct => 3,
        };
        let [a, b, c, d, ..] = (u64::from(number) | kind << 8 | self.0 >> 42 << BELOW).to_le_bytes();
        [a, b, c, d]
    }

    /// The mark of a struct with so many fields of these names.
    pub(super) fn fields(self, count: usize) -> Mark {
        self.mark(low(count), Kind::Struct)
    }
}

/// The mark of a variant.
pub(super) fn variant(number: u32, name: &str, kind: Kind) -> Mark {
    let [low, ..] = number.to_le_bytes();
    Names::default().then(name).mark(low, kind)
}

fn low(number: usize) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}

/// Which of the names that are read is the one that was written, by its mark.
pub(super) fn find(names: &[&str], mark: Mark) -> Option<usize> {
    let hash = u32::from_le_bytes(mark) >> BELOW;
    let is_it = |name: &&str| Names::default().then(name).0 >> 42 == u64::from(hash);
    let [number, ..] = mark;
    // In its place, unless names before it are skipped or have an alias.
    let place = usize::from(number);
    if names.get(place).is_some_and(is_it) { Some(place) } else { names.iter().position(is_it) }
}

/// How many fields of these names there are; `None` if the mark is that of others. Names may have aliases among them.
pub(super) fn count(names: &[&str], mark: Mark) -> Option<usize> {
    let whole = names.iter().fold(Names::default(), |hash, name| hash.then(name));
    if whole.fields(names.len()) == mark {
        return Some(names.len());
    }
    let [count, ..] = mark;
    let count = usize::from(count);
    let mut tries = TRIES;
    (count < names.len() && has(names, count, Names::default(), mark, &mut tries)).then_some(count)
}

/// Whether `left` of these names, in order, complete the mark.
fn has(names: &[&str], left: usize, hash: Names, mark: Mark, tries: &mut u32) -> bool {
    let [count, ..] = mark;
    if left == 0 {
        return hash.fields(usize::from(count)) == mark;
    }
    *tries = tries.saturating_sub(1);
    match names {
        [name, rest @ ..] if left <= names.len() && *tries > 0 => {
            has(rest, left - 1, hash.then(name), mark, tries) || has(rest, left, hash, mark, tries)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(names: &[&str]) -> Mark {
        names.iter().fold(Names::default(), |hash, name| hash.then(name)).fields(names.len())
    }

    #[test]
    fn names_are_told_apart_by_their_bytes_their_lengths_and_their_order() {
        let lists: [&[&str]; 10] =
            [&[], &[""], &["a"], &["b"], &["a\0"], &["a", "b"], &["b", "a"], &["ab"], &["abcdefgh"], &["abcdefgh", ""]];
        let marks = lists.map(fields);
        for (index, mark) in marks.iter().enumerate() {
            assert!(!marks[..index].contains(mark), "{:?}", lists[index]);
            assert_eq!(count(lists[index], *mark), Some(lists[index].len()));
        }
    }

    #[test]
    fn a_field_is_found_by_its_alias_and_no_other_is() {
        assert_eq!(count(&["a", "b", "c"], fields(&["a", "c"])), Some(2));
        assert_eq!(count(&["a", "b", "c"], fields(&["c", "a"])), None);
        assert_eq!(count(&["a", "b"], fields(&["a", "b", "c"])), None);
        let many: Vec<_> = (0..200).map(|n| n.to_string()).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(count(&many, fields(&["none"; 100])), None, "the search ends");
    }

    #[test]
    fn a_variant_is_found_wherever_it_stands() {
        for kind in [Kind::Unit, Kind::Newtype, Kind::Tuple, Kind::Struct] {
            for number in [0, 1, 2, 255, 256, u32::MAX] {
                let mark = variant(number, "b", kind);
                assert_eq!((Kind::of(mark), find(&["a", "b", "c"], mark)), (kind, Some(1)));
                assert_eq!(find(&["a", "c"], mark), None);
            }
        }
    }
}
