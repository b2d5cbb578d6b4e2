//! A [`Head`] as the bytes of a safetensors file, `model.safetensors` of a checkpoint.
//!
//! Tensors: `standardizer.mean` and `.scale` where features are standardised, `layers.<i>.weight` `[inputs, outputs]`
//! and `layers.<i>.bias` `[outputs]`, all f32.

use super::head::{DenseLayer, Head};
use crate::data::{ArraysReader, ArraysWriter};
use crate::training::ClassifierError;
use crate::training::fitting::InputStandardizer;

impl Head {
    /// The content of `model.safetensors`.
    #[must_use]
    pub fn to_safetensors(&self) -> Vec<u8> {
        let mut arrays = ArraysWriter::default();
        if let Some(standardizer) = self.standardizer() {
            standardizer.write(&mut arrays);
        }
        for (index, DenseLayer { weights, bias }) in self.layers().iter().enumerate() {
            arrays.add(format!("layers.{index}.weight"), weights.view());
            arrays.add(format!("layers.{index}.bias"), bias.view());
        }
        arrays.into_bytes(None)
    }

    /// Reads the content of `model.safetensors`.
    ///
    /// # Errors
    /// When the bytes are truncated or no safetensors file, a tensor is missing, is not f32 or has the wrong shape,
    /// a number is not finite, or there are tensors of something else.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ClassifierError> {
        let arrays = ArraysReader::new(bytes)?;
        let names = arrays.names();
        let n_layers = names.iter().filter(|name| name.starts_with("layers.") && name.ends_with(".weight")).count();
        let standardizer = InputStandardizer::read(&arrays)?;
        let expected = 2 * n_layers + if standardizer.is_some() { 2 } else { 0 };
        let layers = (0..n_layers).map(|index| {
            let weights = arrays.matrix(&format!("layers.{index}.weight"))?;
            Ok(DenseLayer { weights, bias: arrays.vector(&format!("layers.{index}.bias"))? })
        });
        let head = Self::new(standardizer, layers.collect::<Result<_, ClassifierError>>()?)?;
        if names.len() != expected {
            let known = |name: &str| name.starts_with("layers.") || name.starts_with("standardizer.");
            let unknown = names.into_iter().find(|name| !known(name)).map_or_else(String::new, ToString::to_string);
            return Err(ClassifierError::Unknown(unknown));
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use safetensors::Dtype;
    use safetensors::tensor::TensorView;

    fn head() -> Head {
        let first = DenseLayer { weights: array![[1.0, -1.0, 0.5], [0.0, 2.0, 3.0]], bias: array![0.0, 1.0, 2.0] };
        let second = DenseLayer { weights: array![[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]], bias: array![0.5, 0.0] };
        let standardizer = InputStandardizer { mean: array![1.0, 0.0], scale: array![2.0, 1.0] };
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
            assert!(matches!(error, ClassifierError::Arrays(_)), "{length}: {error}");
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
            "`layers.0.weight` has shape `[4]`: expected 2 dimensions"
        );
    }
}
