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
    /// Whether the largest number of 16 and 32 bits means "not measured", as detectors write it, and not white.
    pub masked: bool,
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
    /// Blends alpha over black and keeps the depth.
    pub(super) fn from_dynamic(image: DynamicImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (channels, samples) = match image {
            DynamicImage::ImageLuma8(image) => (1, Samples::U8(image.into_raw())),
            DynamicImage::ImageLumaA8(image) => (1, Samples::U8(over_black_u8(&image, 2))),
            DynamicImage::ImageRgb8(image) => (3, Samples::U8(image.into_raw())),
            DynamicImage::ImageRgba8(image) => (3, Samples::U8(over_black_u8(&image, 4))),
            DynamicImage::ImageLuma16(image) => (1, Samples::U16(image.into_raw())),
            DynamicImage::ImageLumaA16(image) => (1, Samples::U16(over_black_u16(&image, 2))),
            DynamicImage::ImageRgb16(image) => (3, Samples::U16(image.into_raw())),
            DynamicImage::ImageRgba16(image) => (3, Samples::U16(over_black_u16(&image, 4))),
            DynamicImage::ImageRgb32F(image) => (3, Samples::F32(image.into_raw())),
            DynamicImage::ImageRgba32F(image) => (3, Samples::F32(over_black_f32(&image))),
            other => (3, Samples::U8(other.into_rgb8().into_raw())),
        };
        Self { height, width, channels, samples, masked: false }
    }

    /// One channel where all three are equal everywhere: grey images take the true one-channel path.
    pub(super) fn into_grey_if_equal(self) -> Self {
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

fn over_black_u8(samples: &[u8], step: usize) -> Vec<u8> {
    let blend = |value: u8, alpha: u8| ((u32::from(value) * u32::from(alpha) + 127) / 255) as u8;
    samples.chunks_exact(step).flat_map(|p| p[..step - 1].iter().map(move |&value| blend(value, p[step - 1]))).collect()
}

fn over_black_u16(samples: &[u16], step: usize) -> Vec<u16> {
    let blend = |value: u16, alpha: u16| ((u64::from(value) * u64::from(alpha) + 32_767) / 65_535) as u16;
    samples.chunks_exact(step).flat_map(|p| p[..step - 1].iter().map(move |&value| blend(value, p[step - 1]))).collect()
}

fn over_black_f32(samples: &[f32]) -> Vec<f32> {
    samples.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, alpha]| [r * alpha, g * alpha, b * alpha]).collect()
}
