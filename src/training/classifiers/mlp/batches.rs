//! Batches for each step: images in random order, with mixup between them and dropout of hidden units.
//!
//! Reference: Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018, here on features.

use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};
use ndarray::Array2;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::network::{dropout_masks, unit};

/// All images as tensors on the device.
#[derive(Debug, Clone)]
pub struct TensorDataset<B: Backend> {
    /// Features, `[n_images, n_features]`.
    pub x: Tensor<B, 2>,
    /// Shares among the classes times what the image counts, `[n_images, n_classes]`.
    pub targets: Tensor<B, 2>,
    /// Class, `[n_images]`.
    pub y: Tensor<B, 1, Int>,
}

/// The images of one step.
#[derive(Debug, Clone)]
pub struct Batch<B: Backend> {
    /// Features, `[batch, n_features]`.
    pub x: Tensor<B, 2>,
    /// As [`TensorDataset::targets`], `[batch, n_classes]`.
    pub targets: Tensor<B, 2>,
    /// Class of the image that prevails in the mixture, `[batch]`.
    pub y: Tensor<B, 1, Int>,
    /// Dropout per hidden layer, `[batch, width]`: 0, or what makes up for the units silenced. Empty: no dropout.
    pub masks: Vec<Tensor<B, 2>>,
}

/// Regularisation by chance: dropout and mixup.
#[derive(Debug, Clone)]
pub struct Regularization {
    /// Share of hidden units silenced.
    pub dropout: f64,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Alpha of mixup, 0 for none.
    pub mixup: f64,
}

impl<B: Backend> TensorDataset<B> {
    /// Puts `x`, `[n_images, n_features]`, `targets`, `[n_images, n_classes]`, and the classes `y` on `device`.
    pub fn new(x: Array2<f32>, targets: Array2<f32>, y: Vec<u32>, device: &B::Device) -> Self {
        let y = Tensor::from_data(TensorData::new(y, [x.nrows()]), device);
        Self { x: on_device(x, device), targets: on_device(targets, device), y }
    }

    /// The features of `rows`, `[rows, n_features]`.
    pub fn features(&self, rows: &[usize]) -> Tensor<B, 2> {
        self.x.clone().select(0, self.indices(rows))
    }

    /// A batch of `rows`, with mixup and dropout drawn from `rng`.
    pub fn batch(&self, rows: &[usize], regularization: &Regularization, rng: &mut ChaCha8Rng) -> Batch<B> {
        let device = self.x.device();
        let masks = dropout_masks(&regularization.hidden, rows.len(), regularization.dropout, rng, &device);
        let mixing = (regularization.mixup > 0.0).then(|| {
            let share = symmetric_beta(regularization.mixup, rng);
            let mut partners = rows.to_vec();
            partners.shuffle(rng);
            (share.max(1.0 - share), self.indices(&partners))
        });
        let rows = self.indices(rows);
        let take = |all: &Tensor<B, 2>| {
            let own = all.clone().select(0, rows.clone());
            match &mixing {
                None => own,
                Some((share, partners)) => {
                    own.mul_scalar(*share) + all.clone().select(0, partners.clone()).mul_scalar(1.0 - share)
                }
            }
        };
        Batch { x: take(&self.x), targets: take(&self.targets), y: self.y.clone().select(0, rows.clone()), masks }
    }

    fn indices(&self, rows: &[usize]) -> Tensor<B, 1, Int> {
        let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
        let n = rows.len();
        Tensor::from_data(TensorData::new(rows, [n]), &self.x.device())
    }
}

fn on_device<B: Backend>(values: Array2<f32>, device: &B::Device) -> Tensor<B, 2> {
    let (rows, columns) = values.dim();
    let plain =
        if values.is_standard_layout() { values.into_raw_vec_and_offset().0 } else { values.iter().copied().collect() };
    Tensor::from_data(TensorData::new(plain, [rows, columns]), device)
}

/// A number in `0.0..=1.0` from the beta distribution with both parameters `alpha`, in `0.0..=1.0`.
///
/// Reference: Jöhnk, "Erzeugung von betaverteilten und gammaverteilten Zufallszahlen", Metrika 1964. In logarithms, so
/// that a small `alpha` does not underflow.
fn symmetric_beta(alpha: f64, rng: &mut ChaCha8Rng) -> f64 {
    loop {
        // 1 − u lies in (0, 1]: its logarithm is finite.
        let [a, b] = [(); 2].map(|()| (1.0 - f64::from(unit(rng))).ln() / alpha);
        let highest = a.max(b);
        let sum = highest + ((a - highest).exp() + (b - highest).exp()).ln();
        if sum <= 0.0 {
            return (a - sum).exp();
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::backend::flex::FlexDevice;
    use ndarray::array;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn mixup_draws_from_the_beta_distribution() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for alpha in [0.01, 0.2, 0.5, 1.0] {
            let drawn: Vec<f64> = (0..20_000).map(|_| symmetric_beta(alpha, &mut rng)).collect();
            assert!(drawn.iter().all(|share| (0.0..=1.0).contains(share)));
            let mean = drawn.iter().sum::<f64>() / 20_000.0;
            let variance = drawn.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / 20_000.0;
            // Mean 1/2 and variance 1 / (4 (2α + 1)).
            assert!((mean - 0.5).abs() < 0.012, "{alpha}: {mean}");
            assert!((variance - 0.25 / (2.0 * alpha + 1.0)).abs() < 0.005, "{alpha}: {variance}");
        }
    }

    #[test]
    fn a_mixture_is_on_the_line_between_two_images_and_their_targets() {
        let x = array![[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]];
        let targets = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let examples = TensorDataset::<Flex>::new(x, targets, vec![0, 1, 2], &FlexDevice);
        let regularization = Regularization { dropout: 0.0, hidden: vec![], mixup: 1.0 };
        let batch = examples.batch(&[2, 0, 1], &regularization, &mut ChaCha8Rng::seed_from_u64(5));
        let plain = |tensor: Tensor<Flex, 2>| tensor.into_data().to_vec::<f32>().unwrap();
        let (x, targets) = (plain(batch.x), plain(batch.targets));
        for row in 0..3 {
            // Features are ten times the shares of classes 1 and 2.
            assert!((x[2 * row] - 10.0 * targets[3 * row + 1]).abs() < 1e-5);
            assert!((x[2 * row + 1] - 10.0 * targets[3 * row + 2]).abs() < 1e-5);
            assert!((targets[3 * row..3 * row + 3].iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        // The image itself prevails.
        assert_eq!(batch.y.into_data().convert::<u32>().to_vec::<u32>().unwrap(), [2, 0, 1]);
        assert!(targets[2] >= 0.5 && targets[3] >= 0.5 && targets[7] >= 0.5);
        let still = Regularization { mixup: 0.0, ..regularization };
        let batch = examples.batch(&[1], &still, &mut ChaCha8Rng::seed_from_u64(5));
        assert_eq!(plain(batch.x), [10.0, 0.0]);
    }
}
