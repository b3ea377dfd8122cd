//! The bytes of a value, by a task that gives it.

use std::any::Any;
use std::cell::RefCell;

use super::*;

thread_local! {
    static KEPT: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
}

fn kept<T: 'static>() -> T {
    *KEPT.take().unwrap().downcast().unwrap()
}

offloop::tasks! { kept::<Nest> as nest, kept::<Linked> as linked, kept::<Duration> as duration }

pub(super) fn bytes<T: 'static>(name: &str, value: T) -> Result<Vec<u8>, Error> {
    KEPT.set(Some(Box::new(value)));
    let entry = TASKS.at(TASKS.named(name)?).unwrap();
    entry.run(&Context::none(), Payload::default()).map(|output| output.bytes.into())
}
