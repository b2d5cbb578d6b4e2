//! Flux: how bright the frames of each series are, for checking clusters and for plots.

use ndarray::{Array1, ArrayView2};

use super::{Series, SeriesLight};

/// The brightness of every frame.
#[derive(Debug, Clone)]
pub struct Flux {
    /// Raw counts per measured pixel.
    pub mean: Array1<f32>,
    /// Share of the beam's light, as its series shows it; 1 for a frame that nothing spoiled.
    pub transmission: Array1<f32>,
    /// The same of the frame by itself, which scatters more.
    pub share: Array1<f32>,
    /// A frame may miss this share.
    pub tolerated: Array1<f32>,
    /// 1 where a pedestal may hide what is missing.
    pub doubtful: Array1<f32>,
    /// 1 where a monitor's counts took part, -1 where they were passed over, 0 where there are none.
    pub monitored: Array1<f32>,
    /// Counts per pixel that are no light.
    pub pedestal: Array1<f32>,
    /// A usable frame has this share of the light at least.
    pub line: f64,
    /// The series the frames belong to.
    pub series: Vec<Series>,
}

/// Some frames of one series that are in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMembers {
    /// `None` for the frames in no group.
    pub group: Option<usize>,
    /// Rows in the order the frames were taken; may be empty.
    pub rows: Vec<usize>,
}

impl Flux {
    /// From the features [`super::FrameFeatures::Flux`] of all frames, shape `[n_frames, 7]`.
    #[must_use]
    pub fn new(features: ArrayView2<'_, f32>, series: Vec<Series>, line: f64) -> Self {
        let [mean, transmission, share, tolerated, doubtful, monitored, pedestal] =
            [0, 1, 2, 3, 4, 5, 6].map(|column| features.column(column).to_owned());
        Self { mean, transmission, share, tolerated, doubtful, monitored, pedestal, line, series }
    }

    /// The light of the frames `rows`, of one series.
    #[must_use]
    pub fn light(&self, rows: &[usize]) -> SeriesLight {
        SeriesLight {
            transmission: rows.iter().map(|&row| self.transmission[row]).collect(),
            tolerated: rows.iter().map(|&row| self.tolerated[row]).fold(0.0, f32::max),
            doubtful: rows.iter().any(|&row| self.doubtful[row] > 0.0),
            line: self.line as f32,
        }
    }

    /// Every series with its frames by group, those in no group last. Series of several groups come first. `group_of` says
    /// the group of each frame, below `n_groups`.
    #[must_use]
    pub fn by_group(&self, group_of: &[Option<usize>], n_groups: usize) -> Vec<(&Series, Vec<GroupMembers>)> {
        let members = |series: &Series, group: Option<usize>| {
            let rows = series.rows.iter().copied().filter(|&row| group_of[row] == group).collect();
            GroupMembers { group, rows }
        };
        let groups = |series| (0..n_groups).map(Some).chain([None]).map(|group| members(series, group)).collect();
        let mut all: Vec<(&Series, Vec<GroupMembers>)> =
            self.series.iter().map(|series| (series, groups(series))).collect();
        all.sort_by_key(|(_, groups)| groups.iter().filter(|group| group.rows.is_empty()).count());
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_several_groups_come_first() {
        let series = |name: &str, rows: &[usize]| Series { name: name.to_owned(), rows: rows.to_vec() };
        let frame = |mean: f32, light: f32| [mean, light, light, 0.1, 0.0, 0.0, 0.0];
        let features = ndarray::arr2(&[frame(3.0, 1.0), frame(2.0, 0.7), frame(3.0, 1.0), frame(3.0, 1.0)]);
        let flux = Flux::new(features.view(), vec![series("plain", &[3]), series("mixed", &[1, 0, 2])], 0.9);
        assert_eq!(flux.light(&[1, 0]).transmission, [0.7, 1.0]);
        assert_eq!((flux.mean[1], flux.transmission[1]), (2.0, 0.7));
        let found = flux.by_group(&[Some(0), Some(1), None, Some(0)], 2);
        let rows = |at: usize| found[at].1.iter().map(|group| group.rows.clone()).collect::<Vec<_>>();
        assert_eq!((found[0].0.name.as_str(), rows(0)), ("mixed", vec![vec![0], vec![1], vec![2]]));
        assert_eq!((found[1].0.name.as_str(), rows(1)), ("plain", vec![vec![3], vec![], vec![]]));
    }
}
