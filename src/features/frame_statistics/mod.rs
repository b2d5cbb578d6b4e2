//! What a detector counted, in a few numbers per frame: for throwing out frames that the shutter or the beam spoiled.
//!
//! Counts are raw, pixels that were not measured left out. Since a count alone says nothing (another sample, another beam),
//! the statistics are then seen in the context of the frames around: see [`context`].

mod context;
mod distribution;

use ndarray::{Array2, Array3, s};
use serde::{Deserialize, Serialize};

use super::{FeatureError, FeatureExtractor};
use crate::images::{Decoded, DepthRange, Image};
use context::in_context;
use distribution::Distribution;

/// What is told of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameStatistics {
    /// The mean count per measured pixel and nothing else.
    MeanFlux,
    /// One number: how far the frame is below what the beam gave at its time, from -1 to 1, -0.5 where a tenth is missing
    /// or where that is more than the scatter of the other frames explains.
    RelativeFlux,
    /// How the frame stands among the others of its series: brightness, noise, shape of the counts, frames around.
    Statistics,
    /// The mean count, and which share of the beam's light it is, for plots and for checking clusters.
    Flux,
}

/// What is measured of each frame by itself, in this order.
const MEASURED: [&str; 12] =
    ["mean_flux", "trimmed_flux", "std", "p05", "p25", "p50", "p75", "p95", "p99", "max", "empty", "measured"];
/// Position of the trimmed mean in [`MEASURED`].
const TRIMMED: usize = 1;
/// Position of the number of measured pixels in [`MEASURED`].
const N_MEASURED: usize = 11;

impl FeatureExtractor for FrameStatistics {
    fn columns(&self) -> Vec<String> {
        MEASURED.map(str::to_owned).to_vec()
    }

    fn fingerprint(&self) -> String {
        // The same numbers are kept whatever is told of them.
        "frame statistics 1".to_owned()
    }

    fn is_shown(&self) -> bool {
        false
    }

    /// The statistics themselves, `[1, 12, 1]`: nothing else of a frame has to wait.
    fn digest(&self, decoded: &Decoded, _: &DepthRange) -> Image {
        let statistics = measure(&Distribution::of(decoded));
        Image { pixels: Array3::from_shape_fn((1, MEASURED.len(), 1), |(_, column, _)| statistics[column]) }
    }

    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
        let mut features = Array2::zeros((images.len(), MEASURED.len()));
        for (mut row, image) in features.rows_mut().into_iter().zip(images) {
            if image.pixels.dim() != (1, MEASURED.len(), 1) {
                return Err(FeatureError(format!("statistics of shape {:?}", image.pixels.dim())));
            }
            row.assign(&image.pixels.slice(s![0, .., 0]));
        }
        Ok(features)
    }

    fn has_context(&self) -> bool {
        true
    }

    fn in_context(&self, measured: Array2<f32>, series: &[Vec<usize>]) -> Array2<f32> {
        match self {
            Self::MeanFlux => measured.slice(s![.., ..1]).to_owned(),
            Self::RelativeFlux => in_context(measured.view(), series).slice(s![.., 1..2]).to_owned(),
            Self::Statistics => in_context(measured.view(), series),
            Self::Flux => {
                let context = in_context(measured.view(), series);
                let mut flux = measured.slice(s![.., ..2]).to_owned();
                flux.column_mut(1).assign(&context.column(0));
                flux
            }
        }
    }
}

fn measure(counts: &Distribution) -> [f32; MEASURED.len()] {
    let mean = counts.mean();
    let at = |share| counts.percentile(share);
    [
        mean,
        counts.trimmed_mean(),
        counts.std(),
        at(0.05),
        at(0.25),
        at(0.5),
        at(0.75),
        at(0.95),
        at(0.99),
        at(1.0),
        counts.share_of_zeros(),
        counts.len() as f64,
    ]
    .map(|value| value as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::Samples;

    fn frame(samples: Samples) -> Decoded {
        Decoded { height: 2, width: samples.len() / 2, channels: 1, samples, masked: true }
    }

    #[test]
    fn pixels_that_were_not_measured_do_not_count() {
        let statistics = FrameStatistics::Statistics;
        let of =
            |samples| statistics.digest(&frame(samples), &DepthRange::default()).pixels.into_raw_vec_and_offset().0;
        let expected = of(Samples::U16(vec![1, 2, 3, 6, u16::MAX, u16::MAX]));
        assert_eq!(expected[0], 3.0);
        assert_eq!(expected[N_MEASURED], 4.0);
        assert_eq!(expected[5], 2.0, "the median is a count that occurs");
        assert_eq!(of(Samples::U32(vec![1, 2, 3, 6, u32::MAX, u32::MAX])), expected);
        assert_eq!(of(Samples::F32(vec![1.0, 2.0, 3.0, 6.0, f32::NAN, -1.0])), expected);
        assert!(of(Samples::U16(vec![u16::MAX; 4])).iter().all(|value| *value == 0.0), "nothing was measured");
    }

    #[test]
    fn the_columns_are_named() {
        assert_eq!(FrameStatistics::Flux.columns().len(), MEASURED.len());
        let image = FrameStatistics::Flux.digest(&frame(Samples::U8(vec![4; 6])), &DepthRange::default());
        let features = FrameStatistics::Flux.extract(&[image]).unwrap();
        assert_eq!((features[[0, 0]], features[[0, TRIMMED]], features[[0, 2]]), (4.0, 4.0, 0.0));
        assert!(FrameStatistics::Flux.extract(&[Image { pixels: Array3::zeros((2, 2, 1)) }]).is_err());
    }
}
