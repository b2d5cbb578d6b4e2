//! Tells `.safetensors` from `.pth` by content and reads either; writes `.safetensors`.

use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, View};

use super::Tensor;
use super::pickle::WeightsResult;
use super::pth;

/// Tensors by name, in the order of the file, and what the file says about itself.
type Content = (Vec<(String, Tensor)>, BTreeMap<String, String>);

/// Every tensor of floats, and the file's metadata.
pub(super) fn decode(bytes: &[u8]) -> WeightsResult<Content> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    // safetensors starts with the length of a JSON object, torch's files with `PK` or a pickle.
    if bytes.get(8) == Some(&b'{') {
        return decode_safetensors(bytes);
    }
    Ok((pth::read(bytes)?, BTreeMap::new()))
}

fn decode_safetensors(bytes: &[u8]) -> WeightsResult<Content> {
    let damaged = |error: safetensors::SafeTensorError| format!("it is damaged or cut off ({error})");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut tensors = Vec::new();
    for (name, view) in file.iter() {
        let data = view.data();
        let values = match view.dtype() {
            Dtype::F32 => data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            Dtype::F64 => data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
            Dtype::F16 => data.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
            Dtype::BF16 => data.as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
            _ => continue,
        };
        tensors.push((name.to_owned(), Tensor { shape: view.shape().to_vec(), values }));
    }
    Ok((tensors, metadata))
}

/// A tensor as the file stores it, in 32 bits.
pub(super) struct StoredTensor<'a>(pub &'a Tensor);

impl View for StoredTensor<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        self.0.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().into()
    }

    fn data_len(&self) -> usize {
        4 * self.0.values.len()
    }
}
