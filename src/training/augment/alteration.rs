//! One version of an image: how strong each alteration is, and what it does to pixels.

use ndarray::{Array3, s};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::AugmentRecipe;
use super::filter::blurred;
use super::warp::Warp;
use crate::images::Image;

/// Changes made to an image; at the default none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Alteration {
    pub warp: Warp,
    /// Standard deviation in pixels.
    pub blur: f32,
    /// Relative change about the mean.
    pub contrast: f32,
    /// Change in grey levels.
    pub brightness: f32,
    /// Standard deviation in grey levels.
    pub noise: f32,
    pub erased: Erased,
}

/// A rectangle that is blanked, as shares of the image's sides; none where it has no size.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Erased {
    pub height: f32,
    pub width: f32,
    /// Where it lies, of the room there is: 0 is the top.
    pub top: f32,
    /// 0 is the left.
    pub left: f32,
}

impl Alteration {
    /// Draws as many numbers whatever is switched on, so that one switch does not change what another does.
    pub fn draw(recipe: &AugmentRecipe, random: &mut ChaCha8Rng) -> Self {
        let mut unit = || (random.next_u32() >> 8) as f32 / (1_u32 << 24) as f32;
        let mut up_to = |most: f64| most as f32 * unit();
        let (horizontal, vertical) = (up_to(1.0) < 0.5, up_to(1.0) < 0.5);
        let angle = (up_to(2.0) - 1.0) * recipe.rotate.get() as f32;
        let side = (1.0 - up_to(recipe.crop.get())).sqrt();
        let (right, down) = (up_to(2.0) - 1.0, up_to(2.0) - 1.0);
        let blur = up_to(recipe.blur.get());
        let contrast = (up_to(2.0) - 1.0) * recipe.contrast.get() as f32;
        let brightness = (up_to(2.0) - 1.0) * 255.0 * recipe.brightness.get() as f32;
        let noise = up_to(recipe.noise.get());
        let area = up_to(recipe.erase.get());
        // From twice as wide as high to twice as high as wide, no side beyond the image's.
        let slim = 2.0_f32.powf(up_to(2.0) - 1.0).sqrt();
        let height = (area.sqrt() * slim).min(1.0);
        let width = if height > 0.0 { (area / height).min(1.0) } else { 0.0 };
        let erased = Erased { height, width, top: up_to(1.0), left: up_to(1.0) };
        let warp = Warp {
            mirrored: horizontal && recipe.flip.horizontally(),
            upside_down: vertical && recipe.flip.vertically(),
            degrees: angle,
            side,
            right: right * (1.0 - side) / 2.0,
            down: down * (1.0 - side) / 2.0,
        };
        Self { warp, blur, contrast, brightness, noise, erased }
    }

    /// The altered image, of the same shape, in `0.0..=255.0`; noise comes from `random`.
    pub fn apply(&self, image: Image, random: &mut ChaCha8Rng) -> Image {
        let mut pixels = self.warp.apply(image.pixels);
        if self.blur > 0.0 {
            pixels = blurred(&pixels, self.blur);
        }
        let mean = mean(&pixels);
        pixels.mapv_inplace(|value| (value - mean) * (1.0 + self.contrast) + mean + self.brightness);
        if self.noise > 0.0 {
            pixels.mapv_inplace(|value| value + self.noise * normal(random));
        }
        pixels.mapv_inplace(|value| value.clamp(0.0, 255.0));
        self.erased.blank(&mut pixels);
        Image { pixels }
    }
}

impl Erased {
    fn blank(&self, pixels: &mut Array3<f32>) {
        let (height, width, _) = pixels.dim();
        let range = |size: usize, share: f32, at: f32| {
            let length = ((size as f32 * share).round() as usize).min(size);
            let start = ((size - length) as f32 * at).round() as usize;
            start..start + length
        };
        let (rows, columns) = (range(height, self.height, self.top), range(width, self.width, self.left));
        if !rows.is_empty() && !columns.is_empty() {
            let mean = mean(pixels);
            pixels.slice_mut(s![rows, columns, ..]).fill(mean);
        }
    }
}

fn mean(pixels: &Array3<f32>) -> f32 {
    (pixels.iter().map(|&value| f64::from(value)).sum::<f64>() / pixels.len().max(1) as f64) as f32
}

/// A draw from the standard normal distribution (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f32 {
    let mut unit = || (f64::from(random.next_u32() >> 8) + 0.5) / f64::from(1_u32 << 24);
    let (radius, turn) = ((-2.0 * unit().ln()).sqrt(), std::f64::consts::TAU * unit());
    (radius * turn.cos()) as f32
}
