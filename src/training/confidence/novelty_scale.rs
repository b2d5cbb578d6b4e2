//! Novelty as people read it: the share of known images that are less novel, above 0 and below 1.
//!
//! A novelty score counts standard deviations and has no bounds; where it lies among the scores of known images that the
//! classifier had not learned needs no explanation: 0.97 is more novel than 97 % of them.

use serde::{Deserialize, Serialize};

/// Scores kept at most: enough for half a percent.
const MOST_KEPT: usize = 201;

/// The novelty scores of known images, by which others are placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoveltyScale {
    /// How many images were measured.
    n_images: usize,
    /// Their scores, ascending, the least and the greatest among them; of many images some, evenly spread. In single
    /// precision, which JSON gives back to the bit.
    known: Vec<f32>,
}

impl NoveltyScale {
    /// Places others by the scores in `ascending` order.
    #[must_use]
    pub fn of(ascending: &[f64]) -> Self {
        let (n, kept) = (ascending.len(), ascending.len().min(MOST_KEPT));
        let known = (0..kept).map(|at| ascending[at * (n - 1) / (kept - 1).max(1)] as f32);
        Self { n_images: n, known: known.collect() }
    }

    /// Share of known images that are less novel than one of this score, above 0 and below 1: the greater the score, the
    /// greater the share, beyond the known ones too. 0.5 where there were none.
    #[must_use]
    pub fn share(&self, score: f64) -> f64 {
        let at = |at: usize| self.known.get(at).copied().map(f64::from);
        let (Some(least), Some(greatest)) = (at(0), at(self.known.len().wrapping_sub(1))) else { return 0.5 };
        // Of n images the i-th lies at i / (n + 1): a new one falls into each of the n + 1 gaps with equal chance.
        let gap = 1.0 / (self.n_images + 1) as f64;
        if score < least {
            return gap / (1.0 + least - score);
        }
        if score > greatest {
            return 1.0 - gap / (1.0 + score - greatest);
        }
        let above = self.known.partition_point(|&known| f64::from(known) <= score);
        let below = f64::from(self.known[above - 1]);
        let between = at(above).map_or(0.0, |above| (score - below) / (above - below));
        let place = ((above - 1) as f64 + between) / (self.known.len() - 1).max(1) as f64;
        gap * (1.0 + place * self.n_images.saturating_sub(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_score_lies_where_known_images_lie() {
        let scale = NoveltyScale::of(&[-40.0, 0.0, 1.0, 5.0]);
        for (score, share) in [(-40.0, 0.2), (0.0, 0.4), (0.5, 0.5), (1.0, 0.6), (5.0, 0.8), (6.0, 0.9), (-41.0, 0.1)] {
            assert!((scale.share(score) - share).abs() < 1e-12, "{score}: {}", scale.share(score));
        }
        assert_eq!(NoveltyScale::of(&[]).share(3.0), 0.5);
        let one = NoveltyScale::of(&[2.0]);
        assert_eq!((one.share(2.0), one.share(3.0), one.share(1.0)), (0.5, 0.75, 0.25));
        let alike = NoveltyScale::of(&[1.0; 9]);
        assert_eq!((alike.share(1.0), alike.share(1.0 + 1e-9) > 0.9, alike.share(0.9) < 0.1), (0.9, true, true));
    }

    #[test]
    fn of_many_scores_some_are_kept() {
        let scores: Vec<f64> = (0..10_000).map(f64::from).collect();
        let scale = NoveltyScale::of(&scores);
        assert_eq!((scale.known.len(), scale.known[0], scale.known[200]), (MOST_KEPT, 0.0, 9_999.0));
        assert!((scale.share(9_500.0) - 0.95).abs() < 1e-3, "{}", scale.share(9_500.0));
    }

    proptest! {
        #[test]
        fn more_novel_is_never_less(mut known in prop::collection::vec(-50.0..50.0_f64, 0..400), a in -90.0..90.0_f64, b in -90.0..90.0_f64) {
            known.sort_unstable_by(f64::total_cmp);
            let scale = NoveltyScale::of(&known);
            let (less, more) = (scale.share(a.min(b)), scale.share(a.max(b)));
            prop_assert!(less <= more && 0.0 < less && more < 1.0, "{less} {more}");
        }
    }
}
