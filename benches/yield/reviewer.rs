//! The honest reviewer: looks at what a suggestion shows, and at nothing else.

use std::collections::BTreeMap;

use ndarray::Array2;
use rails::curation::{
    BATCH_SIZE, Curation, Decision, ExpectedAccuracy, LabelSource, LogEntry, REVIEW, Suggestion, SuggestionKind,
    SuggestionModel, replay,
};
use rails::data::{ClusterId, Clustering};

use crate::images::Images;

/// Where the labels stand after a decision.
pub struct Progress {
    /// Gestures so far.
    pub paid: usize,
    /// As labels.csv has them, a position in the list of classes.
    pub labels: Vec<Option<usize>>,
    /// As labels.csv has them; 0 without a label.
    pub weights: Vec<f32>,
    /// Guessed class and weight of images without a label, as `--propagate 0` writes them.
    pub guesses: Vec<Option<(usize, f32)>>,
    /// Of every guess, for an image without a label: the probability it is shown with, and whether it is right.
    pub shown: Vec<(f32, bool)>,
    /// How many images are right, as the page tells it.
    pub expected: Option<ExpectedAccuracy>,
}

/// A review of `images`, from the first suggestion on.
pub struct Session<'a> {
    images: &'a Images,
    clusters: Clustering,
    model: SuggestionModel,
    entries: Vec<LogEntry>,
    paid: usize,
}

impl<'a> Session<'a> {
    pub fn new(images: &'a Images, reduced: Array2<f32>, clusters: Clustering) -> Self {
        let model = SuggestionModel::new(reduced, images.ids.clone());
        Self { images, clusters, model, entries: Vec::new(), paid: 0 }
    }

    /// Takes the page's first suggestion again and again until `budget` gestures are paid.
    pub fn follow(mut self, budget: usize) -> Vec<Progress> {
        let mut history = vec![self.progress()];
        while self.paid < budget {
            let predictions = self.model.predict(&self.state(), self.clusters.labels());
            let Some(suggestion) = predictions.suggestions.into_iter().find(|s| s.kind != SuggestionKind::Merge) else {
                break;
            };
            for (gestures, decision) in self.decide(&suggestion) {
                self.take(gestures, decision);
                if self.paid <= budget {
                    history.push(self.progress());
                }
            }
        }
        history
    }

    /// The plain way: every cluster gets the name of what most of its first images show.
    pub fn name_everything(mut self) -> Progress {
        for cluster in self.clusters.ids() {
            let rows: Vec<usize> = self.clusters.members(Some(cluster)).take(BATCH_SIZE).collect();
            let name = self.name(cluster, &rows);
            self.take(1, name);
        }
        self.progress()
    }

    /// The reviewer's decisions on a suggestion, with the gestures each costs.
    fn decide(&self, suggestion: &Suggestion) -> Vec<(usize, Decision)> {
        if let (SuggestionKind::NameCluster, Some(cluster)) = (suggestion.kind, suggestion.cluster) {
            return vec![(1, self.name(cluster, &suggestion.rows))];
        }
        let mut seen: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &row in suggestion.rows.iter().take(BATCH_SIZE) {
            seen.entry(self.images.truth[row]).or_default().push(row);
        }
        let Some(most) = self.majority(&suggestion.rows) else { return Vec::new() };
        let images = |rows: &[usize]| rows.iter().map(|&row| self.images.ids[row]).collect::<Vec<_>>();
        let name = |class: usize| self.images.classes[class].clone();
        let picked = seen.iter().filter(|(class, _)| **class != most).map(|(&class, rows)| {
            (rows.len() + 1, Decision::Move { images: images(rows), class: name(class), reason: None })
        });
        let rest = Decision::Accept { images: images(&seen[&most]), class: Some(name(most)) };
        picked.chain([(1, rest)]).collect()
    }

    fn name(&self, cluster: ClusterId, shown: &[usize]) -> Decision {
        let class = self.majority(shown).map_or_else(String::new, |class| self.images.classes[class].clone());
        let method = Some(REVIEW.to_owned());
        Decision::NameCluster { method, cluster, class, run: None, members: BTreeMap::new() }
    }

    /// Class of most of the first images shown; of equally many the class that sorts first.
    fn majority(&self, shown: &[usize]) -> Option<usize> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for &row in shown.iter().take(BATCH_SIZE) {
            *counts.entry(self.images.truth[row]).or_default() += 1;
        }
        counts.into_iter().max_by_key(|&(class, count)| (count, std::cmp::Reverse(class))).map(|(class, _)| class)
    }

    fn take(&mut self, gestures: usize, decision: Decision) {
        self.paid += gestures;
        let seq = self.entries.len() as u64 + 1;
        self.entries.push(LogEntry { seq, at: String::new(), by: "reviewer".to_owned(), decision });
    }

    fn state(&self) -> Curation {
        replay(&self.entries, &|_, cluster| {
            self.clusters.members(Some(cluster)).map(|row| self.images.ids[row]).collect()
        })
    }

    fn progress(&self) -> Progress {
        let state = self.state();
        let predictions = self.model.predict(&state, self.clusters.labels());
        let label = |row: usize| state.labels.get(&self.images.ids[row]);
        let position = |class: &str| self.images.classes.iter().position(|known| known == class);
        let guess = |row: usize| {
            let class = predictions.classes.get(predictions.rows[row].class?)?;
            Some((position(class)?, predictions.weight(row, LabelSource::Propagated))).filter(|_| label(row).is_none())
        };
        let shown = |row: usize| {
            let prediction = predictions.rows[row];
            let class = predictions.classes.get(prediction.class?)?;
            let right = position(class) == Some(self.images.truth[row]);
            Some((prediction.confidence, right)).filter(|_| label(row).is_none())
        };
        Progress {
            shown: (0..self.images.len()).filter_map(shown).collect(),
            expected: predictions.expected,
            guesses: (0..self.images.len()).map(guess).collect(),
            paid: self.paid,
            labels: (0..self.images.len()).map(|row| label(row).and_then(|label| position(&label.class))).collect(),
            weights: (0..self.images.len())
                .map(|row| label(row).map_or(0.0, |label| predictions.weight(row, label.source)))
                .collect(),
        }
    }
}
