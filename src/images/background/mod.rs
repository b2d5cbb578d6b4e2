//! What stands off the background of a picture, however uneven its light and however much of it objects cover.
//!
//! The picture shows its own background: its commonest texture is that of the background ([`texture`]), and what is as quiet,
//! agrees with a surface of light ([`light`]) and hangs together is the background. A pixel belongs to an object where it is
//! rougher than the background, or brighter or darker by more than the background's spread; so do small holes in objects.

mod light;
mod peak;
mod regions;
mod texture;

use image::{ImageBuffer, Luma};
use imageproc::definitions::Image as Plane;
use imageproc::filter::gaussian_blur_f32;
use ndarray::{Array2, ArrayView2, Zip, s};

pub(super) use light::Light;

use super::field_of_view::has_aperture;

/// Standard deviation of the smoothing before brightness is compared, in pixels: noise of single pixels is no object.
const SMOOTHING: f32 = 1.0;
/// What lies so many standard deviations off the background belongs to objects. At 3, one pixel of noise in 400 would; 4 finds
/// a little less than 5 on eight models of pictures, since a texture's noise is not quite normal.
const DEVIATIONS: f32 = 5.0;
/// Least standard deviation of a background, relative to its brightness: below it lie rounded grey levels.
const LEAST_NOISE: f32 = 0.01;
/// Holes in objects up to this share of the picture belong to them: facets as bright as the background.
const HOLE: f64 = 0.01;
/// Grey levels below which a pixel says nothing about the light.
const BLACK: f32 = 3.0;
/// Pixels along the longer side up to which a picture is looked at as it is; a larger one is shrunk.
const MOST: usize = 2048;

/// Where `plane`, intensities in `0.0..=255.0` of shape `[height, width]`, shows objects: 1 where it does, 0 on the background.
///
/// NaN lies outside of the field of view and stays; so do pixels below `dark`, unless black is the background: where more than
/// half of a picture is, and not as the rim of an aperture, what is lit are the objects. A picture without light shows none.
#[must_use]
pub fn object_map(plane: ArrayView2<'_, f32>, dark: f32) -> Array2<f32> {
    let share = |object: bool| if object { 1.0 } else { 0.0 };
    let lit = |level: f32| level >= dark.max(BLACK);
    let seen = plane.iter().filter(|level| !level.is_nan()).count();
    let field_is_known = seen < plane.len();
    if 2 * plane.iter().filter(|level| lit(**level)).count() < seen && (field_is_known || !has_aperture(plane)) {
        return plane.mapv(|level| if level.is_nan() { level } else { share(lit(level)) });
    }
    let counted = plane.mapv(|level| if level >= dark { level } else { f32::NAN });
    let found = objects(counted.view());
    Zip::from(&counted).and(&found).map_collect(|level, found| if level.is_nan() { *level } else { share(*found) })
}

/// Which pixels show objects; none of those that are NaN.
fn objects(plane: ArrayView2<'_, f32>) -> Array2<bool> {
    let by = plane.nrows().max(plane.ncols()).div_ceil(MOST);
    if by < 2 {
        return found(plane);
    }
    let found = found(shrunk(plane, by).view());
    Array2::from_shape_fn(plane.dim(), |(y, x)| found[[y / by, x / by]])
}

/// Means over `by` × `by` pixels, of those that are not NaN.
fn shrunk(plane: ArrayView2<'_, f32>, by: usize) -> Array2<f32> {
    let (height, width) = plane.dim();
    Array2::from_shape_fn((height.div_ceil(by), width.div_ceil(by)), |(y, x)| {
        let block = plane.slice(s![y * by..((y + 1) * by).min(height), x * by..((x + 1) * by).min(width)]);
        let inside = block.iter().filter(|level| !level.is_nan());
        let (sum, n) = inside.fold((0.0, 0.0), |(sum, n), level| (sum + level, n + 1.0));
        sum / n
    })
}

fn found(plane: ArrayView2<'_, f32>) -> Array2<bool> {
    let rough = texture::rough(plane);
    let Some(light) = Light::on(plane, &rough) else { return Array2::from_elem(plane.dim(), false) };
    let apart = set_apart(plane, &light.over(plane.dim()));
    let mut found = &rough | &apart;
    Zip::from(&mut found).and(plane).for_each(|found, level| *found |= level.is_nan());
    let most = (HOLE * plane.iter().filter(|level| !level.is_nan()).count() as f64) as usize;
    regions::fill_holes(&mut found, most);
    // Texture is that of a window, which reaches beyond the object; brightness is that of the pixel.
    let mut inner = regions::eroded(&found, texture::REACH);
    Zip::from(&mut inner).and(&apart).for_each(|inner, apart| *inner |= apart);
    Zip::from(&mut inner).and(plane).for_each(|inner, level| *inner &= !level.is_nan());
    inner
}

/// Which pixels are brighter or darker than the background under `light`, a logarithm for each pixel.
fn set_apart(plane: ArrayView2<'_, f32>, light: &Array2<f32>) -> Array2<bool> {
    let mean = light.mean().unwrap_or(0.0);
    // Noise of photons grows with the root of the light: relative to it, it falls so.
    let mut relative = smoothed(plane, light);
    relative.zip_mut_with(light, |relative, light| *relative *= (0.5 * (light - mean)).exp());
    let Some((background, noise)) = peak::of(relative.iter().copied()) else {
        return Array2::from_elem(plane.dim(), false);
    };
    relative.mapv(|relative| (relative - background).abs() > DEVIATIONS * noise.max(LEAST_NOISE))
}

/// The logarithm of brightness by light, smoothed; NaN stays NaN and counts for nothing around it.
fn smoothed(plane: ArrayView2<'_, f32>, light: &Array2<f32>) -> Array2<f32> {
    let blur = |value: &dyn Fn([usize; 2]) -> f32| {
        blurred(plane.dim(), SMOOTHING, |at| if plane[at].is_nan() { 0.0 } else { value(at) })
    };
    let (sums, weights) = (blur(&|at| plane[at] * (-light[at]).exp()), blur(&|_| 1.0));
    Zip::from(plane)
        .and(&sums)
        .and(&weights)
        .map_collect(|level, sum, weight| if level.is_nan() { f32::NAN } else { (sum / weight).max(0.01).ln() })
}

/// The picture of these `[height, width]` that has `value` at each place, blurred by a Gaussian of this standard deviation.
fn blurred((height, width): (usize, usize), deviation: f32, value: impl Fn([usize; 2]) -> f32) -> Array2<f32> {
    let pixel = |x: u32, y: u32| Luma([value([y as usize, x as usize])]);
    let picture: Plane<Luma<f32>> = ImageBuffer::from_fn(width as u32, height as u32, pixel);
    let blurred = gaussian_blur_f32(&picture, deviation);
    Array2::from_shape_fn((height, width), |(y, x)| blurred.get_pixel(x as u32, y as u32).0[0])
}

#[cfg(test)]
mod tests;
