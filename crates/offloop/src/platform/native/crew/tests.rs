//! Who is told of calls that wait, and that the books are right when all is quiet: a thread too few or too many shows by the clock only.

#![allow(unreachable_pub, reason = "what `tasks!` makes is for whoever uses the crate")]

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::pace::{PORTION, SHIFT, SHORT};
use super::shift::Shift;
use super::{Alarm, Crew, Member, Own, State, Waiting};
use crate::error::Error;
use crate::lane::{Events, Loss, Sink};
use crate::wire::{Call, Payload, Progress, Reply};

fn nap(microseconds: u64) {
    sleep(Duration::from_micros(microseconds));
}

crate::tasks! { nap }

/// Keeps the ids of calls that have their replies.
#[derive(Default)]
struct Heard(Mutex<Vec<u64>>);

impl Sink for Heard {
    fn reply(&self, _: usize, replies: Vec<Reply>, _: crate::Instant) {
        self.0.lock().unwrap().extend(replies.iter().map(|reply| reply.id));
    }
    fn reply_all(&self, replies: &mut Vec<(usize, Reply)>) {
        self.0.lock().unwrap().extend(replies.drain(..).map(|(_, reply)| reply.id));
    }
    fn progress(&self, _: usize, _: Progress) {}
    fn lost(&self, _: usize, _: &[u64], _: Error, _: Loss, _: crate::Instant) {}
    fn down(&self, _: usize, _: Error, _: Loss) {}
}

fn crew(lanes: usize) -> (Arc<Crew>, Arc<Heard>) {
    manned(Crew::new(&TASKS), lanes)
}

/// For which nobody can wait for an alarm.
fn unwatched(lanes: usize) -> (Arc<Crew>, Arc<Heard>) {
    manned(Crew::with_alarm(&TASKS, |_, _| Alarm::refused(Error::Full)), lanes)
}

fn manned(crew: Arc<Crew>, lanes: usize) -> (Arc<Crew>, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let sink: Weak<dyn Sink> = Arc::downgrade(&(heard.clone() as Arc<dyn Sink>));
    (0..lanes).for_each(|lane| crew.join(&Events::new(lane, sink.clone())));
    (crew, heard)
}

fn call(id: u64, microseconds: u64) -> Arc<Call> {
    let input: Payload = crate::codec::encode(&microseconds).unwrap();
    Arc::new(Call { id, task: 0, deadline: None, input })
}

/// Waits until it is so.
fn once(crew: &Crew, is_so: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
    let start = Instant::now();
    loop {
        let state = crew.lock();
        if is_so(&state) {
            return state;
        }
        drop(state);
        assert!(start.elapsed() < Duration::from_secs(20), "that never comes");
        sleep(Duration::from_millis(1));
    }
}

fn is_quiet(state: &State) -> bool {
    state.calls.is_empty() && state.threads > 0 && state.idle == state.threads
}

/// How many threads there are told of, and started for, that much work, with so many told, starting, looking and back in no time, and idle.
#[test]
fn one_thread_comes_for_each_shift_of_work() {
    const UNTOLD: (bool, bool, usize) = (false, false, 0);
    const TOLD: (bool, bool, usize) = (true, false, 0);
    const WATCHED: (bool, bool, usize) = (false, true, 0);
    const STARTED: (bool, bool, usize) = (false, false, 1);
    for (backlog, told, starting, looking, brief, idle, expected) in [
        (1, 0, 0, false, 0, 1, TOLD),
        (1, 0, 0, false, 0, 0, STARTED),
        (SHIFT, 1, 0, false, 0, 1, UNTOLD),
        (SHIFT, 0, 1, false, 0, 1, UNTOLD),
        (SHIFT, 0, 0, true, 0, 1, UNTOLD),
        (SHIFT, 1, 0, false, 1, 1, UNTOLD),
        (SHIFT, 1, 0, false, 0, 0, UNTOLD),
        (SHIFT + 1, 1, 0, false, 0, 1, TOLD),
        (SHIFT + 1, 0, 1, false, 0, 0, STARTED),
        (3 * SHIFT, 1, 1, true, 0, 1, UNTOLD),
        (3 * SHIFT, 1, 1, false, 0, 1, TOLD),
        // Who comes back soon is watched, and nobody is woken.
        (SHIFT, 0, 0, false, 1, 1, WATCHED),
        (3 * SHIFT, 1, 0, true, 1, 1, WATCHED),
        (3 * SHIFT, 0, 0, true, 1, 1, TOLD),
    ] {
        let (crew, _) = crew(1);
        let mut state = crew.lock();
        (state.backlog, state.told, state.starting, state.brief, state.idle) = (backlog, told, starting, brief, idle);
        state.looking = looking;
        let tell = crew.cover(&mut state).unwrap();
        let given = (tell, state.guard.is_armed(), state.threads);
        let case = (backlog, told, starting, looking, brief, idle);
        assert_eq!(given, expected, "{case:?}");
        let counted = (state.told, state.starting, state.idle);
        assert_eq!(counted, (told + usize::from(tell), starting + state.threads, idle - usize::from(tell)), "{case:?}");
        // So that a thread that was started comes to its end.
        (state.told, state.looking, state.brief, state.lanes) = (0, false, 0, 0);
    }
}

