//! Selections of a virtual data set's mappings: along every axis, which coordinates are taken, in rising order.
//!
//! A mapping pairs two selections element by element, row by row. All that is regular is a product of axes: so the place
//! of an element follows from its index along each. Unlimited selections end where their source does.

use rust_hdf5::format::selection::{Hyperslab, HyperslabBlock, RegularHyperslab, Selection, UNLIMITED};

/// Coordinates along one axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Axis {
    /// Blocks of `block` coordinates, their starts `stride` apart; `length` coordinates in all.
    Regular { start: u64, stride: u64, block: u64, length: u64 },
    /// Stretches, each `(start, length)` with the number of coordinates before it.
    Listed(Vec<(u64, u64, u64)>),
}

impl Axis {
    /// How many coordinates there are.
    pub fn length(&self) -> u64 {
        match self {
            Self::Regular { length, .. } => *length,
            Self::Listed(stretches) => stretches.last().map_or(0, |(_, length, before)| length + before),
        }
    }

    /// The coordinate of this index, and how many follow it without a gap, itself included.
    pub fn at(&self, index: u64) -> (u64, u64) {
        match self {
            Self::Regular { start, stride, block, length } => {
                let (number, within) = (index / block, index % block);
                let left = length - index;
                let run = if stride == block { left } else { (block - within).min(left) };
                (start + number * stride + within, run)
            }
            Self::Listed(stretches) => {
                let at = stretches.partition_point(|(_, _, before)| *before <= index) - 1;
                let (start, length, before) = stretches[at];
                (start + index - before, length + before - index)
            }
        }
    }

    /// How many coordinates lie below `limit`.
    pub fn below(&self, limit: u64) -> u64 {
        match self {
            Self::Regular { start, stride, block, length } => {
                let Some(span) = limit.checked_sub(*start) else { return 0 };
                (span / stride * block + (span % stride).min(*block)).min(*length)
            }
            Self::Listed(stretches) => {
                stretches.iter().map(|(start, length, _)| limit.saturating_sub(*start).min(*length)).sum()
            }
        }
    }

    /// One past the last coordinate.
    pub fn end(&self) -> u64 {
        self.length().checked_sub(1).map_or(0, |last| self.at(last).0 + 1)
    }
}

/// A selection: the product of its axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axes {
    pub axes: Vec<Axis>,
    /// The axis that grows.
    pub unlimited: Option<usize>,
}

impl Axes {
    /// `None` where the selection is no product of axes, or larger than can be counted. What all of an extent means is
    /// said by `dims`.
    pub fn of(selection: &Selection, dims: &[u64]) -> Option<Self> {
        let axes = match selection {
            Selection::All => {
                let whole = |&length| Axis::Regular { start: 0, stride: 1, block: 1, length };
                dims.iter().map(whole).collect()
            }
            Selection::Hyperslab { form: Hyperslab::Regular(regular), .. } => return Self::regular(regular),
            Selection::Hyperslab { rank, form: Hyperslab::Blocks(blocks) } => product(*rank, blocks)?,
            Selection::None | Selection::Points(_) => return None,
        };
        Some(Self { axes, unlimited: None })
    }

    fn regular(regular: &RegularHyperslab) -> Option<Self> {
        let RegularHyperslab { start, stride, count, block } = regular;
        let unlimited = regular.unlim_dim();
        let axis = |d: usize| {
            let (start, count) = (start[d], count[d]);
            let block = block[d].max(1);
            let stride = stride[d].max(1);
            if block == UNLIMITED {
                return Some(Axis::Regular { start, stride: 1, block: 1, length: UNLIMITED - start });
            }
            // Blocks that touch are one.
            let (stride, block) = if count == 1 || stride < block { (block, block) } else { (stride, block) };
            let length = if count == UNLIMITED { UNLIMITED / stride } else { count.checked_mul(block)? };
            let end = count.checked_sub(1)?.checked_mul(stride).and_then(|last| last.checked_add(start + block));
            (count == UNLIMITED || end.is_some()).then_some(Axis::Regular { start, stride, block, length })
        };
        let axes = (0..count.len()).map(axis).collect::<Option<_>>()?;
        Some(Self { axes, unlimited })
    }

