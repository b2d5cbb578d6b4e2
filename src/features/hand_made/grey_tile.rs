//! A grey tile, and what several blocks need of it, computed once.

use std::cell::OnceCell;

use ndarray::Array2;

use super::contour::{self, Contour};
use super::sobel::{self, Gradient};
use crate::images::Image;

/// A grey tile of any size, also of a single pixel.
pub(super) struct GreyTile {
    pixels: Array2<f32>,
    dark: OnceCell<Option<Contour>>,
    gradient: OnceCell<Gradient>,
}

impl GreyTile {
    pub fn new(image: &Image) -> Self {
        Self { pixels: image.brightness(), dark: OnceCell::new(), gradient: OnceCell::new() }
    }

    /// Intensities in `0.0..=255.0`, shape `[height, width]`.
    pub fn pixels(&self) -> &Array2<f32> {
        &self.pixels
    }

    /// The outline of the largest part that is dark after Otsu; `None` where nothing is.
    pub fn dark(&self) -> Option<&Contour> {
        self.dark.get_or_init(|| contour::largest_dark(self.pixels.view())).as_ref()
    }

    /// Derivatives of the intensities.
    pub fn gradient(&self) -> &Gradient {
        self.gradient.get_or_init(|| sobel::gradient(self.pixels.view()))
    }
}

/// Mean of `values`, NaN without any; summed in f64.
pub(super) fn mean<'a>(values: impl IntoIterator<Item = &'a f32>) -> f64 {
    let (sum, count) =
        values.into_iter().fold((0.0, 0_usize), |(sum, count), &value| (sum + f64::from(value), count + 1));
    sum / count as f64
}

/// Mean and population standard deviation of `values`, NaN without any.
pub(super) fn mean_and_std<'a>(values: impl IntoIterator<Item = &'a f32> + Clone) -> (f64, f64) {
    let centre = mean(values.clone());
    let (squares, count) = values
        .into_iter()
        .fold((0.0, 0_usize), |(sum, count), &value| (sum + (f64::from(value) - centre).powi(2), count + 1));
    (centre, (squares / count as f64).sqrt())
}

/// The largest of `values`, NaN without any.
pub(super) fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(f64::NAN, f64::max)
}
