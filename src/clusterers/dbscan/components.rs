//! Connected components that many threads join at once.
//!
//! A lock-free union-find (Anderson and Woll, "Wait-free parallel algorithms for the union-find problem", 1991).
//! A root is always the smallest index of its component, so the answer does not depend on who joined what first.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

pub(super) struct Components {
    parents: Vec<AtomicU32>,
}

impl Components {
    /// `n` components of one point each.
    pub(super) fn new(n: usize) -> Self {
        Self { parents: (0..n as u32).map(AtomicU32::new).collect() }
    }

    /// The smallest index in the component of `point`, as long as nobody joins it meanwhile.
    pub(super) fn root(&self, mut point: u32) -> u32 {
        loop {
            let parent = self.parents[point as usize].load(Relaxed);
            if parent == point {
                return point;
            }
            let grandparent = self.parents[parent as usize].load(Relaxed);
            // Halves the path. A lost race only leaves it long: parents never grow.
            let halved =
                self.parents[point as usize].compare_exchange_weak(parent, grandparent, Relaxed, Relaxed).is_ok();
            point = if halved { grandparent } else { parent };
        }
    }

    /// Joins the components of two points; false where they were one already.
    pub(super) fn join(&self, a: u32, b: u32) -> bool {
        let (mut a, mut b) = (a, b);
        loop {
            (a, b) = (self.root(a), self.root(b));
            if a == b {
                return false;
            }
            let (low, high) = (a.min(b), a.max(b));
            if self.parents[high as usize].compare_exchange(high, low, Relaxed, Relaxed).is_ok() {
                return true;
            }
        }
    }

    /// The root with most of `points`, the smallest of several.
    pub(super) fn largest(&self, points: impl Iterator<Item = u32>) -> Option<u32> {
        let mut sizes = vec![0_u32; self.parents.len()];
        for point in points {
            sizes[self.root(point) as usize] += 1;
        }
        (0..)
            .zip(&sizes)
            .filter(|&(_, &size)| size > 0)
            .max_by_key(|&(root, &size)| (size, std::cmp::Reverse(root)))
            .map(|(root, _)| root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn roots_are_smallest_whoever_joins_first() {
        let components = Components::new(3000);
        (0..2997_u32).into_par_iter().rev().for_each(|i| {
            components.join(i + 3, i);
        });
        assert!((0..3000).all(|i| components.root(i) == i % 3));
        assert!(!components.join(0, 2997));
        assert_eq!(components.largest([0, 1, 4, 2, 5].into_iter()), Some(1));
        assert_eq!(components.largest(std::iter::empty()), None);
    }
}
