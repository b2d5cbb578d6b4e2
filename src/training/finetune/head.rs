//! The head on the pooled features as a burn module, made from a trained [`Head`] and turned back into one.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use ndarray::{Array1, Array2};

use crate::training::fitting::{BOUND, InputStandardizer};
use crate::training::{ClassifierError, DenseLayer, Head};

/// Linear layers with `ReLU` between them, behind a standardizer that stays as it is.
#[derive(Module, Debug)]
pub(super) struct LearningHead<B: Backend> {
    layers: Vec<Linear<B>>,
    /// Mean and deviation, `[1, n_features]` each; empty where features are not standardised.
    scaling: Vec<Tensor<B, 2>>,
}

impl<B: Backend> LearningHead<B> {
    pub fn new(head: &Head, device: &B::Device) -> Self {
        let row = |values: &Array1<f32>| Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), device);
        let scaling = head.standardizer().map_or_else(Vec::new, |known| vec![row(&known.mean), row(&known.scale)]);
        let layers = head.layers().iter().map(|layer| {
            let (inputs, outputs) = layer.weights.dim();
            let weights = layer.weights.iter().copied().collect::<Vec<_>>();
            Linear {
                weight: Param::from_data(TensorData::new(weights, [inputs, outputs]), device),
                bias: Some(Param::from_data(TensorData::new(layer.bias.to_vec(), [outputs]), device)),
            }
        });
        Self { layers: layers.collect(), scaling }
    }

    /// Logits `[batch, n_classes]` for features `[batch, n_features]`.
    pub fn logits(&self, features: Tensor<B, 2>) -> Tensor<B, 2> {
        let mut x = match self.scaling.as_slice() {
            [mean, scale] => ((features - mean.clone()) / scale.clone()).clamp(-BOUND, BOUND),
            _ => features,
        };
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if index + 1 < self.layers.len() {
                x = relu(x);
            }
        }
        x
    }

    /// The learned layers, behind the same `standardizer`.
    ///
    /// # Errors
    /// When a weight is not finite.
    pub fn into_head(self, standardizer: Option<&InputStandardizer>) -> Result<Head, ClassifierError> {
        let floats = |data: TensorData| data.convert::<f32>().into_vec::<f32>().expect("converted to f32");
        let layers = self.layers.into_iter().map(|layer| {
            let [inputs, outputs] = layer.weight.dims();
            let weights = floats(layer.weight.val().into_data());
            let bias = layer.bias.map_or_else(|| vec![0.0; outputs], |bias| floats(bias.val().into_data()));
            DenseLayer {
                weights: Array2::from_shape_vec((inputs, outputs), weights).expect("burn gives row-major data"),
                bias: Array1::from_vec(bias),
            }
        });
        Head::new(standardizer.cloned(), layers.collect())
    }
}
