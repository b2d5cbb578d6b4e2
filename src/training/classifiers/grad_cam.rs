//! Grad-CAM: heat maps of the parts of an image that speak for a class.
//!
//! Reference: Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization",
//! ICCV 2017. The classifier sees averages of a layer's maps, so the gradient of a class's score is the same at every
//! place of a map; only the classifier has to be differentiated, which is done by hand.

use ndarray::{Array1, Array2, ArrayView1, ArrayView3, Axis};

use super::head::Head;
use crate::data::ClassId;
use crate::training::ClassifierError;
use crate::training::fitting::BOUND;

impl Head {
    /// How the score of `class` before softmax changes with each feature, `[n_features]`, at the features `x`.
    ///
    /// # Errors
    /// When `x` has another number of features than the classifier was trained on, or there is no such class.
    pub fn gradient(&self, x: ArrayView1<'_, f32>, class: ClassId) -> Result<Array1<f32>, ClassifierError> {
        let misfit = |tensor: &str, found: usize, expected: usize| {
            Err(ClassifierError::Shape { tensor: tensor.to_owned(), shape: vec![found], expected: vec![expected] })
        };
        if x.len() != self.n_features() {
            return misfit("features", x.len(), self.n_features());
        }
        if class.0 >= self.n_classes() {
            return misfit("class", class.0 + 1, self.n_classes());
        }
        let mut activations = x.to_owned().insert_axis(Axis(0)); // [1, features]
        if let Some(standardizer) = self.standardizer() {
            standardizer.apply(activations.view_mut());
        }
        let within = activations.row(0).mapv(|value| value.abs() < BOUND); // beyond, nothing changes
        let (last, hidden) = self.layers().split_last().ok_or(ClassifierError::NoLayers)?;
        let mut alive: Vec<Array1<bool>> = Vec::new(); // what each ReLU let pass
        for layer in hidden {
            activations = activations.dot(&layer.weights) + &layer.bias; // [1, outputs]
            alive.push(activations.row(0).mapv(|value| value > 0.0));
            activations.mapv_inplace(|value| value.max(0.0));
        }
        let mut gradient = last.weights.column(class.0).to_owned(); // [inputs of the last layer]
        for (layer, alive) in hidden.iter().zip(&alive).rev() {
            gradient.zip_mut_with(alive, |value, alive| *value = if *alive { *value } else { 0.0 });
            gradient = layer.weights.dot(&gradient);
        }
        if let Some(standardizer) = self.standardizer() {
            gradient /= &standardizer.scale;
            gradient.zip_mut_with(&within, |value, within| *value = if *within { *value } else { 0.0 });
        }
        Ok(gradient)
    }
}

/// Grad-CAM heat map: how much each place of `maps`, shape `[channels, rows, columns]`, adds to the score of a class,
/// shape `[rows, columns]`, 0 or more: `gradient` has one entry per channel, and what speaks against the class counts
/// as 0.
///
/// # Panics
/// When there is not one gradient per channel.
#[must_use]
pub fn heat_map(maps: ArrayView3<'_, f32>, gradient: ArrayView1<'_, f32>) -> Array2<f32> {
    let (channels, rows, columns) = maps.dim();
    assert_eq!(channels, gradient.len(), "one gradient per channel");
    let places = (rows * columns).max(1) as f64;
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        let sum: f64 =
            gradient.iter().enumerate().map(|(c, g)| f64::from(*g) * f64::from(maps[[c, row, column]])).sum();
        (sum / places).max(0.0) as f32
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::training::{DenseLayer, InputStandardizer};

    fn head(hidden: &[usize]) -> Head {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let sizes = [&[6], hidden, &[3]].concat();
        let layers = sizes.windows(2).map(|size| DenseLayer {
            weights: Array2::from_shape_simple_fn((size[0], size[1]), || random.random_range(-1.0..1.0)),
            bias: Array1::from_elem(size[1], 0.1),
        });
        let layers = layers.collect();
        let standardizer =
            InputStandardizer { mean: Array1::from_elem(6, 0.2), scale: array![1.0, 2.0, 0.5, 1.0, 3.0, 0.7] };
        Head::new(Some(standardizer), layers).unwrap()
    }

    /// The score of a class before softmax, in `f64`: differences of `f32` scores would be too coarse.
    fn score(head: &Head, x: &[f64], class: usize) -> f64 {
        let InputStandardizer { mean, scale } = head.standardizer().unwrap();
        let standardised = |(x, (m, s)): (&f64, (&f32, &f32))| (x - f64::from(*m)) / f64::from(*s);
        let mut values: Vec<f64> =
            x.iter().zip(mean.iter().zip(scale)).map(standardised).map(|v| v.clamp(-10.0, 10.0)).collect();
        for (index, layer) in head.layers().iter().enumerate() {
            let output = |o: usize| {
                let sum: f64 = values.iter().zip(layer.weights.column(o)).map(|(v, w)| v * f64::from(*w)).sum();
                sum + f64::from(layer.bias[o])
            };
            values = (0..layer.bias.len()).map(output).collect();
            if index + 1 < head.layers().len() {
                for value in &mut values {
                    *value = value.max(0.0);
                }
            }
        }
        values[class]
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let x = [0.3_f64, -1.0, 0.8, 2.0, -0.4, 50.0]; // the last is beyond the bound
        let features: Array1<f32> = x.iter().map(|x| *x as f32).collect();
        for hidden in [&[][..], &[8], &[7, 5]] {
            let head = head(hidden);
            for class in 0..3 {
                let ours = head.gradient(features.view(), ClassId(class)).unwrap();
                for feature in 0..6 {
                    let moved = |by: f64| {
                        let mut x = x;
                        x[feature] += by;
                        score(&head, &x, class)
                    };
                    let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    assert!((f64::from(ours[feature]) - expected).abs() < 1e-4, "{hidden:?}: {ours} {expected}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(head(&[4]).gradient(array![1.0, 2.0].view(), ClassId(0)).is_err());
        assert!(head(&[4]).gradient(Array1::zeros(6).view(), ClassId(3)).is_err());
    }

    #[test]
    fn heat_is_where_the_map_speaks_for_the_class() {
        let maps = Array3::from_shape_fn((2, 2, 2), |(c, y, x)| if c == 0 { (y * 2 + x) as f32 } else { 1.0 });
        assert_eq!(heat_map(maps.view(), array![4.0, -4.0].view()), array![[0.0, 0.0], [1.0, 2.0]]);
    }
}
