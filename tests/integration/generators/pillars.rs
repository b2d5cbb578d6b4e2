//! Arrays of pillars: rounded squares, dark on a bright ground or bright on a dark one, some of them defective.
//!
//! Light, contrast, size, focus and places drift over the array, and arrays differ in ground, contrast and noise, so
//! that one threshold on one feature cannot do: a defect in a dim corner looks like a good pillar in a bright one.

use std::f64::consts::PI;

use image::{GrayImage, Luma};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Smooth, normal, within};

/// Kinds of pillars.
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

/// Neighbours that are all defective: `height` × `width` pillars from row `top` and column `left`, counted from 0.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    pub kind: Kind,
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
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

/// Light and tilt, which change slowly over an array.
struct Drift {
    light: Smooth,
    tilt: [f64; 2],
    contrast: Smooth,
    size: Smooth,
    focus: Smooth,
    place: [Smooth; 2],
}

impl Drift {
    fn random(rng: &mut ChaCha8Rng, [height, width]: [usize; 2], pitch: f64) -> Self {
        let mut smooth = |pitches: f64| Smooth::new(rng, height, width, pitch * pitches);
        let (light, contrast, size, focus) = (smooth(6.0), smooth(6.0), smooth(6.0), smooth(8.0));
        let place = [smooth(8.0), smooth(8.0)];
        let tilt = [within(rng, -25.0, 25.0), within(rng, -25.0, 25.0)];
        Self { light, tilt, contrast, size, focus, place }
    }
}

/// Settings that all pillars of an array share.
struct Make {
    ground: f64,
    depth: f64,
    radius: f64,
    noise: f64,
}

/// Draws an array; the same seed and options give the same pixels.
pub fn array(seed: u64, options: Options) -> Array {
    array_with(seed, options, &[])
}

/// The same with groups of defects beside the scattered ones.
pub fn array_with(seed: u64, options: Options, groups: &[Group]) -> Array {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut truth = truth(&mut rng, options);
    for group in groups {
        for row in group.top..group.top + group.height {
            truth[row * options.columns + group.left..][..group.width].fill(group.kind);
        }
    }
    let pitch = options.pitch as f64;
    let (height, width) = (options.rows * options.pitch, options.columns * options.pitch);
    let drift = Drift::random(&mut rng, [height, width], pitch);
    let texture = Smooth::new(&mut rng, height, width, 3.0);
    let make = Make {
        ground: within(&mut rng, 130.0, 200.0),
        depth: within(&mut rng, 40.0, 85.0),
        radius: pitch * within(&mut rng, 0.21, 0.25),
        noise: within(&mut rng, 2.5, 4.5),
    };
    let mut image = GrayImage::new(width as u32, height as u32);
    for (at, &kind) in truth.iter().enumerate() {
        let (row, column) = (at / options.columns, at % options.columns);
        let (middle_y, middle_x) = ((row as f64 + 0.5) * pitch, (column as f64 + 0.5) * pitch);
        let pillar = Pillar::random(&mut rng, kind, &make, &drift, [middle_y, middle_x]);
        let seam = (kind == Kind::Stitching).then(|| Seam::random(&mut rng, pitch));
        for y in row * options.pitch..(row + 1) * options.pitch {
            for x in column * options.pitch..(column + 1) * options.pitch {
                let (y_of, x_of) = (y as f64, x as f64);
                let (mut dy, mut dx) = (y_of - middle_y - pillar.shift[0], x_of - middle_x - pillar.shift[1]);
                let (across, down) = (x_of / width as f64 - 0.5, y_of / height as f64 - 0.5);
                let mut level = make.ground + 22.0 * drift.light.at(y_of, x_of);
                level += drift.tilt[0] * across + drift.tilt[1] * down;
                if let Some(seam) = &seam {
                    let beyond = seam.beyond(y_of - middle_y, x_of - middle_x);
                    level += seam.step * pillar.depth / 62.0 * beyond;
                    (dy, dx) = (dy + seam.slip[0] * beyond, dx + seam.slip[1] * beyond);
                }
                level -= pillar.depth / (1.0 + (pillar.shape.outside(dy, dx) / pillar.edge).exp());
                level += 2.0 * texture.at(y_of, x_of) + make.noise * normal(&mut rng);
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

struct Pillar {
    shape: Shape,
    /// Grey levels to the ground.
    depth: f64,
    /// Pixels off the grid.
    shift: [f64; 2],
    /// Softness of the outline, in pixels.
    edge: f64,
}

impl Pillar {
    fn random(rng: &mut ChaCha8Rng, kind: Kind, make: &Make, drift: &Drift, [y, x]: [f64; 2]) -> Self {
        let shape = Shape {
            radius: make.radius * (0.1 * drift.size.at(y, x)).exp().clamp(0.85, 1.15) * (1.0 + 0.02 * normal(rng)),
            angle: 0.03 * normal(rng),
            stretch: 1.0,
            waves: Vec::new(),
            square: 3.0,
        };
        let mut pillar = Self {
            shape,
            depth: make.depth * (0.8 * drift.contrast.at(y, x)).exp().clamp(0.4, 1.7) * (1.0 + 0.03 * normal(rng)),
            shift: drift.place.each_ref().map(|place| place.at(y, x).clamp(-2.5, 2.5) + 0.5 * normal(rng)),
            edge: within(rng, 1.4, 2.2) * (0.2 * drift.focus.at(y, x).clamp(-1.5, 1.5)).exp(),
        };
        let shape = &mut pillar.shape;
        match kind {
            Kind::Good | Kind::Stitching => {}
            Kind::Missing => pillar.depth *= within(rng, 0.1, 0.35),
            Kind::Collapsed => {
                shape.angle = within(rng, 0.0, PI);
                shape.stretch = within(rng, 1.15, 1.3);
                shape.radius *= within(rng, 1.25, 1.4);
                shape.square = 2.0;
                pillar.depth *= within(rng, 1.1, 1.3);
                pillar.shift = pillar.shift.map(|at| at + within(rng, -3.5, 3.5));
            }
            Kind::Misshapen => {
                let waves = 1 + usize::from(within(rng, 0.0, 1.0) > 0.5);
                for _ in 0..waves {
                    let n = within(rng, 2.0, 6.0).floor();
                    shape.waves.push((n, within(rng, 0.2, 0.3), within(rng, 0.0, 2.0 * PI)));
                }
            }
            Kind::Rotated => shape.angle += within(rng, PI / 7.0, PI / 4.0),
        }
        pillar
    }
}

/// Beyond a line everything is brighter or darker and a little displaced.
struct Seam {
    along_rows: bool,
    at: f64,
    step: f64,
    slip: [f64; 2],
    /// Pixels over which it comes.
    ramp: f64,
}

impl Seam {
    fn random(rng: &mut ChaCha8Rng, pitch: f64) -> Self {
        let sign = if within(rng, 0.0, 1.0) > 0.5 { 1.0 } else { -1.0 };
        let slip = [within(rng, -3.0, 3.0), within(rng, -3.0, 3.0)];
        Self {
            along_rows: within(rng, 0.0, 1.0) > 0.5,
            at: pitch * within(rng, -0.25, 0.25),
            step: sign * within(rng, 27.0, 37.0),
            slip,
            ramp: within(rng, 1.0, 3.2),
        }
    }

    /// 0 before the seam, 1 behind it.
    fn beyond(&self, dy: f64, dx: f64) -> f64 {
        let past = if self.along_rows { dy } else { dx } - self.at;
        (past / self.ramp + 0.5).clamp(0.0, 1.0)
    }
}
