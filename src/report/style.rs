//! Style of every picture: sizes, inks and colour maps, in one place.
//!
//! Sizes are pixels at twice the size a picture is shown at, so that it stays sharp on dense screens and on paper.
//! Group colours: Okabe & Ito, "Color Universal Design", 2008, without black and with yellow last because it is faint
//! on white. After seven groups the same hues come darker, then lighter; after 21 the mark changes as well.

/// Red, green, blue.
pub type Colour = [u8; 3];

/// Text of labels and legends, em size.
pub const TEXT: f32 = 24.0;
/// Text of ticks and cells, em size; nothing is smaller.
pub const SMALL: f32 = 21.0;
/// Text of panel titles, em size.
pub const HEADING: f32 = 27.0;
/// Text of the title of a picture, em size.
pub const TITLE: f32 = 34.0;
/// Free space around a picture and between its panels.
pub const MARGIN: i32 = 36;
/// Width of a curve.
pub const STROKE: u32 = 4;

/// Paper.
pub const WHITE: Colour = [255, 255, 255];
/// Titles and labels.
pub const INK: Colour = [34, 34, 34];
/// Ticks and remarks.
pub const FAINT_INK: Colour = [90, 90, 90];
/// Frames of panels.
pub const AXIS: Colour = [120, 120, 120];
/// Grid lines.
pub const GRID: Colour = [228, 228, 228];
/// Noise and whatever belongs to no group.
pub const NOISE: Colour = [170, 170, 170];
/// Cells without a value.
pub const MISSING: Colour = [236, 236, 236];
/// What covers patches that were left out, in figures and on the explore page.
pub const LEFT_OUT: Colour = [120, 60, 60];

/// First ink of plots with one series.
pub const BLUE: Colour = [0, 114, 178];
/// Second ink, and the ink of what was chosen.
pub const VERMILION: Colour = [213, 94, 0];
/// Third ink.
pub const GREEN: Colour = [0, 158, 115];

/// Groups that look different from each other; then colours and marks begin again.
pub const DISTINCT_GROUPS: usize = 3 * HUES.len() * 4;

const HUES: [Colour; 7] = [BLUE, [230, 159, 0], GREEN, VERMILION, [86, 180, 233], [204, 121, 167], [240, 228, 66]];

/// The shape of a point in a scatter plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The first 21 groups, and noise.
    Disc,
    /// Groups 21 to 41.
    Square,
    /// Groups 42 to 62.
    Triangle,
    /// Groups 63 to 83; then discs again.
    Diamond,
}

/// The colour of the `index`-th group.
#[must_use]
pub fn group_colour(index: usize) -> Colour {
    let hue = HUES[index % HUES.len()];
    match index / HUES.len() % 3 {
        0 => hue,
        1 => mix(hue, [0, 0, 0], 0.45),
        _ => mix(hue, WHITE, 0.42),
    }
}

/// The colour of a group, grey for `None`.
#[must_use]
pub fn colour_of(group: Option<usize>) -> Colour {
    group.map_or(NOISE, group_colour)
}

/// The mark of the `index`-th group.
#[must_use]
pub fn group_mark(index: usize) -> Mark {
    [Mark::Disc, Mark::Square, Mark::Triangle, Mark::Diamond][index / (3 * HUES.len()) % 4]
}

/// White to deep blue for `share` in `0.0..=1.0`; luminance falls steadily, so it also reads in grey.
#[must_use]
pub fn shade(share: f64) -> Colour {
    const STOPS: [Colour; 5] = [[247, 251, 255], [198, 219, 239], [107, 174, 214], [33, 113, 181], [8, 48, 107]];
    let at = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let below = (at.floor() as usize).min(STOPS.len() - 2);
    mix(STOPS[below], STOPS[below + 1], at - below as f64)
}

/// Vermilion over white to deep blue for `value` in `-1.0..=1.0`: worse, equal, better.
#[must_use]
pub fn balance(value: f64) -> Colour {
    if value < 0.0 { mix(WHITE, VERMILION, -value.max(-1.0)) } else { mix(WHITE, [8, 69, 148], value.min(1.0)) }
}

/// Text colour on `ground`: black or white, the one of more contrast.
#[must_use]
pub fn ink_on(ground: Colour) -> Colour {
    let [r, g, b] = ground.map(f64::from);
    if 0.299 * r + 0.587 * g + 0.114 * b > 140.0 { INK } else { WHITE }
}

/// `share` of the way from `a` to `b`.
#[must_use]
pub fn mix(a: Colour, b: Colour, share: f64) -> Colour {
    [0, 1, 2].map(|i| (f64::from(a[i]) + (f64::from(b[i]) - f64::from(a[i])) * share).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_look_different() {
        assert_eq!(DISTINCT_GROUPS, 84);
        let looks: Vec<_> = (0..DISTINCT_GROUPS).map(|i| (group_colour(i), group_mark(i) as u8)).collect();
        let distinct: std::collections::BTreeSet<_> = looks.iter().collect();
        assert_eq!(distinct.len(), looks.len());
        assert!(!looks.iter().any(|(colour, _)| *colour == NOISE));
    }

    #[test]
    fn shades_darken() {
        let light: Vec<u32> =
            (0..=20).map(|i| shade(f64::from(i) / 20.0).iter().map(|&c| u32::from(c)).sum()).collect();
        assert!(light.windows(2).all(|pair| pair[0] > pair[1]));
        assert_eq!(shade(f64::NAN), shade(f64::NAN));
    }
}
