//! The k-nearest-neighbour graph of the images, their outlier scores and near-duplicates: computed once, since
//! decisions do not move images.

use ndarray::ArrayView2;

use crate::outliers::Lof;
use crate::pairwise::Neighbours;

/// Neighbours kept per image.
const NEIGHBOURS: usize = 20;
/// Beyond this many images all pairs would take minutes, and predictions do without neighbours.
const MOST_IMAGES: usize = 60_000;
/// Images nearer than this share of the usual distance to the nearest image are near-duplicates.
const NEARLY_THE_SAME: f32 = 0.25;

/// The neighbourhood of every image.
#[derive(Debug)]
pub(super) struct Neighbourhoods {
    neighbours: Option<Neighbours>,
    /// Outlier score of each image, in `0.0..=1.0`: 0 where its local outlier factor is 1 or less, 1 where it is 2 or more.
    pub outlier_score: Vec<f32>,
    /// Pairs of near-duplicates, the lower row first, ascending.
    pub near_duplicates: Vec<(usize, usize)>,
}

impl Neighbourhoods {
    /// Of the rows of `x`, shape `[n_images, n_features]`.
    pub fn of(x: ArrayView2<'_, f32>) -> Self {
        let n = x.nrows();
        if !(2..=MOST_IMAGES).contains(&n) {
            return Self { neighbours: None, outlier_score: vec![0.0; n], near_duplicates: Vec::new() };
        }
        let neighbours = Neighbours::without_self(x, NEIGHBOURS);
        let factors = Lof::default().score_neighbours(&neighbours, n).factors;
        let outlier_score = factors.into_iter().map(|factor| (factor - 1.0).clamp(0.0, 1.0) as f32).collect();
        let k = neighbours.k();
        let mut nearest: Vec<f32> = neighbours.distances().chunks_exact(k).map(|row| row[0]).collect();
        nearest.sort_unstable_by(f32::total_cmp);
        let limit = NEARLY_THE_SAME * nearest[n / 2];
        let near = |row: usize| neighbours.indices()[row * k..].iter().zip(&neighbours.distances()[row * k..]).take(k);
        let mut near_duplicates: Vec<(usize, usize)> = (0..n)
            .flat_map(|row| {
                near(row).filter(|(_, distance)| **distance <= limit).map(move |(&other, _)| {
                    let other = other as usize;
                    (row.min(other), row.max(other))
                })
            })
            .collect();
        near_duplicates.sort_unstable();
        near_duplicates.dedup();
        Self { neighbours: Some(neighbours), outlier_score, near_duplicates }
    }

    /// The nearest rows of `row`, nearest first; none where there are too many images.
    pub fn near(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        self.neighbours.iter().flat_map(move |neighbours| {
            let k = neighbours.k();
            neighbours.indices()[row * k..(row + 1) * k].iter().map(|&other| other as usize)
        })
    }

    /// Share of the labelled neighbours of `row` that carry another class than `class`; 0 where none is labelled.
    pub fn disagreement(&self, row: usize, class: usize, label: &[Option<usize>]) -> f32 {
        let (mut labelled, mut others) = (0, 0);
        for neighbour in self.near(row).filter_map(|other| label[other]) {
            labelled += 1;
            others += usize::from(neighbour != class);
        }
        if labelled == 0 { 0.0 } else { others as f32 / labelled as f32 }
    }
}
