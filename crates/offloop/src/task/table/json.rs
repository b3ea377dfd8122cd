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
