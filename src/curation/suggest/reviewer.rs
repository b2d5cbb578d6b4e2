//! Forms an opinion after every batch of decisions.

use ndarray::{Array2, ArrayView2};

use super::beliefs::{beliefs, scaled};
use super::confident::most_probable;
use super::known::Known;
use super::naming::{merges, unnamed};
use super::opinion::{Opinion, RowOpinion, Suggestion};
use super::screens::{Valued, Views};
use super::surroundings::Surroundings;
use crate::curation::Curation;
use crate::data::{ClusterId, ImageId};
use crate::pairwise::Points;

/// Clusters are named until this share of the images is in named ones or decided; the rest can be guessed.
const NAMED_SHARE: f64 = 2.0 / 3.0;

/// What does not change during a session: the images as points, and what lies near what.
#[derive(Debug)]
pub struct Reviewer {
    ids: Vec<ImageId>,
    /// Shape `[n_images, n_features]`, scaled as a whole.
    x: Array2<f32>,
    points: Points,
    surroundings: Surroundings,
}

impl Reviewer {
    /// Looks at the images once: their neighbours, how far out they lie, near-duplicates. `x` are the reduced features,
    /// shape `[n_images, n_features]`, finite; row `i` belongs to `ids[i]`.
    ///
    /// # Panics
    /// When `x` and `ids` differ in length.
    #[must_use]
    pub fn new(x: Array2<f32>, ids: Vec<ImageId>) -> Self {
        assert_eq!(x.nrows(), ids.len(), "one row per image");
        let x = scaled(x);
        let surroundings = Surroundings::of(x.view());
        Self { ids, points: Points::new(x.view()), x, surroundings }
    }

    /// What the decisions of `state` come to. `clusters` is the review cluster of each row as it stands after merges and
    /// splits. The same decisions give the same opinion, to the bit.
    ///
    /// # Panics
    /// When `clusters` has another length than there are images.
    #[must_use]
    pub fn opinion(&self, state: &Curation, clusters: &[Option<ClusterId>]) -> Opinion {
        assert_eq!(clusters.len(), self.ids.len(), "one cluster per image");
        let known = Known::of(state, &self.ids);
        let beliefs = beliefs(self.x.view(), &self.ids, &known, &self.surroundings);
        let (x, beliefs) = (self.x.view(), beliefs.view());
        let views = Views { x, known: &known, beliefs, surroundings: &self.surroundings };
        let suggestions = self.suggestions(&views, clusters);
        let rows = self.rows(&views);
        Opinion { classes: known.classes, rows, suggestions }
    }

    fn suggestions(&self, views: &Views<'_>, clusters: &[Option<ClusterId>]) -> Vec<Suggestion> {
        let x = self.x.view();
        let unnamed = unnamed(x, &self.points, clusters, views.known);
        let waiting: usize = unnamed.iter().map(super::naming::Unnamed::len).sum();
        let kept = views.known.removed.iter().filter(|removed| !**removed).count();
        let naming = (waiting as f64) > (1.0 - NAMED_SHARE) * kept as f64;
        let names = unnamed.iter().map(|cluster| cluster.suggestion(x, views.beliefs, &views.known.classes));
        let mut valued: Vec<Valued> = if views.known.classes.len() < 2 { Vec::new() } else { views.screens() };
        if views.known.classes.len() >= 2 {
            valued.extend(views.neighbourhood());
            valued.extend(views.duplicates());
        }
        valued.sort_by(|a, b| b.0.total_cmp(&a.0));
        let screens = valued.into_iter().map(|(_, suggestion)| suggestion);
        let mut all: Vec<Suggestion> =
            if naming { names.chain(screens).collect() } else { screens.chain(names).collect() };
        all.extend(merges(x, &unnamed));
        all
    }

    fn rows(&self, views: &Views<'_>) -> Vec<RowOpinion> {
        let mut rows: Vec<RowOpinion> = (0..self.ids.len()).map(|row| self.row(row, views)).collect();
        for (a, b) in views.conflicts() {
            rows[a].suspicion = 1.0;
            rows[b].suspicion = 1.0;
        }
        rows
    }

    fn row(&self, row: usize, views: &Views<'_>) -> RowOpinion {
        let known = views.known;
        let believed: ArrayView2<'_, f32> = views.beliefs;
        if known.removed[row] {
            return RowOpinion { class: None, confidence: 0.0, suspicion: 0.0 };
        }
        let odd = 0.5 * self.surroundings.oddness[row];
        if known.classes.is_empty() {
            return RowOpinion { class: None, confidence: 0.0, suspicion: odd };
        }
        let class = known.label[row].unwrap_or_else(|| most_probable(believed.row(row)));
        let confidence = believed[[row, class]];
        let doubt = 0.5 * (1.0 - confidence + self.surroundings.disagreement(row, class, &known.label));
        let suspicion = if known.by_hand[row] { 0.0 } else { 1.0 - (1.0 - doubt) * (1.0 - odd) };
        RowOpinion { class: Some(class), confidence, suspicion: suspicion.clamp(0.0, 1.0) }
    }
}
