//! Decoded samples in one layout, whatever the file had: rows of pixels, grey or RGB.

use image::DynamicImage;

/// A decoded image: raw counts, `height × width × channels` of them, row by row, channels together.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
    /// `height × width × channels` raw counts.
    pub samples: Samples,
    /// What the largest number of 16 and 32 bits means.
    pub mask: Mask,
}

/// What the largest number of 16 and 32 bits means, by what kind of file it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// White, or more light than the camera could take.
    Camera,
    /// Not measured, as detectors write it: a gap between modules, a dead or an overflown pixel.
    Detector,
    /// Not measured: the reader put it where the file has a negative count, or a number that it says is no count.
    Marked,
}

/// Whether a float is a count: not so NaN, infinities and the largest numbers of 32 bits, which stand for "no data".
pub(in crate::images) fn is_measured(count: f32) -> bool {
    // Some write -3.4e38 for the smallest float, which is -3.40282…e38.
    count.abs() < 3.4e38
}

/// Raw counts as the file holds them.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// 8-bit and below, scaled to `0..=255`.
    U8(Vec<u8>),
    /// 9 to 16 bits.
    U16(Vec<u16>),
    /// Counts of a detector of 17 to 32 bits.
    U32(Vec<u32>),
    /// Floats, signed and 32-bit integers; may hold NaN and infinities.
    F32(Vec<f32>),
}

impl Samples {
    /// How many counts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(counts) => counts.len(),
            Self::U16(counts) => counts.len(),
            Self::U32(counts) => counts.len(),
            Self::F32(counts) => counts.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bits per channel: 8, 16 or 32.
    #[must_use]
    pub fn bit_depth(&self) -> u8 {
        match self {
            Self::U8(_) => 8,
            Self::U16(_) => 16,
            Self::U32(_) | Self::F32(_) => 32,
        }
    }
}

impl Decoded {
    /// Blends alpha over black and keeps the depth; `opaque_if_clear` where an alpha of zeros everywhere is none.
    pub(super) fn from_dynamic(image: DynamicImage, opaque_if_clear: bool) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (channels, samples) = match image {
            DynamicImage::ImageLuma8(image) => (1, Samples::U8(image.into_raw())),
            DynamicImage::ImageLumaA8(image) => (1, Samples::U8(blended(&image, 2, over_black_u8))),
            DynamicImage::ImageRgb8(image) => (3, Samples::U8(image.into_raw())),
            DynamicImage::ImageRgba8(image) if opaque_if_clear && image.pixels().all(|pixel| pixel[3] == 0) => (
                3,
                Samples::U8(image.into_raw().as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()),
            ),
            DynamicImage::ImageRgba8(image) => (3, Samples::U8(blended(&image, 4, over_black_u8))),
            DynamicImage::ImageLuma16(image) => (1, Samples::U16(image.into_raw())),
            DynamicImage::ImageLumaA16(image) => (1, Samples::U16(blended(&image, 2, over_black_u16))),
            DynamicImage::ImageRgb16(image) => (3, Samples::U16(image.into_raw())),
            DynamicImage::ImageRgba16(image) => (3, Samples::U16(blended(&image, 4, over_black_u16))),
            DynamicImage::ImageRgb32F(image) => (3, Samples::F32(image.into_raw())),
            DynamicImage::ImageRgba32F(image) => (3, Samples::F32(blended(&image, 4, |value, alpha| value * alpha))),
            other => (3, Samples::U8(other.into_rgb8().into_raw())),
        };
        Self { height, width, channels, samples, mask: Mask::Camera }
    }

    /// One channel where all three are equal everywhere: grey images take the true one-channel path.
    pub(in crate::images) fn into_grey_if_equal(self) -> Self {
        fn grey<T: Copy + PartialEq>(rgb: &[T]) -> Option<Vec<T>> {
            let (pixels, _) = rgb.as_chunks::<3>();
            pixels.iter().all(|[r, g, b]| r == g && g == b).then(|| pixels.iter().map(|pixel| pixel[0]).collect())
        }
        if self.channels != 3 {
            return self;
        }
        let samples = match &self.samples {
            Samples::U8(rgb) => grey(rgb).map(Samples::U8),
            Samples::U16(rgb) => grey(rgb).map(Samples::U16),
            Samples::U32(rgb) => grey(rgb).map(Samples::U32),
            Samples::F32(rgb) => grey(rgb).map(Samples::F32),
        };
        match samples {
            Some(samples) => Self { channels: 1, samples, ..self },
            None => self,
        }
    }
}

/// The colours of pixels of `step` numbers, of which the last is alpha.
fn blended<T: Copy>(samples: &[T], step: usize, blend: impl Fn(T, T) -> T) -> Vec<T> {
    let blend = &blend;
    let pixels = samples.chunks_exact(step);
    pixels.flat_map(|pixel| pixel[..step - 1].iter().map(move |&value| blend(value, pixel[step - 1]))).collect()
}

pub(in crate::images) fn over_black_u8(value: u8, alpha: u8) -> u8 {
    ((u32::from(value) * u32::from(alpha) + 127) / 255) as u8
}

pub(in crate::images) fn over_black_u16(value: u16, alpha: u16) -> u16 {
    ((u64::from(value) * u64::from(alpha) + 32_767) / 65_535) as u16
}
