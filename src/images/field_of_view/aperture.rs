//! Finds a round aperture: what is dark along the border of a picture ends at an arc of one circle.
//!
//! Dark is what lies below Otsu's threshold and hangs together with the border. Lines and columns of a coarse picture give
//! the points where it ends; a circle is laid through them by least squares (Kåsa, "A circle fitting procedure and its
//! error analysis", 1976), twice, the second time without the points that lie far off, such as those of dark objects at
//! the rim. Where the points make no circle, or it is hardly darker beyond, the picture has no aperture.

use image::{GrayImage, Luma};
use imageproc::contrast::otsu_level;
use ndarray::{Array2, ArrayView2, s};

use super::Circle;
use crate::data::Positive;
use crate::metrics::median;

/// Longer side of the coarse picture, in cells.
const COARSE: usize = 256;
/// Beyond an aperture there is at most this share of the light within. A vignette leaves more: half of it at its darkest.
const DARK: f64 = 0.4;
/// Points of a circle lie off it by at most this share of the radius,
const OFF: f64 = 0.03;
/// and these are this share of all points at least.
const ROUND: f64 = 0.7;
/// Share of the picture beyond the circle below which nothing would be gained.
const LEAST: f64 = 0.02;
/// Share of the radius that its rim may take: there the light fades.
const RIM: f64 = 0.03;

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
    let dark = dark_border(&coarse);
    let median_of = |wanted: &dyn Fn((usize, usize)) -> bool| {
        let levels = coarse.indexed_iter().filter(|(at, _)| wanted(*at)).map(|(_, level)| *level);
        median(&mut levels.collect::<Vec<f32>>())
    };
    if median_of(&|at| dark[at])? > DARK * median_of(&|at| !dark[at])? {
        return None;
    }
    let points = ends(&dark);
    let first = through(&points)?;
    let near: Vec<_> = points.iter().copied().filter(|point| first.off(*point) < 3.0 * OFF).collect();
    let circle = through(&near)?;
    let round = points.iter().filter(|point| circle.off(**point) < OFF).count();
    let beyond = dark.indexed_iter().filter(|((y, x), _)| circle.outside([*y as f64, *x as f64])).count();
    if (round as f64) < ROUND * points.len() as f64 || (beyond as f64) < LEAST * dark.len() as f64 {
        return None;
    }
    let pixels = |cells: f64| (cells + 0.5) * scale as f64;
    let radius = Positive::try_from((1.0 - RIM) * circle.radius * scale as f64).ok()?;
    Some(Circle { x: pixels(circle.x), y: pixels(circle.y), radius })
}

/// Cells below Otsu's threshold that hang together with the border, over sides.
fn dark_border(coarse: &Array2<f32>) -> Array2<bool> {
    let (rows, columns) = coarse.dim();
    let levels = GrayImage::from_fn(columns as u32, rows as u32, |x, y| Luma([coarse[[y as usize, x as usize]] as u8]));
    let threshold = f32::from(otsu_level(&levels)) + 1.0;
    let mut dark = Array2::from_elem(coarse.dim(), false);
    let on_border = |row: usize, column: usize| row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
    let mut open: Vec<(usize, usize)> =
        coarse.indexed_iter().map(|(at, _)| at).filter(|at| on_border(at.0, at.1)).collect();
    while let Some(at) = open.pop() {
        if dark[at] || coarse[at] >= threshold {
            continue;
        }
        dark[at] = true;
        let (row, column) = at;
        let sides =
            [(row.wrapping_sub(1), column), (row + 1, column), (row, column.wrapping_sub(1)), (row, column + 1)];
        open.extend(sides.into_iter().filter(|at| coarse.get(*at).is_some()));
    }
    dark
}

/// Where the dark border ends along lines and columns, from all four sides, as `[y, x]` in cells.
fn ends(dark: &Array2<bool>) -> Vec<[f64; 2]> {
    let mut points = Vec::new();
    for (row, line) in dark.rows().into_iter().enumerate() {
        points.extend(ends_of(line.iter().copied()).into_iter().map(|column| [row as f64, column]));
    }
    for (column, line) in dark.columns().into_iter().enumerate() {
        points.extend(ends_of(line.iter().copied()).into_iter().map(|row| [row, column as f64]));
    }
    points
}

