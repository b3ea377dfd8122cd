//! How deep a value may be, and how many elements may take no bytes: the same for whoever writes and for whoever reads.

use super::*;

fn deep(levels: usize) -> Nest {
    (0..levels).fold(Nest::End, |inner, _| Nest::In(Box::new(inner)))
}

fn long(levels: usize) -> Linked {
    (0..levels).fold(Linked { next: None }, |next, _| Linked { next: Some(Box::new(next)) })
}

fn is_refused<T>(result: &Result<T, Error>, why: &str) -> bool {
    matches!(result, Err(Error::Malformed { what }) if what.contains(why))
}

#[test]
fn what_one_side_writes_the_other_reads() {
    assert_eq!(through(nest, deep(1023)), Ok(deep(1023)));
    assert!(is_refused(&through(nest, deep(1024)), "its argument: a value is nested deeper than 1024 levels"));
    assert_eq!(through(linked, long(511)), Ok(long(511)));
    assert!(is_refused(&through(linked, long(512)), "nested"));
}

/// Built by hand, so that it is there before anybody looks at it. Nobody can drop it either, not even level by level in this thread.
#[test]
fn a_value_of_100_000_levels_is_malformed_wherever_it_comes_from() {
    assert!(is_refused(&through(nest, deep(100_000)), "nest: its argument: a value is nested deeper"));
    assert!(is_refused(&through(linked, long(100_000)), "linked: its argument: a value is nested deeper"));
    assert!(is_refused(&kept::bytes("nest", deep(100_000)), "nest: its result: a value is nested deeper"));
}

#[test]
fn bytes_nested_without_end_are_malformed() {
    // A level of each, as it is written: some hundred thousand of them would end the stack.
    let (nests, links) = (kept::bytes("nest", deep(1)).unwrap(), kept::bytes("linked", long(1)).unwrap());
    for (name, level, last, most) in
        [("nest", &nests[..4], &nests[4..8], 1023), ("linked", &links[..5], &links[5..10], 511)]
    {
        for count in [most + 1, 1_000_000] {
            let refused = run(name, [&level.repeat(count), last].concat());
            assert!(is_refused(&refused, "nested"), "{name} {count}: {refused:?}");
        }
    }
    assert_eq!(run("nest", kept::bytes("nest", deep(1023)).unwrap()).map(|bytes| bytes.len()), Ok(1024 * 4 + 4));
}

#[test]
fn elements_without_bytes_are_counted() {
    let most = [0x80, 0x80, 0x40];
    assert_eq!(run("nothings", most.to_vec()), Ok(most.to_vec()));
    let one_more = [0x81, 0x80, 0x40];
    let sextillions = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
    // Two halves, and two more than that.
    let two_lists = [&[2][..], &[0x80, 0x80, 0x20], &[0x82, 0x80, 0x20]].concat();
    let wrong = [
        ("nothings", &one_more[..]),
        ("nothings", &sextillions),
        ("many_nothings", &two_lists),
        ("many_nothings", &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    ];
    for (name, bytes) in wrong {
        let refused = run(name, bytes.to_vec());
        assert!(is_refused(&refused, "without bytes"), "{name}: {refused:?}");
    }
}

#[test]
fn whoever_writes_counts_them_too() {
    assert_eq!(through(nothings, vec![(); 1 << 20]), Ok(vec![(); 1 << 20]));
    assert!(is_refused(&through(nothings, vec![(); (1 << 20) + 1]), "1,048,576 elements without bytes"));
    // A row takes no bytes either, and counts with what is in it.
    let rows = 1 << 18;
    assert_eq!(through(many_nothings, vec![vec![[(); 3]; rows]]), Ok(vec![vec![[(); 3]; rows]]));
    assert!(is_refused(&through(many_nothings, vec![vec![[(); 3]; rows + 1]]), "without bytes"));
}

#[test]
fn malformed_data_are_told_by_task_and_place() {
    assert_eq!(
        run("letter", vec![]),
        Err(Error::Malformed { what: "letter: its argument: a value ends before it should".to_owned() })
    );
    let result = run("sulk", vec![]);
    assert_eq!(result, Err(Error::Malformed { what: "sulk: its result: not today".to_owned() }));
}
