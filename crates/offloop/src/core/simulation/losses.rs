//! Why lanes are lost.

use super::random::Random;
use crate::error::{Error, LostReason};
use crate::lane::Loss;

pub(super) fn lost_for(reason: LostReason) -> Error {
    Error::lost(reason, "simulated")
}

/// A loss of this kind.
pub(super) fn lost(loss: Loss, random: &mut Random) -> Error {
    lost_for(match loss {
        Loss::NeverStarted => LostReason::NotStarted,
        Loss::Reset | Loss::Idle => LostReason::Reset,
        Loss::Refused => LostReason::Overloaded,
        Loss::MaybeRan => random.of(&[LostReason::Crashed, LostReason::Disconnected]),
    })
}
