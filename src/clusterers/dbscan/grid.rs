//! Every combination of eps and `min_samples` at the price of few.
//!
//! One pass counts the neighbours within every eps. Then eps ascends, with one set of components per `min_samples`,
//! since what is connected stays connected: a level only has to look from cores outside the largest component,
//! and soon there are none. Of two values of `min_samples` the stricter's cores and connections are also the other's,
//! so a pair that is joined for the stricter one is done.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::components::Components;
use super::squared_radius;
use crate::data::{Clustering, Positive};
use crate::pairwise::{ExactRows, LANES, Points, Threshold, bits, neighbour_counts, visit_within};

/// DBSCAN for every pair of `eps` and `min_samples`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbscanGrid {
    /// Radii of a neighbourhood, in units of the features.
    pub eps: Vec<Positive>,
    /// Points, itself included, that make a point a core point.
    pub min_samples: Vec<NonZeroUsize>,
}

/// DBSCAN's answer for one pair of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct DbscanFit {
    /// Radius of a neighbourhood.
    pub eps: Positive,
    /// Points, itself included, that make a point a core point.
    pub min_samples: NonZeroUsize,
    /// Clusters numbered by their smallest core index; `None` is noise.
    pub clustering: Clustering,
    /// Which points are core points.
    pub core: Vec<bool>,
}

impl DbscanGrid {
    /// Fits every pair to `x`, shape `[n, n_features]`: for each eps in the order given, each `min_samples`.
    ///
    /// Takes `O(n)` memory and gives the same answer whatever the number of threads: scikit-learn's labels.
    #[must_use]
    pub fn fit(&self, x: ArrayView2<'_, f32>) -> Vec<DbscanFit> {
        self.fit_points(&Points::new(x), x)
    }

    pub(super) fn fit_points(&self, points: &Points, x: ArrayView2<'_, f32>) -> Vec<DbscanFit> {
        let mut eps = self.eps.clone();
        eps.sort_by(|a, b| a.get().total_cmp(&b.get()));
        eps.dedup();
        let mut strictest_first = self.min_samples.clone();
        strictest_first.sort_unstable_by(|a, b| b.cmp(a));
        strictest_first.dedup();
        let Some(&strictest) = strictest_first.first() else { return Vec::new() };

        let rows = ExactRows::new(&x);
        let radii: Vec<Threshold> =
            eps.iter().map(|eps| Threshold::of_squared(squared_radius(*eps, x.dim()), x.ncols())).collect();
        let enough = u32::try_from(strictest.get()).unwrap_or(u32::MAX);
        let counts = neighbour_counts(points, &rows, &radii, enough);
        let components: Vec<Components> = strictest_first.iter().map(|_| Components::new(points.len())).collect();

        let mut found = Vec::with_capacity(eps.len());
        for (radius, counts) in radii.iter().zip(&counts) {
            let level = Level::new(points, &rows, radius, counts, &strictest_first);
            level.connect(&components);
            found.push(level.labels(&components));
        }
        let position = |eps_asked: &Positive| eps.iter().position(|eps| eps == eps_asked);
        let cells = self.eps.iter().flat_map(|eps| self.min_samples.iter().map(move |min| (eps, min)));
        cells
            .filter_map(|(eps, min_samples)| {
                let m = strictest_first.iter().position(|m| m == min_samples)?;
                let (clustering, core) = found[position(eps)?][m].clone();
                Some(DbscanFit { eps: *eps, min_samples: *min_samples, clustering, core })
            })
            .collect()
    }
}

/// One eps, with the core points of every `min_samples`.
struct Level<'a> {
    points: &'a Points,
    rows: &'a ExactRows<'a>,
    radius: &'a Threshold,
    /// Neighbours of each point; exact where fewer than the strictest `min_samples`.
    counts: &'a [u32],
    min_samples: Vec<u32>,
    /// For each `min_samples`, strictest first, a mask of core points per panel.
    cores: Vec<Vec<u32>>,
}

impl<'a> Level<'a> {
    fn new(
        points: &'a Points,
        rows: &'a ExactRows<'a>,
        radius: &'a Threshold,
        counts: &'a [u32],
        min_samples: &[NonZeroUsize],
    ) -> Self {
        let min_samples: Vec<u32> =
            min_samples.iter().map(|min| u32::try_from(min.get()).unwrap_or(u32::MAX)).collect();
        let cores = min_samples
            .iter()
            .map(|&min| {
                let mask = |panel: &[u32]| (0..).zip(panel).fold(0, |mask, (l, &c)| mask | u32::from(c >= min) << l);
                counts.chunks(LANES).map(mask).collect()
            })
            .collect();
        Self { points, rows, radius, counts, min_samples, cores }
    }

