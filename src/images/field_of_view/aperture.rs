//! Finds a round aperture: what is dark along the border of a picture ends at one circle.
//!
//! On a coarse picture, cells that are darker than a threshold and hang together with the border are taken for what lies
//! beyond; a circle is laid through the ends of that part along lines and columns. Several thresholds are tried, since
//! objects at the rim are darker than some of them, and the roundest answer counts. It is an aperture where most of the rim
//! is a step down to darkness: a vignette falls slowly, a black border ends in straight lines, a dark object ends anywhere.

use image::{GrayImage, Luma};
use imageproc::contrast::otsu_level;
use ndarray::{Array2, ArrayView2, s};

use super::Circle;
use super::circle_fit::CircleFit;
use super::dark_border::{dark_border, ends};
use super::rim::Rim;
use crate::data::Positive;

/// Longer side of the coarse picture, in cells.
const COARSE: usize = 256;
/// Thresholds, from the dark of the border (0) to what is typical of the bright part (1).
const THRESHOLDS: [f32; 6] = [0.04, 0.08, 0.15, 0.25, 0.4, 0.6];
/// Share of the border's cells that are as dark as the dark of the border: no more, since the picture may cut the aperture.
const DARKEST: f64 = 0.05;
/// Fewer ends make no arc.
const FEWEST_ENDS: usize = 24;
/// Ends within this many cells of the circle draw it,
const TOLERANCE: f64 = 2.0;
/// those within this share of its radius lie on it,
const ON_CIRCLE: f64 = 0.02;
/// and these are this share of all ends at least. In photographs without an aperture it is .58 at most, behind one .65 nearly
/// always.
const ROUND: f64 = 0.65;
/// Beyond an aperture there is at most this share of the light within.
const DARK: f32 = 0.4;
/// Share of the visible rim that is a step down, at least.
const STEPPED: f64 = 0.7;
/// Share of a whole turn that the visible rim takes, at least,
const SEEN: f64 = 0.08;
/// and that it spans: an arc in one corner may be any dark corner.
const SPANNED: f64 = 0.25;
/// Share of the picture beyond the circle below which nothing would be gained.
const LEAST_BEYOND: f64 = 0.02;
/// Radius in shares of the shorter side, at least: a smaller disc is an object.
const LEAST_RADIUS: f64 = 0.2;

/// The field of view of `plane`, in pixels; `None` where it shows no round aperture.
pub(super) fn find(plane: ArrayView2<'_, f32>) -> Option<Circle> {
    let scale = plane.nrows().max(plane.ncols()).div_ceil(COARSE);
    let (rows, columns) = (plane.nrows() / scale, plane.ncols() / scale);
    if rows.min(columns) < 16 {
        return None;
    }
    let coarse = Array2::from_shape_fn((rows, columns), |(row, column)| {
        let cell = s![row * scale..(row + 1) * scale, column * scale..(column + 1) * scale];
        plane.slice(cell).mean().unwrap_or(0.0)
    });
    let (dark, bright) = (dark_level(&coarse)?, bright_level(&coarse)?);
    let found = THRESHOLDS.iter().filter_map(|at| at_threshold(&coarse, dark + at * (bright - dark)));
    let (_, fit) = found.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let radius = Rim::new(&coarse, fit).within()?;
    let pixels = |cells: f64| (cells + 0.5) * scale as f64;
    let radius = Positive::try_from(radius * scale as f64).ok()?;
    Some(Circle { x: pixels(fit.x), y: pixels(fit.y), radius })
}

/// How round the dark border of a threshold ends, in `0.0..=1.0`, and the circle; `None` where it is no aperture.
fn at_threshold(coarse: &Array2<f32>, threshold: f32) -> Option<(f64, CircleFit)> {
    let (rows, columns) = coarse.dim();
    let points = ends(&dark_border(coarse, threshold));
    if points.len() < FEWEST_ENDS {
        return None;
    }
    let radii = [LEAST_RADIUS * rows.min(columns) as f64, rows.max(columns) as f64];
    let fit = CircleFit::through_most(&points, TOLERANCE, radii)?;
    let middle_in_picture = (0.0..rows as f64).contains(&fit.y) && (0.0..columns as f64).contains(&fit.x);
    let on_circle = points.iter().filter(|point| fit.off(**point) < ON_CIRCLE * fit.radius).count();
    let round = on_circle as f64 / points.len() as f64;
    let beyond = |at: (usize, usize)| fit.distance([at.0 as f64, at.1 as f64]) > fit.radius;
    let median_where = |wanted: bool| {
        median(coarse.indexed_iter().filter(|(at, _)| beyond(*at) == wanted).map(|(_, level)| *level).collect())
    };
    let n_beyond = coarse.indexed_iter().filter(|(at, _)| beyond(*at)).count();
    let rim = Rim::new(coarse, fit);
    let (stepped, seen, spanned) = rim.steps();
    let is_aperture = middle_in_picture
        && n_beyond as f64 >= LEAST_BEYOND * coarse.len() as f64
        && median_where(true)? <= DARK * median_where(false)?
        && round >= ROUND
        && stepped >= STEPPED
        && seen >= SEEN
        && spanned >= SPANNED;
    is_aperture.then_some((round * stepped, fit))
}

