//! cpu | cuda: the only file that names a burn backend.
//!
//! A task that needs tensors implements [`OnBackend`]; [`Device::run`] gives it the backend the user chose.
//! `auto` takes CUDA where the driver answers. The driver library is looked for first, because burn-cuda panics
//! where it is absent.

use std::fmt;

use burn::backend::{Autodiff, Flex};
use burn::tensor::backend::AutodiffBackend;
use serde::{Deserialize, Serialize};

/// The device that the user asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// CUDA where it answers, else the CPU.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The first NVIDIA GPU, or an error.
    Cuda,
}

/// The device that work runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// The processor.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
}

/// Why CUDA cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The program was built without it.
    #[error("this build has no CUDA support")]
    NotBuilt,
    /// No driver, or no GPU.
    #[error("no CUDA device answers: {0}")]
    Unavailable(String),
}

impl DeviceError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotBuilt => "build with `cargo build --release --features cuda`, or use `--device cpu`".to_owned(),
            Self::Unavailable(_) => {
                "check that `nvidia-smi` lists a GPU, or use `--device cpu` or `--device auto`".to_owned()
            }
        }
    }
}

impl DeviceChoice {
    /// The device to use.
    ///
    /// # Errors
    /// When CUDA is asked for by name and does not answer; `auto` falls back to the CPU.
    pub fn resolve(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda => cuda_answers().map(|()| Device::Cuda),
            Self::Auto => Ok(cuda_answers().map_or(Device::Cpu, |()| Device::Cuda)),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}

/// Work that is generic over the tensor backend.
pub trait OnBackend {
    /// Result of the work.
    type Output;

    /// Does the work on `device`; use `B::InnerBackend` where no gradients are needed.
    fn run<B: AutodiffBackend>(self, device: &B::Device) -> Self::Output;
}

impl Device {
    /// Does `task` on this device.
    pub fn run<T: OnBackend>(self, task: T) -> T::Output {
        match self {
            Self::Cpu => on_first::<Autodiff<Flex>, T>(task),
            #[cfg(feature = "cuda")]
            Self::Cuda => on_first::<Autodiff<burn::backend::Cuda>, T>(task),
            #[cfg(not(feature = "cuda"))]
            Self::Cuda => unreachable!("`DeviceChoice::resolve` gives CUDA only where it is built in"),
        }
    }
}

/// On the backend's first device.
fn on_first<B: AutodiffBackend, T: OnBackend>(task: T) -> T::Output {
    task.run::<B>(&B::Device::default())
}

#[cfg(not(feature = "cuda"))]
fn cuda_answers() -> Result<(), DeviceError> {
    Err(DeviceError::NotBuilt)
}

/// Asks the driver for a device without linking to it.
#[cfg(feature = "cuda")]
#[expect(unsafe_code, reason = "loading the driver library and calling two of its C functions")]
fn cuda_answers() -> Result<(), DeviceError> {
    use std::ffi::c_int;

    let unavailable = |why: String| DeviceError::Unavailable(why);
    let names: &[&str] = if cfg!(windows) { &["nvcuda.dll"] } else { &["libcuda.so.1", "libcuda.so"] };
    // SAFETY: libcuda's initialisers have no preconditions; it is the library burn-cuda loads next.
    let library = names
        .iter()
        .find_map(|name| unsafe { libloading::Library::new(*name) }.ok())
        .ok_or_else(|| unavailable("the NVIDIA driver library is not installed".to_owned()))?;
    // SAFETY: both signatures are those of the CUDA driver API (cuda.h), stable since CUDA 2.0.
    unsafe {
        let init: libloading::Symbol<unsafe extern "C" fn(u32) -> c_int> =
            library.get(b"cuInit").map_err(|e| unavailable(e.to_string()))?;
        let count_devices: libloading::Symbol<unsafe extern "C" fn(*mut c_int) -> c_int> =
            library.get(b"cuDeviceGetCount").map_err(|e| unavailable(e.to_string()))?;
        let status = init(0);
        if status != 0 {
            return Err(unavailable(format!("the driver does not start (CUDA error {status})")));
        }
        let mut count: c_int = 0;
        let status = count_devices(&raw mut count);
        if status != 0 || count == 0 {
            return Err(unavailable("the driver finds no GPU".to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_always_finds_something() {
        assert!(DeviceChoice::Auto.resolve().is_ok());
        assert_eq!(DeviceChoice::Cpu.resolve(), Ok(Device::Cpu));
    }
}
