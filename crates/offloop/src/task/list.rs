//! How the table is written.

/// Lists the functions that may run on lanes, once for all platforms.
///
/// Makes `pub static TASKS: offloop::Tasks`. A task is called by its function; on the wire and in URLs it goes by the function's name
/// without its path, or by the name after `as`. `#[idempotent]` before a task says that running it twice does no harm, so that it is tried again when
/// its lane was lost. `#[cfg(…)]`, before that, leaves a task out of some builds.
///
/// One table for a program, in the crate that makes the wasm module or the binary: a worker looks up calls in the one of its module. A library
/// exports its functions, and the program lists them: `tasks! { double, images::thumbnail }`.
///
/// [`Task`](crate::Task) says which types may be arguments and results, and how deep and how long their values may be.
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
/// A function whose types cannot cross a border is refused by the compiler, which says which type and what would do:
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
    // As single tokens, which keep their places in the source, so that an error points at the task and not at the whole table. `$head` may be
    // the `#` of an attribute, and then so may `$next` be.
    ($(
        $head:tt $([cfg($($cfg:tt)*)] $next:tt)* $([idempotent $($argument:tt)?] $last:tt)? $(:: $segment:tt)* $(as $name:ident)?
    ),* $(,)?) => {
        $crate::__table! {$(
            [$([cfg($($cfg)*)])*] [$(idempotent $($argument)?)?] [$($name)?] [$head $($next)* $($last)? $(:: $segment)*]
        )*}
    };
    // With generic arguments.
    ($($(#[cfg($($cfg:tt)*)])* $(#[idempotent $($argument:tt)?])? $task:path $(as $name:ident)?),* $(,)?) => {
        $crate::__table! {$(
            [$([cfg($($cfg)*)])*] [$(idempotent $($argument)?)?] [$($name)?] [$task]
        )*}
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __table {
    ($([$([$($cfg:tt)*])*] [$($idempotent:tt)*] [$($name:ident)?] [$($task:tt)*])*) => {
        /// The tasks of this program.
        pub static TASKS: $crate::Tasks = {
            static ENTRIES: &[$crate::__private::Entry] = &[$(
                $(#[$($cfg)*])*
                $crate::__entry!([$($name)?] [$crate::__idempotent!($($idempotent)*)] $($task)*)
            ),*];
            $crate::Tasks::new(ENTRIES, ::core::option_env!("OFFLOOP_BUILD_ID"), ::core::env!("CARGO_CRATE_NAME"))
        };
        $crate::__lane_entry!(TASKS);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __entry {
    ($name:tt $idempotent:tt # $($task:tt)*) => {
        $crate::__entry!($name $idempotent $($task)*)
    };
    ([$($name:ident)?] [$idempotent:expr] $($task:tt)*) => {{
        // Never called: for the compiler to say what is wrong with the function's types.
        let _ = || {
            #[allow(unused_imports)]
            use $crate::__private::check::methods::*;

            let types = (&&&$crate::__private::check::Listed($($task)*)).types();
            (&&&&types.first()).allow($($task)*);
            (&&&&types.second()).allow($($task)*);
            (&&&&types.third()).allow($($task)*);
            (&&&&types.result()).allow($($task)*);
        };
        $crate::__private::entry(
            [$(::core::stringify!($name),)? ::core::stringify!($($task)*)][0],
            $idempotent,
            $($task)*,
            |context, bytes, blobs| $crate::__private::invoke($($task)*, context, bytes, blobs),
            |arguments, result| {
                #[allow(unused_imports)]
                use $crate::__private::check::methods::*;
                use $crate::__private::results::methods::*;

                (&&&(&&&$crate::__private::check::Listed($($task)*)).types().result()).read(arguments, result)
            },
        )
    }};
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
