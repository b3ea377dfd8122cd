//! Tasks by name, with JSON in and out.

use super::{Entry, Task};
use crate::codec;
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
            read: |text| codec::encode_owned(serde_json::from_slice::<F::Input>(text).map_err(Error::malformed)?),
            write: |output| serde_json::to_string(&codec::decode::<F::Output>(output)?).map_err(Error::malformed),
        }
    }
}

impl Entry {
    /// Reads the task's argument from JSON.
    ///
    /// It then crosses as any other argument: what [`Task`](crate::Task) says of serde's attributes holds here as well.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], with the place and the reason, if the text is not this task's argument, is nested more than 128 levels deep, or is of a
    /// type that cannot cross.
    pub fn input_from_json(&self, text: &[u8]) -> Result<Payload, Error> {
        (self.json.read)(text)
    }

    /// Writes the task's result as JSON, which has no NaN and no infinity: they become `null`.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the payload is no result of this task, or JSON cannot hold it, as a map whose keys are no texts.
    pub fn output_to_json(&self, output: Payload) -> Result<String, Error> {
        (self.json.write)(output)
    }
}
