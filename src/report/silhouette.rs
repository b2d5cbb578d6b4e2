//! The silhouette plot: one blade per cluster, its images sorted by silhouette.
//!
//! Reference: Rousseeuw, "Silhouettes: a graphical aid", Journal of Computational and Applied Mathematics 20, 1987.

use super::Figure;
use super::axes::{Axis, Frame, number};
use super::canvas::{Canvas, Rect};
use super::grouping::Grouping;
use super::page::{nothing, page};
use super::style::{INK, colour_of};

/// Silhouettes of all images that belong to a cluster.
#[derive(Debug, Clone)]
pub struct SilhouettePlot<'a> {
    /// Such as `k-means`.
    pub method: &'a str,
    /// One per image, `-1.0..=1.0`; NaN (noise, not computed) is left out.
    pub values: &'a [f32],
    /// One entry per image.
    pub clusters: &'a Grouping,
}

impl Figure for SilhouettePlot<'_> {
    fn draw(&self) -> Canvas {
        let mut blades = vec![Vec::new(); self.clusters.len()];
        for (&value, group) in self.values.iter().zip(self.clusters.of()) {
            if let (true, Some(group)) = (value.is_finite(), *group) {
                blades[group].push(f64::from(value));
            }
        }
        for blade in &mut blades {
            blade.sort_by(|a, b| b.total_cmp(a));
        }
        let all: Vec<f64> = blades.iter().flatten().copied().collect();
        let mean = mean(&all);
        let below = all.iter().filter(|value| **value < 0.0).count() as f64;
        let remark = format!(
            "mean {} (dashed); {} of {} images nearer to another cluster (below 0)",
            number(mean, 3),
            number(below, 0),
            number(all.len() as f64, 0)
        );
        let names: Vec<String> = (self.clusters.names().iter().zip(&blades))
            .map(|(name, blade)| format!("{name}: n {}, mean {}", blade.len(), number(self::mean(blade), 2)))
            .collect();
        let height = (blades.len() as i32 * 44).clamp(900, 6_000);
        let title = format!("{}: silhouette per cluster", self.method);
        let (mut canvas, body) = page(1500, height, &title, &remark);
        let low = all.iter().copied().fold(0.0, f64::min);
        let x = Axis::between("silhouette", if low < 0.0 { low - 0.05 } else { 0.0 }, 1.0);
        let frame = Frame::draw(&mut canvas, body, "", &x, &Axis::names("cluster", &names));
        for (cluster, blade) in blades.iter().enumerate() {
            draw_blade(&mut canvas, &frame, cluster, blade);
        }
        let zero = frame.x(0.0);
        canvas.rect(Rect::new(zero, frame.inner.y, 2, frame.inner.h), INK, 1.0);
        if mean.is_finite() {
            let x = frame.x(mean);
            canvas.dashes((x, frame.inner.y), (x, frame.inner.bottom()), INK, 3);
        } else {
            nothing(&mut canvas, frame.inner);
        }
        canvas
    }
}

/// Every row of pixels in the cluster's slot shows the image at its height, so that a blade has the same height
/// whatever the number of images.
fn draw_blade(canvas: &mut Canvas, frame: &Frame, cluster: usize, blade: &[f64]) {
    let at = cluster as f64;
    let slot = frame.rect((0.0, 0.0), (at + 0.06, at + 0.94));
    let zero = frame.x(0.0);
    for row in 0..slot.h {
        let Some(&value) = blade.get(row as usize * blade.len() / slot.h.max(1) as usize) else { return };
        let end = frame.x(value);
        let strip = Rect::new(zero.min(end), slot.y + row, (end - zero).abs(), 1);
        canvas.rect(strip, colour_of(Some(cluster)), 1.0);
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
