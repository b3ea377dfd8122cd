//! The one table of tasks, the same on both sides of every border.

#[cfg(feature = "json")]
mod json;

use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use super::name::{has_twins, last_segment};
use super::{Context, Task, results};
use crate::blob::Blob;
use crate::codec;
use crate::error::Error;
use crate::wire::Payload;

/// A table of tasks, made by [`tasks!`](crate::tasks).
pub struct Tasks {
    entries: &'static [Entry],
    build: Option<&'static str>,
    program: &'static str,
    fingerprint: OnceLock<u64>,
}

/// One line of the table.
pub struct Entry {
    name: &'static str,
    idempotent: bool,
    id: TypeId,
    signature: fn() -> [&'static str; 2],
    run: Run,
    output: TypeId,
    read: results::Read,
    #[cfg(feature = "json")]
    json: json::Json,
}

/// Runs a task: its input's bytes, and the blobs beside them.
type Run = fn(&Context<'_>, &[u8], Vec<Blob>) -> Result<Payload, Error>;

/// Makes a line of the table; called by [`tasks!`](crate::tasks), which supplies the three functions.
#[doc(hidden)]
pub const fn entry<F: Task<M>, M>(name: &'static str, idempotent: bool, _: F, run: Run, read: results::Read) -> Entry {
    Entry {
        name: last_segment(name),
        idempotent,
        id: TypeId::of::<F>(),
        signature: || [type_name::<F::Input>(), type_name::<F::Output>()],
        run,
        output: TypeId::of::<F::Output>(),
        read,
        #[cfg(feature = "json")]
        json: json::Json::of::<F, M>(),
    }
}

/// Decodes the input, calls the function, encodes the output.
#[doc(hidden)]
pub fn invoke<F: Task<M>, M>(task: F, context: &Context<'_>, bytes: &[u8], blobs: Vec<Blob>) -> Result<Payload, Error> {
    let input = codec::decode_with(bytes, blobs, F::read).map_err(|error| error.of("its argument"))?;
    codec::encode_owned(task.call(context, input)).map_err(|error| error.of("its result"))
}

impl Entry {
    /// The function's name without its path.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the job may be run again when its lane was lost.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// The names of the argument type and the result type, as the compiler spells them.
    #[must_use]
    pub fn signature(&self) -> [&'static str; 2] {
        (self.signature)()
    }

    /// Runs the task here and now.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the payload is no argument of this task, or its result cannot be encoded; it says which of them, and why.
    ///
    /// # Panics
    ///
    /// If the task does.
    pub fn run(&self, context: &Context<'_>, input: Payload) -> Result<Payload, Error> {
        self.run_parts(context, &input.bytes, input.blobs)
    }

    pub(crate) fn run_parts(&self, context: &Context<'_>, bytes: &[u8], blobs: Vec<Blob>) -> Result<Payload, Error> {
        (self.run)(context, bytes, blobs).map_err(|error| error.of(self.name))
    }
}

impl Tasks {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(entries: &'static [Entry], build: Option<&'static str>, program: &'static str) -> Self {
        assert!(
            !has_twins(entries),
            "two tasks have the same name: rename one of the functions, or list it as `function as other_name`"
        );
        Self { entries, build, program, fingerprint: OnceLock::new() }
    }

    /// The lines of the table.
    pub fn iter(&self) -> std::slice::Iter<'static, Entry> {
        self.entries.iter()
    }

    /// The line at `index`, as calls on the wire name it.
    #[must_use]
    pub fn at(&self, index: u32) -> Option<&'static Entry> {
        self.entries.get(usize::try_from(index).ok()?)
    }

    /// The index of the task with this name.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTask`] if there is none.
    pub fn named(&self, name: &str) -> Result<u32, Error> {
        self.position(|entry| entry.name == name).ok_or_else(|| Error::UnknownTask { name: name.to_owned() })
    }

    /// The index of this function, and its argument as `encode` gives it.
    pub(crate) fn request<F: 'static>(
        &self,
        task: &F,
        encode: impl FnOnce() -> Result<Payload, Error>,
    ) -> Result<(u32, Payload), Error> {
        let index = self.index_of(task)?;
        let input = encode().map_err(|error| error.of("its argument").of(self.at(index).map_or("", Entry::name)))?;
        Ok((index, input))
    }

    /// Reads a result of any task: as its line says, if there are large parts in it.
    pub(crate) fn result<R: DeserializeOwned + 'static>(&self, payload: Payload) -> Result<R, Error> {
        if const { !codec::can_hold::<R>() } {
            return codec::decode(payload);
        }
        let of_its_type = |entry: &&Entry| !payload.blobs.is_empty() && entry.output == TypeId::of::<R>();
        let Some(entry) = self.entries.iter().find(of_its_type) else { return codec::decode(payload) };
        let mut result: Option<R> = None;
        codec::decode_with(&payload.bytes, payload.blobs, |arguments| (entry.read)(arguments, &mut result))?;
        result.ok_or_else(|| Error::malformed("nothing was read"))
    }

    /// The index of this function.
    pub(crate) fn index_of<F: 'static>(&self, _: &F) -> Result<u32, Error> {
        let id = TypeId::of::<F>();
        self.position(|entry| entry.id == id).ok_or_else(|| Error::UnknownTask { name: type_name::<F>().to_owned() })
    }

    fn position(&self, found: impl Fn(&Entry) -> bool) -> Option<u32> {
        self.entries.iter().position(found).and_then(|index| u32::try_from(index).ok())
    }

    /// The crate with the table; wasm-bindgen names its files after it.
    #[cfg_attr(not(all(target_arch = "wasm32", feature = "browser")), allow(dead_code))]
    pub(crate) fn program(&self) -> &'static str {
        self.program
    }

    /// Tells builds apart: a hash of the library's version, the names and types in the table and, where the build sets it,
    /// the environment variable `OFFLOOP_BUILD_ID`.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        *self.fingerprint.get_or_init(|| {
            let texts = self.entries.iter().flat_map(|entry| {
                let [input, output] = entry.signature();
                [entry.name, input, output]
            });
            // FNV-1a, 64 bits: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>. A zero byte ends each text.
            let bytes = [env!("CARGO_PKG_VERSION"), self.build.unwrap_or_default()].into_iter().chain(texts);
            bytes
                .flat_map(|text| text.bytes().chain([0]))
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        })
    }
}

impl IntoIterator for &Tasks {
    type Item = &'static Entry;
    type IntoIter = std::slice::Iter<'static, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("signature", &self.signature()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries).finish()
    }
}
