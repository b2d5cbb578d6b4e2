//! Two runs image by image: what the second calls right that the first called wrong, and the other way round.

use std::io;

use ndarray::Array2;
use serde::Serialize;

use crate::data::ImageId;
use crate::files::changes_csv::{self, ChangeRow};
use crate::files::predictions_csv::{RecordedPrediction, RecordedPredictions};
use crate::metrics::McNemar;
use crate::progress::Warning;

/// Two runs compared on the images that both predicted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Images that both judged, of the same truth.
    pub shared: usize,
    /// Images that only one of them judged.
    pub only_first: usize,
    pub only_second: usize,
    /// Images that both judged by different truths; they are left out.
    pub relabelled: usize,
    /// Shared images that both call right, and that both call wrong.
    pub both_right: usize,
    pub both_wrong: usize,
    /// Shared images that only the second calls right, and that only the first does.
    pub fixed: usize,
    pub broken: usize,
    /// Whether that is more than chance; `None` without shared images.
    pub mcnemar: Option<McNemar>,
    /// The same in a sentence.
    pub sentence: String,
    #[serde(skip)]
    pub(super) changes: Vec<Change>,
    #[serde(skip)]
    pub(super) classes: Vec<String>,
    /// Images by true class (rows) and predicted class (columns), of each run.
    #[serde(skip)]
    pub(super) counts: [Array2<u64>; 2],
}

/// A shared image that the two call differently.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub id: ImageId,
    pub path: String,
    pub truth: String,
    pub class: [String; 2],
    pub confidence: [f32; 2],
}

impl Change {
    /// `fixed`, `broken`, or `other` where both are wrong.
    pub fn kind(&self) -> &'static str {
        match self.class.each_ref().map(|class| *class == self.truth) {
            [false, true] => "fixed",
            [true, false] => "broken",
            _ => "other",
        }
    }
}

impl Pair {
    /// Matches two runs by image content; `names` are those of the runs.
    pub(super) fn of(first: &RecordedPredictions, second: &RecordedPredictions, names: [&str; 2]) -> Self {
        let mut classes: Vec<String> = first.classes.iter().chain(&second.classes).cloned().collect();
        let matched: Vec<(ImageId, &RecordedPrediction, &RecordedPrediction)> =
            first.images.iter().filter_map(|(id, said)| Some((*id, said, second.images.get(id)?))).collect();
        let same: Vec<_> = matched.iter().filter(|(_, a, b)| a.truth == b.truth).collect();
        classes.extend(same.iter().map(|(_, a, _)| a.truth.clone()));
        classes.sort();
        classes.dedup();
        let place = |class: &String| classes.binary_search(class).unwrap_or(0);
        let mut counts = [0, 1].map(|_| Array2::zeros((classes.len(), classes.len())));
        let (mut both_right, mut both_wrong, mut fixed, mut broken) = (0, 0, 0, 0);
        let mut changes = Vec::new();
        for (id, a, b) in &same {
            for (counts, said) in counts.iter_mut().zip([a, b]) {
                counts[[place(&said.truth), place(&said.class)]] += 1;
            }
            match (a.class == a.truth, b.class == b.truth) {
                (true, true) => both_right += 1,
                (false, false) => both_wrong += 1,
                (false, true) => fixed += 1,
                (true, false) => broken += 1,
            }
            if a.class != b.class {
                changes.push(Change {
                    id: *id,
                    path: b.path.clone(),
                    truth: b.truth.clone(),
                    class: [a.class.clone(), b.class.clone()],
                    confidence: [a.confidence, b.confidence],
                });
            }
        }
        changes.sort_by(|a, b| a.kind().cmp(b.kind()).then_with(|| b.confidence[1].total_cmp(&a.confidence[1])));
        let mcnemar = (!same.is_empty()).then(|| McNemar::of(broken as u64, fixed as u64));
        // Images whose truth differs between the runs prove nothing about the classifiers.
        let relabelled = matched.len() - same.len();
        let sentence = sentence(names, same.len(), fixed, broken, mcnemar.as_ref());
        Self {
            shared: same.len(),
            only_first: first.images.len() - matched.len(),
            only_second: second.images.len() - matched.len(),
            relabelled,
            both_right,
            both_wrong,
            fixed,
            broken,
            mcnemar,
            sentence,
            changes,
            classes,
            counts,
        }
    }

