//! gloo-worker: its workers take one kind of input, so that the three tasks are three cases of it. Bytes are marked as such, without
//! which its encoding would take them one by one.

use std::cell::{Cell, RefCell};

use drive::{Answer, Peer, export, spin};
use gloo_worker::oneshot::{OneshotBridge, oneshot};
use gloo_worker::{Registrable, Spawnable};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::*;

#[derive(Serialize, Deserialize)]
pub enum Value {
    Double(u32),
    Echo(ByteBuf),
    Spin(u64),
}

#[oneshot]
pub async fn Task(input: Value) -> Value {
    match input {
        Value::Double(n) => Value::Double(n.wrapping_mul(2)),
        Value::Echo(bytes) => Value::Echo(bytes),
        Value::Spin(rounds) => Value::Spin(spin(rounds)),
    }
}

/// Called by the workers' script.
#[wasm_bindgen]
pub fn register() {
    Task::registrar().register();
}

/// For each worker the bridges to it that are free: one bridge is one call at a time, and more are forked from it.
pub struct Gloo {
    workers: Vec<RefCell<Vec<OneshotBridge<Task>>>>,
    roots: Vec<OneshotBridge<Task>>,
    next: Cell<usize>,
}

impl Gloo {
    /// The workers take turns.
    async fn run(&self, input: Value) -> Value {
        let at = self.next.replace((self.next.get() + 1) % self.roots.len());
        let free = self.workers[at].borrow_mut().pop();
        let mut bridge = free.unwrap_or_else(|| self.roots[at].fork());
        let output = bridge.run(input).await;
        self.workers[at].borrow_mut().push(bridge);
        output
    }
}

impl Peer for Gloo {
    type Bytes = ByteBuf;

    fn slice(bytes: &ByteBuf) -> &[u8] {
        bytes
    }

    async fn double(&self, n: u32) -> Answer<u32> {
        let Value::Double(answer) = self.run(Value::Double(n)).await else { return Err("another kind".to_owned()) };
        Ok(answer)
    }
    async fn echo(&self, bytes: ByteBuf) -> Answer<ByteBuf> {
        let Value::Echo(answer) = self.run(Value::Echo(bytes)).await else { return Err("another kind".to_owned()) };
        Ok(answer)
    }
    async fn spin(&self, rounds: u64) -> Answer<u64> {
        let Value::Spin(answer) = self.run(Value::Spin(rounds)).await else { return Err("another kind".to_owned()) };
        Ok(answer)
    }
}

export!(Gloo);

#[wasm_bindgen]
impl Pool {
    #[wasm_bindgen(constructor)]
    pub fn new(lanes: usize, script: &str) -> Pool {
        let roots = (0..lanes).map(|_| Task::spawner().with_loader(true).spawn(script)).collect();
        let workers = (0..lanes).map(|_| RefCell::default()).collect();
        Gloo { workers, roots, next: Cell::new(0) }.into()
    }
}
