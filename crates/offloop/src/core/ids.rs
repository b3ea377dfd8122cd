//! Values by ids that are counted up, found without a search.

use std::collections::VecDeque;

/// More places than this are not kept for a quarter as many values.
const FEW: usize = 64;

/// Values by ids: the next is given the next id.
///
/// Those of the latest ids lie side by side, so that an id less that of the first is where its value is: a trivial call is looked up five times,
/// and hashing made up a good part of it. Where one has stayed for so long that there are mostly gaps behind it, it moves to the elders,
/// which are searched by halves. So the room taken follows the number of values, however long one of them stays.
pub(super) struct ById<T> {
    /// The id of the first of the latest.
    first: u64,
    latest: VecDeque<Option<T>>,
    /// Those of smaller ids, in order.
    elders: Vec<(u64, Option<T>)>,
    len: usize,
    /// How many of them are elders.
    old: usize,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self { first: 1, latest: VecDeque::new(), elders: Vec::new(), len: 0, old: 0 }
    }
}

impl<T> ById<T> {
    /// The id that the next value will have.
    pub(super) fn next(&self) -> u64 {
        self.first + count(self.latest.len())
    }

    /// Adds a value, under the id that `next` gave.
    pub(super) fn push(&mut self, value: T) {
        self.latest.push_back(Some(value));
        self.len += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get(&self, id: u64) -> Option<&T> {
        match id.checked_sub(self.first) {
            Some(at) => self.latest.get(place(at))?.as_ref(),
            None => self.elders.get(self.elder(id)?)?.1.as_ref(),
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        match id.checked_sub(self.first) {
            Some(at) => self.latest.get_mut(place(at))?.as_mut(),
            None => {
                let at = self.elder(id)?;
                self.elders.get_mut(at)?.1.as_mut()
            }
        }
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<T> {
        let removed;
        if let Some(at) = id.checked_sub(self.first) {
            removed = self.latest.get_mut(place(at))?.take()?;
            self.len -= 1;
            while let Some(None) = self.latest.front() {
                self.latest.pop_front();
                self.first += 1;
            }
            if self.latest.len() > FEW && self.latest.len() / 4 > self.len {
                self.age();
            }
        } else {
            let at = self.elder(id)?;
            removed = self.elders.get_mut(at)?.1.take()?;
            self.len -= 1;
            self.old -= 1;
            if self.elders.len() > FEW && self.elders.len() / 4 > self.old {
                self.elders.retain(|(_, value)| value.is_some());
            }
        }
        Some(removed)
    }

    /// The first half of the latest is now old.
    fn age(&mut self) {
        for place in self.latest.drain(..self.latest.len() / 2) {
            if place.is_some() {
                self.elders.push((self.first, place));
                self.old += 1;
            }
            self.first += 1;
        }
    }

    fn elder(&self, id: u64) -> Option<usize> {
        self.elders.binary_search_by_key(&id, |(id, _)| *id).ok()
    }

    /// Those of which it is true, in the order in which they came.
    pub(super) fn ids(&self, is_such: impl Fn(&T) -> bool) -> Vec<u64> {
        let elders = self.elders.iter().map(|(id, value)| (*id, value));
        let all = elders.chain((self.first..).zip(&self.latest));
        all.filter(|(_, value)| value.as_ref().is_some_and(&is_such)).map(|(id, _)| id).collect()
    }

    pub(super) fn clear(&mut self) {
        self.first = self.next();
        self.latest.clear();
        self.elders.clear();
        (self.len, self.old) = (0, 0);
    }

    /// How many places are kept for values.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.latest.len() + self.elders.len()
    }
}

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
