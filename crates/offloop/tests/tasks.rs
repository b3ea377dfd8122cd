//! The table: which functions are tasks, what they are called, and when two tables are the same.
// Many tables in one program, which one with Web Worker lanes cannot have.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use offloop::wire::Payload;
use offloop::{Context, Error, Report, Tasks};

fn none() -> u8 {
    7
}
fn one(a: u8) -> u8 {
    a
}
fn two(a: u8, b: u8) -> u8 {
    a - b
}
fn three(a: u8, b: u8, c: u8) -> u8 {
    a - b - c
}
fn tuple(pair: (u8, u8)) -> u8 {
    pair.0 - pair.1
}
fn told(context: &Context) -> bool {
    context.progress(1, 2);
    context.is_cancelled()
}
fn told_three(context: &Context, a: u8, b: u8, c: u8) -> u8 {
    context.progress(u64::from(a), u64::from(b));
    c
}
fn nothing() {}
fn fails(message: String) -> u8 {
    panic!("{message}")
}

mod deep {
    pub(crate) mod down {
        pub(crate) fn below() -> u8 {
            1
        }
        pub(crate) fn generic<T: Default>() -> T {
            T::default()
        }
    }
}

offloop::tasks! {
    none, one, #[idempotent] two, three, tuple, told, told_three, nothing, fails, deep::down::below,
    crate::deep::down::generic::<Vec<(u8, std::ops::Range<u8>)>>,
}

/// Asks a task by name, as a lane would.
fn run(name: &str, input: &[u8]) -> Result<Vec<u8>, Error> {
    run_for(name, input, &Context::none())
}

fn run_for(name: &str, input: &[u8], context: &Context<'_>) -> Result<Vec<u8>, Error> {
    let entry = TASKS.at(TASKS.named(name)?).unwrap();
    entry.run(context, Payload { bytes: input.into(), blobs: Vec::new() }).map(|output| output.bytes.into())
}

#[test]
fn functions_of_zero_to_three_arguments_are_tasks() {
    assert_eq!(run("none", &[]), Ok(vec![7]));
    assert_eq!(run("one", &[5]), Ok(vec![5]));
    assert_eq!(run("two", &[5, 3]), Ok(vec![2]));
    assert_eq!(run("three", &[5, 3, 1]), Ok(vec![1]));
    assert_eq!(run("tuple", &[5, 3]), Ok(vec![2]), "one argument that is a tuple looks the same from outside");
    assert_eq!(run("nothing", &[]), Ok(vec![]));
}

#[test]
fn tasks_with_a_context_report_through_it() {
    #[derive(Default)]
    struct Notes(RefCell<Vec<(u64, u64)>>);
    impl Report for Notes {
        fn progress(&self, done: u64, total: u64) {
            self.0.borrow_mut().push((done, total));
        }
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let notes = Notes::default();
    assert_eq!(run_for("told", &[], &Context::new(&notes)), Ok(vec![1]));
    assert_eq!(run_for("told_three", &[3, 4, 9], &Context::new(&notes)), Ok(vec![9]));
    assert_eq!(*notes.0.borrow(), [(1, 2), (3, 4)]);
    assert_eq!(run("told", &[]), Ok(vec![0]), "nobody listens, so nobody cancels");
}

#[test]
fn a_task_goes_by_the_last_segment_of_its_path() {
    let names = TASKS.iter().map(|task| task.name()).collect::<Vec<_>>();
    assert_eq!(
        names,
        ["none", "one", "two", "three", "tuple", "told", "told_three", "nothing", "fails", "below", "generic"]
    );
}

#[test]
fn every_task_is_found_by_its_name_and_at_its_index() {
    for (index, task) in (0..).zip(&TASKS) {
        assert_eq!(TASKS.named(task.name()), Ok(index));
        assert_eq!(TASKS.at(index).unwrap().name(), task.name());
        assert_eq!(task.is_idempotent(), task.name() == "two");
    }
    for index in [11, u32::MAX] {
        assert!(TASKS.at(index).is_none());
    }
    for name in ["", "One", "one ", "down::below", "deep", "généric", "0"] {
        assert_eq!(TASKS.named(name), Err(Error::UnknownTask { name: name.into() }));
    }
}

#[test]
fn an_argument_of_another_shape_is_malformed() {
    for (name, input) in [("none", &[0][..]), ("one", &[]), ("one", &[1, 2]), ("two", &[1]), ("three", &[1, 2, 3, 4])] {
        assert!(matches!(run(name, input), Err(Error::Malformed { .. })), "{name}({input:?})");
    }
}

#[test]
#[should_panic(expected = "on purpose")]
fn a_panic_is_passed_on_to_the_lane() {
    drop(run("fails", b"\x0aon purpose"));
}

/// Tables that differ in one thing each.
mod other {
    macro_rules! tables {
        ($($name:ident { $($functions:item)* } [$($task:path),*])*) => {
            $(pub(crate) mod $name {
                #![allow(dead_code)]
                $($functions)*
                offloop::tasks! { $($task),* }
            })*
        };
    }

    tables! {
        base { fn a(n: u8) -> u8 { n } fn b(n: u8) -> u8 { n } } [a, b]
        same { fn a(n: u8) -> u8 { n + 1 } fn b(n: u8) -> u8 { n } } [a, b]
        order { fn a(n: u8) -> u8 { n } fn b(n: u8) -> u8 { n } } [b, a]
        fewer { fn a(n: u8) -> u8 { n } } [a]
        more { fn a(n: u8) -> u8 { n } fn b(n: u8) -> u8 { n } fn c() {} } [a, b, c]
        renamed { fn a(n: u8) -> u8 { n } fn c(n: u8) -> u8 { n } } [a, c]
        argument { fn a(n: u8) -> u8 { n } fn b(n: i8) -> u8 { n.unsigned_abs() } } [a, b]
        result { fn a(n: u8) -> u8 { n } fn b(n: u8) -> u16 { n.into() } } [a, b]
        swapped { fn a(n: u8) -> u8 { n } fn b(n: (u8,)) -> u8 { n.0 } } [a, b]
        none {} []
    }
}

#[test]
fn two_tables_have_the_same_fingerprint_only_if_names_types_and_order_agree() {
    use other::*;
    let fingerprints = [
        &base::TASKS,
        &order::TASKS,
        &fewer::TASKS,
        &more::TASKS,
        &renamed::TASKS,
        &argument::TASKS,
        &result::TASKS,
        &swapped::TASKS,
        &none::TASKS,
    ]
    .map(Tasks::fingerprint);
    for (index, fingerprint) in fingerprints.iter().enumerate() {
        assert!(!fingerprints[..index].contains(fingerprint), "table {index} looks like one before it");
    }
    assert_eq!(base::TASKS.fingerprint(), same::TASKS.fingerprint(), "what a function does is not in the table");
}

#[test]
fn a_fingerprint_does_not_change_while_the_program_runs() {
    assert_eq!(TASKS.fingerprint(), TASKS.fingerprint());
}