/// The level of the darkest cells along the border.
fn dark_level(coarse: &Array2<f32>) -> Option<f32> {
    let (last_row, last_column) = (coarse.nrows() - 1, coarse.ncols() - 1);
    let sides = [coarse.row(0), coarse.row(last_row), coarse.column(0), coarse.column(last_column)];
    let mut border: Vec<f32> = sides.into_iter().flatten().copied().collect();
    border.sort_by(f32::total_cmp);
    border.get((DARKEST * border.len() as f64) as usize).copied()
}

/// What is typical of the cells above Otsu's threshold.
fn bright_level(coarse: &Array2<f32>) -> Option<f32> {
    let (rows, columns) = coarse.dim();
    let levels = GrayImage::from_fn(columns as u32, rows as u32, |x, y| Luma([coarse[[y as usize, x as usize]] as u8]));
    let threshold = f32::from(otsu_level(&levels));
    median(coarse.iter().copied().filter(|level| *level > threshold).collect())
}

/// The upper of the middle values; `None` without values.
pub(super) fn median(mut values: Vec<f32>) -> Option<f32> {
    let middle = values.len() / 2;
    if values.is_empty() { None } else { Some(*values.select_nth_unstable_by(middle, f32::total_cmp).1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 300 × 400 pixels, some of them objects; `light` says how bright it is at a distance from `middle`.
    fn lit(middle: [f64; 2], light: impl Fn(f64) -> f64) -> Array2<f32> {
        Array2::from_shape_fn((300, 400), |(y, x)| {
            let object = if (y / 40 + x / 50) % 3 == 0 { 0.7 } else { 1.0 };
            let noise = ((y * 31 + x * 17) % 7) as f64;
            (130.0 * object * light((y as f64 - middle[0]).hypot(x as f64 - middle[1])) + noise) as f32
        })
    }

    /// Whether the circle found lies within the true one and leaves out 8 % of its radius at most.
    fn finds(plane: &Array2<f32>, middle: [f64; 2], radius: f64) {
        let found = find(plane.view()).unwrap_or_else(|| panic!("{middle:?} {radius}: none"));
        let off = (found.y - middle[0]).hypot(found.x - middle[1]);
        let share = found.radius.get() / radius;
        assert!(off < 3.0 && (0.92..1.0).contains(&share), "{middle:?} {radius}: {found:?}");
    }

    #[test]
    fn a_round_aperture_is_found() {
        for radius in [70.0, 120.0, 150.0, 190.0] {
            for middle in [[150.0, 200.0], [120.0, 250.0], [170.0, 150.0]] {
                finds(&lit(middle, |far| if far < radius { 1.0 } else { 0.05 }), middle, radius);
            }
        }
    }

    #[test]
    fn rims_and_vignettes_do_not_hide_it() {
        let (middle, radius) = ([140.0, 210.0], 130.0);
        let dark = |far: f64| if far < radius { 1.0 } else { 0.08 };
        let ring = |far: f64| (-((far - 0.98 * radius) / 2.0_f64).powi(2)).exp();
        finds(&lit(middle, |far| dark(far) + 0.7 * ring(far)), middle, radius);
        finds(&lit(middle, |far| dark(far) * (1.0 - 0.7 * ring(far))), middle, radius);
        finds(&lit(middle, |far| dark(far) * (1.0 - 0.6 * (far / radius).min(1.0).powi(2))), middle, radius);
        finds(&lit(middle, |far| 0.08 + 1.0 / (1.0 + ((far - radius) / 2.5).exp())), middle, radius);
    }

    #[test]
    fn pictures_without_one_stay_whole() {
        let middle = [140.0, 210.0];
        assert_eq!(find(lit(middle, |_| 1.0).view()), None);
        assert_eq!(find(lit(middle, |far| 1.0 - (far / 350.0).powi(2)).view()), None, "a vignette");
        assert_eq!(find(lit([0.0, 0.0], |far| if far > 120.0 { 1.0 } else { 0.05 }).view()), None, "a dark corner");
        assert_eq!(find(lit(middle, |far| if far < 40.0 { 1.0 } else { 0.05 }).view()), None, "a disc");
        let mut bordered = lit(middle, |_| 1.0);
        bordered.slice_mut(s![..24, ..]).fill(0.0);
        bordered.slice_mut(s![.., ..24]).fill(0.0);
        assert_eq!(find(bordered.view()), None, "a black border");
        let turned = Array2::from_shape_fn((300, 400), |(y, x)| {
            let (y, x) = (y as f32 - 150.0, x as f32 - 200.0);
            if (0.9 * y + 0.4 * x).abs() < 140.0 && (0.9 * x - 0.4 * y).abs() < 170.0 { 130.0 } else { 0.0 }
        });
        assert_eq!(find(turned.view()), None, "a picture that was turned");
        for shape in [(1, 1), (16, 16), (2, 900), (300, 300)] {
            assert_eq!(find(Array2::zeros(shape).view()), None, "{shape:?}");
        }
    }
}
