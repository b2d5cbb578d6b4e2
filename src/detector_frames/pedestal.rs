//! The pedestal: counts that a detector adds to every pixel, light or none.
//!
//! Without dark frames it shows in the contrast of the pictures: light raises bright places more than dim ones, a pedestal
//! all alike. Of each block of a frame, counts less the frame's mean are regressed on the frame's flux; where the pattern
//! of these slopes, extrapolated, vanishes, there is no light, and the flux that is left is the pedestal.

use ndarray::{ArrayView2, Axis};

/// A pedestal shows where it is so many times its standard error: five, as physics calls a discovery, since a photon
/// counter has none, and series are many.
const SIGNIFICANT: f64 = 5.0;
/// Series of fewer frames show none.
const FEWEST: usize = 8;

/// What a series shows of its pedestal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pedestal {
    /// Counts per pixel to take off; 0 where no pedestal shows.
    pub counts: f64,
    /// Whether most of the flux may be a pedestal, for all that the series shows.
    pub doubtful: bool,
}

impl Pedestal {
    /// Of dark frames: nothing is estimated.
    pub(super) fn known(counts: f64) -> Self {
        Self { counts, doubtful: false }
    }

    /// `flux` is in counts per pixel, `blocks` has shape `[n_frames, n_blocks]` and the mean counts of places of the
    /// frame. A pedestal below `immaterial` of the median flux is taken for none.
    pub(super) fn estimate(flux: &[f64], blocks: ArrayView2<'_, f32>, immaterial: f64) -> Self {
        let median = super::typical(flux.iter().copied());
        let unknown = Self { counts: 0.0, doubtful: median > 0.0 };
        if flux.len() < FEWEST {
            return Self { doubtful: false, ..unknown };
        }
        let Some((counts, error)) = vanishing_contrast(flux, blocks) else { return unknown };
        if counts > SIGNIFICANT * error && counts > immaterial * median {
            return Self { counts, doubtful: false };
        }
        Self { counts: 0.0, doubtful: counts + 2.0 * error > 0.5 * median }
    }
}

/// The flux at which the pattern vanishes, and its standard error; `None` where the light does not change beyond noise.
/// Frames of no counts at all were lost, and show nothing.
fn vanishing_contrast(flux: &[f64], blocks: ArrayView2<'_, f32>) -> Option<(f64, f64)> {
    let taken: Vec<usize> = (0..flux.len()).filter(|&frame| flux[frame] > 0.0).collect();
    if taken.len() < FEWEST {
        return None;
    }
    let (n, n_blocks) = (taken.len() as f64, blocks.ncols() as f64);
    let mean_flux = taken.iter().map(|&frame| flux[frame]).sum::<f64>() / n;
    let change: Vec<f64> = taken.iter().map(|&frame| flux[frame] - mean_flux).collect();
    let squares: f64 = change.iter().map(|change| change.powi(2)).sum();
    if squares <= 0.0 {
        return None;
    }
    let blocks = blocks.select(Axis(0), &taken);
    let means: Vec<f64> =
        blocks.rows().into_iter().map(|row| row.iter().map(|v| f64::from(*v)).sum::<f64>() / n_blocks).collect();
    let fits: Vec<Fit> = blocks
        .columns()
        .into_iter()
        .map(|block| Fit::of(block.iter().zip(&means).map(|(counts, mean)| f64::from(*counts) - mean), &change))
        .collect();
    // The flux is the mean of all blocks, and has their noise.
    let noise = fits.iter().map(|fit| fit.residual).sum::<f64>() / n_blocks / n_blocks * n;
    if squares <= SIGNIFICANT * noise {
        return None;
    }
    // The noise of the slopes adds to their squares; that of the flux makes them too small.
    let pattern: f64 = fits.iter().map(|fit| fit.slope.powi(2) - fit.residual / squares).sum();
    if pattern <= 0.0 {
        return None;
    }
    let shrunk = 1.0 - noise / squares;
    let light = shrunk * fits.iter().map(|fit| fit.mean * fit.slope).sum::<f64>() / pattern;
    let of_slopes = fits.iter().map(|fit| fit.slope.powi(2) * fit.residual / squares).sum::<f64>();
    let misfit: f64 = fits.iter().map(|fit| (fit.mean - light * fit.slope).powi(2)).sum();
    let variance = light.powi(2) * of_slopes / pattern.powi(2) + misfit / (n_blocks - 2.0).max(1.0) / pattern;
    Some((mean_flux - light, variance.sqrt()))
}

