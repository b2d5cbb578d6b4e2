//! Estimated seconds of a pass over all pairs.

use super::{Simd, SimdLevel};

/// Cost of a square root and a sum, in features.
const OVERHEAD_IN_FEATURES: f64 = 20.0;

/// Nominal seconds that one pair of points of `n_features` features costs, with all threads of this machine at work.
///
/// A table rather than a measurement, so that what is decided by it is decided the same way every time. The figures
/// are those of a server core of 2024, rounded up.
#[must_use]
pub fn pair_seconds(n_features: usize) -> f64 {
    let per_feature = match Simd::best().level() {
        SimdLevel::Avx512 => 1e-11,
        SimdLevel::Avx2 => 3e-11,
        SimdLevel::Portable => 7e-11,
    };
    per_feature * (n_features as f64 + OVERHEAD_IN_FEATURES) / rayon::current_num_threads() as f64
}
