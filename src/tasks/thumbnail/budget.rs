//! Whether a picture fits into the memory of a lane, told before it is decoded.
//!
//! An isolate on Cloudflare has 128 MB. The estimates are upper bounds for what the decoders are seen to allocate; `tests/memory.rs`
//! holds them to it with a counting allocator, `tests/edge/memory.test.mjs` with the memory that the wasm module has taken, which never
//! shrinks and has holes.

use super::narrow;
use super::plan::{Plan, Sizes};
use super::{Format, ThumbnailError};

/// Bytes that all stages may use together; the rest of the 128 MB is for code, tables and the runtime.
const MOST: u64 = 112 << 20;

/// What decoding takes, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    /// At its peak, without the pixels that it hands on.
    pub(super) decoding: u64,
    /// What is still there while pixels are handed on.
    pub(super) handing_on: u64,
    /// Width and height of the picture that is handed on, row by row.
    pub(super) pixels: (u64, u64),
}

impl Need {
    /// The peak over all stages, with the input held twice: by the runtime and by the module.
    fn peak(&self, plan: &Plan, sizes: Sizes, held: usize) -> u64 {
        let (width, height) = self.pixels;
        let (across, down) = (u64::from(sizes.result.0), u64::from(sizes.result.1));
        // A row with its sums, and a band of rows on their way from the decoder's width to the result's.
        let band = 36 * width + 4 * narrow::band(width) * (width + across);
        let (between, result) = (4 * across * height, 4 * across * down);
        let turning = if sizes.turned { 2 * result } else { 0 };
        let encoding = plan.format.encoding() * across * down;
        let stages = [self.decoding, self.handing_on + band + between, between + result, turning, encoding];
        let bytes = |count: usize| u64::try_from(count).unwrap_or(u64::MAX / 8);
        // A profile is copied when it is encoded.
        stages.into_iter().max().unwrap_or_default() + 2 * bytes(plan.input) + 3 * bytes(held)
    }
}

impl Format {
    /// What encoding takes, in bytes for each pixel of the result: the pixels, what the encoder keeps of them, and the file as it grows.
    fn encoding(self) -> u64 {
        match self {
            Self::Jpeg => 17,
            Self::Png => 20,
            Self::Webp => 24,
        }
    }
}

/// Chooses how far a picture is reduced while it is decoded: to twice the size of the result where memory allows it, since
/// that looks best, or else to just above its size. `need` says what a reduction takes.
pub(super) fn choose(
    plan: &Plan,
    sizes: Sizes,
    held: usize,
    need: impl Fn((u32, u32)) -> Need,
) -> Result<(u32, u32), ThumbnailError> {
    let (width, height) = sizes.source;
    plan.check(sizes.source)?;
    plan.check_result(sizes)?;
    let fits = |block: &(u32, u32)| need(*block).peak(plan, sizes, held) <= MOST;
    [2, 1].map(|oversample| sizes.reduction(oversample)).into_iter().find(fits).ok_or_else(|| {
        let bound = "the memory of a lane, ask for a smaller thumbnail or send it smaller".to_owned();
        ThumbnailError::TooLarge { width, height, bound }
    })
}

/// Width and height in blocks.
pub(super) fn blocks((width, height): (u32, u32), block: (u32, u32)) -> (u64, u64) {
    (width.div_ceil(block.0).into(), height.div_ceil(block.1).into())
}
