//! Mirroring, turning and cutting out, in one pass, so that pixels are interpolated once.

use ndarray::Array3;

/// Where each pixel comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Warp {
    pub mirrored: bool,
    pub upside_down: bool,
    /// Turned about the centre, clockwise on the screen.
    pub degrees: f32,
    /// Side of what is cut out, as a share of the image's.
    pub side: f32,
    /// How far the centre of what is cut out lies from the image's, as a share of the image's side.
    pub right: f32,
    pub down: f32,
}

impl Default for Warp {
    fn default() -> Self {
        Self { mirrored: false, upside_down: false, degrees: 0.0, side: 1.0, right: 0.0, down: 0.0 }
    }
}

impl Warp {
    /// Bilinear; what lies outside is the image mirrored at its edge.
    pub fn apply(&self, pixels: Array3<f32>) -> Array3<f32> {
        let (height, width, _) = pixels.dim();
        if *self == Self::default() || pixels.is_empty() {
            return pixels;
        }
        let (sine, cosine) = if self.degrees == 0.0 { (0.0, 1.0) } else { self.degrees.to_radians().sin_cos() };
        let (middle_y, middle_x) = ((height - 1) as f32 / 2.0, (width - 1) as f32 / 2.0);
        let sign = |flipped: bool| if flipped { -self.side } else { self.side };
        let mut warped = Array3::zeros(pixels.dim());
        for ((y, x), mut out) in ndarray::indices((height, width)).into_iter().zip(warped.lanes_mut(ndarray::Axis(2))) {
            let across = (x as f32 - middle_x) * sign(self.mirrored);
            let down = (y as f32 - middle_y) * sign(self.upside_down);
            let from_x = middle_x + self.right * width as f32 + across * cosine + down * sine;
            let from_y = middle_y + self.down * height as f32 - across * sine + down * cosine;
            let ((left, right), share_x) = neighbours(from_x, width);
            let ((top, bottom), share_y) = neighbours(from_y, height);
            for (c, out) in out.iter_mut().enumerate() {
                let row = |y: usize| pixels[[y, left, c]] * (1.0 - share_x) + pixels[[y, right, c]] * share_x;
                *out = row(top) * (1.0 - share_y) + row(bottom) * share_y;
            }
        }
        warped
    }
}

/// The pixels on both sides of `at`, and the share of the second.
fn neighbours(at: f32, size: usize) -> ((usize, usize), f32) {
    let first = at.floor();
    ((reflected(first as isize, size), reflected(first as isize + 1, size)), at - first)
}

/// The pixel that stands for pixel `at` of an image mirrored at its edges again and again: `… 1 0 | 0 1 … n-1 | n-1 …`
pub(super) fn reflected(at: isize, size: usize) -> usize {
    let at = at.rem_euclid(2 * size.cast_signed()) as usize;
    if at < size { at } else { 2 * size - 1 - at }
}
