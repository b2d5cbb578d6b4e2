//! Chooses the instruction set, once.

use super::convolution::Convolution;
use super::depthwise::Depthwise;
use super::map::Map;
use super::simd::Portable;
#[cfg(target_arch = "x86_64")]
use super::simd::x86::{Avx2, Avx512};

/// The instruction set that convolutions run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kernels(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Kernels {
    /// The widest set this processor has.
    pub fn detect() -> Self {
        Self::available()[0]
    }

    /// Every set this processor has, the widest first.
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                sets.push(Self(Set::Avx512));
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                sets.push(Self(Set::Avx2));
            }
        }
        sets.push(Self(Set::Portable));
        sets
    }

    /// Runs a dense convolution.
    pub fn convolve(self, job: &Convolution<'_>, output: &mut Map, offsets: &mut Vec<u32>) {
        // SAFETY: `available` is the only source of sets, and it asked the processor.
        unsafe {
            match self.0 {
                #[cfg(target_arch = "x86_64")]
                Set::Avx512 => convolve_avx512(job, output, offsets),
                #[cfg(target_arch = "x86_64")]
                Set::Avx2 => convolve_avx2(job, output, offsets),
                Set::Portable => job.run_with::<Portable>(output, offsets),
            }
        }
    }

    /// Runs a depthwise convolution.
    pub fn convolve_depthwise(self, job: &Depthwise<'_>, output: &mut Map) {
        // SAFETY: as in `convolve`.
        unsafe {
            match self.0 {
                #[cfg(target_arch = "x86_64")]
                Set::Avx512 => depthwise_avx512(job, output),
                #[cfg(target_arch = "x86_64")]
                Set::Avx2 => depthwise_avx2(job, output),
                Set::Portable => job.run_with::<Portable>(output),
            }
        }
    }
}

// SAFETY, for the four below: the attribute is the instruction set that the kernel needs.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn convolve_avx512(job: &Convolution<'_>, output: &mut Map, offsets: &mut Vec<u32>) {
    unsafe { job.run_with::<Avx512>(output, offsets) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn convolve_avx2(job: &Convolution<'_>, output: &mut Map, offsets: &mut Vec<u32>) {
    unsafe { job.run_with::<Avx2>(output, offsets) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn depthwise_avx512(job: &Depthwise<'_>, output: &mut Map) {
    unsafe { job.run_with::<Avx512>(output) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn depthwise_avx2(job: &Depthwise<'_>, output: &mut Map) {
    unsafe { job.run_with::<Avx2>(output) }
}
