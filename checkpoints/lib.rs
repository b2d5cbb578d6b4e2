//! Weights of the network that `railbed` uses unless told otherwise; the README says where they come from.

/// `EfficientNet-Lite0` trained on `ImageNet`, as a file in the `safetensors` format.
///
/// Kernels of 60,000 numbers or more are 16-bit floats, everything else is 32-bit; names are those of PyTorch.
pub const EFFICIENTNET_LITE0: &[u8] = include_bytes!("efficientnet-lite0.safetensors");
