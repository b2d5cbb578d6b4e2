//! Axes: a range, round ticks, and the frame that maps values to pixels.
//!
//! Round steps of 1, 2 or 5 times a power of ten; margins grow with the labels, so that nothing is cut off.

use super::canvas::{Canvas, Rect};
use super::style::{AXIS, FAINT_INK, GRID, HEADING, SMALL, TEXT};
use super::text::{Align, TextStyle};

/// One axis of a frame.
#[derive(Debug, Clone)]
pub struct Axis {
    label: String,
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
    names: bool,
}

impl Axis {
    /// Covers all finite `values` with a little room at both ends; 0 to 1 without any.
    #[must_use]
    pub fn around(label: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        let room = if high > low { (high - low) * 0.05 } else { 0.5_f64.max(low.abs() * 0.05) };
        Self::between(label, low - room, high + room)
    }

    /// From 0, or the smallest value below it, to a little above the largest.
    #[must_use]
    pub fn from_zero(label: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extent(values).map_or((0.0, 1.0), |(low, high)| (low.min(0.0), high.max(0.0)));
        let (low, high) = if high > low { (low, high) } else { (0.0, 1.0) };
        Self::between(label, if low < 0.0 { low * 1.06 } else { 0.0 }, if high > 0.0 { high * 1.06 } else { 0.0 })
    }

    /// Whole numbers: ticks are never between two of them.
    #[must_use]
    pub fn whole(label: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        let steps = (0..16).flat_map(|power| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(power)));
        let step = steps.into_iter().find(|step| (high - low) / step <= 14.0).unwrap_or(f64::INFINITY);
        let from = (low / step).ceil() * step;
        let ticks = (0..15).map(|i| from + f64::from(i) * step).take_while(|at| *at <= high);
        let ticks = ticks.map(|at| (at, number(at, 0))).collect();
        let room = (high - low) * 0.02 + 0.5;
        Self { label: label.to_owned(), low: low - room, high: high + room, ticks, names: false }
    }

    /// Exactly this range.
    #[must_use]
    pub fn between(label: &str, low: f64, high: f64) -> Self {
        Self { label: label.to_owned(), low, high, ticks: ticks(low, high), names: false }
    }

    /// Shares in `0.0..=1.0`, labelled in percent.
    #[must_use]
    pub fn percent(label: &str) -> Self {
        let ticks = (0..=5).map(|i| (f64::from(i) / 5.0, format!("{} %", i * 20))).collect();
        Self { label: label.to_owned(), low: 0.0, high: 1.0, ticks, names: false }
    }

    /// A slot of width 1 per name: the `i`-th name stands at `i + 0.5`.
    #[must_use]
    pub fn names<S: AsRef<str>>(label: &str, names: &[S]) -> Self {
        let ticks = names.iter().enumerate().map(|(i, name)| (i as f64 + 0.5, name.as_ref().to_owned())).collect();
        Self { label: label.to_owned(), low: 0.0, high: names.len().max(1) as f64, ticks, names: true }
    }
}

/// The place where data is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Inside the axes.
    pub inner: Rect,
    x: (f64, f64),
    y: (f64, f64),
    names_down: bool,
}

impl Frame {
    /// Names on the vertical axis take no more pixels than this.
    pub const LONGEST_NAME: i32 = 520;

    /// Draws title, grid, ticks and labels into `outer`; names on the vertical axis run from the top down.
    pub fn draw(canvas: &mut Canvas, outer: Rect, title: &str, x: &Axis, y: &Axis) -> Self {
        let tick = TextStyle::size(SMALL).ink(FAINT_INK);
        let label = TextStyle::size(TEXT);
        let room = if y.names { (outer.w * 2 / 5).min(Self::LONGEST_NAME) } else { outer.w };
        let y_width = y.ticks.iter().map(|(_, text)| tick.width(text)).max().unwrap_or(0).min(room);
        let left = y_width + 18 + if y.label.is_empty() { 0 } else { 44 };
        let top = if title.is_empty() { 16 } else { 54 };
        let widest = x.ticks.iter().map(|(_, text)| tick.width(text)).max().unwrap_or(0);
        let slot = (outer.w - left - 24) / x.ticks.len().max(1) as i32;
        let turned = x.names && widest > slot - 8;
        let x_height = if turned { widest.min(outer.h / 3) } else { SMALL as i32 };
        let bottom = x_height + 22 + if x.label.is_empty() { 0 } else { 40 };
        let inner = outer.without(left, top, 24, bottom);
        let frame = Self { inner, x: (x.low, x.high), y: (y.low, y.high), names_down: y.names };

        if !title.is_empty() {
            let style = TextStyle::size(HEADING).bold();
            canvas.text(&style.fit(title, outer.w), (outer.x, outer.y + 20), style);
        }
        for (at, text) in thinned(&y.ticks, inner.h, y.names) {
            let place = frame.y(*at);
            if !y.names {
                canvas.rect(Rect::new(inner.x, place, inner.w, 1), GRID, 1.0);
            }
            canvas.text(&tick.fit_ends(text, y_width), (inner.x - 12, place), tick.ending());
        }
        for (at, text) in thinned(&x.ticks, inner.w, turned) {
            let place = frame.x(*at);
            if !x.names {
                canvas.rect(Rect::new(place, inner.y, 1, inner.h), GRID, 1.0);
            }
            if turned {
                let text = tick.fit(text, x_height);
                canvas.text(&text, (place, inner.bottom() + 12), tick.turned().ending());
            } else {
                let style = TextStyle { across: Align::Start, ..tick.centred() };
                canvas.text(text, (place, inner.bottom() + 10), style);
            }
        }
        canvas.rect(Rect::new(inner.x - 2, inner.y, 2, inner.h + 2), AXIS, 1.0);
        canvas.rect(Rect::new(inner.x, inner.bottom(), inner.w, 2), AXIS, 1.0);
        canvas.text(&x.label, (inner.centre().0, outer.bottom() - 16), label.centred());
        canvas.text(&label.fit(&y.label, inner.h + bottom), (outer.x + 16, inner.centre().1), label.turned().centred());
        frame
    }

