//! Microscope pictures: textured ground, uneven light, a black border, and crystals of many sizes, contrasts and foci.

use std::f64::consts::TAU;
use std::num::NonZeroU32;

use image::{GrayImage, ImageBuffer, Luma};
use rails::images::{TilePlace, Tiling};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Smooth, normal, within};

/// How a picture is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub side: usize,
    /// Black pixels along the left and the top.
    pub border: usize,
    pub crystals: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { side: 768, border: 24, crystals: 14 }
    }
}

pub struct Picture {
    pub image: GrayImage,
    /// Where crystals are, row by row.
    pub mask: Vec<bool>,
}

impl Picture {
    /// Whether each patch of a grid of `n` × `n` shows a crystal on at least `share` of its pixels.
    pub fn patches(&self, n: usize, share: f64) -> Vec<bool> {
        let (height, side) = (self.image.height() as usize, self.image.width() as usize);
        let cells = NonZeroU32::new(n as u32).unwrap();
        let boxes = Tiling::Grid { rows: cells, columns: cells, half_width: None }.boxes(height, side).unwrap();
        let shows = |TilePlace { y, x, .. }: TilePlace| {
            let inside: usize = y.clone().map(|y| x.clone().filter(|x| self.mask[y * side + x]).count()).sum();
            inside as f64 >= share * (y.len() * x.len()) as f64
        };
        boxes.into_iter().map(shows).collect()
    }

    /// The same with 16 bits, in a part of their range.
    pub fn deep(&self) -> ImageBuffer<Luma<u16>, Vec<u16>> {
        let pixel = |x, y| Luma([u16::from(self.image.get_pixel(x, y).0[0]) * 37 + 900]);
        ImageBuffer::from_fn(self.image.width(), self.image.height(), pixel)
    }
}

/// A convex outline with bright facets and dark edges.
struct Crystal {
    y: f64,
    x: f64,
    /// Distance of each side from the middle, and its direction.
    sides: Vec<(f64, f64)>,
    contrast: f64,
    blur: f64,
}

impl Crystal {
    fn random(rng: &mut ChaCha8Rng, options: Options) -> Self {
        let (low, high) = (options.border as f64 + 70.0, options.side as f64 - 70.0);
        let size = within(rng, 34.0, 84.0);
        let n = within(rng, 5.0, 8.0).floor() as usize;
        let turn = within(rng, 0.0, TAU);
        let side = |rng: &mut ChaCha8Rng, at: usize| {
            (size * within(rng, 0.75, 1.0), turn + (at as f64 + within(rng, -0.2, 0.2)) * TAU / n as f64)
        };
        let sides = (0..n).map(|at| side(rng, at)).collect();
        Self {
            y: within(rng, low, high),
            x: within(rng, low, high),
            sides,
            contrast: within(rng, 34.0, 80.0),
            blur: within(rng, 0.8, 3.0),
        }
    }

    /// Pixels inside the outline, below 0 outside; and the direction of the nearest side.
    fn depth(&self, y: f64, x: f64) -> (f64, f64) {
        let (dy, dx) = (y - self.y, x - self.x);
        let distances = self.sides.iter().map(|(far, way)| (far - dy * way.sin() - dx * way.cos(), *way));
        distances.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
    }

    /// Change of the brightness: facets differ, ridges between them glint, the edge is dark.
    fn shade(&self, y: f64, x: f64, sparkle: f64) -> f64 {
        let (depth, way) = self.depth(y, x);
        let inside = 1.0 / (1.0 + (-depth / self.blur).exp());
        let edge = (-(depth / (2.0 + self.blur)).powi(2)).exp();
        let facet = 0.55 * (way * 2.0).sin() + 0.35 * (depth / (3.0 + self.blur)).sin() + 0.5 * sparkle;
        self.contrast * (inside * facet - 0.9 * edge)
    }
}

/// Draws a picture; the same seed and options give the same pixels.
pub fn picture(seed: u64, options: Options) -> Picture {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let side = options.side;
    let crystals: Vec<Crystal> = (0..options.crystals).map(|_| Crystal::random(&mut rng, options)).collect();
    let light = Smooth::new(&mut rng, side, side, side as f64 / 2.5);
    let texture = Smooth::new(&mut rng, side, side, 5.0);
    let sparkle = Smooth::new(&mut rng, side, side, 4.0);
    let ground = within(&mut rng, 110.0, 140.0);
    let mut image = GrayImage::new(side as u32, side as u32);
    let mut mask = vec![false; side * side];
    for y in options.border..side {
        for x in options.border..side {
            let (at_y, at_x) = (y as f64, x as f64);
            let mut level =
                ground + 14.0 * light.at(at_y, at_x) + 2.5 * texture.at(at_y, at_x) + 3.0 * normal(&mut rng);
            for crystal in &crystals {
                let far = (at_y - crystal.y).hypot(at_x - crystal.x);
                if far < 120.0 {
                    level += crystal.shade(at_y, at_x, sparkle.at(at_y, at_x).clamp(-1.5, 1.5));
                    mask[y * side + x] |= crystal.depth(at_y, at_x).0 > 0.0;
                }
            }
            image.put_pixel(x as u32, y as u32, Luma([level.round().clamp(6.0, 255.0) as u8]));
        }
    }
    Picture { image, mask }
}

/// Draws rows of smooth discs, brighter than the ground or darker, which cover 55 to 75 % of it, in light that falls to a third
/// from top to bottom; the same seed gives the same pixels.
pub fn discs(seed: u64, bright: bool) -> Picture {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (height, width) = (480, 640);
    let pitch = within(&mut rng, 50.0, 80.0);
    let radius = pitch * within(&mut rng, 0.44, 0.465);
    let (texture, relief) = (Smooth::new(&mut rng, height, width, 6.0), Smooth::new(&mut rng, height, width, 9.0));
    let contrasts: Vec<f64> =
        (0..400).map(|_| if bright { within(&mut rng, 0.3, 0.8) } else { within(&mut rng, -0.6, -0.3) }).collect();
    let mut image = GrayImage::new(width as u32, height as u32);
    let mut mask = vec![false; height * width];
    for y in 0..height {
        for x in 0..width {
            let (at_y, at_x) = (y as f64, x as f64);
            let (row, column) = ((at_y / pitch) as usize, (at_x / pitch) as usize);
            let off = |at: f64| at % pitch - pitch / 2.0;
            let inside = off(at_y).hypot(off(at_x)) < radius;
            let contrast = contrasts[(row * 20 + column) % contrasts.len()] * (1.0 + 0.1 * relief.at(at_y, at_x));
            let light = 110.0 * (-1.1 * at_y / height as f64).exp();
            let surface = 1.0 + 0.015 * texture.at(at_y, at_x) + if inside { contrast } else { 0.0 };
            let level = light * surface + 1.2 * normal(&mut rng);
            image.put_pixel(x as u32, y as u32, Luma([level.round().clamp(0.0, 255.0) as u8]));
            mask[y * width + x] = inside;
        }
    }
    Picture { image, mask }
}
