//! Agreement of clusters over series: those of each become `spoiled` and `usable`, the same for every series.
//!
//! The reference system goes by the first frame: the shutter is still opening, so its cluster is the spoiled one. That
//! fails where a series has no ramp, or lost its beam at the start; so brightness checks it, and decides where they
//! disagree.

use crate::data::{ClusterId, Clustering};
use crate::metrics::upper_median;

/// The cluster of spoiled frames.
const SPOILED: ClusterId = ClusterId(0);
/// The cluster of usable frames.
const USABLE: ClusterId = ClusterId(1);

/// Names of the two clusters.
pub const CLUSTER_NAMES: [&str; 2] = ["spoiled", "usable"];

/// A cluster of less than this share of the beam's light, in the median, is spoiled.
const DIM: f32 = 0.9;

/// The frames of a series, agreed with all other series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesAgreement {
    /// 0 is spoiled, 1 usable; noise stays `None`. In the order of the frames.
    pub labels: Vec<Option<ClusterId>>,
    /// Why brightness decided and not the first frame, as a fragment; `None` where both say the same.
    pub disagreement: Option<&'static str>,
}

/// Says of each cluster whether it is usable. `transmission` is the share of the beam's light in each frame: 1 for a
/// frame that nothing spoiled.
///
/// # Panics
/// When there are more or fewer transmissions than frames.
#[must_use]
pub fn agree(clustering: &Clustering, transmission: &[f32]) -> SeriesAgreement {
    assert_eq!(clustering.len(), transmission.len(), "a transmission per frame");
    let first = clustering.labels().first().copied().flatten();
    let dim: Vec<bool> = clustering
        .ids()
        .map(|id| {
            let mut members: Vec<f64> =
                clustering.members(Some(id)).map(|frame| f64::from(transmission[frame])).collect();
            upper_median(&mut members).is_some_and(|median| median < f64::from(DIM))
        })
        .collect();
    let by_first = |id: ClusterId| Some(id) == first;
    let disagrees = clustering.ids().any(|id| by_first(id) != dim[id.0 as usize]);
    let any_dim = dim.contains(&true);
    let disagreement = disagrees.then(|| match first {
        _ if !any_dim => "no cluster is dimmer than the beam: all frames are usable",
        Some(first) if !dim[first.0 as usize] => "the first frame is as bright as the usable ones",
        _ if dim.iter().all(|dim| *dim) => "every cluster is dim: no frame is usable",
        _ => "clusters beside the first frame's are dim too",
    });
    let name = |id: ClusterId| if dim[id.0 as usize] { SPOILED } else { USABLE };
    SeriesAgreement { labels: clustering.labels().iter().map(|label| label.map(name)).collect(), disagreement }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[i32], transmission: &[f32]) -> (Vec<i64>, bool) {
        let labels = labels.iter().map(|label| u32::try_from(*label).ok());
        let agreed = agree(&Clustering::by_first_appearance(labels), transmission);
        let signed = agreed.labels.iter().map(|label| label.map_or(-1, |id| i64::from(id.0))).collect();
        (signed, agreed.disagreement.is_some())
    }

    #[test]
    fn the_first_frame_is_spoiled_where_brightness_agrees() {
        assert_eq!(of(&[0, 0, 1, 1, -1], &[0.1, 0.5, 1.0, 1.0, 0.9]), (vec![0, 0, 1, 1, -1], false));
    }

    #[test]
    fn brightness_decides_otherwise() {
        assert_eq!(of(&[0, 1, 0, 1], &[1.0, 0.99, 1.01, 1.0]), (vec![1, 1, 1, 1], true), "no ramp");
        assert_eq!(of(&[0, 0, 1, 0], &[1.0, 1.0, 0.2, 1.0]), (vec![1, 1, 0, 1], true), "beam lost in the middle");
        assert_eq!(of(&[0, 1, 2, 2], &[0.1, 0.5, 1.0, 1.0]), (vec![0, 0, 1, 1], true), "a ramp in two clusters");
        assert_eq!(of(&[0, 0], &[0.0, 0.0]), (vec![0, 0], false), "a dark series");
        assert_eq!(of(&[0], &[1.0]), (vec![1], true), "a single frame");
        assert_eq!(of(&[-1, 0, 0], &[0.4, 1.0, 1.0]), (vec![-1, 1, 1], false));
    }
}
