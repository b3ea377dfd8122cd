//! What the standard library has.
#![allow(clippy::type_complexity, reason = "each is tried with its neighbours")]

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, BinaryHeap, HashSet, LinkedList, VecDeque};
use std::ffi::CString;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU8, Wrapping};
use std::ops::{Bound, RangeFrom, RangeInclusive, RangeTo};
use std::path::PathBuf;
use std::time::SystemTime;

use super::*;

/// A struct around the value, and a field after it, which would notice if it took too many bytes or too few.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Around<T> {
    before: u8,
    value: T,
    after: String,
}

macro_rules! all {
    ($($name:ident: $type:ty = [$($value:expr),* $(,)?];)*) => {
        mod tasks {
            use super::*;

            $(pub(super) fn $name(value: $type, around: Around<$type>) -> ($type, Result<Around<$type>, String>) {
                (value, Ok(around))
            })*
            offloop::tasks! { $($name),* }
        }

        #[test]
        fn whatever_the_standard_library_has_arrives() {
            let pool = Executor::inline(&tasks::TASKS, Options::default());
            $(let values: Vec<$type> = vec![$($value),*];
            for value in values {
                let around = Around { before: 1, value: value.clone(), after: "after".to_owned() };
                let arrived = futures_executor::block_on(pool.run(tasks::$name, (value.clone(), around.clone())));
                assert_eq!(format!("{arrived:?}"), format!("{:?}", Ok::<_, Error>((value, Ok::<_, String>(around)))), stringify!($name));
            })*
        }
    };
}

all! {
    nothing: () = [()];
    options: Option<Option<()>> = [None, Some(None), Some(Some(()))];
    outcomes: Result<Option<u8>, Result<String, ()>> = [Ok(None), Ok(Some(1)), Err(Ok("a".to_owned())), Err(Err(()))];
    units: Vec<()> = [vec![], vec![(); 100]];
    numbers: (i128, u128, f32, char, bool) = [(i128::MIN, u128::MAX, f32::NAN, '\u{10ffff}', true)];
    signs: Vec<i16> = [vec![0, -1, 1, i16::MIN, i16::MAX]];
    ranges: (RangeInclusive<i8>, RangeFrom<u16>, RangeTo<u32>) = [(-1..=1, 7.., ..9)];
    bounds: (Bound<u8>, Bound<u8>) = [(Bound::Unbounded, Bound::Included(1)), (Bound::Excluded(2), Bound::Unbounded)];
    durations: Duration = [Duration::ZERO, Duration::MAX];
    times: SystemTime = [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_nanos(1 << 60)];
    paths: PathBuf = [PathBuf::new(), PathBuf::from("/a/b")];
    addresses: (IpAddr, SocketAddr) = [("127.0.0.1".parse().unwrap(), "[::1]:80".parse().unwrap())];
    sets: (BTreeSet<String>, HashSet<u8>) = [(BTreeSet::from(["b".to_owned(), "a".to_owned()]), HashSet::from([7]))];
    lists: (VecDeque<f64>, LinkedList<i8>) = [(VecDeque::from([1.5, f64::NAN]), LinkedList::from([-1]))];
    heaps: Vec<BinaryHeap<u8>> = [vec![BinaryHeap::from([3])]];
    pointers: (Box<[u8]>, Box<Option<u8>>, Cell<u8>, RefCell<String>) = [(Box::new([1, 2]), Box::new(Some(3)), Cell::new(4), RefCell::new("5".to_owned()))];
    cows: (Cow<'static, str>, Cow<'static, [u8]>) = [("a".into(), vec![1, 2].into())];
    wrapped: (Wrapping<u8>, NonZeroU8, PhantomData<String>, std::cmp::Reverse<u8>) = [(Wrapping(1), NonZeroU8::MAX, PhantomData, std::cmp::Reverse(2))];
    arrays: ([u8; 32], [Option<u8>; 3], [(); 2], [[u16; 2]; 2]) = [([9; 32], [None, Some(1), None], [(), ()], [[1, 2], [3, 4]])];
    tuples: (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, (u8,)) = [(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, (12,))];
    texts: (String, CString, Box<str>) = [(String::new(), CString::new("a").unwrap(), "b".into())];
    keys: BTreeMap<(u8, bool), BTreeMap<char, Vec<Option<i8>>>> = [BTreeMap::from([((1, true), BTreeMap::from([('x', vec![None, Some(-1)])]))])];
}
