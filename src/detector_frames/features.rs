//! Features of a frame in its series: statistics of its counts, against those of the frames around.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::Series;
use super::context::{self, DEVIATION, TRANSMISSION, in_context};
use crate::features::FrameStatistics;

/// The features of a detector's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameFeatures {
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
            Self::Flux => vec![mean, context::COLUMNS[TRANSMISSION]],
        };
        names.into_iter().map(str::to_owned).collect()
    }

    /// Features among the other frames, shape `[n_frames, columns().len()]`. `statistics` are those of
    /// [`FrameStatistics`], shape `[n_frames, 12]`; every row is in one of `series`.
    #[must_use]
    pub fn in_series(self, statistics: ArrayView2<'_, f32>, series: &[Series]) -> Array2<f32> {
        match self {
            Self::MeanFlux => statistics.select(Axis(1), &[FrameStatistics::MEAN]),
            Self::RelativeFlux => in_context(statistics, series).select(Axis(1), &[DEVIATION]),
            Self::Statistics => in_context(statistics, series),
            Self::Flux => {
                let context = in_context(statistics, series);
                let columns = [statistics.column(FrameStatistics::MEAN), context.column(TRANSMISSION)];
                Array2::from_shape_fn((statistics.nrows(), columns.len()), |(row, column)| columns[column][row])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name() {
        let statistics = Array2::from_elem((3, FrameStatistics::COLUMNS.len()), 2.0);
        let series = [Series { name: "a".to_owned(), rows: vec![2, 0, 1] }];
        for features in FrameFeatures::ALL {
            let values = features.in_series(statistics.view(), &series);
            assert_eq!(values.dim(), (3, features.columns().len()), "{features:?}");
        }
        assert_eq!(FrameFeatures::Flux.in_series(statistics.view(), &series).row(1).to_vec(), [2.0, 1.0]);
    }
}
