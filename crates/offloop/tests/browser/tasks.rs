//! What the lanes run.

use std::cell::RefCell;
use std::time::Duration;

use offloop::{Blob, Context};

pub(crate) fn double(n: u64) -> u64 {
    2 * n
}

/// Keeps its lane busy for this long.
pub(crate) fn spin(milliseconds: u64) -> u64 {
    let end = offloop::now() + Duration::from_millis(milliseconds);
    while offloop::now() < end {}
    milliseconds
}

/// The same, and tells all the time how far it is.
pub(crate) fn tell(context: &Context, milliseconds: u64) -> u64 {
    let start = offloop::now();
    let mut done = 0;
    while done < milliseconds {
        done = u64::try_from((offloop::now() - start).as_millis()).unwrap();
        context.progress(done, milliseconds);
    }
    milliseconds
}

pub(crate) fn spin_for_ever() {
    loop {
        std::hint::black_box(());
    }
}

pub(crate) fn invert(blob: Blob) -> Blob {
    blob.iter().map(|byte| !byte).collect::<Vec<u8>>().into()
}

pub(crate) fn panics(message: String) {
    panic!("{message}");
}

pub(crate) fn tells_its_console() {
    super::watch::tell_console();
}

/// Ends the instance without a panic.
pub(crate) fn traps() {
    std::process::abort();
}

pub(crate) fn recurses(n: u64) -> u64 {
    if n == u64::MAX { 0 } else { recurses(std::hint::black_box(n) + 1).wrapping_add(std::hint::black_box(n)) }
}

/// Takes memory until there is none left.
pub(crate) fn hoards() -> usize {
    let mut hoard = Vec::new();
    loop {
        hoard.push(std::hint::black_box(Vec::<u8>::with_capacity(256 << 20)));
        if hoard.len() > 100 {
            return hoard.len();
        }
    }
}

thread_local! {
    static MARKS: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn mark(n: u32) {
    MARKS.with_borrow_mut(|marks| marks.push(n));
}

/// The marks that were made on this lane.
pub(crate) fn marks() -> Vec<u32> {
    MARKS.take()
}

thread_local! {
    static ORDER: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Notes that this was run, and gives a result with this much padding.
pub(crate) fn pad((n, _, result): (u32, Vec<u8>, usize)) -> (u32, Vec<u8>) {
    ORDER.with_borrow_mut(|order| order.push(n));
    (n, vec![1; result])
}

/// The same, so long that its result is not put together with others.
pub(crate) fn slow_pad((n, result): (u32, usize)) -> (u32, Vec<u8>) {
    let end = offloop::now() + Duration::from_micros(200);
    while offloop::now() < end {}
    (n, vec![1; result])
}

/// What was noted, and this as the last.
pub(crate) fn order(n: u32) -> Vec<u32> {
    let mut order = ORDER.take();
    order.push(n);
    order
}

/// Leaves a promise behind, which notes this number when it is kept.
pub(crate) fn dawdle(n: u32) {
    wasm_bindgen_futures::spawn_local(async move {
        offloop::sleep(Duration::from_millis(5)).await;
        ORDER.with_borrow_mut(|order| order.push(n));
    });
}

/// Posts something that is no message of ours, and computes until it is heard.
pub(crate) fn babbles() {
    super::watch::post_to_parent("what is this");
    spin(200);
}

/// Leaves an error behind, which happens when no task runs.
pub(crate) fn leaves_an_error() {
    super::watch::throw_later();
}

/// Loses a message that was on its way to the worker.
pub(crate) fn garbles() {
    super::watch::garble();
}

/// Closes its worker, as any script may.
pub(crate) fn closes() {
    super::watch::close();
}

pub(crate) fn closes_later() {
    super::watch::close_later();
}

/// Ends its worker so that nothing in it knows.
pub(crate) fn vanishes() {
    super::watch::vanish();
}

pub(crate) fn vanishes_later() {
    super::watch::vanish_later();
}

/// Sets the worker's handlers.
pub(crate) fn takes_messages() {
    super::watch::take_messages();
}

pub(crate) fn throws() {
    super::watch::throw();
}

/// Which modules cannot.
pub(crate) fn imports_scripts() {
    super::watch::import_scripts();
}

pub(crate) fn leaves_an_endless_promise() {
    wasm_bindgen_futures::spawn_local(std::future::pending());
}

// The idempotent ones may be sent ahead, behind others.
offloop::tasks! {
    #[idempotent] double, #[idempotent] spin, #[idempotent] mark, spin_for_ever, invert, panics, traps, recurses, hoards, marks,
    babbles, tells_its_console, tell, leaves_an_error, garbles, dawdle, #[idempotent] order, #[idempotent] pad, #[idempotent] slow_pad,
    closes, closes_later, vanishes, vanishes_later, takes_messages, throws, imports_scripts, leaves_an_endless_promise
}
