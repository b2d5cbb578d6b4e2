//! Batch normalisation is a scale and a shift per channel: folded into the convolution before it, it costs nothing.

use super::BackboneError;
use super::architecture::Conv;
use super::weights::Weights;

/// A convolution with its batch norm folded in.
pub(super) struct Folded {
    /// Shape `[outputs, inputs, rows, columns]`; `inputs` is 1 where depthwise.
    pub weights: Vec<f32>,
    /// One per output.
    pub bias: Vec<f32>,
}

/// Folds in 64 bits.
///
/// # Errors
/// When a tensor is missing.
pub(super) fn fold(conv: &Conv, weights: &Weights) -> Result<Folded, BackboneError> {
    let kernels = weights.get(&format!("{}.weight", conv.name))?;
    let Some(norm) = &conv.batch_norm else {
        return Ok(Folded { weights: kernels.to_vec(), bias: weights.get(&format!("{}.bias", conv.name))?.to_vec() });
    };
    let part = |part: &str| weights.get(&format!("{}.{part}", norm.name));
    let (scale, shift, mean, variance) = (part("weight")?, part("bias")?, part("running_mean")?, part("running_var")?);
    let mut folded = Folded { weights: Vec::with_capacity(kernels.len()), bias: Vec::with_capacity(conv.outputs) };
    for (output, kernel) in kernels.chunks_exact(kernels.len() / conv.outputs).enumerate() {
        let factor = f64::from(scale[output]) / (f64::from(variance[output]) + f64::from(norm.eps)).sqrt();
        folded.weights.extend(kernel.iter().map(|&weight| (f64::from(weight) * factor) as f32));
        folded.bias.push((f64::from(shift[output]) - f64::from(mean[output]) * factor) as f32);
    }
    Ok(folded)
}
