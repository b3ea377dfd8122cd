//! Tasks: plain functions that the other side knows by their place in a table.

#[allow(missing_docs, reason = "for `tasks!` only")]
pub mod check;
mod context;
mod list;
mod name;
mod table;

pub use context::{Context, Report};
pub use table::{Entry, Tasks, entry, invoke};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A plain function that can run on a lane.
///
/// Implemented for every `fn` with up to three arguments whose argument and result types are serialisable, optionally
/// with a [`&Context`](Context) as its first argument, to report progress and to notice a cancellation. `Marker` tells these
/// shapes apart and is always inferred.
///
/// With more than one argument the input is a tuple: `pool.run(scale, (image, 320))`.
///
/// Arguments and results cross in postcard's encoding, on threads too, which tells no types: what is written is what is read, field by field. Types that
/// need to be told end as [`Error::Malformed`](crate::Error::Malformed): those with `#[serde(skip_serializing_if)]`, `flatten`, `untagged` or `tag`, and
/// `serde_json::Value`, for which a `String` of JSON does. `#[serde(skip)]` and `with` work; a field with `skip_serializing` alone needs
/// `skip_deserializing`, too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a task",
    note = "a task is a `fn` (no `async fn`, and no closure that captures) with zero to three owned arguments (no references), optionally after a `&offloop::Context`",
    note = "its argument and result types must implement `serde::Serialize` and `serde::de::DeserializeOwned`"
)]
pub trait Task<Marker>: Copy + Send + Sync + 'static {
    /// The argument, or a tuple of the arguments.
    type Input: Serialize + DeserializeOwned;
    /// What the function returns.
    type Output: Serialize + DeserializeOwned;

    /// Calls the function.
    fn call(self, context: &Context<'_>, input: Self::Input) -> Self::Output;
}

/// Marks functions that take a [`Context`] first.
#[derive(Debug)]
pub struct WithContext<F>(std::marker::PhantomData<F>);

macro_rules! shape {
    ($input:ty, ($($name:ident: $type:ident),*) = $pattern:pat) => {
        impl<F, R, $($type),*> Task<fn($($type),*) -> R> for F
        where
            F: Fn($($type),*) -> R + Copy + Send + Sync + 'static,
            R: Serialize + DeserializeOwned,
            $($type: Serialize + DeserializeOwned),*
        {
            type Input = $input;
            type Output = R;

            fn call(self, _: &Context<'_>, $pattern: $input) -> R {
                self($($name),*)
            }
        }

        impl<F, R, $($type),*> Task<WithContext<fn($($type),*) -> R>> for F
        where
            F: Fn(&Context<'_>, $($type),*) -> R + Copy + Send + Sync + 'static,
            R: Serialize + DeserializeOwned,
            $($type: Serialize + DeserializeOwned),*
        {
            type Input = $input;
            type Output = R;

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
