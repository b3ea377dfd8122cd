//! Futures in the page's own thread.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};

use offloop::{sleep, spawn, timeout};
use wasm_bindgen_test::*;

use super::tasks::double;
use super::{SOON, pool};

type Log = Rc<RefCell<Vec<u64>>>;

/// Comes back after the others that were woken before.
async fn turn() {
    let mut woken = false;
    poll_fn(|context| {
        if std::mem::replace(&mut woken, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        // However often.
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn a_moment() {
    sleep(std::time::Duration::from_millis(1)).await;
}

#[wasm_bindgen_test]
async fn what_is_spawned_begins_when_the_spawner_has_ended_and_they_take_turns() {
    let log = Log::default();
    for n in [1, 2] {
        let log = log.clone();
        spawn(async move {
            for round in 0..3 {
                log.borrow_mut().push(10 * round + n);
                turn().await;
            }
            let inner = log.clone();
            spawn(async move { inner.borrow_mut().push(100 + n) });
        });
    }
    assert!(log.borrow().is_empty());
    a_moment().await;
    assert_eq!(*log.borrow(), [1, 2, 11, 12, 21, 22, 101, 102]);
}

#[wasm_bindgen_test]
async fn a_future_is_polled_only_when_it_is_woken_and_never_after_its_end() {
    let kept = Rc::new(RefCell::new((0, None::<Waker>)));
    let shared = kept.clone();
    spawn(poll_fn(move |context| {
        let (polls, waker) = &mut *shared.borrow_mut();
        *polls += 1;
        *waker = Some(context.waker().clone());
        if *polls < 3 { Poll::Pending } else { Poll::Ready(()) }
    }));
    for polls in [1, 2, 3, 3, 3] {
        a_moment().await;
        assert_eq!(kept.borrow().0, polls);
        let waker = kept.borrow().1.clone();
        waker.unwrap().wake();
    }
    // What it held was dropped with its end.
    assert_eq!(Rc::strong_count(&kept), 1);
}

#[wasm_bindgen_test]
async fn one_that_wakes_itself_for_a_while_keeps_no_other_out() {
    let log = Log::default();
    let (turns, end) = (log.clone(), log.clone());
    spawn(async move {
        while turns.borrow().is_empty() {
            turn().await;
        }
        turns.borrow_mut().push(2);
    });
    spawn(async move {
        turn().await;
        end.borrow_mut().push(1);
        pending::<()>().await;
    });
    a_moment().await;
    assert_eq!(*log.borrow(), [1, 2]);
}

#[wasm_bindgen_test]
async fn calls_are_awaited_there() {
    let pool = pool(2);
    let log = Log::default();
    for n in 0..10 {
        let (pool, log) = (pool.clone(), log.clone());
        spawn(async move {
            for n in (n * 10)..(n * 10 + 10) {
                let answer = pool.run(double, n).await.unwrap();
                log.borrow_mut().push(answer);
            }
        });
    }
    let all = async {
        while log.borrow().len() < 100 {
            a_moment().await;
        }
    };
    assert!(timeout(SOON, all).await.is_ok());
    log.borrow_mut().sort_unstable();
    assert_eq!(*log.borrow(), (0..100).map(|n| 2 * n).collect::<Vec<_>>());
}
