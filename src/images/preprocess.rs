//! Preprocessing: images are brought to the size that a network was trained on.
//!
//! Interpolation has half-pixel centres and no antialiasing: what TensorFlow's `tf.image.resize` and torch's
//! `F.interpolate(align_corners=False, antialias=False)` compute, in the same order of operations.

use std::borrow::Cow;

use ndarray::{Array3, s};
use serde::{Deserialize, Serialize};

use super::Image;

/// How an image of another shape fits the size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// The whole image, its sides scaled each on its own.
    #[default]
    Stretch,
    /// The whole image, sides in proportion, centred on black.
    Letterbox,
    /// The centre of the image, sides in proportion; what sticks out is lost.
    Crop,
}

/// Interpolation between pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// Two neighbours in each direction.
    #[default]
    Bilinear,
    /// Four neighbours, Keys' kernel with a = -0.75 as in torch and `OpenCV`; may leave `0.0..=255.0` slightly.
    Bicubic,
}

/// The image at `(height, width)` pixels; exactly the same pixels where it has that size already.
#[must_use]
pub fn resize(image: Image, (height, width): (usize, usize), mode: Resize, interpolation: Interpolation) -> Image {
    let (old_height, old_width, _) = image.pixels.dim();
    if (old_height, old_width) == (height, width) {
        return image;
    }
    let row = |y: usize| {
        let row = image.pixels.slice(s![y, .., ..]);
        row.to_slice().map_or_else(|| Cow::Owned(row.iter().copied().collect()), Cow::Borrowed)
    };
    resize_rows(image.pixels.dim(), row, (height, width), mode, interpolation)
}

/// As [`resize`] of an image of shape `[height, width, channels]` whose rows `row` gives, channels together.
pub(super) fn resize_rows<'a>(
    shape: (usize, usize, usize),
    row: impl Fn(usize) -> Cow<'a, [f32]>,
    (height, width): (usize, usize),
    mode: Resize,
    interpolation: Interpolation,
) -> Image {
    let (old_height, old_width, channels) = shape;
    if height * width * channels * old_height * old_width == 0 {
        return Image { pixels: Array3::zeros((height, width, channels)) };
    }
    let (by_height, by_width) = (height as f64 / old_height as f64, width as f64 / old_width as f64);
    let at_scale = |scale: f64| {
        let side = |old: usize| ((old as f64 * scale).round() as usize).max(1);
        scaled(shape, &row, (side(old_height), side(old_width)), interpolation)
    };
    let pixels = match mode {
        Resize::Stretch => scaled(shape, &row, (height, width), interpolation),
        Resize::Letterbox => {
            let inner = at_scale(by_height.min(by_width));
            let (h, w, _) = inner.dim();
            let (h, w) = (h.min(height), w.min(width));
            let (top, left) = ((height - h) / 2, (width - w) / 2);
            let mut framed = Array3::zeros((height, width, channels));
            framed.slice_mut(s![top..top + h, left..left + w, ..]).assign(&inner.slice(s![..h, ..w, ..]));
            framed
        }
        Resize::Crop => {
            let outer = at_scale(by_height.max(by_width));
            let (h, w, _) = outer.dim();
            let (top, left) = (h.saturating_sub(height) / 2, w.saturating_sub(width) / 2);
            outer.slice(s![top..top + height, left..left + width, ..]).to_owned()
        }
    };
    Image { pixels }
}

/// The pixels that one output pixel is mixed from, along one side.
type Taps = Vec<(usize, f32)>;

fn scaled<'a>(
    (old_height, old_width, channels): (usize, usize, usize),
    row_of: impl Fn(usize) -> Cow<'a, [f32]>,
    (height, width): (usize, usize),
    interpolation: Interpolation,
) -> Array3<f32> {
    let (across, down) = (taps(old_width, width, interpolation), taps(old_height, height, interpolation));
    let mut out = Array3::zeros((height, width, channels));
    // Rows already stretched sideways: consecutive output rows share them.
    let mut stretched: Vec<(usize, Vec<f32>)> = Vec::new();
    for (mut row, taps) in out.outer_iter_mut().zip(&down) {
        stretched.retain(|(y, _)| taps.iter().any(|(tap, _)| tap == y));
        for &(y, weight) in taps {
            let at = stretched.iter().position(|(known, _)| *known == y).unwrap_or_else(|| {
                let source = row_of(y);
                let mut line = Vec::with_capacity(width * channels);
                for taps in &across {
                    line.extend(
                        (0..channels).map(|c| taps.iter().map(|&(x, w)| source[x * channels + c] * w).sum::<f32>()),
                    );
                }
                stretched.push((y, line));
                stretched.len() - 1
            });
            row.iter_mut().zip(&stretched[at].1).for_each(|(value, part)| *value += part * weight);
        }
    }
    out
}

