//! Vectors of numbers, texts and bytes, short and long, wherever they are in a value.

use super::*;

/// Around every length at which something changes.
fn lengths() -> impl Iterator<Item = usize> {
    [0, 1, 2, 31, 32, 33, 4_096, 8_191, 8_192, 16_384, 32_767, 32_768, 40_000, 100_000].into_iter()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Meters(f32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Picture {
    pixels: Vec<u8>,
    depths: Vec<f32>,
    marks: Vec<bool>,
    heights: Vec<Meters>,
    name: String,
    after: u8,
}

macro_rules! vectors {
    ($($name:ident $option:ident $result:ident $pair:ident: $type:ty = $value:expr;)*) => {
        mod tasks {
            use super::*;

            $(pub(super) fn $name(value: $type) -> $type { value }
            pub(super) fn $option(value: Option<$type>) -> Option<$type> { value }
            pub(super) fn $result(value: $type) -> Result<$type, String> { Ok(value) }
            pub(super) fn $pair(value: $type, after: u8) -> (u8, $type) { (after, value) })*
            pub(super) fn picture(picture: Picture) -> Result<Picture, String> { Ok(picture) }
            offloop::tasks! { $($name, $option, $result, $pair,)* picture }
        }

        #[test]
        fn vectors_arrive_as_arguments_in_tuples_and_as_results() {
            let pool = Executor::inline(&tasks::TASKS, Options::default());
            let wait = futures_executor::block_on::<std::pin::Pin<Box<dyn Future<Output = ()>>>>;
            wait(Box::pin(async move {
                for length in lengths() {
                    $(let value: $type = $value(length);
                    let sent = format!("{value:?}");
                    let is_same = |arrived: &$type| assert_eq!(format!("{arrived:?}"), sent, "{} {length}", stringify!($name));
                    is_same(&pool.run(tasks::$name, value.clone()).await.unwrap());
                    is_same(&pool.run(tasks::$option, Some(value.clone())).await.unwrap().unwrap());
                    is_same(&pool.run(tasks::$result, value.clone()).await.unwrap().unwrap());
                    let (after, arrived) = pool.run(tasks::$pair, (value, 7)).await.unwrap();
                    is_same(&arrived);
                    assert_eq!(after, 7);)*
                }
                $(assert_eq!(pool.run(tasks::$option, None).await, Ok(None));)*
            }));
        }
    };
}

vectors! {
    bytes some_bytes ok_bytes bytes_and: Vec<u8> = |length| (0..=255).cycle().take(length).collect();
    signed some_signed ok_signed signed_and: Vec<i8> = |length| (-128..=127).cycle().take(length).collect();
    floats some_floats ok_floats floats_and: Vec<f32> = |length| [f32::NAN, -0.0, 1.5, f32::MIN].into_iter().cycle().take(length).collect();
    doubles some_doubles ok_doubles doubles_and: Vec<f64> = |length| [f64::NAN, -0.0, 1.5, f64::MIN].into_iter().cycle().take(length).collect();
    words some_words ok_words words_and: Vec<u16> = |length| [0, 1, u16::MAX].into_iter().cycle().take(length).collect();
    texts some_texts ok_texts texts_and: String = |length| "aé".chars().cycle().take(length).collect();
    boxes some_boxes ok_boxes boxes_and: Box<[u8]> = |length| vec![7; length].into();
}

#[test]
fn they_arrive_within_structs() {
    let pool = Executor::inline(&tasks::TASKS, Options::default());
    for length in lengths() {
        let picture = Picture {
            pixels: vec![1; length],
            depths: vec![2.5; length],
            marks: vec![true; length],
            heights: vec![Meters(0.5); length],
            name: "x".repeat(length),
            after: 9,
        };
        let arrived = futures_executor::block_on(pool.run(tasks::picture, picture.clone()));
        assert_eq!(arrived, Ok(Ok(picture)), "{length}");
    }
}

fn ask(name: &str, bytes: &[u8], beside: &[usize]) -> Result<Payload, Error> {
    let entry = tasks::TASKS.at(tasks::TASKS.named(name)?).unwrap();
    let blobs = beside.iter().map(|length| vec![0; *length].into()).collect();
    entry.run(&Context::none(), Payload { bytes: bytes.into(), blobs })
}

/// A long run is a blob beside the value: neither its bytes nor those of its result are copied into a payload.
#[test]
fn long_runs_travel_beside_the_value() {
    let beside = [&[0xff; 9][..], &[1]].concat();
    let length = [0x80, 0x80, 0x06];
    let head = [&beside[..], &[0], &length].concat();
    for name in ["bytes", "signed", "texts"] {
        let arrived = ask(name, &head, &[98_304]).unwrap();
        assert_eq!((&arrived.bytes[..], arrived.blobs.len(), arrived.blobs[0].len()), (&head[..], 1, 98_304), "{name}");
    }
    // Of another length than it says, of the wrong size, by a wrong index, none there, one too many.
    let wrong: [(&str, &[u8], &[usize]); 8] = [
        ("bytes", &head, &[98_305]),
        ("floats", &head, &[98_304]),
        ("texts", &head, &[1]),
        ("boxes", &head, &[98_303]),
        ("bytes", &[&beside[..], &[1], &length].concat(), &[98_304]),
        ("bytes", &head, &[]),
        ("words", &head, &[98_304]),
        ("bytes", &head, &[98_304, 1]),
    ];
    for (name, bytes, blobs) in wrong {
        let refused = ask(name, bytes, blobs);
        assert!(matches!(refused, Err(Error::Malformed { .. })), "{name}: {refused:?}");
    }
}
