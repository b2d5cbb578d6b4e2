//! Repulsion between all points of the plane: near ones one by one, far ones by the cell.
//!
//! Reference: Barnes & Hut, "A hierarchical O(N log N) force-calculation algorithm", 1986.

#![expect(clippy::inline_always, reason = "inner loops must be compiled for the processor that `Arch` finds")]

use ndarray::Array2;
use pulp::Arch;
use rayon::prelude::*;

/// Points that walk the tree together, and at most lie in one leaf.
const GROUP: usize = 16;
/// Halvings of the square that holds all points.
const DEPTH: u32 = 16;

/// A cell of the tree; its subtree is `self + 1 .. next`.
struct Node {
    x: f32,
    y: f32,
    mass: f32,
    squared_width: f32,
    next: u32,
    /// Its points, in the order of the tree; only used where it is a leaf.
    first: u32,
    last: u32,
    is_leaf: bool,
}

/// Points sorted along a Z curve, and the cells above them.
pub(super) struct QuadTree {
    order: Vec<u32>,
    x: Vec<f32>,
    y: Vec<f32>,
    nodes: Vec<Node>,
    groups: Vec<(u32, u32)>,
}

/// The repulsion that one group of points feels.
struct Pull {
    x: [f32; GROUP],
    y: [f32; GROUP],
    sum: [f32; GROUP],
}

impl QuadTree {
    /// Over `points`, shape `[n, 2]`, finite.
    pub(super) fn new(points: &Array2<f32>) -> Self {
        let bounds = |axis: usize| {
            points
                .column(axis)
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)))
        };
        let ((left, right), (bottom, top)) = (bounds(0), bounds(1));
        let side = (right - left).max(top - bottom).max(f32::MIN_POSITIVE);
        let cells = (1_u32 << DEPTH) as f32;
        let cell = |value: f32, low: f32| (((value - low) / side * cells) as u32).min((1 << DEPTH) - 1);
        let mut keys: Vec<u64> = points
            .rows()
            .into_iter()
            .zip(0_u64..)
            .map(|(point, index)| {
                let code = spread_bits(cell(point[0], left)) | spread_bits(cell(point[1], bottom)) << 1;
                u64::from(code) << 32 | index
            })
            .collect();
        keys.par_sort_unstable();
        let order: Vec<u32> = keys.iter().map(|&key| key as u32).collect();
        let mut tree = Self {
            x: order.iter().map(|&i| points[[i as usize, 0]]).collect(),
            y: order.iter().map(|&i| points[[i as usize, 1]]).collect(),
            order,
            nodes: Vec::new(),
            groups: Vec::new(),
        };
        tree.grow(&keys, 0, keys.len(), 0);
        tree
    }

    /// Adds the cell of points `first..last` and all below it.
    fn grow(&mut self, keys: &[u64], first: usize, last: usize, depth: u32) {
        let index = self.nodes.len();
        let is_leaf = last - first <= GROUP || depth == DEPTH;
        let (mut sum, mut low, mut high) = ([0.0_f64; 2], [f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for i in first..last {
            for (axis, value) in [self.x[i], self.y[i]].into_iter().enumerate() {
                sum[axis] += f64::from(value);
                low[axis] = low[axis].min(value);
                high[axis] = high[axis].max(value);
            }
        }
        let mass = (last - first) as f64;
        let width = (high[0] - low[0]).max(high[1] - low[1]);
        self.nodes.push(Node {
            x: (sum[0] / mass) as f32,
            y: (sum[1] / mass) as f32,
            mass: mass as f32,
            squared_width: width * width,
            next: 0,
            first: first as u32,
            last: last as u32,
            is_leaf,
        });
        if is_leaf {
            self.groups.extend((first..last).step_by(GROUP).map(|at| (at as u32, last.min(at + GROUP) as u32)));
        } else {
            let shift = 32 + 2 * (DEPTH - depth - 1);
            let mut begin = first;
            while begin < last {
                let quadrant = keys[begin] >> shift;
                let end = begin + keys[begin..last].partition_point(|key| key >> shift == quadrant);
                self.grow(keys, begin, end, depth + 1);
                begin = end;
            }
        }
        self.nodes[index].next = self.nodes.len() as u32;
    }

    /// Writes `Σ (yᵢ − yⱼ) / (1 + |yᵢ − yⱼ|²)²` into row `i` of `forces`; returns `Σ 1 / (1 + |yᵢ − yⱼ|²)` over all pairs.
    ///
    /// `angle`: how wide a cell may look from a group of points and still count as one point.
    pub(super) fn repel(&self, angle: f32, forces: &mut Array2<f32>) -> f64 {
        let arch = Arch::new();
        let pulls: Vec<Pull> = self
            .groups
            .par_iter()
            .with_min_len(16)
            .map_init(Vec::new, |sources, &group| arch.dispatch(|| self.pull(group, angle, sources)))
            .collect();
        let mut total = 0.0;
        for (&(first, last), pull) in self.groups.iter().zip(&pulls) {
            for (lane, &point) in self.order[first as usize..last as usize].iter().enumerate() {
                forces[[point as usize, 0]] = pull.x[lane];
                forces[[point as usize, 1]] = pull.y[lane];
                total += f64::from(pull.sum[lane]);
            }
        }
        total - self.order.len() as f64 // each point met itself, at distance 0
    }

    #[inline(always)]
    fn pull(&self, (first, last): (u32, u32), angle: f32, sources: &mut Vec<[f32; 3]>) -> Pull {
        let range = first as usize..last as usize;
        let (mut x, mut y) = ([self.x[range.start]; GROUP], [self.y[range.start]; GROUP]);
        x[..range.len()].copy_from_slice(&self.x[range.clone()]);
        y[..range.len()].copy_from_slice(&self.y[range]);
        let bounds = |values: &[f32; GROUP]| {
            values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)))
        };
        let ((left, right), (bottom, top)) = (bounds(&x), bounds(&y));
        let squared_angle = angle * angle;
        sources.clear();
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let dx = (left - node.x).max(node.x - right).max(0.0);
            let dy = (bottom - node.y).max(node.y - top).max(0.0);
            if node.squared_width < squared_angle * (dx * dx + dy * dy) {
                sources.push([node.x, node.y, node.mass]);
            } else if node.is_leaf {
                let points = node.first as usize..node.last as usize;
                sources.extend(self.x[points.clone()].iter().zip(&self.y[points]).map(|(&x, &y)| [x, y, 1.0]));
            } else {
                at += 1;
                continue;
            }
            at = node.next as usize;
        }
        let mut pull = Pull { x: [0.0; GROUP], y: [0.0; GROUP], sum: [0.0; GROUP] };
        for &[source_x, source_y, mass] in sources.iter() {
            for lane in 0..GROUP {
                let (dx, dy) = (x[lane] - source_x, y[lane] - source_y);
                let near = 1.0 / (1.0 + dx * dx + dy * dy);
                let weight = mass * near;
                pull.sum[lane] += weight;
                pull.x[lane] += weight * near * dx;
                pull.y[lane] += weight * near * dy;
            }
        }
        pull
    }
}

