//! Where blobs wait while the value that they are in is encoded or decoded: serde has no side channel.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

use super::Blob;

thread_local! {
    // The blobs of a nested value stand behind those of the outer one. It is empty when no value is being coded, so it needs no destructor. Without
    // one, values can be coded even while the thread's other locals are being destroyed.
    static BESIDE: ManuallyDrop<RefCell<Vec<Option<Blob>>>> = const { ManuallyDrop::new(RefCell::new(Vec::new())) };
    // Which of them are those of the innermost value; `None` outside of `collect` and `supply`. By itself, since most values have no blobs and
    // each call codes four: a number that needs no destructor takes a few instructions to look at, the vector ten times as many.
    static INNERMOST: Cell<Option<Range>> = const { Cell::new(None) };
}

/// From where to where.
#[derive(Clone, Copy)]
struct Range(usize, usize);

/// The blobs beside one value, until they are taken. Puts the outer value's back, also when coding panics.
struct Beside {
    outer: Option<Range>,
}

impl Beside {
    /// So many are put there.
    #[inline]
    fn new(count: usize) -> Self {
        let outer = INNERMOST.get();
        let start = outer.map_or(0, |Range(_, end)| end);
        INNERMOST.set(Some(Range(start, start + count)));
        Self { outer }
    }

    /// Those that have not been taken.
    #[inline]
    fn rest(self) -> Vec<Blob> {
        let range = self.leave();
        std::mem::forget(self);
        let mut rest = Vec::new();
        if let Some(range) = range {
            // To collect them makes a page half a kilobyte larger.
            range.take().into_iter().for_each(|blob| rest.extend(blob));
        }
        rest
    }

    #[inline]
    fn leave(&self) -> Option<Range> {
        INNERMOST.replace(self.outer).filter(|Range(start, end)| start < end)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.leave().map(Range::take);
    }
}

impl Range {
    /// Takes what is left in it.
    #[cold]
    fn take(self) -> Vec<Option<Blob>> {
        // The whole vector is not kept for its memory.
        with(|beside| if self.0 == 0 { std::mem::take(beside) } else { beside.split_off(self.0) })
    }
}

fn with<T>(use_it: impl FnOnce(&mut Vec<Option<Blob>>) -> T) -> T {
    BESIDE.with(|beside| use_it(&mut beside.borrow_mut()))
}

/// Puts a blob beside the value that is being coded, and gives its index there; `None` if it has to be coded with the value.
pub(crate) fn put(blob: &Blob) -> Option<u32> {
    let Range(start, end) = INNERMOST.get()?;
    with(|beside| beside.push(Some(blob.clone())));
    INNERMOST.set(Some(Range(start, end + 1)));
    u32::try_from(end - start).ok()
}

/// Whether blobs are beside the value that is being coded.
pub(super) fn is_any() -> bool {
    INNERMOST.get().is_some()
}

/// The blob with this index, once.
pub(crate) fn take(index: u32) -> Option<Blob> {
    let Range(start, _) = INNERMOST.get()?;
    let at = start.saturating_add(usize::try_from(index).ok()?);
    with(|beside| beside.get_mut(at)?.take())
}

/// Runs `encode`; the blobs in the value land in the returned vector and the bytes hold only their indices.
pub(crate) fn collect<T>(encode: impl FnOnce() -> T) -> (T, Vec<Blob>) {
    let beside = Beside::new(0);
    let value = encode();
    (value, beside.rest())
}

/// Runs `decode`, in which blobs are taken from `blobs` by index, each at most once; also tells how many were left.
pub(crate) fn supply<T>(blobs: Vec<Blob>, decode: impl FnOnce() -> T) -> (T, usize) {
    let beside = Beside::new(blobs.len());
    if !blobs.is_empty() {
        with(|beside| beside.extend(blobs.into_iter().map(Some)));
    }
    let value = decode();
    (value, beside.rest().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    fn blob(byte: u8) -> Blob {
        vec![byte].into()
    }

    /// How many blobs wait in this thread.
    fn waiting() -> usize {
        with(|beside| beside.len())
    }

    #[test]
    fn values_coded_within_others_have_their_own_blobs() {
        let ((), outer) = collect(|| {
            assert_eq!((put(&blob(1)), put(&blob(2))), (Some(0), Some(1)));
            let (_, inner) = collect(|| assert_eq!((put(&blob(3)), take(1)), (Some(0), None)));
            assert_eq!(inner, [blob(3)]);
            let (first, left) = supply(vec![blob(4), blob(5)], || (take(0), take(2), take(0)));
            assert_eq!((first, left), ((Some(blob(4)), None, None), 1));
            assert_eq!(put(&blob(6)), Some(2));
        });
        assert_eq!(outer, [blob(1), blob(2), blob(6)]);
        assert_eq!((put(&blob(7)), is_any(), waiting()), (None, false, 0));
    }

    #[test]
    fn a_panic_leaves_the_outer_value_as_it_was() {
        let (_, left) = supply(vec![blob(1), blob(2)], || {
            let inner = catch_unwind(|| {
                supply(vec![blob(3), blob(4)], || {
                    take(1);
                    collect(|| _ = put(&blob(5)));
                    panic!("in a test");
                })
            });
            assert!(inner.is_err());
            assert_eq!((take(1), take(1), waiting()), (Some(blob(2)), None, 2));
        });
        assert_eq!((left, waiting()), (1, 0));
        assert!(catch_unwind(|| supply(vec![blob(1)], || panic!("in a test"))).is_err());
        assert_eq!((is_any(), waiting()), (false, 0));
    }
}
