//! The colours of the picture: asphalt, guide signs, road markings, as on the demo page.

/// Inside of the set.
const INSIDE: [u8; 3] = [0x0b, 0x0d, 0x0e];

/// The stops of one turn through the palette, evenly spaced; the last one leads back to the first.
const STOPS: [[u8; 3]; 6] = [
    [0x12, 0x18, 0x1a],
    [0x00, 0x4f, 0x3c],
    [0x19, 0xa6, 0x7c],
    [0xf4, 0xf2, 0xe6],
    [0xff, 0xc2, 0x20],
    [0x8a, 0x3d, 0x12],
];

/// Steps between two stops.
const BETWEEN: u32 = 64;

/// The colour of a point that escapes after `count` iterations, or never.
pub(super) fn colour(count: Option<f64>) -> [u8; 3] {
    let Some(count) = count else { return INSIDE };
    // The root of the count: turns get longer where counts rise faster, near the border of the set.
    let turns = count.max(0.0).sqrt() * 0.19;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and turns are positive"
    )]
    let place = (turns.fract() * 6.0 * f64::from(BETWEEN)) as u32;
    let (stop, share) = (place / BETWEEN, place % BETWEEN);
    let at =
        |index: u32| usize::try_from(index).ok().and_then(|index| STOPS.get(index % STOPS.len())).unwrap_or(&INSIDE);
    let (from, to) = (at(stop), at(stop + 1));
    std::array::from_fn(|channel| mix(from.get(channel), to.get(channel), share))
}

fn mix(from: Option<&u8>, to: Option<&u8>, share: u32) -> u8 {
    let [from, to] = [from, to].map(|part| u32::from(part.copied().unwrap_or(0)));
    u8::try_from((from * (BETWEEN - share) + to * share) / BETWEEN).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::{INSIDE, STOPS, colour};

    #[test]
    fn starts_with_the_first_stop_and_never_jumps() {
        assert_eq!(colour(None), INSIDE);
        assert_eq!(colour(Some(0.0)), STOPS[0]);
        let colours: Vec<_> = (0..100_000).map(|step| colour(Some(f64::from(step) * 0.001))).collect();
        for pair in colours.windows(2) {
            let far = pair[0].iter().zip(pair[1]).map(|(a, b)| a.abs_diff(b)).max().unwrap();
            assert!(far <= 4, "{pair:?}");
        }
    }
}
