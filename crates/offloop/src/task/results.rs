//! How the result of a listed function is read.
//!
//! Serde reads a vector element by element, whatever its type. [`Arguments::next`] has a shorter way for vectors of numbers by themselves, and this
//! finds those in a `Result` or in a tuple: of several methods of one name, the compiler takes that of the outermost reference whose trait holds.

use std::any::Any;

use serde::de::DeserializeOwned;

use super::check::Given;
use crate::codec::{Arguments, can_hold};
use crate::error::Error;

/// The traits' methods, without names that might be the program's.
pub mod methods {
    pub use super::{Parts as _, Unreadable as _, Whole as _};
}

/// Reads a result into an `Option` of it.
pub type Read = fn(&mut Arguments<'_>, &mut dyn Any) -> Result<(), Error>;

fn put<T: 'static>(into: &mut dyn Any, value: T) {
    if let Some(place) = into.downcast_mut() {
        *place = Some(value);
    }
}

pub trait Parts {
    fn read(&self, arguments: &mut Arguments<'_>, into: &mut dyn Any) -> Result<(), Error>;
}

impl<T: DeserializeOwned + 'static, E: DeserializeOwned + 'static> Parts for &&Given<Result<T, E>> {
    fn read(&self, arguments: &mut Arguments<'_>, into: &mut dyn Any) -> Result<(), Error> {
        arguments.next_result::<T, E>().map(|result| put(into, result))
    }
}

macro_rules! tuple {
    ($($type:ident),*) => {
        impl<$($type: DeserializeOwned + 'static),*> Parts for &&Given<($($type),*)> {
            fn read(&self, arguments: &mut Arguments<'_>, into: &mut dyn Any) -> Result<(), Error> {
                arguments.begin([$(stringify!($type)),*].len());
                put(into, ($(arguments.next::<$type>()?),*));
                Ok(())
            }
        }
    };
}

tuple!(A, B);
tuple!(A, B, C);

pub trait Whole {
    fn read(&self, arguments: &mut Arguments<'_>, into: &mut dyn Any) -> Result<(), Error>;
}

impl<R: DeserializeOwned + 'static> Whole for &Given<R> {
    fn read(&self, arguments: &mut Arguments<'_>, into: &mut dyn Any) -> Result<(), Error> {
        // Nobody asks then.
        if const { !can_hold::<R>() } {
            return Ok(());
        }
        arguments.next::<R>().map(|result| put(into, result))
    }
}

/// For [`check`](super::check) to complain of.
pub trait Unreadable {
    fn read(&self, _: &mut Arguments<'_>, _: &mut dyn Any) -> Result<(), Error> {
        Ok(())
    }
}

impl<R> Unreadable for Given<R> {}
