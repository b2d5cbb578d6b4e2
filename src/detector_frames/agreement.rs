//! Agreement of clusters over series: those of each become `spoiled` and `usable`, the same for every series.
//!
//! The reference system goes by the first frame: the shutter is still opening, so its cluster is the spoiled one. That
//! fails where a series has no ramp, or lost its beam at the start; so brightness checks it, and decides where they
//! disagree. Where brightness cannot tell, that is said.

use crate::clusterers::SpoiledCluster;
use crate::data::{ClusterId, Clustering};
use crate::metrics::upper_median;

/// The cluster of spoiled frames.
const SPOILED: ClusterId = ClusterId(0);
/// The cluster of usable frames.
const USABLE: ClusterId = ClusterId(1);

/// Names of the two clusters.
pub const CLUSTER_NAMES: [&str; 2] = ["spoiled", "usable"];

/// Frames that scatter hide what is missing up to this many times what the recipe tolerates, and no more: beyond, a frame of
/// half its light may pass, and brightness tells little.
const HIDDEN: f32 = 3.0;

/// How much of the beam's light the frames of a series have, and how sure that is.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesLight {
    /// 1 for a frame that nothing spoiled; in the order of the frames.
    pub transmission: Vec<f32>,
    /// What a frame may miss: what the line leaves, or what chance takes where that is more.
    pub tolerated: f32,
    /// Whether a pedestal may hide what is missing.
    pub doubtful: bool,
    /// A usable frame has this share of the light at least.
    pub line: f32,
}

/// The frames of a series, agreed with all other series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesAgreement {
    /// 0 is spoiled, 1 usable; noise stays `None`. In the order of the frames.
    pub labels: Vec<Option<ClusterId>>,
    /// Why the first frame did not decide, or that brightness cannot tell, as a sentence's end; `None` where both say the
    /// same.
    pub remark: Option<&'static str>,
}

/// Says of each cluster whether it is usable.
///
/// # Panics
/// When there are more or fewer transmissions than frames.
#[must_use]
pub fn agree(clustering: &Clustering, light: &SeriesLight, spoiled: SpoiledCluster) -> SeriesAgreement {
    assert_eq!(clustering.len(), light.transmission.len(), "a transmission per frame");
    let first = clustering.labels().first().copied().flatten();
    let medians: Vec<f32> = clustering.ids().map(|id| median(clustering, id, light)).collect();
    let of_first: Vec<bool> = clustering.ids().map(|id| Some(id) == first).collect();
    let dim: Vec<bool> = medians.iter().map(|median| *median < light.line).collect();
    let scattered = light.tolerated > HIDDEN * (1.0 - light.line);
    let dimmest = first.is_some_and(|first| {
        let others = medians.iter().enumerate().filter(|(at, _)| *at != first.0 as usize);
        medians.len() > 1 && others.into_iter().all(|(_, other)| *other > medians[first.0 as usize])
    });
    let (bad, remark) = match spoiled {
        SpoiledCluster::FirstFrame => (of_first, None),
        SpoiledCluster::Auto if scattered && dimmest => (
            of_first,
            Some(
                "brightness cannot tell, as the frames scatter too much: the cluster of the first frame, which is the \
                  dimmest, is called spoiled",
            ),
        ),
        _ if scattered => {
            (dim, Some("brightness cannot tell, as the frames scatter too much: only the dimmest are called spoiled"))
        }
        _ => {
            let remark = remark(&dim, &of_first, first, light.doubtful);
            (dim, remark)
        }
    };
    let name = |id: ClusterId| if bad[id.0 as usize] { SPOILED } else { USABLE };
    SeriesAgreement { labels: clustering.labels().iter().map(|label| label.map(name)).collect(), remark }
}

fn median(clustering: &Clustering, id: ClusterId, light: &SeriesLight) -> f32 {
    let of = clustering.members(Some(id)).map(|frame| f64::from(light.transmission[frame]));
    upper_median(&mut of.collect::<Vec<f64>>()).unwrap_or(0.0) as f32
}

fn remark(dim: &[bool], of_first: &[bool], first: Option<ClusterId>, doubtful: bool) -> Option<&'static str> {
    if !dim.contains(&true) {
        return Some(if doubtful {
            "brightness cannot tell: no frame stands out, and most of the counts may be a pedestal; name dark frames by \
             `dataset.dark`"
        } else {
            "no frame is dimmer than the others, so none is called spoiled; were all of them dim, brightness could not tell"
        });
    }
    (dim != of_first).then(|| match first {
        Some(first) if !dim[first.0 as usize] => {
            "the first frame is as bright as the usable ones, so others are called spoiled"
        }
        _ if dim.iter().all(|dim| *dim) => "every cluster is dim, so no frame is called usable",
        _ => "clusters beside the first frame's are dim too, so they are called spoiled",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[i32], transmission: &[f32]) -> (Vec<i64>, bool) {
        let (signed, remark) = by(SpoiledCluster::Auto, labels, transmission, 0.1, false);
        (signed, remark.is_some())
    }

    fn by(
        spoiled: SpoiledCluster,
        labels: &[i32],
        transmission: &[f32],
        tolerated: f32,
        doubtful: bool,
    ) -> (Vec<i64>, Option<&'static str>) {
        let labels = labels.iter().map(|label| u32::try_from(*label).ok());
        let light = SeriesLight { transmission: transmission.to_vec(), tolerated, doubtful, line: 0.9 };
        let agreed = agree(&Clustering::by_first_appearance(labels), &light, spoiled);
        let signed = agreed.labels.iter().map(|label| label.map_or(-1, |id| i64::from(id.0))).collect();
        (signed, agreed.remark)
    }

    #[test]
    fn where_brightness_cannot_tell_it_says_so() {
        let steady = ([0, 1, 1], [1.0, 1.01, 0.99]);
        let (labels, remark) = by(SpoiledCluster::Auto, &steady.0, &steady.1, 0.1, true);
        assert_eq!(labels, [1, 1, 1]);
        assert!(remark.unwrap().contains("`dataset.dark`"));
        let wild = ([0, 0, 1, 1], [0.91, 0.95, 1.2, 1.3]);
        let (labels, remark) = by(SpoiledCluster::Auto, &wild.0, &wild.1, 0.6, false);
        assert_eq!(labels, [0, 0, 1, 1]);
        assert!(remark.unwrap().contains("scatter too much"));
        assert_eq!(by(SpoiledCluster::Brightness, &wild.0, &wild.1, 0.6, false).0, [1, 1, 1, 1]);
        let brighter = ([0, 0, 1, 1], [1.3, 1.2, 0.95, 0.91]);
        assert_eq!(by(SpoiledCluster::Auto, &brighter.0, &brighter.1, 0.6, false).0, [1, 1, 1, 1]);
    }

    #[test]
    fn the_first_frame_decides_where_it_shall() {
        assert_eq!(by(SpoiledCluster::FirstFrame, &[0, 1, 1], &[1.0, 1.0, 0.2], 0.1, false), (vec![0, 1, 1], None));
        assert_eq!(by(SpoiledCluster::FirstFrame, &[-1, 0, 0], &[1.0, 1.0, 0.2], 0.1, false).0, [-1, 1, 1]);
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
        assert_eq!(of(&[-1, 0, 0], &[0.4, 1.0, 1.0]), (vec![-1, 1, 1], true), "none of the others is dim");
    }
}