    /// Writes a row per changed image.
    pub(super) fn write_changes(&self, file: &mut dyn io::Write) -> io::Result<()> {
        let rows = self.changes.iter().map(|change| ChangeRow {
            id: change.id,
            path: &change.path,
            truth: &change.truth,
            classes: change.class.each_ref().map(String::as_str),
            confidences: change.confidence,
            change: change.kind(),
        });
        changes_csv::write_into(file, rows)
    }
}

fn sentence([first, second]: [&str; 2], shared: usize, fixed: usize, broken: usize, test: Option<&McNemar>) -> String {
    let Some(test) = test else {
        return Warning::NothingShared { first: first.to_owned(), second: second.to_owned() }.to_string();
    };
    let conclusion = if test.p_value >= 0.05 {
        "the difference may well be chance"
    } else if fixed > broken {
        "it is hardly chance that the second is better"
    } else {
        "it is hardly chance that the second is worse"
    };
    format!(
        "on {shared} images that both judged, `{second}` calls {fixed} right that `{first}` calls wrong, and {broken} \
         wrong that `{first}` calls right; equally good classifiers differ at least as much in {} of cases (McNemar's \
         test, {}): {conclusion}",
        chance(test.p_value),
        if test.exact { "exact" } else { "chi-square" },
    )
}

fn chance(p: f64) -> String {
    if p < 0.001 { "less than 0.1 %".to_owned() } else { format!("{:.1} %", p * 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(rows: &[(&str, &str, &str)]) -> RecordedPredictions {
        let prediction = |(name, truth, class): &(&str, &str, &str)| {
            let [path, truth, class] = [name, truth, class].map(|text| (*text).to_owned());
            (ImageId::of_bytes(name.as_bytes()), RecordedPrediction { path, truth, class, confidence: 0.9 })
        };
        let classes = vec!["grass".to_owned(), "stone".to_owned()];
        RecordedPredictions { classes, images: rows.iter().map(prediction).collect() }
    }

    #[test]
    fn fixed_broken_and_relabelled_images_are_told_apart() {
        let first = predictions(&[
            ("a", "grass", "stone"),
            ("b", "grass", "grass"),
            ("c", "stone", "stone"),
            ("d", "stone", "stone"),
            ("e", "stone", "grass"),
        ]);
        let second = predictions(&[
            ("a", "grass", "grass"),
            ("b", "grass", "stone"),
            ("c", "stone", "stone"),
            ("d", "grass", "grass"),
            ("f", "grass", "grass"),
        ]);
        let pair = Pair::of(&first, &second, ["one", "two"]);
        assert_eq!((pair.shared, pair.relabelled, pair.only_first, pair.only_second), (3, 1, 1, 1));
        assert_eq!((pair.fixed, pair.broken, pair.both_right, pair.both_wrong), (1, 1, 1, 0));
        assert_eq!(pair.counts[0], ndarray::array![[1, 1], [0, 1]]);
        assert_eq!(pair.counts[1], ndarray::array![[1, 1], [0, 1]]);
        let kinds: Vec<_> = pair.changes.iter().map(|change| (change.path.as_str(), change.kind())).collect();
        assert_eq!(kinds, [("b", "broken"), ("a", "fixed")]);
        assert!(pair.sentence.contains("may well be chance"), "{}", pair.sentence);
    }

    #[test]
    fn without_common_images_nothing_is_tested() {
        let pair =
            Pair::of(&predictions(&[("a", "grass", "grass")]), &predictions(&[("b", "grass", "grass")]), ["x", "y"]);
        assert_eq!((pair.shared, pair.mcnemar), (0, None));
        assert!(pair.sentence.contains("no image in common"), "{}", pair.sentence);
    }
}
