//! What a panic leaves behind: the instance traps after it, and the handler of that is told nothing but `unreachable`.

use std::cell::Cell;

use super::super::message::complain;
use crate::foreign::on_panic;

thread_local! {
    static LAST: Cell<Option<String>> = const { Cell::new(None) };
}

/// From now on panics are kept, and shown in the console, as whoever writes a page expects. If the program has a hook, that is its own affair.
pub(super) fn watch() {
    on_panic(|text, alone| {
        if alone {
            complain(&text);
        }
        LAST.set(Some(text));
    });
}

/// The last one.
pub(super) fn take() -> Option<String> {
    LAST.take()
}
