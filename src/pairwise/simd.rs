//! Choice of SIMD instructions for the kernel: asked of the processor once, at run time.
//!
//! A [`Simd`] can only be had for what this processor offers, so holding one is the proof the kernels need.

use std::sync::OnceLock;

/// An instruction set, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SimdLevel {
    /// The instructions that every processor of the target has.
    Portable,
    /// AVX2 and fused multiply-add: x86 since 2013.
    Avx2,
    /// AVX-512 F, BW, DQ and VL: x86 servers since 2017.
    Avx512,
}

impl SimdLevel {
    /// All levels, ascending.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// The level named `portable`, `avx2` or `avx512`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "portable" => Some(Self::Portable),
            "avx2" => Some(Self::Avx2),
            "avx512" => Some(Self::Avx512),
            _ => None,
        }
    }
}

/// An instruction set that this processor has.
///
/// AVX2 and AVX-512 give the same bits; the portable level has no fused multiply-add and differs in the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simd(SimdLevel);

impl Simd {
    /// The best this processor offers, at most what the environment variable `RAILS_SIMD`
    /// (`portable`, `avx2`, `avx512`) allows. Read once.
    #[must_use]
    pub fn best() -> Self {
        static BEST: OnceLock<Simd> = OnceLock::new();
        *BEST.get_or_init(|| {
            let limit = std::env::var("RAILS_SIMD").ok().and_then(|name| SimdLevel::from_name(&name));
            Self::at_most(limit.unwrap_or(SimdLevel::Avx512))
        })
    }

    /// The best this processor offers, at most `limit`.
    #[must_use]
    pub fn at_most(limit: SimdLevel) -> Self {
        Self(limit.min(offered()))
    }

    /// The instruction set.
    #[must_use]
    pub const fn level(self) -> SimdLevel {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
fn offered() -> SimdLevel {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let avx512 = avx2
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    if avx512 {
        SimdLevel::Avx512
    } else if avx2 {
        SimdLevel::Avx2
    } else {
        SimdLevel::Portable
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn offered() -> SimdLevel {
    SimdLevel::Portable
}

/// Compiles a function once per instruction set and picks the version that `Simd` proves to be safe.
///
/// The body is plain code over fixed-size arrays; the compiler vectorises it for each level.
macro_rules! multiversion {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $kind:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name(simd: $crate::pairwise::Simd, $($arg: $kind),*) $(-> $out)? {
            #[inline(always)]
            fn body($($arg: $kind),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512($($arg: $kind),*) $(-> $out)? {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $kind),*) $(-> $out)? {
                body($($arg),*)
            }

            match simd.level() {
                // SAFETY: a `Simd` of this level exists only where the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::pairwise::SimdLevel::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::pairwise::SimdLevel::Avx2 => unsafe { avx2($($arg),*) },
                _ => body($($arg),*),
            }
        }
    };
}

pub(crate) use multiversion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_kept_and_portable_always_works() {
        assert_eq!(Simd::at_most(SimdLevel::Portable).level(), SimdLevel::Portable);
        assert!(Simd::at_most(SimdLevel::Avx2).level() <= SimdLevel::Avx2);
        assert_eq!(SimdLevel::from_name("avx512"), Some(SimdLevel::Avx512));
        assert_eq!(SimdLevel::from_name("sse9"), None);
    }
}
