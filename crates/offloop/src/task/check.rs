//! What the compiler says about a function that cannot be a task.
//!
//! The bounds of [`Task`] alone would give one sentence for every reason, and for a `&str` a wrong one. So [`tasks!`](crate::tasks) looks at
//! each function's types first: where there are several methods of one name, the compiler takes that of the outermost reference whose trait
//! holds. Each method but [`Fine`]'s asks for a trait that nothing implements, whose text is then the error; as they are above [`Task`], that is
//! not reported as well. Nothing of this is ever run.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Context, Task};

/// A function as it is listed.
#[derive(Debug)]
pub struct Listed<F>(pub F);

/// Its types.
#[derive(Debug)]
pub struct Types<A, B, C, R>(PhantomData<fn(A, B, C) -> R>);

/// One that it takes.
#[derive(Debug)]
pub struct Taken<T>(PhantomData<fn() -> T>);

/// The one that it gives.
#[derive(Debug)]
pub struct Given<T>(PhantomData<fn() -> T>);

/// The traits' methods, without names that might be the program's.
pub mod methods {
    pub use super::{
        AfterContext as _, Answer as _, Argument as _, Borrowed as _, Fine as _, Lent as _, NotKnown as _,
    };
    pub use super::{Other as _, Plain as _};
}

impl<A, B, C, R> Types<A, B, C, R> {
    pub fn first(&self) -> Taken<A> {
        Taken(PhantomData)
    }

    pub fn second(&self) -> Taken<B> {
        Taken(PhantomData)
    }

    pub fn third(&self) -> Taken<C> {
        Taken(PhantomData)
    }

    pub fn result(&self) -> Given<R> {
        Given(PhantomData)
    }
}

/// A function that takes a [`Context`] first.
pub trait AfterContext<M> {
    type Types;
    fn types(&self) -> Self::Types;
}

/// Any other function.
pub trait Plain<M> {
    type Types;
    fn types(&self) -> Self::Types;
}

/// No function, or one of too many arguments: for [`Task`] to complain of.
pub trait Other {
    fn types(&self) -> Types<(), (), (), ()> {
        Types(PhantomData)
    }
}

impl<F> Other for Listed<F> {}

macro_rules! shape {
    (($($type:ident),*), $types:ty) => {
        impl<F, R, $($type),*> AfterContext<fn($($type),*) -> R> for &&Listed<F>
        where
            F: Fn(&Context<'_>, $($type),*) -> R,
        {
            type Types = $types;

            fn types(&self) -> $types {
                Types(PhantomData)
            }
        }

        impl<F, R, $($type),*> Plain<fn($($type),*) -> R> for &Listed<F>
        where
            F: Fn($($type),*) -> R,
        {
            type Types = $types;

            fn types(&self) -> $types {
                Types(PhantomData)
            }
        }
    };
}

shape!((), Types<(), (), (), R>);
shape!((A), Types<A, (), (), R>);
shape!((A, B), Types<A, B, (), R>);
shape!((A, B, C), Types<A, B, C, R>);

#[diagnostic::on_unimplemented(
    message = "a generic function is listed with its types, as in `largest::<u32>`",
    label = "its types are not known"
)]
pub trait Generic<M>: Task<M> {}

#[diagnostic::on_unimplemented(
    message = "a task cannot take the reference `{T}`",
    label = "takes `{T}`",
    note = "take what owns the data: a `String` for a `&str`, a `Vec<u8>` or an `offloop::Blob` for a `&[u8]`, a `T` for a `&T`"
)]
pub trait Borrows<T, M>: Task<M> {}

#[diagnostic::on_unimplemented(
    message = "a task cannot give the reference `{T}`",
    label = "gives `{T}`",
    note = "give what owns the data: a `String` for a `&str`, a `Vec<u8>` or an `offloop::Blob` for a `&[u8]`, a `T` for a `&T`"
)]
pub trait Lends<T, M>: Task<M> {}

#[diagnostic::on_unimplemented(
    message = "a task cannot take `{T}`, which does not implement both `serde::Serialize` and `serde::Deserialize`",
    label = "takes `{T}`",
    note = "a type of your own does with `#[derive(serde::Serialize, serde::Deserialize)]`"
)]
pub trait Takes<T, M>: Task<M> {}

#[diagnostic::on_unimplemented(
    message = "a task cannot give `{T}`, which does not implement both `serde::Serialize` and `serde::Deserialize`",
    label = "gives `{T}`",
    note = "a type of your own does with `#[derive(serde::Serialize, serde::Deserialize)]`; the future of an `async fn` cannot, a task is a plain `fn`"
)]
pub trait Gives<T, M>: Task<M> {}

/// What a type is taken for that the compiler does not know; none that is known is this one.
// With all of that, for the bounds of the generic function not to be reported as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown;

impl Serialize for Unknown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Unknown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self)
    }
}

pub trait NotKnown {
    fn allow<F: Generic<M>, M>(&self, _: F) {}
}

impl NotKnown for &&&Taken<Unknown> {}
impl NotKnown for &&&Given<Unknown> {}

// Before what is fine: `&str` can be deserialised, if only for some lifetimes, which come too late for this.
pub trait Borrowed<T> {
    fn allow<F: Borrows<T, M>, M>(&self, _: F) {}
}

impl<'a, T: ?Sized> Borrowed<&'a T> for &&Taken<&'a T> {}

pub trait Lent<T> {
    fn allow<F: Lends<T, M>, M>(&self, _: F) {}
}

impl<'a, T: ?Sized> Lent<&'a T> for &&Given<&'a T> {}

pub trait Fine {
    fn allow<F>(&self, _: F) {}
}

impl<T: Serialize + DeserializeOwned + 'static> Fine for &Taken<T> {}
impl<T: Serialize + DeserializeOwned + 'static> Fine for &Given<T> {}

pub trait Argument<T> {
    fn allow<F: Takes<T, M>, M>(&self, _: F) {}
}

impl<T> Argument<T> for Taken<T> {}

pub trait Answer<T> {
    fn allow<F: Gives<T, M>, M>(&self, _: F) {}
}

impl<T> Answer<T> for Given<T> {}
