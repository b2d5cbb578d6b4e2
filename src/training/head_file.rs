//! A [`Head`] as the bytes of a safetensors file, `model.safetensors` of a checkpoint.
//!
//! Tensors: `standardizer.mean` and `.scale` where features are standardised, `layers.<i>.weight` `[inputs, outputs]`
//! and `layers.<i>.bias` `[outputs]`, all f32.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::head::{Head, HeadError, Layer};
use super::standardizer::Standardizer;

impl Head {
    /// The content of `model.safetensors`.
    #[must_use]
    pub fn to_safetensors(&self) -> Vec<u8> {
        let mut tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = BTreeMap::new();
        let bytes = |values: &mut dyn Iterator<Item = &f32>| values.flat_map(|value| value.to_le_bytes()).collect();
        if let Some(Standardizer { mean, scale }) = self.standardizer() {
            tensors.insert("standardizer.mean".to_owned(), (mean.shape().to_vec(), bytes(&mut mean.iter())));
            tensors.insert("standardizer.scale".to_owned(), (scale.shape().to_vec(), bytes(&mut scale.iter())));
        }
        for (index, Layer { weights, bias }) in self.layers().iter().enumerate() {
            let weight = (weights.shape().to_vec(), bytes(&mut weights.iter()));
            tensors.insert(format!("layers.{index}.weight"), weight);
            tensors.insert(format!("layers.{index}.bias"), (bias.shape().to_vec(), bytes(&mut bias.iter())));
        }
        let views = tensors.iter().map(|(name, (shape, bytes))| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("four bytes per number");
            (name, view)
        });
        safetensors::serialize(views, None).expect("names and shapes are valid")
    }

    /// Reads the content of `model.safetensors`.
    ///
    /// # Errors
    /// When the bytes are truncated or no safetensors file, a tensor is missing, is not f32 or has the wrong shape,
    /// a number is not finite, or there are tensors of something else.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, HeadError> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| HeadError::NotSafetensors(e.to_string()))?;
        let names = file.names();
        let n_layers = names.iter().filter(|name| name.starts_with("layers.") && name.ends_with(".weight")).count();
        let standardized = names.iter().any(|name| name.starts_with("standardizer."));
        let standardizer = standardized.then(|| {
            let mean = vector(&file, "standardizer.mean")?;
            Ok(Standardizer { mean, scale: vector(&file, "standardizer.scale")? })
        });
        let layers = (0..n_layers).map(|index| {
            let weights = matrix(&file, &format!("layers.{index}.weight"))?;
            Ok(Layer { weights, bias: vector(&file, &format!("layers.{index}.bias"))? })
        });
        let head = Self::new(standardizer.transpose()?, layers.collect::<Result<_, HeadError>>()?)?;
        let expected = 2 * n_layers + if standardized { 2 } else { 0 };
        if names.len() != expected {
            let known = |name: &str| name.starts_with("layers.") || name.starts_with("standardizer.");
            let stranger = names.into_iter().find(|name| !known(name)).map_or_else(String::new, ToString::to_string);
            return Err(HeadError::Unknown(stranger));
        }
        Ok(head)
    }
}

/// Shape and numbers of a tensor.
fn tensor(file: &SafeTensors<'_>, name: &str) -> Result<(Vec<usize>, Vec<f32>), HeadError> {
    let view = file.tensor(name).map_err(|_| HeadError::Missing(name.to_owned()))?;
    if view.dtype() != Dtype::F32 {
        return Err(HeadError::Type { tensor: name.to_owned(), dtype: format!("{:?}", view.dtype()) });
    }
    let (numbers, _) = view.data().as_chunks::<4>();
    Ok((view.shape().to_vec(), numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()))
}

pub(super) fn vector(file: &SafeTensors<'_>, name: &str) -> Result<Array1<f32>, HeadError> {
    let (shape, values) = tensor(file, name)?;
    if shape.len() == 1 {
        return Ok(Array1::from_vec(values));
    }
    Err(HeadError::Shape { tensor: name.to_owned(), expected: vec![values.len()], shape })
}

pub(super) fn matrix(file: &SafeTensors<'_>, name: &str) -> Result<Array2<f32>, HeadError> {
    let (shape, values) = tensor(file, name)?;
    let wrong = |expected| HeadError::Shape { tensor: name.to_owned(), shape: shape.clone(), expected };
    let [inputs, outputs] = shape[..] else {
        return Err(wrong(vec![values.len(), 1]));
    };
    let expected = vec![inputs, outputs];
    Array2::from_shape_vec((inputs, outputs), values).map_err(|_| wrong(expected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn head() -> Head {
        let first = Layer { weights: array![[1.0, -1.0, 0.5], [0.0, 2.0, 3.0]], bias: array![0.0, 1.0, 2.0] };
        let second = Layer { weights: array![[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]], bias: array![0.5, 0.0] };
        let standardizer = Standardizer { mean: array![1.0, 0.0], scale: array![2.0, 1.0] };
        Head::new(Some(standardizer), vec![first, second]).unwrap()
    }

    #[test]
    fn what_is_written_is_read_to_the_bit() {
        let head = head();
        assert_eq!(Head::from_safetensors(&head.to_safetensors()), Ok(head.clone()));
        let plain = Head::new(None, head.layers().to_vec()).unwrap();
        assert_eq!(Head::from_safetensors(&plain.to_safetensors()), Ok(plain));
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = head().to_safetensors();
        for length in 0..bytes.len() {
            let error = Head::from_safetensors(&bytes[..length]).unwrap_err();
            assert!(matches!(error, HeadError::NotSafetensors(_)), "{length}: {error}");
        }
    }

    #[test]
    fn another_file_is_refused_by_name() {
        let data = [0_u8; 16];
        let write = |tensors: &[(&str, Dtype, &[usize])]| {
            let views = tensors.iter().map(|(name, dtype, shape)| {
                let size = shape.iter().product::<usize>() * dtype.bitsize() / 8;
                (*name, TensorView::new(*dtype, shape.to_vec(), &data[..size]).unwrap())
            });
            Head::from_safetensors(&safetensors::serialize(views, None).unwrap()).unwrap_err().to_string()
        };
        let weight = ("layers.0.weight", Dtype::F32, [2, 2].as_slice());
        let bias = ("layers.0.bias", Dtype::F32, [2].as_slice());
        assert_eq!(write(&[("conv1.weight", Dtype::F32, &[2, 2])]), "a classifier needs at least one layer");
        assert_eq!(write(&[weight]), "`layers.0.bias` is missing");
        assert_eq!(write(&[weight, bias, ("extra", Dtype::F32, &[1])]), "`extra` does not belong to a classifier");
        assert_eq!(
            write(&[weight, ("layers.0.bias", Dtype::F16, &[2])]),
            "`layers.0.bias` holds `F16`: expected `F32`"
        );
        assert_eq!(
            write(&[weight, ("layers.0.bias", Dtype::F32, &[3])]),
            "`layers.0.bias` has shape `[3]`: expected `[2]`"
        );
        assert_eq!(
            write(&[("layers.0.weight", Dtype::F32, &[4]), bias]),
            "`layers.0.weight` has shape `[4]`: expected `[4, 1]`"
        );
    }
}
