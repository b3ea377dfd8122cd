//! What threads write at the same time, kept from each other's way.

/// In lines of the processor's cache of its own. Where one thread writes again and again, what another uses beside it would be fetched anew
/// each time. Two lines, since they are fetched in pairs.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Apart<T>(pub(crate) T);
