//! Batch queries of active learning: images predicted alike, of which the wrong ones are picked out and the rest is
//! accepted with one decision.
//!
//! A batch is worth the wrong labels it is expected to set right, per gesture it is expected to cost: one for the
//! acceptance, one per wrong image, one per class these go to. Like lies beside like on it, so that wrong ones of one kind
//! can be picked out as a range.

use ndarray::ArrayView2;

use super::confident_learning::{confident_learning, most_probable};
use super::known_labels::KnownLabels;
use super::neighbourhoods::Neighbourhoods;
use super::predictions::{BATCH_SIZE, Suggestion, SuggestionKind};

/// A batch ends where this many wrong images are expected on it: what is learned from them soon reorders the rest.
const MOST_WRONG: f32 = 12.0;
/// Images of a neighbourhood.
const NEIGHBOURHOOD: usize = 9;

/// Everything a query is chosen by: the images, their labels and their probabilities.
#[derive(Clone, Copy)]
pub(super) struct BatchQueries<'a> {
    /// Shape `[n_images, n_features]`.
    pub x: ArrayView2<'a, f32>,
    pub known: &'a KnownLabels,
    /// Shape `[n_images, n_classes]`.
    pub probabilities: ArrayView2<'a, f32>,
    pub neighbourhoods: &'a Neighbourhoods,
}

/// A suggestion and its expected use.
pub(super) struct ScoredSuggestion {
    /// Labels expected to be set right per gesture, 0 or more.
    pub score: f32,
    pub suggestion: Suggestion,
}

