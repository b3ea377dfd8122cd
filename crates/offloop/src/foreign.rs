//! Running somebody else's code.

use std::any::Any;
use std::cell::Cell;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::task::Waker;
use std::thread::panicking;

thread_local! {
    /// The last panic of this thread.
    static LAST: Cell<Option<String>> = const { Cell::new(None) };
}

/// From now on what is said of a contained panic includes its place, which only a hook is told.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    // A thread that panics cannot set a hook, and may well make an executor while it unwinds.
    if !panicking() {
        WATCHED.call_once(|| {
            on_panic(|text, _| {
                // While a thread ends its locals may be gone, and a panic in a hook aborts the process.
                let _ = LAST.try_with(|last| last.set(Some(text)));
            });
        });
    }
}

/// Has this called with what each panic says, before whatever hook there is, and whether that is the standard library's.
pub(crate) fn on_panic(call: impl Fn(String, bool) + Send + Sync + 'static) {
    let hook = take_hook();
    // With none left, this one is surely that.
    let standard = take_hook();
    // If it is told wrong, a panic is shown twice or not at all.
    let alone = std::ptr::eq(&raw const *hook, &raw const *standard);
    set_hook(Box::new(move |panic| {
        call(told(panic), alone);
        hook(panic);
    }));
}

/// Runs code that may panic. What it said then; neither the thread nor whoever else is served in it has to bear it.
pub(crate) fn contain<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = message(&*panic);
        // If it is this one: what is thrown a second time is no panic to a hook.
        let last = LAST.try_with(Cell::take).ok().flatten();
        let text = last.filter(|last| last.starts_with(&text)).unwrap_or(text);
        // Whatever was thrown is somebody else's, too. The second time is enough.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            forget(again);
        }
        text
    })
}

/// Wakes. A waker is somebody else's code, run wherever a result happens to come in.
pub(crate) fn wake(waker: Waker) {
    // It has told of its panic by itself.
    let _ = contain(|| waker.wake());
}

/// What a panic says, and where it was.
fn told(panic: &PanicHookInfo<'_>) -> String {
    let text = message(panic.payload());
    let Some(place) = panic.location() else { return text };
    let file = place.file();
    // Of a library's file, and where there are workspaces, the end is enough; the beginning is whoever built it.
    let slashes = file.bytes().enumerate().rev().filter(|(_, byte)| matches!(byte, b'/' | b'\\'));
    let start = slashes.map(|(at, _)| at + 1).nth(3).unwrap_or_default();
    format!("{text} ({}:{}:{})", file.get(start..).unwrap_or(file), place.line(), place.column())
}

/// The text of a panic, whichever way it was raised.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Hooks are the program's, and other tests panic beside this one: only what is said here counts.
    #[test]
    fn a_hook_of_the_program_is_known_from_none_and_goes_on() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let note = || {
            let heard = heard.clone();
            move |who, text: &str| {
                if text.contains("for the hooks") {
                    heard.lock().unwrap().push(who);
                }
            }
        };
        let before = take_hook();
        let [own, beside, alone] = [note(), note(), note()];
        set_hook(Box::new(move |panic| own("own", &message(panic.payload()))));
        on_panic(move |text, alone| beside(if alone { "alone" } else { "beside" }, &text));
        let said = contain(|| panic!("for the hooks"));
        drop(take_hook());
        on_panic(move |text, is_alone| alone(if is_alone { "alone" } else { "beside" }, &text));
        let _ = contain(|| panic!("for the hooks, too"));
        set_hook(before);
        assert_eq!(said, Err("for the hooks".to_owned()));
        assert_eq!(*heard.lock().unwrap(), ["beside", "own", "alone"]);
    }
}
