//! Keep CPU work off the event loop.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blob;
mod codec;
mod error;
mod instant;
pub mod lane;
mod serve;
mod task;
pub mod wire;

pub use blob::Blob;
pub use error::Error;
pub use instant::Instant;
pub use task::{Context, Entry, Report, Task, Tasks};

#[doc(hidden)]
pub mod __private {
    pub use crate::task::{Entry, entry, invoke};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __lane_entry {
    ($tasks:ident) => {};
}
