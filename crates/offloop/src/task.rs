//! Tasks: plain functions that the other side knows by their place in a table.

#[allow(missing_docs, reason = "for `tasks!` only")]
pub mod check;
mod context;
mod list;
mod name;
#[allow(missing_docs, reason = "for `tasks!` only")]
pub mod results;
mod table;

pub use context::{Context, Report};
pub use table::{Entry, Tasks, entry, invoke};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::Arguments;
use crate::error::Error;

/// A plain function that can run on a lane.
///
/// Implemented for every `fn` with up to three arguments whose argument and result types are serialisable, optionally
/// with a [`&Context`](Context) as its first argument, to report progress and to notice a cancellation. `Marker` tells these
/// shapes apart and is always inferred.
///
/// With more than one argument the input is a tuple: `pool.run(scale, (image, 320))`.
///
/// # Types
///
/// Arguments and results cross in a compact binary form, on threads too. A value arrives as it was, or the call ends with
/// [`Error::Malformed`], which says why. Serde's attributes fall into three groups:
///
/// - `rename`, `rename_all`, `alias`, `default`, `with`, `from`, `into`, `transparent`, `remote` and `other` work. So does `skip`: the field
///   arrives as its default, and a skipped variant is refused.
/// - What only one side does is refused: `skip_serializing` or `skip_deserializing` alone, a field that `skip_serializing_if` leaves out, and a
///   name for one side, as in `rename(serialize = "…")`, unless the other side knows it as an `alias`.
/// - `flatten`, `untagged`, `tag` and `serde_json::Value` need a format that describes itself, and are refused. Pass a `String` of JSON.
///
/// Serde tells formats no more than names and numbers of fields, so two mistakes cannot be noticed: a tuple struct that skips one field only when
/// it is written and another only when it is read, and names that are swapped for one side. With both, JSON gives the wrong value, too.
///
/// # Limits
///
/// A value may be nested 1,024 levels deep, and 256 on `wasm32`, where the stack is small: each struct, variant, sequence, map, tuple and `Some` is a level, and a variant with several fields is
/// two. It may have 1,048,576 elements that take no bytes, such as those of a `Vec<()>`. Beyond that it is [`Error::Malformed`], both as an
/// argument and as a result. A value that is too deep is leaked, since to drop it could overflow the stack.
///
/// # Large values
///
/// `Vec<u8>`, `Vec<i8>`, `Vec<f32>`, `Vec<f64>`, `String` and bytes of `serde_bytes` are copied as blocks, wherever they are in a value; from
/// 32 KiB on they travel beside it, as a [`Blob`](crate::Blob) does. A `Vec<u16>` or `Vec<u64>` is written number by number, small ones in fewer
/// bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a task",
    note = "a task is a `fn` (no `async fn`, and no closure that captures) with zero to three owned arguments (no references), optionally after a `&offloop::Context`",
    note = "its argument and result types must implement `serde::Serialize` and `serde::de::DeserializeOwned`"
)]
pub trait Task<Marker>: Copy + Send + Sync + 'static {
    /// The argument, or a tuple of the arguments.
    type Input: Serialize + DeserializeOwned + 'static;
    /// What the function returns.
    type Output: Serialize + DeserializeOwned + 'static;

    /// Reads the arguments.
    #[doc(hidden)]
    fn read(arguments: &mut Arguments<'_>) -> Result<Self::Input, Error>;

    /// Calls the function.
    fn call(self, context: &Context<'_>, input: Self::Input) -> Self::Output;
}

/// Marks functions that take a [`Context`] first.
#[derive(Debug)]
pub struct WithContext<F>(std::marker::PhantomData<F>);

macro_rules! shape {
    ($input:ty, ($($name:ident: $type:ident),*) = $pattern:tt) => {
        impl<F, R, $($type),*> Task<fn($($type),*) -> R> for F
        where
            F: Fn($($type),*) -> R + Copy + Send + Sync + 'static,
            R: Serialize + DeserializeOwned + 'static,
            $($type: Serialize + DeserializeOwned + 'static),*
        {
            type Input = $input;
            type Output = R;

            fn read(arguments: &mut Arguments<'_>) -> Result<$input, Error> {
                arguments.begin(<[&str]>::len(&[$(stringify!($name)),*]));
                $(let $name = arguments.next()?;)*
                Ok($pattern)
            }

            fn call(self, _: &Context<'_>, $pattern: $input) -> R {
                self($($name),*)
            }
        }

        impl<F, R, $($type),*> Task<WithContext<fn($($type),*) -> R>> for F
        where
            F: Fn(&Context<'_>, $($type),*) -> R + Copy + Send + Sync + 'static,
            R: Serialize + DeserializeOwned + 'static,
            $($type: Serialize + DeserializeOwned + 'static),*
        {
            type Input = $input;
            type Output = R;

            fn read(arguments: &mut Arguments<'_>) -> Result<$input, Error> {
                arguments.begin(<[&str]>::len(&[$(stringify!($name)),*]));
                $(let $name = arguments.next()?;)*
                Ok($pattern)
            }

            fn call(self, context: &Context<'_>, $pattern: $input) -> R {
                self(context, $($name),*)
            }
        }
    };
}

shape!((), () = ());
shape!(A, (a: A) = a);
shape!((A, B), (a: A, b: B) = (a, b));
shape!((A, B, C), (a: A, b: B, c: C) = (a, b, c));