/// Puts a zero before each of the 16 bits.
fn spread_bits(value: u32) -> u32 {
    let value = (value | value << 8) & 0x00FF_00FF;
    let value = (value | value << 4) & 0x0F0F_0F0F;
    let value = (value | value << 2) & 0x3333_3333;
    (value | value << 1) & 0x5555_5555
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(points: &Array2<f32>) -> (Array2<f64>, f64) {
        let mut forces = Array2::zeros(points.dim());
        let mut total = 0.0;
        for (i, a) in points.rows().into_iter().enumerate() {
            for (_, b) in points.rows().into_iter().enumerate().filter(|(j, _)| *j != i) {
                let (dx, dy) = (f64::from(a[0]) - f64::from(b[0]), f64::from(a[1]) - f64::from(b[1]));
                let near = 1.0 / (1.0 + dx * dx + dy * dy);
                total += near;
                forces[[i, 0]] += near * near * dx;
                forces[[i, 1]] += near * near * dy;
            }
        }
        (forces, total)
    }

    #[test]
    fn far_fields_are_close_to_the_exact_sum() {
        let points = Array2::from_shape_fn((900, 2), |(i, j)| {
            let angle = i as f32 * 2.399_963 + j as f32 * std::f32::consts::FRAC_PI_2;
            (i as f32).sqrt() * angle.cos()
        });
        let (expected, total) = exact(&points);
        let mut forces = Array2::zeros(points.dim());
        let sum = QuadTree::new(&points).repel(0.2, &mut forces);
        assert!((sum / total - 1.0).abs() < 2e-3, "{sum} for {total}");
        let scale = expected.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let worst = forces.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(worst < 0.01 * scale, "off by {worst} of {scale}");
    }

    #[test]
    fn points_in_one_place_do_not_push() {
        let points = Array2::from_elem((100, 2), 3.0);
        let mut forces = Array2::ones(points.dim());
        assert_eq!(QuadTree::new(&points).repel(0.5, &mut forces), 9900.0);
        assert_eq!(forces, Array2::<f32>::zeros((100, 2)));
    }
}