fn taps(old: usize, new: usize, interpolation: Interpolation) -> Vec<Taps> {
    if old == new {
        return (0..new).map(|i| vec![(i, 1.0)]).collect();
    }
    let scale = old as f32 / new as f32;
    (0..new)
        .map(|i| {
            let at = scale * (i as f32 + 0.5) - 0.5;
            match interpolation {
                Interpolation::Bilinear => {
                    let at = at.max(0.0);
                    let first = (at as usize).min(old - 1);
                    let share = (at - first as f32).clamp(0.0, 1.0);
                    vec![(first, 1.0 - share), ((first + 1).min(old - 1), share)]
                }
                Interpolation::Bicubic => {
                    let first = at.floor();
                    let inside = |step: f32| ((first + step).max(0.0) as usize).min(old - 1);
                    let share = at - first;
                    let weights = [outer(share + 1.0), inner(share), inner(1.0 - share), outer(2.0 - share)];
                    [-1.0, 0.0, 1.0, 2.0].map(inside).into_iter().zip(weights).collect()
                }
            }
        })
        .collect()
}

/// Keys' cubic kernel for distances up to 1.
fn inner(x: f32) -> f32 {
    ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
}

/// Keys' cubic kernel for distances from 1 to 2.
fn outer(x: f32) -> f32 {
    ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A
}

const A: f32 = -0.75;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Deserialize)]
    struct Golden {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        interpolation: Interpolation,
        old: (usize, usize, usize),
        new: (usize, usize),
        pixels: Vec<f32>,
        expected: Vec<f32>,
    }

    #[test]
    fn agrees_with_onnxruntime() {
        let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/resize.json")).unwrap();
        assert!(golden.cases.len() >= 6);
        for case in golden.cases {
            let image = Image { pixels: Array3::from_shape_vec(case.old, case.pixels).unwrap() };
            let resized = resize(image, case.new, Resize::Stretch, case.interpolation);
            for (ours, theirs) in resized.pixels.iter().zip(&case.expected) {
                assert!((ours - theirs).abs() < 2e-3, "{:?} to {:?}: {ours} against {theirs}", case.old, case.new);
            }
        }
    }

    fn ramp(height: usize, width: usize) -> Image {
        Image { pixels: Array3::from_shape_fn((height, width, 1), |(y, x, _)| (y * width + x) as f32) }
    }

    #[test]
    fn letterbox_keeps_all_and_crop_keeps_the_centre() {
        let wide = Image { pixels: Array3::from_elem((10, 20, 1), 100.0) };
        let boxed = resize(wide, (8, 8), Resize::Letterbox, Interpolation::Bilinear).pixels;
        assert_eq!(boxed.slice(s![.., 3, 0]).to_vec(), [0.0, 0.0, 100.0, 100.0, 100.0, 100.0, 0.0, 0.0]);
        let cropped = resize(ramp(4, 8), (4, 4), Resize::Crop, Interpolation::Bilinear).pixels;
        assert_eq!(cropped, ramp(4, 8).pixels.slice(s![.., 2..6, ..]));
    }

    proptest! {
        #[test]
        fn any_size_to_any_size(
            (h, w, new_h, new_w) in (1usize..20, 1usize..20, 1usize..20, 1usize..20), value in 0.0f32..255.0
        ) {
            let flat = Image { pixels: Array3::from_elem((h, w, 3), value) };
            for mode in [Resize::Stretch, Resize::Letterbox, Resize::Crop] {
                for interpolation in [Interpolation::Bilinear, Interpolation::Bicubic] {
                    let resized = resize(flat.clone(), (new_h, new_w), mode, interpolation).pixels;
                    prop_assert_eq!(resized.dim(), (new_h, new_w, 3));
                    for &pixel in &resized {
                        prop_assert!((pixel - value).abs() < 1e-3 || (mode == Resize::Letterbox && pixel == 0.0));
                    }
                }
            }
            prop_assert_eq!(resize(flat.clone(), (h, w), Resize::Stretch, Interpolation::Bilinear), flat);
        }
    }
}
