//! Sixteen numbers at once: AVX-512, AVX2 with FMA, or whatever the compiler makes of plain arrays.
//!
//! Kernels are generic over [`Vector`] and inlined into one function per instruction set, chosen once at run time.

use super::tile::{OutputTile, tile};

/// Numbers in a [`Vector`], and output channels in a panel of packed weights.
pub(super) const LANES: usize = 16;

/// Sixteen `f32`.
///
/// # Safety
/// Methods must only be called where the processor has the instruction set, on pointers to as many numbers as they
/// read or write.
pub(super) trait Vector: Copy {
    /// Most pixels of a tile: as many as the registers hold.
    const ROWS: usize;
    /// Panels that a tile covers.
    const PANELS: usize;

    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// `self + a * b`.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    /// Each number brought between `low` and `high`.
    unsafe fn clamp(self, low: Self, high: Self) -> Self;

    /// Computes a tile of `rows` pixels, at most [`Vector::ROWS`], and `panels` panels, at most [`Vector::PANELS`].
    unsafe fn run_tile(rows: usize, panels: usize, job: &OutputTile<'_>);

    /// The first `n` numbers, then zeros.
    #[inline(always)]
    unsafe fn load_part(from: *const f32, n: usize) -> Self {
        let mut whole = [0.0; LANES];
        // SAFETY: the caller vouches for `n` numbers at `from`; `whole` has more.
        unsafe {
            std::ptr::copy_nonoverlapping(from, whole.as_mut_ptr(), n.min(LANES));
            Self::load(whole.as_ptr())
        }
    }

    /// Writes the first `n` numbers.
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, n: usize) {
        let mut whole = [0.0; LANES];
        // SAFETY: the caller vouches for room for `n` numbers at `to`; `whole` has more.
        unsafe {
            self.store(whole.as_mut_ptr());
            std::ptr::copy_nonoverlapping(whole.as_ptr(), to, n.min(LANES));
        }
    }
}

/// One arm per number of rows, since a tile's accumulators only stay in registers when it is a constant.
macro_rules! tile_of {
    ($rows:expr, $panels:literal, $job:expr, [$($n:literal)*]) => {
        match $rows {
            $($n => unsafe { tile::<Self, $n, $panels>($job) },)*
            _ => unreachable!("tiles have at most `Vector::ROWS` rows"),
        }
    };
}

/// For processors without the sets below: the compiler makes of it what it can.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; LANES]);

impl Vector for Portable {
    const ROWS: usize = 2;
    const PANELS: usize = 1;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller vouches for sixteen numbers.
        Self(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller vouches for room for sixteen numbers.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + a.0[i] * b.0[i]))
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    unsafe fn clamp(self, low: Self, high: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].max(low.0[i]).min(high.0[i])))
    }

    unsafe fn run_tile(rows: usize, _: usize, job: &OutputTile<'_>) {
        tile_of!(rows, 1, job, [1 2]);
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86 {
    use std::arch::x86_64::{
        __m256, __m512, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_set1_ps,
        _mm256_storeu_ps, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_max_ps, _mm512_min_ps,
        _mm512_set1_ps, _mm512_storeu_ps,
    };

    use super::{OutputTile, Vector, tile};

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub struct Avx512(__m512);

    /// Two registers of AVX2, with FMA.
    #[derive(Clone, Copy)]
    pub struct Avx2(__m256, __m256);

    // SAFETY, for every intrinsic below: the trait's caller vouches for the instruction set and the pointers.
    impl Vector for Avx512 {
        const ROWS: usize = 12;
        const PANELS: usize = 2;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            Self(unsafe { _mm512_set1_ps(value) })
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            Self(unsafe { _mm512_loadu_ps(from) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe { _mm512_storeu_ps(to, self.0) }
        }

        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm512_fmadd_ps(a.0, b.0, self.0) })
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Self(unsafe { _mm512_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn clamp(self, low: Self, high: Self) -> Self {
            Self(unsafe { _mm512_min_ps(_mm512_max_ps(self.0, low.0), high.0) })
        }

        #[inline(always)]
        unsafe fn run_tile(rows: usize, panels: usize, job: &OutputTile<'_>) {
            if panels == 2 {
                tile_of!(rows, 2, job, [1 2 3 4 5 6 7 8 9 10 11 12]);
            } else {
                tile_of!(rows, 1, job, [1 2 3 4 5 6 7 8 9 10 11 12]);
            }
        }
    }

    impl Vector for Avx2 {
        const ROWS: usize = 6;
        const PANELS: usize = 1;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            unsafe { Self(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe {
                _mm256_storeu_ps(to, self.0);
                _mm256_storeu_ps(to.add(8), self.1);
            }
        }

        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            unsafe { Self(_mm256_fmadd_ps(a.0, b.0, self.0), _mm256_fmadd_ps(a.1, b.1, self.1)) }
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn clamp(self, low: Self, high: Self) -> Self {
            unsafe {
                Self(
                    _mm256_min_ps(_mm256_max_ps(self.0, low.0), high.0),
                    _mm256_min_ps(_mm256_max_ps(self.1, low.1), high.1),
                )
            }
        }

        #[inline(always)]
        unsafe fn run_tile(rows: usize, _: usize, job: &OutputTile<'_>) {
            tile_of!(rows, 1, job, [1 2 3 4 5 6]);
        }
    }
}