/// Ends of the dark stretches at both ends of a line; none where it is dark or bright throughout.
fn ends_of(line: impl ExactSizeIterator<Item = bool> + DoubleEndedIterator + Clone) -> Vec<f64> {
    let n = line.len() as f64;
    let (before, behind) = (line.clone().take_while(|dark| *dark).count(), line.rev().take_while(|dark| *dark).count());
    let mut ends = Vec::new();
    if before > 0 && (before as f64) < n {
        ends.push(before as f64 - 0.5);
    }
    if behind > 0 && (behind as f64) < n {
        ends.push(n - 0.5 - behind as f64);
    }
    ends
}

/// A circle in cells.
struct Fit {
    y: f64,
    x: f64,
    radius: f64,
}

impl Fit {
    fn distance(&self, [y, x]: [f64; 2]) -> f64 {
        (y - self.y).hypot(x - self.x)
    }

    /// How far a point lies off the circle, as a share of its radius.
    fn off(&self, point: [f64; 2]) -> f64 {
        (self.distance(point) / self.radius - 1.0).abs()
    }

    fn outside(&self, point: [f64; 2]) -> bool {
        self.distance(point) > self.radius
    }
}

/// The circle of least squares: `y² + x² = a y + b x + c` is linear in `a`, `b` and `c`.
fn through(points: &[[f64; 2]]) -> Option<Fit> {
    /// Fewer points make no arc.
    const FEWEST: usize = 24;
    if points.len() < FEWEST {
        return None;
    }
    let n = points.len() as f64;
    let middle = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / n);
    let (mut yy, mut xx, mut yx, mut yz, mut xz, mut zz) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for point in points {
        let (y, x) = (point[0] - middle[0], point[1] - middle[1]);
        let z = y * y + x * x;
        (yy, xx, yx) = (yy + y * y, xx + x * x, yx + y * x);
        (yz, xz, zz) = (yz + y * z, xz + x * z, zz + z);
    }
    let determinant = yy * xx - yx * yx;
    if determinant <= f64::EPSILON * yy * xx {
        return None; // all on one line
    }
    let (y, x) = (0.5 * (yz * xx - xz * yx) / determinant, 0.5 * (xz * yy - yz * yx) / determinant);
    Some(Fit { y: middle[0] + y, x: middle[1] + x, radius: (y * y + x * x + zz / n).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 300 × 400 pixels, some of them objects; `light` says how bright it is at a distance from (140, 210).
    fn picture(light: impl Fn(f64) -> f64) -> Array2<f32> {
        Array2::from_shape_fn((300, 400), |(y, x)| {
            let object = if (y / 40 + x / 50) % 3 == 0 { 0.7 } else { 1.0 };
            let noise = ((y * 31 + x * 17) % 7) as f64;
            (130.0 * object * light((y as f64 - 140.0).hypot(x as f64 - 210.0)) + noise) as f32
        })
    }

    #[test]
    fn a_round_aperture_is_found() {
        for radius in [120.0, 150.0, 190.0] {
            let found = find(picture(|far| if far < radius { 1.0 } else { 0.05 }).view()).unwrap();
            let off = (found.y - 140.0).hypot(found.x - 210.0);
            assert!(off < 4.0 && (0.94..1.0).contains(&(found.radius.get() / radius)), "{radius}: {found:?}");
        }
    }

    #[test]
    fn pictures_without_one_stay_whole() {
        assert_eq!(find(picture(|_| 1.0).view()), None);
        assert_eq!(find(picture(|far| 1.0 - (far / 350.0).powi(2)).view()), None, "a vignette");
        let mut bordered = picture(|_| 1.0);
        bordered.slice_mut(s![..24, ..]).fill(0.0);
        bordered.slice_mut(s![.., ..24]).fill(0.0);
        assert_eq!(find(bordered.view()), None, "a black border");
        for shape in [(1, 1), (16, 16), (2, 900), (300, 300)] {
            assert_eq!(find(Array2::zeros(shape).view()), None, "{shape:?}");
        }
    }
}
