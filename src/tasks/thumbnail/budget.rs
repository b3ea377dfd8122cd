//! Whether a picture fits into the memory of a lane, told before it is decoded.
//!
//! An isolate on Cloudflare has 128 MB. The estimates are upper bounds for what the decoders are seen to allocate; `tests/memory.rs`
//! holds them to it with a counting allocator, `tests/edge/memory.test.mjs` with the memory that the wasm module has taken, which never
//! shrinks and has holes.

use super::ThumbnailError;
use super::plan::{Plan, Sizes};

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
    fn peak(&self, sizes: Sizes, input: usize) -> u64 {
        let (width, height) = self.pixels;
        let (across, down) = (u64::from(sizes.result.0), u64::from(sizes.result.1));
        // A row and a band of rows on their way from the decoder's width to the result's.
        let band = 4 * 65 * (width + across);
        let (between, result) = (4 * across * height, 4 * across * down);
        let scaling = between + result;
        let encoding = 4 * result;
        let stages = [self.decoding, self.handing_on + band + between, scaling, encoding];
        stages.into_iter().max().unwrap_or_default() + 2 * u64::try_from(input).unwrap_or(u64::MAX / 4)
    }
}

/// Chooses how far a picture is reduced while it is decoded: to twice the size of the result where memory allows it, since
/// that looks best, or else to just above its size. `need` says what a reduction takes.
pub(super) fn choose(
    plan: &Plan,
    sizes: Sizes,
    need: impl Fn((u32, u32)) -> Need,
) -> Result<(u32, u32), ThumbnailError> {
    let (width, height) = sizes.source;
    let most = plan.options.pixels_max;
    if u64::from(width) * u64::from(height) > most {
        return Err(ThumbnailError::TooLarge { width, height, bound: format!("the limit of {most} pixels") });
    }
    let fits = |block: &(u32, u32)| need(*block).peak(sizes, plan.input) <= MOST;
    [2, 1].map(|oversample| sizes.reduction(oversample)).into_iter().find(fits).ok_or_else(|| {
        let bound = "the memory of a lane, ask for a smaller thumbnail or send it smaller".to_owned();
        ThumbnailError::TooLarge { width, height, bound }
    })
}

/// Width and height in blocks.
pub(super) fn blocks((width, height): (u32, u32), block: (u32, u32)) -> (u64, u64) {
    (width.div_ceil(block.0).into(), height.div_ceil(block.1).into())
}
