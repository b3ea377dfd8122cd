//! Looks at workers from outside: how many there are, how many messages they are sent.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(inline_js = "
    const counts = { live: 0, started: 0, posts: 0, heard: 0, listeners: 0, errors: 0 };
    addEventListener('error', () => { counts.errors++; });
    if (typeof Worker === 'function') {
        const Original = globalThis.Worker;
        globalThis.Worker = function (...args) {
            const worker = new Original(...args);
            counts.live++;
            counts.started++;
            worker.addEventListener('message', () => counts.heard++);
            const { terminate, postMessage, addEventListener, removeEventListener } = worker;
            worker.addEventListener = (...args) => { counts.listeners += args[0] !== 'message'; addEventListener.apply(worker, args); };
            worker.removeEventListener = (...args) => { counts.listeners -= args[0] !== 'message'; removeEventListener.apply(worker, args); };
            worker.terminate = () => { counts.live--; terminate.call(worker); };
            worker.postMessage = (...args) => { counts.posts++; postMessage.apply(worker, args); };
            return worker;
        };
    }
    export const live = () => counts.live;
    export const started = () => counts.started;
    export const listeners = () => counts.listeners;
    export const errors = () => counts.errors;
    export const posts = () => counts.posts;
    export const heard = () => counts.heard;
    export const post_to_parent = (text) => postMessage(text);
    export const throw_later = () => { setTimeout(() => { throw new Error('left behind'); }, 5); };
    const native_close = globalThis.close?.bind(globalThis);
    export const close = () => globalThis.close();
    export const close_later = () => { setTimeout(() => globalThis.close(), 5); };
    export const vanish = () => native_close();
    export const vanish_later = () => { setTimeout(native_close, 5); };
    export const take_messages = () => { globalThis.onmessage = globalThis.onerror = () => {}; };
    export const import_scripts = () => importScripts('/there/is/no/such.js');
    export const throwNow = () => { throw new Error('on purpose'); };
    export const garble = () => { dispatchEvent(new MessageEvent('messageerror')); };
    const said = [];
    if (typeof BroadcastChannel === 'function') new BroadcastChannel('console').onmessage = ({ data }) => said.push(data);
    export const tell_console = () => { console.error = (text) => new BroadcastChannel('console').postMessage(text); };
    export const console_said = () => said.splice(0).join('|');
    export const is_isolated = () => globalThis.crossOriginIsolated === true && typeof Atomics.waitAsync === 'function';
    export const data_script = (source) => URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
")]
extern "C" {
    /// Workers started and not terminated.
    pub(crate) fn live() -> u32;
    /// Workers started ever.
    pub(crate) fn started() -> u32;
    /// Listeners added to workers and not removed, but for `message`, of which the test runner adds its own.
    pub(crate) fn listeners() -> u32;
    /// Errors that nobody caught here.
    pub(crate) fn errors() -> u32;
    /// Messages posted to workers.
    pub(crate) fn posts() -> u32;
    /// Messages that workers posted.
    pub(crate) fn heard() -> u32;
    /// From now on what this console is told of errors is told to the others.
    pub(crate) fn tell_console();
    /// What other consoles were told, since this was asked last.
    pub(crate) fn console_said() -> String;
    /// Whether memory can be shared here.
    pub(crate) fn is_isolated() -> bool;
    pub(crate) fn post_to_parent(text: &str);
    pub(crate) fn throw_later();
    pub(crate) fn close();
    pub(crate) fn close_later();
    /// Closes the worker as nobody can notice in it.
    pub(crate) fn vanish();
    pub(crate) fn vanish_later();
    pub(crate) fn take_messages();
    pub(crate) fn import_scripts();
    #[wasm_bindgen(js_name = throwNow)]
    pub(crate) fn throw();
    /// As if a message came that cannot be read.
    pub(crate) fn garble();
    /// The address of a script with this text.
    pub(crate) fn data_script(source: &str) -> String;
}
