//! Points laid out for the kernel: 32 side by side, or 8 to be broadcast.

use ndarray::ArrayView2;

use super::{Lanes, Row8, Simd};

/// Points per panel.
pub const LANES: usize = 32;

/// Points per block.
pub const BLOCK: usize = 8;

/// Points in panels of 32: a panel holds, feature by feature, one value of each of its points.
///
/// Panels are padded with points at infinity, whose squared distance to every true point is infinite.
#[derive(Debug, Clone)]
pub struct Points {
    panels: Vec<Lanes>,
    simd: Simd,
    n: usize,
    n_features: usize,
    depth: usize,
}

impl Points {
    /// The rows of `x`, shape `[n, n_features]`, finite.
    #[must_use]
    pub fn new(x: ArrayView2<'_, f32>) -> Self {
        Self::with_simd(x, Simd::best())
    }

    /// As [`Points::new`], but worked on with the instructions of `simd`.
    #[must_use]
    pub fn with_simd(x: ArrayView2<'_, f32>, simd: Simd) -> Self {
        let (n, n_features) = x.dim();
        let depth = n_features.max(1);
        let mut panels = vec![Lanes([f32::INFINITY; LANES]); n.div_ceil(LANES) * depth];
        for (i, row) in x.rows().into_iter().enumerate() {
            let panel = &mut panels[i / LANES * depth..][..depth];
            panel[0].0[i % LANES] = 0.0; // the only feature of points that have none
            for (lanes, &value) in panel.iter_mut().zip(row) {
                lanes.0[i % LANES] = value;
            }
        }
        Self { panels, simd, n, n_features, depth }
    }

    /// Number of points.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.n
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Features per point.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        self.n_features
    }

    /// The instructions that work on these points.
    #[must_use]
    pub const fn simd(&self) -> Simd {
        self.simd
    }

    /// Number of panels.
    #[must_use]
    pub const fn n_panels(&self) -> usize {
        self.n.div_ceil(LANES)
    }

    /// Panel `index`, which holds points `32 * index ..`.
    #[must_use]
    pub fn panel(&self, index: usize) -> &[Lanes] {
        &self.panels[index * self.depth..][..self.depth]
    }

    /// All points in their order, to be broadcast.
    #[must_use]
    pub fn blocks(&self) -> Blocks {
        self.blocks_of(0..self.n)
    }

    /// The points `order` names, in that order, to be broadcast.
    #[must_use]
    pub fn blocks_of(&self, order: impl ExactSizeIterator<Item = usize>) -> Blocks {
        let n = order.len();
        let mut blocks = Blocks::padded(n, self.depth);
        for (slot, i) in order.enumerate() {
            let panel = self.panel(i / LANES);
            let block = &mut blocks.rows[slot / BLOCK * self.depth..][..self.depth];
            for (row, lanes) in block.iter_mut().zip(panel) {
                row.0[slot % BLOCK] = lanes.0[i % LANES];
            }
        }
        blocks
    }

    /// Features of point `index`.
    pub fn features(&self, index: usize) -> impl Iterator<Item = f32> + '_ {
        self.panel(index / LANES).iter().map(move |lanes| lanes.0[index % LANES])
    }
}

/// Points in blocks of 8, to be broadcast against panels; padded with points at infinity.
#[derive(Debug, Clone)]
pub struct Blocks {
    rows: Vec<Row8>,
    n: usize,
    depth: usize,
}

impl Blocks {
    /// The rows of `x`, shape `[n, n_features]`: centroids, say.
    #[must_use]
    pub fn new(x: ArrayView2<'_, f32>) -> Self {
        let depth = x.ncols().max(1);
        let mut blocks = Self::padded(x.nrows(), depth);
        for (slot, row) in x.rows().into_iter().enumerate() {
            let block = &mut blocks.rows[slot / BLOCK * depth..][..depth];
            block[0].0[slot % BLOCK] = 0.0;
            for (lanes, &value) in block.iter_mut().zip(row) {
                lanes.0[slot % BLOCK] = value;
            }
        }
        blocks
    }

    fn padded(n: usize, depth: usize) -> Self {
        Self { rows: vec![Row8([f32::INFINITY; BLOCK]); n.div_ceil(BLOCK) * depth], n, depth }
    }

    /// Number of points.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.n
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The blocks in order; block `b` holds points `8 * b ..`.
    pub fn iter(&self) -> std::slice::ChunksExact<'_, Row8> {
        self.rows.chunks_exact(self.depth)
    }
}

impl<'a> IntoIterator for &'a Blocks {
    type Item = &'a [Row8];
    type IntoIter = std::slice::ChunksExact<'a, Row8>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn a_point_comes_back_as_it_went_in() {
        let x = Array2::from_shape_fn((70, 3), |(i, j)| (i * 3 + j) as f32);
        let points = Points::new(x.view());
        assert_eq!((points.len(), points.n_panels()), (70, 3));
        assert_eq!(points.features(69).collect::<Vec<_>>(), [207.0, 208.0, 209.0]);
        assert_eq!(points.panel(2)[0].0[6], f32::INFINITY, "padding");
        let blocks = points.blocks_of([69, 1].into_iter());
        assert_eq!(blocks.iter().next().unwrap()[1].0[..3], [208.0, 4.0, f32::INFINITY]);
    }

    #[test]
    fn points_without_features_coincide() {
        let points = Points::new(Array2::zeros((2, 0)).view());
        assert_eq!(points.features(1).collect::<Vec<_>>(), [0.0]);
        assert!(Points::new(Array2::zeros((0, 5)).view()).is_empty());
        assert_eq!(Blocks::new(array![[1.0, 2.0]].view()).len(), 1);
    }
}
