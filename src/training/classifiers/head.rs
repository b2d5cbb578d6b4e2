//! A trained classifier on feature vectors as plain arrays: what training leaves behind and prediction needs.
//!
//! It runs on the processor in blocks of always the same shape, so that the answer for an image has the same bits
//! whatever images it is asked with: `predict` reproduces the confusion matrix that training reported.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use crate::data::ClassId;
use crate::training::ClassifierError;
use crate::training::fitting::InputStandardizer;

/// Rows computed at once; a shorter block is filled up with zeros.
const BLOCK: usize = 64;

/// One linear layer: `x · weights + bias`.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseLayer {
    /// Shape `[inputs, outputs]`.
    pub weights: Array2<f32>,
    /// Shape `[outputs]`.
    pub bias: Array1<f32>,
}

/// A multilayer perceptron: standardise, then linear layers with `ReLU` between them, then softmax.
///
/// Layers fit each other, there is at least one, and every number is finite; [`Head::new`] is the only way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    standardizer: Option<InputStandardizer>,
    layers: Vec<DenseLayer>,
}

impl Head {
    /// # Errors
    /// When there is no layer, shapes do not fit each other, or a number is not finite.
    pub fn new(standardizer: Option<InputStandardizer>, layers: Vec<DenseLayer>) -> Result<Self, ClassifierError> {
        let first = layers.first().ok_or(ClassifierError::NoLayers)?;
        let mut inputs = first.weights.nrows();
        let check = |tensor: String, shape: &[usize], expected: &[usize], finite: bool| {
            if shape != expected {
                return Err(ClassifierError::Shape { tensor, shape: shape.to_vec(), expected: expected.to_vec() });
            }
            if finite { Ok(()) } else { Err(ClassifierError::NotFinite(tensor)) }
        };
        let finite = |values: &Array1<f32>| values.iter().all(|value| value.is_finite());
        if let Some(InputStandardizer { mean, scale }) = &standardizer {
            check("standardizer.mean".to_owned(), mean.shape(), &[inputs], finite(mean))?;
            let usable = finite(scale) && scale.iter().all(|scale| *scale > 0.0);
            check("standardizer.scale".to_owned(), scale.shape(), &[inputs], usable)?;
        }
        for (index, DenseLayer { weights, bias }) in layers.iter().enumerate() {
            let outputs = weights.ncols();
            let all_finite = weights.iter().all(|value| value.is_finite());
            check(format!("layers.{index}.weight"), weights.shape(), &[inputs, outputs], all_finite)?;
            check(format!("layers.{index}.bias"), bias.shape(), &[outputs], finite(bias))?;
            inputs = outputs;
        }
        Ok(Self { standardizer, layers })
    }

