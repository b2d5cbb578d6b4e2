//! Features of a frame in its series: statistics of its counts, against those of the frames around.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::context::{self, DEVIATION, brightness, in_context};
use super::{FrameContext, Series};
use crate::features::FrameStatistics;

/// The features of a detector's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameFeatures {
    /// The mean count per measured pixel and nothing else.
    MeanFlux,
    /// One number: how far the frame is below what the beam gave at its time, from -1 (spoiled) to 0 (usable), -0.5 at the
    /// line, or where what is missing is no longer explained by the scatter of the other frames.
    RelativeFlux,
    /// How the frame stands among the others of its series: brightness, noise, shape of the counts, frames around.
    Statistics,
    /// The mean count, which share of the beam's light it is, and how sure that is, for plots and for checking clusters.
    Flux,
}

impl FrameFeatures {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::MeanFlux, Self::RelativeFlux, Self::Statistics, Self::Flux];

    /// Names of the columns of [`FrameFeatures::in_series`].
    #[must_use]
    pub fn columns(self) -> Vec<String> {
        let mean = FrameStatistics::COLUMNS[FrameStatistics::MEAN];
        let names = match self {
            Self::MeanFlux => vec![mean],
            Self::RelativeFlux => vec![context::COLUMNS[DEVIATION]],
            Self::Statistics => context::COLUMNS.to_vec(),
            Self::Flux => context::BRIGHTNESS.to_vec(),
        };
        names.into_iter().map(str::to_owned).collect()
    }

    /// Features among the other frames, shape `[n_frames, columns().len()]`. `statistics` are those of
    /// [`FrameStatistics`], shape `[n_frames, 76]`; every row is in one of `series`.
    #[must_use]
    pub fn in_series(self, statistics: ArrayView2<'_, f32>, series: &[Series], context: &FrameContext) -> Array2<f32> {
        match self {
            Self::MeanFlux => statistics.select(Axis(1), &[FrameStatistics::MEAN]),
            Self::RelativeFlux => in_context(statistics, series, context).select(Axis(1), &[DEVIATION]),
            Self::Statistics => in_context(statistics, series, context),
            Self::Flux => brightness(statistics, series, context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name() {
        let statistics = Array2::from_elem((3, FrameStatistics::N_COLUMNS), 2.0);
        let series = [Series { name: "a".to_owned(), rows: vec![2, 0, 1] }];
        let context = FrameContext::default();
        for features in FrameFeatures::ALL {
            let values = features.in_series(statistics.view(), &series, &context);
            assert_eq!(values.dim(), (3, features.columns().len()), "{features:?}");
        }
        let flux = FrameFeatures::Flux.in_series(statistics.view(), &series, &context);
        assert_eq!(flux.row(1).to_vec()[..2], [2.0, 1.0]);
    }
}
