//! The frame of a JPEG file: its size and how its components are sampled.

use super::super::ThumbnailError;

/// What a frame header says (ITU-T T.81, B.2.2).
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) progressive: bool,
    components: Vec<Component>,
}

#[derive(Debug)]
struct Component {
    identifier: u8,
    /// Samples across and down, for each of the least sampled component's.
    sampling: (u32, u32),
}

impl Frame {
    /// Reads a frame header. Kinds that the decoder cannot read, or not rightly, are refused here.
    pub(super) fn read(marker: u8, body: &[u8]) -> Result<Self, ThumbnailError> {
        let kind = match marker {
            0xc0..=0xc2 => None,
            0xc3 => Some("lossless"),
            0xc5..=0xc7 => Some("hierarchical"),
            _ => Some("arithmetic-coded"),
        };
        if let Some(kind) = kind {
            return Err(ThumbnailError::broken(format_args!(
                "it is a {kind} JPEG, save it as baseline or progressive"
            )));
        }
        let [precision, h1, h0, w1, w0, count, components @ ..] = body else {
            return Err(ThumbnailError::broken("its frame header ends early"));
        };
        if *precision != 8 {
            return Err(ThumbnailError::broken(format_args!("it has {precision} bits per sample, 8 are supported")));
        }
        let components: Vec<Component> =
            components.chunks_exact(3).take((*count).into()).map(Component::read).collect();
        let sampled = components.iter().all(|c| (1..=4).contains(&c.sampling.0) && (1..=4).contains(&c.sampling.1));
        if components.len() != usize::from(*count) || !matches!(count, 1 | 3 | 4) || !sampled {
            return Err(ThumbnailError::broken("its components are no picture of grey, colour or ink"));
        }
        let side = |high: u8, low: u8| u32::from(u16::from_be_bytes([high, low]));
        let (width, height) = (side(*w1, *w0), side(*h1, *h0));
        if width == 0 || height == 0 {
            return Err(ThumbnailError::broken("its header says that it has no pixels, or not how many rows"));
        }
        Ok(Self { width, height, progressive: marker == 0xc2, components })
    }

    pub(super) fn identifiers(&self) -> Vec<u8> {
        self.components.iter().map(|component| component.identifier).collect()
    }

    /// The most samples across and down of any component.
    fn most(&self) -> (u32, u32) {
        let most = |of: fn(&Component) -> u32| self.components.iter().map(of).max().unwrap_or(1);
        (most(|component| component.sampling.0), most(|component| component.sampling.1))
    }

    /// Blocks of 8 by 8 samples across and down of each component, as the decoder keeps them: in whole units of all components.
    fn stored(&self) -> impl Iterator<Item = (u32, u32)> {
        let most = self.most();
        let units = (self.width.div_ceil(8 * most.0), self.height.div_ceil(8 * most.1));
        self.components.iter().map(move |component| (units.0 * component.sampling.0, units.1 * component.sampling.1))
    }

    /// How many blocks are kept.
    pub(super) fn blocks(&self) -> u64 {
        self.stored().map(|(across, down)| u64::from(across) * u64::from(down)).sum()
    }

    /// How many blocks are in the rows that are decoded at a time.
    pub(super) fn blocks_of_rows(&self) -> u64 {
        self.stored().zip(&self.components).map(|((across, _), c)| u64::from(across) * u64::from(c.sampling.1)).sum()
    }

    /// How many blocks a scan visits (B.2.3), whatever data follows.
    pub(super) fn scan(&self, body: &[u8]) -> Result<u64, ThumbnailError> {
        let count = usize::from(*body.first().unwrap_or(&0));
        let selected: Vec<u8> = body.iter().skip(1).step_by(2).take(count).copied().collect();
        let alone = selected.len() == 1;
        let mut visits = 0;
        for (component, (across, down)) in self.components.iter().zip(self.stored()) {
            if !selected.contains(&component.identifier) {
                continue;
            }
            visits += u64::from(across) * u64::from(down);
            // A component in a scan of its own has only the blocks that it needs (A.2.2). The decoder is wrong about them with a few samplings.
            let decoded = (across.min(self.width.div_ceil(8)), down.min(self.height.div_ceil(8)));
            if alone && decoded != self.needed(component) {
                return Err(ThumbnailError::broken("its components are sampled in a way that is not supported"));
            }
        }
        Ok(visits)
    }

    fn needed(&self, component: &Component) -> (u32, u32) {
        let most = self.most();
        let side = |side: u32, sampling: u32, most: u32| (side * sampling).div_ceil(most).div_ceil(8);
        (side(self.width, component.sampling.0, most.0), side(self.height, component.sampling.1, most.1))
    }
}

impl Component {
    fn read(bytes: &[u8]) -> Self {
        let sampling = (u32::from(bytes[1] >> 4), u32::from(bytes[1] & 15));
        Self { identifier: bytes[0], sampling }
    }
}
