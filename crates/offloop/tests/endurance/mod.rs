//! What is done a thousand times leaves nothing behind. From a page only: the lanes are the same in a worker, and it takes long.

use offloop::Error;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser::tasks::{double, panics, spin_for_ever};
use crate::browser::watch::{listeners, live};
use crate::browser::{SOON, pool};

#[wasm_bindgen_test]
async fn a_thousand_cancelled_jobs_leave_nothing_behind() {
    let pool = pool(2);
    let mut settled = (0, 0, 0.0);
    for cycle in 0..1000 {
        // The worker of every twentieth is up, so that the job is really running when it is cancelled.
        let running = cycle % 20 == 0;
        if running {
            assert_eq!(pool.within(SOON).run(double, cycle).await, Ok(2 * cycle));
        }
        let handle = pool.submit(spin_for_ever, ()).await.unwrap();
        if running {
            offloop::sleep(std::time::Duration::from_millis(2)).await;
        }
        handle.cancel();
        assert_eq!(handle.await, Err(Error::Cancelled));
        if cycle == 100 {
            settled = (live(), listeners(), memory());
        }
    }
    assert_eq!((live(), listeners(), memory()), settled);
    assert_eq!(pool.within(SOON).run(double, 1).await, Ok(2));
}

#[wasm_bindgen_test]
async fn a_hundred_crashes_leave_nothing_behind() {
    let pool = pool(2);
    let mut settled = (0, 0, 0.0);
    for crash in 0..100 {
        let result = pool.within(SOON).run(panics, crash.to_string()).await;
        assert!(
            matches!(&result, Err(Error::Failed { message }) if message.starts_with(&format!("{crash} ("))),
            "{result:?}"
        );
        if crash == 10 {
            settled = (live(), listeners(), memory());
        }
    }
    assert_eq!((live(), listeners(), memory()), settled);
    assert_eq!(pool.within(SOON).run(double, 1).await, Ok(2));
}

/// Bytes of this program's wasm memory.
fn memory() -> f64 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    f64::from(memory.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length())
}