    /// The column of a value, kept inside the frame; NaN counts as the low end.
    #[must_use]
    pub fn x(&self, value: f64) -> i32 {
        self.inner.x + (share(value, self.x) * f64::from(self.inner.w)).round() as i32
    }

    /// The row of a value, kept inside the frame; NaN counts as the low end.
    #[must_use]
    pub fn y(&self, value: f64) -> i32 {
        let down = (share(value, self.y) * f64::from(self.inner.h)).round() as i32;
        if self.names_down { self.inner.y + down } else { self.inner.bottom() - down }
    }

    /// The pixels between two values, both ways.
    #[must_use]
    pub fn rect(&self, (x0, x1): (f64, f64), (y0, y1): (f64, f64)) -> Rect {
        let (left, right) = (self.x(x0).min(self.x(x1)), self.x(x0).max(self.x(x1)));
        let (top, bottom) = (self.y(y0).min(self.y(y1)), self.y(y0).max(self.y(y1)));
        Rect::new(left, top, right - left, bottom - top)
    }

    /// Draws a curve; a value that is not finite interrupts it.
    pub fn curve(&self, canvas: &mut Canvas, points: &[(f64, f64)], colour: super::style::Colour, stroke: u32) {
        for piece in points.split(|(x, y)| !x.is_finite() || !y.is_finite()) {
            let pixels: Vec<_> = piece.iter().map(|&(x, y)| (self.x(x), self.y(y))).collect();
            canvas.line(&pixels, colour, stroke);
        }
    }
}

/// A number for reading: thousands apart, no needless digits.
#[must_use]
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut text = String::new();
    if value < 0.0 && plain.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        text.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    let share = (value - low) / (high - low);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
}

/// Smallest and largest finite value.
fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// Every name where there is room, else every second, third …; numeric ticks all.
fn thinned(ticks: &[(f64, String)], room: i32, names: bool) -> impl Iterator<Item = &(f64, String)> {
    let fitting = (room / 28).max(1) as usize;
    ticks.iter().step_by(if names { ticks.len().div_ceil(fitting).max(1) } else { 1 })
}

fn ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let rough = (high - low) / 8.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| *step >= rough).unwrap_or(rough);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    if !(step.is_finite() && step > 0.0 && last - first < 50.0) {
        return Vec::new();
    }
    let size = low.abs().max(high.abs());
    let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    let label = |value: f64| match size {
        _ if value == 0.0 => "0".to_owned(),
        size if !(1e-4..1e7).contains(&size) => format!("{value:.1e}"),
        _ => number(value, decimals),
    };
    (0..=(last - first) as i32).map(|i| (first + f64::from(i)) * step).map(|at| (at, label(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        ticks(low, high).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(0.0, 1.06), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(-13.0, 9.0), ["−10", "−5", "0", "5"]);
        assert_eq!(labels(0.0, 12_000.0), ["0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"]);
        assert!(labels(0.0, f64::INFINITY).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn ticks_lie_in_the_range(low in -1e9..1e9_f64, size in 1e-6..1e9_f64) {
            let ticks = ticks(low, low + size);
            proptest::prop_assert!((3..=14).contains(&ticks.len()), "{}", ticks.len());
            proptest::prop_assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0));
            let slack = size * 1e-6 + low.abs() * 1e-12;
            proptest::prop_assert!(ticks.iter().all(|(at, _)| *at >= low - slack && *at <= low + size + slack));
        }
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1_234_567.0, 0), "1,234,567");
        assert_eq!(number(-0.5, 2), "−0.50");
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(number(f64::NAN, 2), "–");
    }

    #[test]
    fn odd_ranges_stay_finite() {
        for values in [vec![], vec![f64::NAN], vec![3.0], vec![-1e300, 1e300], vec![0.0, 1e-300]] {
            for axis in [Axis::around("", values.clone()), Axis::from_zero("", values.clone())] {
                assert!(axis.high > axis.low, "{values:?}");
            }
        }
    }
}
