//! The one table of tasks, the same on both sides of every border.

use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::OnceLock;

use super::name::{has_twins, last_segment};
use super::{Context, Task};
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
    #[cfg(feature = "json")]
    json: json::Json,
}

/// Runs a task: its input's bytes, and the blobs beside them.
type Run = fn(&Context<'_>, &[u8], Vec<Blob>) -> Result<Payload, Error>;

/// Makes a line of the table; called by [`tasks!`](crate::tasks), which supplies the two functions.
#[doc(hidden)]
pub const fn entry<F: Task<M>, M>(name: &'static str, idempotent: bool, _: F, run: Run) -> Entry {
    Entry {
        name: last_segment(name),
        idempotent,
        id: TypeId::of::<F>(),
        signature: || [type_name::<F::Input>(), type_name::<F::Output>()],
        run,
        #[cfg(feature = "json")]
        json: json::Json::of::<F, M>(),
    }
}

/// Decodes the input, calls the function, encodes the output.
#[doc(hidden)]
pub fn invoke<F: Task<M>, M>(task: F, context: &Context<'_>, bytes: &[u8], blobs: Vec<Blob>) -> Result<Payload, Error> {
    let input = codec::decode_from(bytes, blobs).map_err(|error| error.of("its argument"))?;
    codec::encode(&task.call(context, input)).map_err(|error| error.of("its result"))
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

    /// The index of this function, and its argument's bytes.
    pub(crate) fn request<F: Task<M>, M>(&self, task: &F, input: &F::Input) -> Result<(u32, Payload), Error> {
        let index = self.index_of(task)?;
        let encoded = codec::encode(input);
        let input = encoded.map_err(|error| error.of("its argument").of(self.at(index).map_or("", Entry::name)))?;
        Ok((index, input))
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

#[cfg(feature = "json")]
mod json {
    use super::{Entry, Task, codec};
    use crate::error::Error;
    use crate::wire::Payload;

    /// The task's types, seen from JSON.
    pub(super) struct Json {
        read: fn(&[u8]) -> Result<Payload, Error>,
        write: fn(Payload) -> Result<String, Error>,
    }

    impl Json {
        pub(super) const fn of<F: Task<M>, M>() -> Self {
            Self {
                read: |text| codec::encode(&serde_json::from_slice::<F::Input>(text).map_err(Error::malformed)?),
                write: |output| serde_json::to_string(&codec::decode::<F::Output>(output)?).map_err(Error::malformed),
            }
        }
    }

    impl Entry {
        /// Reads the task's argument from JSON.
        ///
        /// # Errors
        ///
        /// [`Error::Malformed`], with the place and the reason, if the text is not this task's argument.
        pub fn input_from_json(&self, text: &[u8]) -> Result<Payload, Error> {
            (self.json.read)(text)
        }

        /// Writes the task's result as JSON.
        ///
        /// # Errors
        ///
        /// [`Error::Malformed`] if the payload is no result of this task.
        pub fn output_to_json(&self, output: Payload) -> Result<String, Error> {
            (self.json.write)(output)
        }
    }
}

/// Lists the functions that may run on lanes, once for all platforms.
///
/// Makes `pub static TASKS: offloop::Tasks`. A task is called by its function; on the wire and in URLs it goes by the function's name
/// without its path, or by the name after `as`. `#[idempotent]` before a task says that running it twice does no harm, so that it is tried again when
/// its lane was lost. `#[cfg(…)]`, before that, leaves a task out of some builds.
///
/// One table for a program, in the crate that makes the wasm module or the binary: a worker looks up calls in the one of its module. A library
/// exports its functions, and the program lists them: `tasks! { double, images::thumbnail }`.
///
/// [`Task`](crate::Task) says which types may be arguments and results.
///
/// # Examples
///
/// ```
/// mod render {
///     pub fn tile(x: u32, y: u32) -> Vec<u8> { vec![0; (x * y) as usize] }
/// }
/// fn double(n: u64) -> u64 { 2 * n }
/// fn largest<T: Ord + Default>(all: Vec<T>) -> T { all.into_iter().max().unwrap_or_default() }
///
/// offloop::tasks! { #[idempotent] double, render::tile, largest::<u32>, largest::<String> as last_word }
///
/// assert_eq!(TASKS.iter().map(|task| task.name()).collect::<Vec<_>>(), ["double", "tile", "largest", "last_word"]);
/// ```
///
/// A function whose types cannot cross a border is refused by the compiler:
///
/// ```compile_fail
/// fn borrowed(text: &str) -> usize { text.len() }
/// offloop::tasks! { borrowed }
/// ```
///
/// So are two of the same name, for the name alone would not tell them apart in a URL; `dog::walk as walk_dog` would do:
///
/// ```compile_fail
/// mod cat { pub fn walk() {} }
/// mod dog { pub fn walk() {} }
/// offloop::tasks! { cat::walk, dog::walk }
/// ```
#[macro_export]
macro_rules! tasks {
    ($($(#[cfg($($cfg:tt)*)])* $(#[idempotent $($argument:tt)?])? $task:path $(as $name:ident)?),* $(,)?) => {
        /// The tasks of this program.
        pub static TASKS: $crate::Tasks = {
            static ENTRIES: &[$crate::__private::Entry] = &[$(
                $(#[cfg($($cfg)*)])*
                $crate::__private::entry(
                    [$(::core::stringify!($name),)? ::core::stringify!($task)][0],
                    $crate::__idempotent!($(idempotent $($argument)?)?),
                    $task,
                    |context, bytes, blobs| $crate::__private::invoke($task, context, bytes, blobs),
                )
            ),*];
            $crate::Tasks::new(ENTRIES, ::core::option_env!("OFFLOOP_BUILD_ID"), ::core::env!("CARGO_CRATE_NAME"))
        };
        $crate::__lane_entry!(TASKS);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __idempotent {
    () => {
        false
    };
    (idempotent) => {
        true
    };
    ($($other:tt)*) => {
        ::core::compile_error!("#[idempotent] takes no argument")
    };
}