    fn is_core(&self, m: usize, point: usize) -> bool {
        self.counts[point] >= self.min_samples[m]
    }

    /// The core points of the least strict `min_samples`: all there are.
    fn all_cores(&self) -> &[u32] {
        self.cores.last().map_or(&[], Vec::as_slice)
    }

    /// Joins core points within the radius.
    ///
    /// A connection inside a component teaches nothing, so it is enough to look from every core outside the largest
    /// component. A few are looked from at a time, since that component may soon swallow the rest.
    fn connect(&self, components: &[Components]) {
        let mut pending = self.all_cores().to_vec();
        let mut at_a_time = FIRST_ROUND;
        loop {
            let mut outside = self.outside_largest(components, &pending);
            if outside.is_empty() {
                return;
            }
            outside.truncate(at_a_time);
            at_a_time *= 2;
            visit_within(self.points, self.rows, &outside, &pending, self.radius, |point, panel, mask| {
                self.join(components, point, panel, mask);
            });
            for &point in &outside {
                pending[point as usize / LANES] &= !(1 << (point as usize % LANES));
            }
        }
    }

    /// The points of `pending` that are a core outside the largest component, for some `min_samples`.
    fn outside_largest(&self, components: &[Components], pending: &[u32]) -> Vec<u32> {
        let members = |masks: &[u32]| -> Vec<u32> {
            let panels = (0_u32..).step_by(LANES).zip(masks);
            panels.flat_map(|(first, &mask)| bits(mask).map(move |lane| first + lane as u32)).collect()
        };
        let outside: Vec<Vec<u32>> = components
            .par_iter()
            .zip(&self.cores)
            .map(|(components, cores)| {
                let largest = components.largest(members(cores).into_iter());
                let is_outside = |&point: &u32| Some(components.root(point)) != largest;
                let pending: Vec<u32> = cores.iter().zip(pending).map(|(core, pending)| core & pending).collect();
                let mut masks = vec![0; pending.len()];
                for point in members(&pending).into_iter().filter(is_outside) {
                    masks[point as usize / LANES] |= 1 << (point as usize % LANES);
                }
                masks
            })
            .collect();
        let any: Vec<u32> =
            (0..pending.len()).map(|panel| outside.iter().fold(0, |any, masks| any | masks[panel])).collect();
        members(&any)
    }

    fn join(&self, components: &[Components], point: usize, panel: usize, mut mask: u32) {
        for (m, components) in components.iter().enumerate() {
            if self.is_core(m, point) {
                for lane in bits(mask & self.cores[m][panel]) {
                    if !components.join(point as u32, (panel * LANES + lane) as u32) {
                        mask &= !(1 << lane);
                    }
                }
            }
        }
    }

    /// Labels and core points for each `min_samples`.
    fn labels(&self, components: &[Components]) -> Vec<(Clustering, Vec<bool>)> {
        let borders = self.borders(components);
        (0..components.len())
            .into_par_iter()
            .map(|m| {
                let root = |point: usize| {
                    if self.is_core(m, point) {
                        Some(components[m].root(point as u32))
                    } else {
                        Some(borders[m][point].load(Relaxed)).filter(|&root| root != NOBODY)
                    }
                };
                let roots: Vec<Option<u32>> = (0..self.counts.len()).map(root).collect();
                let core = (0..self.counts.len()).map(|point| self.is_core(m, point)).collect();
                (Clustering::by_number(&roots), core)
            })
            .collect()
    }

    /// For each `min_samples` and point that is no core, the smallest root among its core neighbours.
    fn borders(&self, components: &[Components]) -> Vec<Vec<AtomicU32>> {
        let borders: Vec<Vec<AtomicU32>> =
            components.iter().map(|_| self.counts.iter().map(|_| AtomicU32::new(NOBODY)).collect()).collect();
        let strictest = self.min_samples.first().copied().unwrap_or(0);
        // Who has no neighbour but itself is no border point.
        let sparse: Vec<u32> = (0..)
            .zip(self.counts)
            .filter(|&(_, &count)| count > 1 && count < strictest)
            .map(|(point, _)| point)
            .collect();
        visit_within(self.points, self.rows, &sparse, self.all_cores(), self.radius, |point, panel, mask| {
            for (m, border) in borders.iter().enumerate().filter(|&(m, _)| !self.is_core(m, point)) {
                for lane in bits(mask & self.cores[m][panel]) {
                    border[point].fetch_min(components[m].root((panel * LANES + lane) as u32), Relaxed);
                }
            }
        });
        borders
    }
}

/// Points looked from before the largest component is asked for again.
const FIRST_ROUND: usize = 256;

/// No core point is near.
const NOBODY: u32 = u32::MAX;
