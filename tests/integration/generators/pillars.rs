//! Arrays of pillars: rounded squares, dark on a bright ground or bright on a dark one, some of them defective.
//!
//! Light, contrast and places drift over the array, so that one threshold on one feature cannot do: a defect in a dim
//! corner looks like a good pillar in a bright one.

use std::f64::consts::PI;

use image::{GrayImage, Luma};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Smooth, normal, within};

/// What a pillar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Good,
    /// Broken off: a faint footprint is left.
    Missing,
    /// Toppled: larger, longer, darker.
    Collapsed,
    /// A seam between two exposures runs through it.
    Stitching,
    /// Another outline.
    Misshapen,
    /// Turned on its foot.
    Rotated,
}

/// How an array is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub rows: usize,
    pub columns: usize,
    /// Pixels from one pillar to the next.
    pub pitch: usize,
    pub bright_pillars: bool,
    /// A defect that this array does not have.
    pub without: Option<Kind>,
}

impl Default for Options {
    fn default() -> Self {
        Self { rows: 21, columns: 21, pitch: 64, bright_pillars: false, without: None }
    }
}

pub struct Array {
    pub image: GrayImage,
    /// Row by row.
    pub truth: Vec<Kind>,
}

/// Shares of the pillars.
const SHARES: [(Kind, f64); 5] = [
    (Kind::Missing, 0.03),
    (Kind::Collapsed, 0.035),
    (Kind::Stitching, 0.04),
    (Kind::Misshapen, 0.05),
    (Kind::Rotated, 0.02),
];

/// The outline of a pillar, as its radius by direction.
struct Shape {
    radius: f64,
    angle: f64,
    stretch: f64,
    waves: Vec<(f64, f64, f64)>,
    /// Exponent of the rounded square: 2 is an ellipse.
    square: f64,
}

impl Shape {
    /// How far outside the outline, in pixels; below 0 inside.
    fn outside(&self, dy: f64, dx: f64) -> f64 {
        let (sin, cos) = self.angle.sin_cos();
        let (u, v) = ((cos * dx + sin * dy) / self.stretch, (cos * dy - sin * dx) * self.stretch);
        let distance = (u.abs().powf(self.square) + v.abs().powf(self.square)).powf(1.0 / self.square);
        let direction = v.atan2(u);
        let wave: f64 = self.waves.iter().map(|(n, depth, phase)| depth * (n * direction + phase).cos()).sum();
        distance - self.radius * (1.0 + wave)
    }
}

/// Draws an array; the same seed and options give the same pixels.
pub fn array(seed: u64, options: Options) -> Array {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let truth = truth(&mut rng, options);
    let pitch = options.pitch as f64;
    let (height, width) = (options.rows * options.pitch, options.columns * options.pitch);
    let light = Smooth::new(&mut rng, height, width, pitch * 7.0);
    let contrast = Smooth::new(&mut rng, height, width, pitch * 6.0);
    let texture = Smooth::new(&mut rng, height, width, 3.0);
    let drift = [Smooth::new(&mut rng, height, width, pitch * 8.0), Smooth::new(&mut rng, height, width, pitch * 8.0)];
    let ground = within(&mut rng, 165.0, 185.0);
    let radius = pitch * within(&mut rng, 0.26, 0.29);
    let tilt = [within(&mut rng, -18.0, 18.0), within(&mut rng, -18.0, 18.0)];
    let mut image = GrayImage::new(width as u32, height as u32);
    for (at, &kind) in truth.iter().enumerate() {
        let (row, column) = (at / options.columns, at % options.columns);
        let (middle_y, middle_x) = ((row as f64 + 0.5) * pitch, (column as f64 + 0.5) * pitch);
        let shift =
            drift.each_ref().map(|drift| (drift.at(middle_y, middle_x)).clamp(-2.5, 2.5) + 0.5 * normal(&mut rng));
        let depth = 62.0 * (0.5 * contrast.at(middle_y, middle_x)).exp().clamp(0.4, 1.5);
        let (shape, depth, shift) = draw_shape(&mut rng, kind, radius, depth, shift);
        let seam = (kind == Kind::Stitching).then(|| Seam::random(&mut rng, pitch));
        let edge = within(&mut rng, 1.6, 2.2);
        for y in row * options.pitch..(row + 1) * options.pitch {
            for x in column * options.pitch..(column + 1) * options.pitch {
                let (mut dy, mut dx) = (y as f64 - middle_y - shift[0], x as f64 - middle_x - shift[1]);
                let (across, down) = (x as f64 / width as f64 - 0.5, y as f64 / height as f64 - 0.5);
                let mut level = ground + 16.0 * light.at(y as f64, x as f64) + tilt[0] * across + tilt[1] * down;
                if let Some(seam) = seam.as_ref().filter(|seam| seam.beyond(y as f64 - middle_y, x as f64 - middle_x)) {
                    level += seam.step * depth / 62.0;
                    (dy, dx) = (dy + seam.slip[0], dx + seam.slip[1]);
                }
                level -= depth / (1.0 + (shape.outside(dy, dx) / edge).exp());
                level += 2.0 * texture.at(y as f64, x as f64) + 4.0 * normal(&mut rng);
                let level = if options.bright_pillars { 255.0 - level } else { level };
                image.put_pixel(x as u32, y as u32, Luma([level.round().clamp(0.0, 255.0) as u8]));
            }
        }
    }
    Array { image, truth }
}

