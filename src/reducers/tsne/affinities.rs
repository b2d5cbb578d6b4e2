//! Affinities of t-SNE: how much images are neighbours in the features.

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::pairwise::Neighbours;

/// Symmetric joint probabilities, row by row; all sum to 1.
pub(super) struct Affinities {
    /// Row `i` is `starts[i]..starts[i + 1]`.
    pub starts: Vec<usize>,
    pub columns: Vec<u32>,
    pub values: Vec<f32>,
}

impl Affinities {
    /// From the `3 × perplexity + 1` nearest neighbours of each row of `x`, shape `[n, n_features]`, `n > 1`.
    pub(super) fn new(x: ArrayView2<'_, f32>, perplexity: f64) -> Self {
        let n = x.nrows();
        let neighbours = Neighbours::without_self(x, (3.0 * perplexity + 1.0) as usize);
        let k = neighbours.k();
        let indices = neighbours.indices();
        let conditional: Vec<f32> = neighbours
            .distances()
            .par_chunks(k)
            .flat_map_iter(|distances| probabilities(distances, perplexity))
            .collect();

        let mut chosen_by = vec![0; n + 1]; // where the list of those that have `i` as neighbour begins
        for &j in indices {
            chosen_by[j as usize + 1] += 1;
        }
        for i in 0..n {
            chosen_by[i + 1] += chosen_by[i];
        }
        // A counting sort: for each point those that have it as neighbour, so that rows are symmetric without a map.
        let mut backward = vec![(0_u32, 0.0_f32); indices.len()];
        let mut next = chosen_by.clone();
        for (at, (&j, &p)) in indices.iter().zip(&conditional).enumerate() {
            backward[next[j as usize]] = ((at / k) as u32, p);
            next[j as usize] += 1;
        }
        let scale = 1.0 / (2.0 * n as f32);
        let rows: Vec<Vec<(u32, f32)>> = (0..n)
            .into_par_iter()
            .map(|i| {
                let own = i * k..(i + 1) * k;
                let mut row: Vec<(u32, f32)> =
                    indices[own.clone()].iter().copied().zip(conditional[own].iter().copied()).collect();
                row.extend_from_slice(&backward[chosen_by[i]..chosen_by[i + 1]]);
                row.sort_unstable_by_key(|&(column, _)| column);
                row.dedup_by(|later, kept| {
                    let same = later.0 == kept.0;
                    if same {
                        kept.1 += later.1;
                    }
                    same
                });
                row
            })
            .collect();
        let mut affinities = Self { starts: vec![0], columns: Vec::new(), values: Vec::new() };
        for row in rows {
            affinities.columns.extend(row.iter().map(|(column, _)| column));
            affinities.values.extend(row.iter().map(|(_, value)| value * scale));
            affinities.starts.push(affinities.columns.len());
        }
        affinities
    }
}

/// Probabilities of the neighbours at `distances`, with the width that gives them the entropy of `perplexity` equal
/// ones.
fn probabilities(distances: &[f32], perplexity: f64) -> Vec<f32> {
    let nearest = distances.iter().copied().fold(f32::INFINITY, f32::min);
    // Relative to the nearest: the factor cancels, and nothing underflows.
    let squares: Vec<f64> = distances.iter().map(|&d| f64::from(d).powi(2) - f64::from(nearest).powi(2)).collect();
    let target = perplexity.ln();
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mean = squares.iter().sum::<f64>() / squares.len() as f64;
    let mut beta = if mean > 0.0 { 1.0 / mean } else { 1.0 };
    let mut weights = vec![0.0; squares.len()];
    for _ in 0..100 {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for (weight, &square) in weights.iter_mut().zip(&squares) {
            *weight = (-beta * square).exp();
            sum += *weight;
            weighted += *weight * square;
        }
        let entropy: f64 = f64::ln(sum) + beta * weighted / sum;
        for weight in &mut weights {
            *weight /= sum;
        }
        if (entropy - target).abs() <= 1e-5 {
            break;
        }
        if entropy > target {
            low = beta;
            beta = if high.is_finite() { f64::midpoint(beta, high) } else { beta * 2.0 };
        } else {
            high = beta;
            beta = f64::midpoint(beta, low);
        }
    }
    weights.into_iter().map(|weight| weight as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn entropy_is_that_of_the_perplexity() {
        let distances: Vec<f32> = (1..=60).map(|i| i as f32 * 0.1).collect();
        let p = probabilities(&distances, 20.0);
        let entropy: f64 = -p.iter().map(|&v| f64::from(v)).filter(|v| *v > 0.0).map(|v| v * v.ln()).sum::<f64>();
        assert!((entropy.exp() - 20.0).abs() < 1e-3);
        assert!(probabilities(&[0.0; 4], 2.0).iter().all(|&v| v == 0.25));
    }

    #[test]
    fn joint_probabilities_are_symmetric_and_sum_to_one() {
        let x = Array2::from_shape_fn((60, 2), |(i, j)| ((i * 13 + j * 29 + i * i) % 41) as f32);
        let joint = Affinities::new(x.view(), 5.0);
        let mut dense = Array2::<f32>::zeros((60, 60));
        for i in 0..60 {
            for at in joint.starts[i]..joint.starts[i + 1] {
                dense[[i, joint.columns[at] as usize]] = joint.values[at];
            }
        }
        assert_eq!(dense, dense.t());
        assert!((dense.sum() - 1.0).abs() < 1e-5);
    }
}