/// How many of the calls that should take so long a thread takes at once, whether it should be back soon, and whether that is watched.
#[test]
fn a_thread_takes_a_portion_of_short_calls_or_one_call() {
    let tenth = PORTION / 10;
    for (expected, taken) in [
        (vec![tenth; 20], (10, true, true)),
        (vec![1; 20], (16, true, true)),
        ([vec![tenth; 9], vec![tenth + 1; 9]].concat(), (9, true, true)),
        (vec![SHORT - 1, SHORT - 1], (2, true, true)),
        (vec![SHORT - 1, SHORT], (1, true, false)),
        (vec![1], (1, true, false)),
        (vec![SHORT, 1], (1, false, false)),
        (vec![SHORT + 1, 1], (1, false, false)),
        (vec![u64::MAX, 1], (1, false, false)),
    ] {
        let (crew, _) = crew(1);
        let own = Arc::new(Own::default());
        let mut shift = Shift::new(&crew, 0, own.clone());
        let mut state = crew.lock();
        state.crew.push(Some(Member { own: own.clone(), ..Member::default() }));
        expected.iter().for_each(|expected| state.put(Waiting { call: call(1, 0), lane: 0, expected: *expected }));
        shift.take(&mut state);
        let count = own.lock().calls.len();
        assert_eq!((count, state.brief == 1, state.guard.is_armed()), taken, "{expected:?}");
        let left = expected[count..].iter().map(|expected| (*expected).min(SHIFT)).sum::<u64>();
        assert_eq!((state.calls.len(), state.backlog), (expected.len() - count, left), "{expected:?}");
        // Nobody is to be started for what is left.
        state.lanes = 0;
    }
}

/// Otherwise what was taken with a call that turns out to be long would wait for it, however many threads there are.
#[test]
fn a_thread_that_nobody_watches_takes_one_call() {
    let (crew, _) = unwatched(1);
    let own = Arc::new(Own::default());
    let mut shift = Shift::new(&crew, 0, own.clone());
    let mut state = crew.lock();
    state.crew.push(Some(Member { own: own.clone(), ..Member::default() }));
    (1..=3).for_each(|id| state.put(Waiting { call: call(id, 0), lane: 0, expected: 10 }));
    shift.take(&mut state);
    let ids = |calls: &VecDeque<Waiting>| calls.iter().map(|waiting| waiting.call.id).collect::<Vec<_>>();
    assert_eq!((ids(&own.lock().calls), ids(&state.calls)), (vec![1], vec![2, 3]));
    assert_eq!((state.backlog, crew.waiting.0.load(Relaxed)), (20, 2));
    // And one that will be back in no time is not relied on.
    state.idle = 1;
    assert!(crew.cover(&mut state).unwrap());
    (state.told, state.idle, state.brief, state.lanes) = (0, 0, 0, 0);
}

#[test]
fn no_more_threads_are_started_than_there_are_lanes() {
    let (crew, _) = crew(2);
    (0..3).for_each(|_| crew.warm());
    let state = once(&crew, is_quiet);
    assert_eq!((state.threads, state.crew.len()), (2, 2));
}

#[test]
fn the_books_are_right_when_all_is_quiet() {
    let (crew, heard) = crew(2);
    // Short ones by the dozen, some of which turn out to be long; and unknown ones, of which most are cancelled while they wait.
    for round in 0..60 {
        for n in 0..40 {
            let nap = if n == 30 && round % 20 == 19 { 5_000 } else { 0 };
            let tell = crew.take(call(round * 100 + n + 1, nap), 0).unwrap();
            crew.tell(tell);
        }
        if round % 3 == 0 {
            (20..30).for_each(|n| _ = crew.cancel(round * 100 + n + 1));
        }
        if round % 7 == 0 {
            drop(once(&crew, is_quiet));
        }
    }
    let state = once(&crew, is_quiet);
    assert_eq!((state.backlog, state.told, state.starting, state.brief), (0, 0, 0, 0));
    assert!(!state.looking && state.threads <= 2 && crew.waiting.0.load(Relaxed) == 0);
    for member in state.crew.iter().flatten() {
        let load = member.own.lock();
        assert!(load.calls.is_empty() && load.replies.is_empty() && load.running.is_none() && !member.brief);
    }
    drop(state);
    let mut heard = std::mem::take(&mut *heard.0.lock().unwrap());
    let count = heard.len();
    heard.sort_unstable();
    heard.dedup();
    assert_eq!(heard.len(), count, "a call has two replies");
    assert!((60 * 40 - 20 * 10..=60 * 40).contains(&count), "{count} of 2400 calls have replies");
}