impl BatchQueries<'_> {
    /// Per class one batch of undecided images predicted as it, and one of those that carry another label.
    pub fn by_class(&self) -> Vec<ScoredSuggestion> {
        let n_classes = self.known.classes.len();
        let mut alike: Vec<[Vec<usize>; 2]> = vec![Default::default(); n_classes];
        let instead = self.label_errors();
        for row in (0..self.probabilities.nrows()).filter(|&row| self.known.is_open(row)) {
            let class = instead[row].unwrap_or_else(|| most_probable(self.probabilities.row(row)));
            alike[class][usize::from(instead[row].is_some())].push(row);
        }
        let batches = alike.into_iter().enumerate().flat_map(|(class, [check, suspects])| {
            [(SuggestionKind::CheckClass, check), (SuggestionKind::Suspects, suspects)]
                .into_iter()
                .filter(|(_, rows)| !rows.is_empty())
                .map(move |(kind, rows)| self.batch(kind, class, rows))
        });
        batches.collect()
    }

    /// Margin sampling: the undecided image whose two most probable classes are closest, with its nearest undecided ones.
    pub fn neighbourhood(&self) -> Option<ScoredSuggestion> {
        let open = (0..self.probabilities.nrows()).filter(|&row| self.known.is_open(row));
        let least = open.min_by(|&a, &b| self.margin(a).total_cmp(&self.margin(b)))?;
        let near = self.neighbourhoods.near(least).filter(|&row| self.known.is_open(row));
        let rows: Vec<usize> = std::iter::once(least).chain(near).take(NEIGHBOURHOOD).collect();
        let class = most_probable(self.probabilities.row(least));
        let second = self.second(least, class)?;
        let score = self.righted_per_gesture(&rows, class);
        let (class, second) = (&self.known.classes[class], &self.known.classes[second]);
        let title = format!("Is this {class} or {second}? The least certain image and those most like it.");
        Some(ScoredSuggestion {
            score,
            suggestion: query(SuggestionKind::Neighbourhood, title, Some(class.clone()), rows),
        })
    }

    /// Near-duplicates that carry different classes, pair by pair.
    pub fn duplicates(&self) -> Option<ScoredSuggestion> {
        let pairs: Vec<(usize, usize)> = self.conflicts().collect();
        if pairs.is_empty() {
            return None;
        }
        let title = match pairs.len() {
            1 => "Two images are nearly the same and carry different classes.".to_owned(),
            n => format!("{n} pairs of nearly the same image carry different classes."),
        };
        let mut rows: Vec<usize> = Vec::new();
        for row in pairs.into_iter().flat_map(|(a, b)| [a, b]) {
            if rows.len() < BATCH_SIZE && !rows.contains(&row) {
                rows.push(row);
            }
        }
        // Of each pair one is wrong, and setting it right costs a pick and a move.
        Some(ScoredSuggestion { score: 0.5, suggestion: query(SuggestionKind::Duplicates, title, None, rows) })
    }

    /// Pairs of near-duplicates with different labels.
    pub fn conflicts(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let label = &self.known.label;
        let differ = |&(a, b): &(usize, usize)| matches!((label[a], label[b]), (Some(a), Some(b)) if a != b);
        self.neighbourhoods.near_duplicates.iter().copied().filter(differ)
    }

    /// Confident learning: per row the class that it finds instead of the label.
    fn label_errors(&self) -> Vec<Option<usize>> {
        let (rows, labels): (Vec<usize>, Vec<usize>) = self.known.labelled().unzip();
        let found = confident_learning(&labels, self.probabilities.select(ndarray::Axis(0), &rows).view());
        let mut instead = vec![None; self.probabilities.nrows()];
        for (&row, class) in rows.iter().zip(found.instead) {
            instead[row] = class.filter(|_| self.known.is_open(row));
        }
        instead
    }

    fn batch(&self, kind: SuggestionKind, class: usize, mut rows: Vec<usize>) -> ScoredSuggestion {
        rows.sort_by(|&a, &b| self.margin(a).total_cmp(&self.margin(b)).then(a.cmp(&b)));
        let mut wrong = 0.0;
        let end = rows.iter().take(BATCH_SIZE).position(|&row| {
            wrong += 1.0 - self.probabilities[[row, class]];
            wrong > MOST_WRONG
        });
        rows.truncate(end.unwrap_or(BATCH_SIZE));
        let score = self.righted_per_gesture(&rows, class);
        let rows = self.nearest_neighbour_tour(rows);
        let (name, n) = (&self.known.classes[class], rows.len());
        let title = match (kind, n) {
            (SuggestionKind::Suspects, 1) => format!("1 image has another name but looks like {name}."),
            (SuggestionKind::Suspects, _) => format!("{n} images have other names but look like {name}."),
            (_, 1) => format!("1 image may be {name}: is it?"),
            _ => format!("{n} images may be {name}, like beside like: which are not?"),
        };
        ScoredSuggestion { score, suggestion: query(kind, title, Some(name.clone()), rows) }
    }

    /// A greedy nearest-neighbour tour of `rows`: from the first always on to the nearest one left.
    fn nearest_neighbour_tour(&self, mut rows: Vec<usize>) -> Vec<usize> {
        let squared = |a: usize, b: usize| -> f32 {
            self.x.row(a).iter().zip(self.x.row(b)).map(|(a, b)| (a - b) * (a - b)).sum()
        };
        for at in 1..rows.len() {
            let here = rows[at - 1];
            let nearest = (at..rows.len())
                .min_by(|&a, &b| squared(here, rows[a]).total_cmp(&squared(here, rows[b])).then(rows[a].cmp(&rows[b])));
            rows.swap(at, nearest.unwrap_or(at));
        }
        rows
    }

    /// Labels expected to be set right per gesture where `rows` are shown as `class`.
    fn righted_per_gesture(&self, rows: &[usize], class: usize) -> f32 {
        let now = |row: usize| self.known.label[row].unwrap_or_else(|| most_probable(self.probabilities.row(row)));
        let righted: f32 = rows.iter().map(|&row| 1.0 - self.probabilities[[row, now(row)]]).sum();
        let wrong: f32 = rows.iter().map(|&row| 1.0 - self.probabilities[[row, class]]).sum();
        let moves = wrong.min(self.known.classes.len() as f32 - 1.0);
        righted / (1.0 + wrong + moves)
    }

    /// How much more probable the most probable class is than the second.
    pub fn margin(&self, row: usize) -> f32 {
        let row = self.probabilities.row(row);
        let (mut first, mut second) = (0.0_f32, 0.0_f32);
        for &share in row {
            (first, second) = if share > first { (share, first) } else { (first, second.max(share)) };
        }
        first - second
    }

    fn second(&self, row: usize, first: usize) -> Option<usize> {
        let row = self.probabilities.row(row);
        (0..row.len()).filter(|&class| class != first).max_by(|&a, &b| row[a].total_cmp(&row[b]))
    }
}

fn query(kind: SuggestionKind, title: String, class: Option<String>, rows: Vec<usize>) -> Suggestion {
    Suggestion { kind, title, cluster: None, clusters: Vec::new(), class, rows }
}