fn truth(rng: &mut ChaCha8Rng, options: Options) -> Vec<Kind> {
    let n = options.rows * options.columns;
    let mut kinds = Vec::with_capacity(n);
    for (kind, share) in SHARES {
        if options.without != Some(kind) {
            kinds.extend(std::iter::repeat_n(kind, (share * n as f64).round() as usize));
        }
    }
    kinds.resize(n, Kind::Good);
    kinds.shuffle(rng);
    kinds
}

fn draw_shape(rng: &mut ChaCha8Rng, kind: Kind, radius: f64, depth: f64, shift: [f64; 2]) -> (Shape, f64, [f64; 2]) {
    let mut shape = Shape {
        radius: radius * (1.0 + 0.02 * normal(rng)),
        angle: 0.03 * normal(rng),
        stretch: 1.0,
        waves: Vec::new(),
        square: 3.0,
    };
    let (mut depth, mut shift) = (depth * (1.0 + 0.03 * normal(rng)), shift);
    match kind {
        Kind::Good | Kind::Stitching => {}
        Kind::Missing => depth *= within(rng, 0.1, 0.35),
        Kind::Collapsed => {
            shape.angle = within(rng, 0.0, PI);
            shape.stretch = within(rng, 1.2, 1.4);
            shape.radius *= within(rng, 1.15, 1.3);
            shape.square = 2.0;
            depth *= within(rng, 1.15, 1.35);
            shift = shift.map(|at| at + within(rng, -4.0, 4.0));
        }
        Kind::Misshapen => {
            let waves = 1 + usize::from(within(rng, 0.0, 1.0) > 0.5);
            for _ in 0..waves {
                let n = within(rng, 2.0, 6.0).floor();
                shape.waves.push((n, within(rng, 0.16, 0.3), within(rng, 0.0, 2.0 * PI)));
            }
        }
        Kind::Rotated => shape.angle += within(rng, PI / 7.0, PI / 4.0),
    }
    (shape, depth, shift)
}

/// Beyond a line everything is brighter or darker and a little displaced.
struct Seam {
    along_rows: bool,
    at: f64,
    step: f64,
    slip: [f64; 2],
}

impl Seam {
    fn random(rng: &mut ChaCha8Rng, pitch: f64) -> Self {
        let sign = if within(rng, 0.0, 1.0) > 0.5 { 1.0 } else { -1.0 };
        let slip = [within(rng, -3.0, 3.0), within(rng, -3.0, 3.0)];
        Self {
            along_rows: within(rng, 0.0, 1.0) > 0.5,
            at: pitch * within(rng, -0.25, 0.25),
            step: sign * within(rng, 22.0, 34.0),
            slip,
        }
    }

    fn beyond(&self, dy: f64, dx: f64) -> bool {
        if self.along_rows { dy > self.at } else { dx > self.at }
    }
}
