//! One eps of a grid, with the core points of every `min_samples`.
//!
//! Images that a smaller eps connected stay connected, so only cores outside the largest component are looked from.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;

use super::components::Components;
use crate::data::Clustering;
use crate::pairwise::{ExactRows, LANES, Points, Threshold, bits, visit_within};

/// Points, one eps, and what is known about both.
pub(super) struct EpsLevel<'a> {
    points: &'a Points,
    rows: &'a ExactRows<'a>,
    radius: &'a Threshold,
    /// Neighbours of each point; exact where fewer than the strictest `min_samples`.
    counts: &'a [u32],
    min_samples: Vec<u32>,
    /// For each `min_samples`, strictest first, a mask of core points per panel.
    cores: Vec<Vec<u32>>,
}

impl<'a> EpsLevel<'a> {
    pub(super) fn new(
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
    pub(super) fn connect(&self, components: &[Components]) {
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
    pub(super) fn labels(&self, components: &[Components]) -> Vec<(Clustering, Vec<bool>)> {
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