/// The regression of a block's contrast on the flux.
struct Fit {
    mean: f64,
    slope: f64,
    /// Variance of the contrast about the line.
    residual: f64,
}

impl Fit {
    /// `change` is the flux less its mean.
    fn of(contrast: impl Iterator<Item = f64>, change: &[f64]) -> Self {
        let contrast: Vec<f64> = contrast.collect();
        let n = contrast.len() as f64;
        let mean = contrast.iter().sum::<f64>() / n;
        let squares: f64 = change.iter().map(|change| change.powi(2)).sum();
        let slope = contrast.iter().zip(change).map(|(c, change)| c * change).sum::<f64>() / squares;
        let squared = |(c, change): (&f64, &f64)| (c - mean - slope * change).powi(2);
        let residual = contrast.iter().zip(change).map(squared).sum::<f64>() / (n - 2.0);
        Self { mean, slope, residual }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    /// Blocks whose brightness differs by their number, under `light`, with a little noise that repeats.
    fn series(light: &[f64], pedestal: f64) -> (Vec<f64>, Array2<f32>) {
        let blocks = Array2::from_shape_fn((light.len(), 16), |(frame, block)| {
            let noise = ((frame * 7 + block * 5) % 11) as f64 / 11.0 - 0.5;
            (pedestal + light[frame] * (0.5 + block as f64 / 15.0) + 0.05 * noise) as f32
        });
        let flux = blocks.rows().into_iter().map(|row| f64::from(row.mean().unwrap())).collect();
        (flux, blocks)
    }

    #[test]
    fn a_pedestal_shows_where_light_changes() {
        let ramp: Vec<f64> = (0..60).map(|frame| 5.0 * (f64::from(frame) / 20.0).min(1.0)).collect();
        let (flux, blocks) = series(&ramp, 120.0);
        let found = Pedestal::estimate(&flux, blocks.view(), 0.025);
        assert!((found.counts - 120.0).abs() < 0.2 && !found.doubtful, "{found:?}");
        let (flux, blocks) = series(&ramp, 0.0);
        assert_eq!(Pedestal::estimate(&flux, blocks.view(), 0.025), Pedestal::known(0.0), "a photon counter");
    }

    #[test]
    fn a_frame_that_was_lost_shows_nothing() {
        let ramp: Vec<f64> = (0..60).map(|frame| 5.0 * (f64::from(frame) / 20.0).min(1.0)).collect();
        let (mut flux, mut blocks) = series(&ramp, 120.0);
        flux[30] = 0.0;
        blocks.row_mut(30).fill(0.0);
        let found = Pedestal::estimate(&flux, blocks.view(), 0.025);
        assert!((found.counts - 120.0).abs() < 0.2, "{found:?}");
    }

    #[test]
    fn nothing_shows_where_the_light_stays() {
        let (flux, blocks) = series(&[5.0; 60], 120.0);
        let found = Pedestal::estimate(&flux, blocks.view(), 0.025);
        assert!(found.doubtful, "{found:?}");
        assert!(
            !Pedestal::estimate(&[3.0; 2], Array2::zeros((2, 16)).view(), 0.025).doubtful,
            "two frames tell nothing"
        );
        assert_eq!(Pedestal::estimate(&[0.0; 20], Array2::zeros((20, 16)).view(), 0.025), Pedestal::known(0.0), "dark");
    }
}
