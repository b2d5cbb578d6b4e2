//! Screens of images predicted alike: the wrong ones are picked out, the rest is accepted with one decision.
//!
//! A screen is worth the wrong labels it is expected to set right, per gesture it is expected to cost: one for the
//! acceptance, one per wrong image, one per class these go to. Like lies beside like on it, so that wrong ones of one kind
//! can be picked out as a range.

use ndarray::ArrayView2;

use super::confident::{confident, most_probable};
use super::known::Known;
use super::opinion::{Kind, SCREEN, Suggestion};
use super::surroundings::Surroundings;

/// A screen ends where this many wrong images are expected on it: what is learned from them soon reorders the rest.
const WRONG: f32 = 12.0;
/// Images of a neighbourhood.
const NEIGHBOURHOOD: usize = 9;

/// What the images are believed to show.
#[derive(Clone, Copy)]
pub(super) struct Views<'a> {
    /// Shape `[n_images, n_features]`.
    pub x: ArrayView2<'a, f32>,
    pub known: &'a Known,
    /// Shape `[n_images, n_classes]`.
    pub beliefs: ArrayView2<'a, f32>,
    pub surroundings: &'a Surroundings,
}

/// A suggestion and what it is worth, in labels righted per gesture.
pub(super) type Valued = (f32, Suggestion);

impl Views<'_> {
    /// One screen per class of undecided images that show it, and one of those that carry another label.
    pub fn screens(&self) -> Vec<Valued> {
        let n_classes = self.known.classes.len();
        let mut alike: Vec<[Vec<usize>; 2]> = vec![Default::default(); n_classes];
        let instead = self.contradicted();
        for row in (0..self.beliefs.nrows()).filter(|&row| self.known.is_open(row)) {
            let class = instead[row].unwrap_or_else(|| most_probable(self.beliefs.row(row)));
            alike[class][usize::from(instead[row].is_some())].push(row);
        }
        let screens = alike.into_iter().enumerate().flat_map(|(class, [check, suspects])| {
            [(Kind::CheckClass, check), (Kind::Suspects, suspects)]
                .into_iter()
                .filter(|(_, rows)| !rows.is_empty())
                .map(move |(kind, rows)| self.screen(kind, class, rows))
        });
        screens.collect()
    }

    /// The undecided image that least is known about, with its nearest undecided ones.
    pub fn neighbourhood(&self) -> Option<Valued> {
        let open = (0..self.beliefs.nrows()).filter(|&row| self.known.is_open(row));
        let least = open.min_by(|&a, &b| self.margin(a).total_cmp(&self.margin(b)))?;
        let near = self.surroundings.near(least).filter(|&row| self.known.is_open(row));
        let rows: Vec<usize> = std::iter::once(least).chain(near).take(NEIGHBOURHOOD).collect();
        let class = most_probable(self.beliefs.row(least));
        let second = self.second(least, class)?;
        let worth = self.worth(&rows, class);
        let (class, second) = (&self.known.classes[class], &self.known.classes[second]);
        let title = format!("Is this {class} or {second}? The least certain image and those most like it.");
        Some((worth, plain(Kind::Neighbourhood, title, Some(class.clone()), rows)))
    }

    /// Near-duplicates that carry different classes, pair by pair.
    pub fn duplicates(&self) -> Option<Valued> {
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
            if rows.len() < SCREEN && !rows.contains(&row) {
                rows.push(row);
            }
        }
        // Of each pair one is wrong, and setting it right costs a pick and a move.
        Some((0.5, plain(Kind::Duplicates, title, None, rows)))
    }

    /// Pairs of near-duplicates with different labels.
    pub fn conflicts(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let label = &self.known.label;
        let differ = |&(a, b): &(usize, usize)| matches!((label[a], label[b]), (Some(a), Some(b)) if a != b);
        self.surroundings.twins.iter().copied().filter(differ)
    }

    /// Per row the class that confident learning finds instead of its label.
    fn contradicted(&self) -> Vec<Option<usize>> {
        let (rows, labels): (Vec<usize>, Vec<usize>) = self.known.labelled().unzip();
        let found = confident(&labels, self.beliefs.select(ndarray::Axis(0), &rows).view());
        let mut instead = vec![None; self.beliefs.nrows()];
        for (&row, class) in rows.iter().zip(found.instead) {
            instead[row] = class.filter(|_| self.known.is_open(row));
        }
        instead
    }

    fn screen(&self, kind: Kind, class: usize, mut rows: Vec<usize>) -> Valued {
        rows.sort_by(|&a, &b| self.margin(a).total_cmp(&self.margin(b)).then(a.cmp(&b)));
        let mut wrong = 0.0;
        let end = rows.iter().take(SCREEN).position(|&row| {
            wrong += 1.0 - self.beliefs[[row, class]];
            wrong > WRONG
        });
        rows.truncate(end.unwrap_or(SCREEN));
        let worth = self.worth(&rows, class);
        let rows = self.like_beside_like(rows);
        let (name, n) = (&self.known.classes[class], rows.len());
        let title = match (kind, n) {
            (Kind::Suspects, 1) => format!("1 image has another name but looks like {name}."),
            (Kind::Suspects, _) => format!("{n} images have other names but look like {name}."),
            (_, 1) => format!("1 image is probably {name}: is it?"),
            _ => format!("{n} images are probably {name}, like beside like: which are not?"),
        };
        (worth, plain(kind, title, Some(name.clone()), rows))
    }

    /// A walk through `rows`: from the first always on to the nearest one left.
    fn like_beside_like(&self, mut rows: Vec<usize>) -> Vec<usize> {
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
    fn worth(&self, rows: &[usize], class: usize) -> f32 {
        let now = |row: usize| self.known.label[row].unwrap_or_else(|| most_probable(self.beliefs.row(row)));
        let righted: f32 = rows.iter().map(|&row| 1.0 - self.beliefs[[row, now(row)]]).sum();
        let wrong: f32 = rows.iter().map(|&row| 1.0 - self.beliefs[[row, class]]).sum();
        let moves = wrong.min(self.known.classes.len() as f32 - 1.0);
        righted / (1.0 + wrong + moves)
    }

    /// How much more probable the most probable class is than the second.
    pub fn margin(&self, row: usize) -> f32 {
        let row = self.beliefs.row(row);
        let (mut first, mut second) = (0.0_f32, 0.0_f32);
        for &share in row {
            (first, second) = if share > first { (share, first) } else { (first, second.max(share)) };
        }
        first - second
    }

    fn second(&self, row: usize, first: usize) -> Option<usize> {
        let row = self.beliefs.row(row);
        (0..row.len()).filter(|&class| class != first).max_by(|&a, &b| row[a].total_cmp(&row[b]))
    }
}

fn plain(kind: Kind, title: String, class: Option<String>, rows: Vec<usize>) -> Suggestion {
    Suggestion { kind, title, cluster: None, clusters: Vec::new(), class, rows }
}