    /// Length of the feature vectors it was trained on.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.layers[0].weights.nrows()
    }

    /// Number of classes it tells apart.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.layers[self.layers.len() - 1].bias.len()
    }

    /// How features are scaled first, if they are.
    #[must_use]
    pub fn standardizer(&self) -> Option<&InputStandardizer> {
        self.standardizer.as_ref()
    }

    /// The layers, features first.
    #[must_use]
    pub fn layers(&self) -> &[DenseLayer] {
        &self.layers
    }

    /// Score of each class before softmax, `[n, n_classes]`, for `x` of shape `[n, n_features]`.
    ///
    /// # Errors
    /// When `x` has another number of features than the classifier was trained on.
    pub fn logits(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ClassifierError> {
        if x.ncols() != self.n_features() {
            return Err(ClassifierError::Shape {
                tensor: "features".to_owned(),
                shape: x.shape().to_vec(),
                expected: vec![x.nrows(), self.n_features()],
            });
        }
        let mut logits = Array2::zeros((x.nrows(), self.n_classes()));
        let blocks: Vec<_> =
            x.axis_chunks_iter(Axis(0), BLOCK).zip(logits.axis_chunks_iter_mut(Axis(0), BLOCK)).collect();
        blocks.into_par_iter().for_each(|(x, out)| self.block(x, out));
        Ok(logits)
    }

    /// Probability of each class, `[n, n_classes]`, for `x` of shape `[n, n_features]`; each row sums to 1.
    ///
    /// # Errors
    /// When `x` has another number of features than the classifier was trained on.
    pub fn probabilities(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, ClassifierError> {
        self.logits(x).map(softmax)
    }

    /// As [`Self::logits`], for at most [`BLOCK`] rows.
    fn block(&self, x: ArrayView2<'_, f32>, mut out: ArrayViewMut2<'_, f32>) {
        let mut activations = Array2::zeros((BLOCK, self.n_features()));
        activations.slice_mut(s![..x.nrows(), ..]).assign(&x);
        if let Some(standardizer) = &self.standardizer {
            standardizer.apply(activations.view_mut());
        }
        for (index, layer) in self.layers.iter().enumerate() {
            activations = activations.dot(&layer.weights) + &layer.bias; // [BLOCK, outputs]
            if index + 1 < self.layers.len() {
                activations.mapv_inplace(|value| value.max(0.0));
            }
        }
        out.assign(&activations.slice(s![..x.nrows(), ..]));
    }
}

/// Turns each row of `logits`, `[n, n_classes]`, into probabilities that sum to 1.
#[must_use]
pub fn softmax(mut logits: Array2<f32>) -> Array2<f32> {
    for mut row in logits.rows_mut() {
        let highest = row.fold(f32::NEG_INFINITY, |highest, &logit| highest.max(logit));
        let exponentials = row.mapv(|logit| f64::from(logit - highest).exp());
        let sum: f64 = exponentials.iter().sum();
        row.zip_mut_with(&exponentials, |out, exponential| *out = (exponential / sum) as f32);
    }
    logits
}

/// The most probable class of each row of `probabilities`, `[n, n_classes]`; the first of equals.
#[must_use]
pub fn most_likely(probabilities: ArrayView2<'_, f32>) -> Vec<ClassId> {
    let best = |row: ArrayView1<'_, f32>| {
        (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
    };
    probabilities.rows().into_iter().map(|row| ClassId(best(row))).collect()
}

/// Confidence of each row of `probabilities`, `[n, n_classes]`: the probability of its most likely class.
#[must_use]
pub fn confidences(probabilities: ArrayView2<'_, f32>) -> Vec<f32> {
    probabilities.rows().into_iter().map(|row| row.fold(0.0, |highest, &p| p.max(highest))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn random(shape: (usize, usize), seed: u64) -> Array2<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Array2::from_shape_fn(shape, |_| (rng.next_u32() >> 8) as f32 / (1_u32 << 23) as f32 - 1.0)
    }

    fn head(widths: &[usize]) -> Head {
        let layers = widths.windows(2).map(|width| DenseLayer {
            weights: random((width[0], width[1]), width[0] as u64),
            bias: random((1, width[1]), 7).remove_axis(Axis(0)),
        });
        let x = random((20, widths[0]), 5);
        Head::new(Some(InputStandardizer::fit(x.view(), &[0, 3, 4, 9])), layers.collect()).unwrap()
    }

    #[test]
    fn two_layers_by_hand() {
        let first = DenseLayer { weights: array![[1.0, -1.0], [0.0, 2.0]], bias: array![0.0, 1.0] };
        let second = DenseLayer { weights: array![[1.0, 0.0], [0.0, 1.0]], bias: array![0.5, 0.0] };
        let standardizer = InputStandardizer { mean: array![1.0, 0.0], scale: array![2.0, 1.0] };
        let head = Head::new(Some(standardizer), vec![first, second]).unwrap();
        // (3, 1) → (1, 1) → (1, -1 + 2 + 1) = (1, 2) → (1.5, 2) → softmax
        let p = head.probabilities(array![[3.0, 1.0]].view()).unwrap();
        let expected = 1.0 / (1.0 + 0.5_f32.exp());
        assert!((p[[0, 0]] - expected).abs() < 1e-6, "{p}");
        assert!((p.sum() - 1.0).abs() < 1e-6);
        assert_eq!(head.logits(array![[3.0, 1.0]].view()).unwrap(), array![[1.5, 2.0]]);
        assert_eq!(most_likely(p.view()), [ClassId(1)]);
        assert_eq!(most_likely(array![[0.4, 0.2, 0.4]].view()), [ClassId(0)]);
        assert_eq!(confidences(array![[0.4, 0.2, 0.4], [0.1, 0.7, 0.2]].view()), [0.4, 0.7]);
    }

    #[test]
    fn shapes_and_numbers_are_checked() {
        assert_eq!(Head::new(None, vec![]), Err(ClassifierError::NoLayers));
        let layer =
            |inputs, outputs| DenseLayer { weights: Array2::zeros((inputs, outputs)), bias: Array1::zeros(outputs) };
        let error = Head::new(None, vec![layer(4, 3), layer(2, 2)]).unwrap_err();
        assert_eq!(error.to_string(), "`layers.1.weight` has shape `[2, 2]`: expected `[3, 2]`");
        let mut sick = layer(4, 3);
        sick.bias[1] = f32::NAN;
        assert_eq!(Head::new(None, vec![sick]), Err(ClassifierError::NotFinite("layers.0.bias".to_owned())));
        assert!(head(&[4, 3]).probabilities(Array2::zeros((2, 5)).view()).is_err());
        assert_eq!(head(&[4, 3]).probabilities(Array2::zeros((0, 4)).view()).unwrap().dim(), (0, 3));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn an_image_gets_the_same_bits_in_any_company(
            n in 1..150_usize,
            seed in 0..9_u64,
            hidden in proptest::collection::vec(1..40_usize, 0..3),
        ) {
            let head = head(&[[33].as_slice(), &hidden, &[3]].concat());
            let x = random((n, 33), seed);
            let together = head.probabilities(x.view()).unwrap();
            for row in [0, n / 2, n - 1] {
                let alone = head.probabilities(x.slice(s![row..=row, ..])).unwrap();
                prop_assert_eq!(alone.row(0), together.row(row));
            }
        }
    }
}