    /// How many elements there are; `None` where they cannot be counted.
    pub fn elements(&self) -> Option<u64> {
        self.axes.iter().try_fold(1_u64, |product, axis| product.checked_mul(axis.length()))
    }

    /// Ends the growing axis after `length` coordinates.
    pub fn end_after(&mut self, length: u64) {
        if let Some(Axis::Regular { length: last, .. }) = self.unlimited.and_then(|d| self.axes.get_mut(d)) {
            *last = length;
        }
    }

    /// Block `number` of the growing axis alone.
    pub fn block(&self, number: u64) -> Option<Self> {
        let mut one = self.clone();
        if let Some(Axis::Regular { start, stride, block, length }) = one.unlimited.and_then(|d| one.axes.get_mut(d)) {
            *start = number.checked_mul(*stride)?.checked_add(*start)?;
            *length = *block;
        }
        one.unlimited = None;
        Some(one)
    }

    /// Whether every coordinate lies in `dims`.
    pub fn within(&self, dims: &[u64]) -> bool {
        self.axes.len() == dims.len() && self.axes.iter().zip(dims).all(|(axis, dim)| axis.end() <= *dim)
    }
}

/// The axes whose product the blocks are.
fn product(rank: usize, blocks: &[HyperslabBlock]) -> Option<Vec<Axis>> {
    let mut axes = Vec::with_capacity(rank);
    for d in 0..rank {
        let mut stretches = Vec::with_capacity(blocks.len());
        for block in blocks {
            stretches.push((block.start[d], block.end[d].checked_sub(block.start[d])?.checked_add(1)?));
        }
        stretches.sort_unstable();
        stretches.dedup();
        let mut before = 0_u64;
        let mut listed: Vec<(u64, u64, u64)> = Vec::with_capacity(stretches.len());
        for (start, length) in stretches {
            if listed.last().is_some_and(|(other, length, _)| other + length > start) {
                return None;
            }
            listed.push((start, length, before));
            before = before.checked_add(length)?;
        }
        axes.push(listed);
    }
    let n = axes.iter().try_fold(1_usize, |n, listed| n.checked_mul(listed.len()))?;
    (n == blocks.len()).then(|| axes.into_iter().map(Axis::Listed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_and_coordinates_agree() {
        let blocks = Axis::Regular { start: 3, stride: 5, block: 2, length: 5 };
        let listed = Axis::Listed(vec![(3, 2, 0), (8, 2, 2), (13, 1, 4)]);
        for axis in [blocks, listed] {
            let all: Vec<(u64, u64)> = (0..5).map(|index| axis.at(index)).collect();
            assert_eq!(all, [(3, 2), (4, 1), (8, 2), (9, 1), (13, 1)], "{axis:?}");
            let below: Vec<u64> = (0..15).map(|limit| axis.below(limit)).collect();
            assert_eq!(below, [0, 0, 0, 0, 1, 2, 2, 2, 2, 3, 4, 4, 4, 4, 5], "{axis:?}");
            assert_eq!((axis.length(), axis.end()), (5, 14));
        }
    }

    #[test]
    fn blocks_are_a_product_or_nothing() {
        let block = |a: [u64; 2], b: [u64; 2]| HyperslabBlock { start: vec![a[0], b[0]], end: vec![a[1], b[1]] };
        let four = [block([0, 0], [0, 1]), block([0, 0], [4, 5]), block([2, 2], [0, 1]), block([2, 2], [4, 5])];
        let axes = product(2, &four).unwrap();
        assert_eq!(axes, [Axis::Listed(vec![(0, 1, 0), (2, 1, 1)]), Axis::Listed(vec![(0, 2, 0), (4, 2, 2)])]);
        assert_eq!(product(2, &four[..3]), None);
    }
}
