//! Values arrive as they are, or not at all.

use offloop::Error;
use serde::{Deserialize, Serialize};

use crate::platform::Platform;

promises! {
    everywhere: a_value_as_deep_as_it_may_be_arrives, a_value_of_100_000_levels_is_malformed, elements_without_bytes_are_bounded,
    variants_after_a_skipped_one_arrive, fields_that_one_side_skips_are_malformed, long_vectors_cross_whole;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Nest {
    End,
    In(Box<Nest>),
}

impl Nest {
    fn of(levels: u32) -> Self {
        (0..levels).fold(Self::End, |inner, _| Self::In(Box::new(inner)))
    }

    fn levels(&self) -> u32 {
        let (mut levels, mut nest) = (0, self);
        while let Self::In(inner) = nest {
            (levels, nest) = (levels + 1, inner);
        }
        levels
    }
}

pub(crate) fn nest(levels: u32) -> Nest {
    Nest::of(levels)
}

pub(crate) fn levels(nest: Nest) -> u32 {
    nest.levels()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Skips {
    First,
    #[serde(skip)]
    Second,
    Third,
    Fourth(u8),
}

pub(crate) fn echo_variants(variants: Vec<Skips>) -> Vec<Skips> {
    variants
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OneSided {
    #[serde(skip_serializing)]
    a: u8,
    b: u8,
    #[serde(skip_deserializing)]
    c: u8,
}

pub(crate) fn echo_fields(inner: OneSided, after: u8) -> (OneSided, u8) {
    (inner, after)
}

pub(crate) fn one_sided() -> OneSided {
    OneSided { a: 1, b: 2, c: 3 }
}

pub(crate) fn nothings(count: u32) -> Vec<()> {
    (0..count).map(|_| ()).collect()
}

type Bytes = (Vec<u8>, Option<Vec<i8>>);
type Floats = (Vec<f32>, Vec<f64>);

pub(crate) fn mirror(bytes: Vec<u8>, signed: Option<Vec<i8>>, floats: Floats) -> Result<Bytes, Floats> {
    if bytes.is_empty() { Err(floats) } else { Ok((bytes, signed)) }
}

fn is_malformed<T>(result: &Result<T, Error>, why: &str) -> bool {
    matches!(result, Err(Error::Malformed { what }) if what.contains(why))
}

/// With the innermost one these are all levels that there may be.
const LEVELS: u32 = if cfg!(target_arch = "wasm32") { 255 } else { 1_023 };

async fn a_value_as_deep_as_it_may_be_arrives(on: &Platform) {
    let pool = on.pool(1);
    assert_eq!(pool.run(levels, Nest::of(LEVELS)).await, Ok(LEVELS));
    assert_eq!(pool.run(nest, LEVELS).await.map(|nest| nest.levels()), Ok(LEVELS));
    assert!(is_malformed(&pool.run(levels, Nest::of(LEVELS + 1)).await, "nested"));
    assert!(is_malformed(&pool.run(nest, LEVELS + 1).await, "nested"));
}

async fn a_value_of_100_000_levels_is_malformed(on: &Platform) {
    let pool = on.pool(1);
    assert!(is_malformed(&pool.run(levels, Nest::of(100_000)).await, "levels: its argument: a value is nested"));
    assert!(is_malformed(&pool.run(nest, 100_000).await, "nest: its result: a value is nested"));
    assert_eq!(pool.run(levels, Nest::of(10)).await, Ok(10));
}

async fn elements_without_bytes_are_bounded(on: &Platform) {
    let pool = on.pool(1);
    assert_eq!(pool.run(nothings, 1 << 20).await.map(|all| all.len()), Ok(1 << 20));
    assert!(is_malformed(&pool.run(nothings, (1 << 20) + 1).await, "without bytes"));
}

async fn variants_after_a_skipped_one_arrive(on: &Platform) {
    let pool = on.pool(1);
    let variants = vec![Skips::First, Skips::Third, Skips::Fourth(4)];
    assert_eq!(pool.run(echo_variants, variants.clone()).await, Ok(variants));
    assert!(is_malformed(&pool.run(echo_variants, vec![Skips::Second]).await, "cannot be serialized"));
}

async fn fields_that_one_side_skips_are_malformed(on: &Platform) {
    let pool = on.pool(1);
    assert!(is_malformed(&pool.run(echo_fields, (one_sided(), 9)).await, "`OneSided` is written with other fields"));
    assert!(is_malformed(&pool.run(one_sided, ()).await, "`OneSided` is written with other fields"));
}

async fn long_vectors_cross_whole(on: &Platform) {
    let pool = on.pool(1);
    for length in [3, 4_096, 300_000] {
        let bytes: Vec<u8> = (0..=255).cycle().take(length).collect();
        let signed: Vec<i8> = (-128..=127).cycle().take(length).collect();
        let singles: Vec<f32> = [1.5, -0.0].into_iter().cycle().take(length).collect();
        let doubles: Vec<f64> = [f64::MAX, 0.25].into_iter().cycle().take(length).collect();
        let floats = (singles, doubles);
        let sent = (bytes.clone(), Some(signed.clone()), floats.clone());
        assert_eq!(pool.run(mirror, sent).await, Ok(Ok((bytes, Some(signed)))), "{length}");
        assert_eq!(pool.run(mirror, (Vec::new(), None, floats.clone())).await, Ok(Err(floats)), "{length}");
    }
}
