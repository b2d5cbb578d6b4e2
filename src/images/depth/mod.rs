//! Brightness scale, one for the whole data set: raw counts become `0.0..=255.0`.
//!
//! 8-bit images are taken as they are. Of 16-bit and 32-bit images the 0.1 and 99.9 percentiles over all pixels of all
//! images become black and white, so that images stay comparable with each other; the range is kept with the run.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ndarray::Array3;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::decode::samples::is_measured;
use super::preprocess::resize_rows;
use super::{Decoded, Image, Interpolation, Limits, Mask, Resize, Samples, decode};
use crate::data::{ImageRecord, Manifest};
use crate::memory::Reservations;
use crate::progress::{Note, Observer, Stage};

mod counts;
mod histogram;
mod policy;

pub use counts::CountsPolicy;
use histogram::ValueCounts;
pub use policy::{BrightnessPolicy, DepthPolicy, Span};

/// The fitted policy: what a run and a checkpoint keep to treat new images alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepthRange {
    /// For 16-bit images; `None` where the data set had none: they are then shown in full, `0..=65535`.
    pub bits16: Option<Span>,
    /// For 32-bit images; `None` where the data set had none: `0.0..=1.0` is then shown.
    pub bits32: Option<Span>,
    /// What the largest number of 16 and 32 bits means.
    #[serde(default, skip_serializing_if = "CountsPolicy::is_auto")]
    pub counts: CountsPolicy,
}

const FULL_16: Span = Span { low: 0.0, high: 65_535.0 };
const FULL_32: Span = Span { low: 0.0, high: 1.0 };

impl DepthRange {
    /// Measures the images of more than 8 bits, in flat memory; 8-bit images are not opened.
    ///
    /// Percentiles are values that occur (nearest rank), exact for any depth: 16-bit images are read once, 32-bit
    /// images twice. An image that cannot be decoded does not count.
    #[must_use]
    pub fn fit(manifest: &Manifest, policy: impl Into<BrightnessPolicy>, observer: &dyn Observer) -> Self {
        let BrightnessPolicy { depth, counts } = policy.into();
        let of_depth = |bits| manifest.records.iter().filter(|r| r.bit_depth == bits).collect::<Vec<_>>();
        let (sixteen, float) = (of_depth(16), of_depth(32));
        let of = |records: &[&ImageRecord], shares| percentiles(manifest, records, counts, shares, observer);
        match depth {
            DepthPolicy::Fixed(span) => Self { bits16: Some(span), bits32: Some(span), counts },
            DepthPolicy::Full => {
                Self { bits16: (!sixteen.is_empty()).then_some(FULL_16), bits32: of(&float, [0.0, 1.0]), counts }
            }
            DepthPolicy::Auto => {
                Self { bits16: of(&sixteen, [0.001, 0.999]), bits32: of(&float, [0.001, 0.999]), counts }
            }
        }
    }

    /// Whether images of this depth were measured, or need not be.
    #[must_use]
    pub fn covers(&self, bit_depth: u8) -> bool {
        match bit_depth {
            16 => self.bits16.is_some(),
            32 => self.bits32.is_some(),
            _ => true,
        }
    }

    /// Counts become `0.0..=255.0`; NaN, infinities and pixels that were not measured become 0.
    #[must_use]
    pub fn apply(&self, decoded: &Decoded) -> Image {
        let shape = (decoded.height, decoded.width, decoded.channels);
        let values = self.shown(decoded, 0..decoded.samples.len());
        // A decoder always gives height × width × channels counts; a hand-made mismatch is shown as black.
        Image { pixels: Array3::from_shape_vec(shape, values).unwrap_or_else(|_| Array3::zeros(shape)) }
    }

    /// As [`DepthRange::apply`] and [`resize`](super::resize) after it, to the bit, without the whole image as floats: these take four
    /// times the memory of eight bits.
    #[must_use]
    pub fn apply_resized(
        &self,
        decoded: &Decoded,
        size: (usize, usize),
        mode: Resize,
        interpolation: Interpolation,
    ) -> Image {
        if (decoded.height, decoded.width) == size {
            return self.apply(decoded);
        }
        let row = decoded.width * decoded.channels;
        let shape = (decoded.height, decoded.width, decoded.channels);
        resize_rows(shape, |y| self.shown(decoded, y * row..(y + 1) * row).into(), size, mode, interpolation)
    }

    /// Brightness of the counts in `range`.
    fn shown(&self, decoded: &Decoded, range: Range<usize>) -> Vec<f32> {
        let largest = self.counts.counts_largest(decoded.mask);
        match &decoded.samples {
            Samples::U8(counts) => counts[range].iter().map(|&count| f32::from(count)).collect(),
            Samples::U16(counts) => {
                let show = self.bits16.unwrap_or(FULL_16).scale();
                let measured = |count: u16| largest || count < u16::MAX;
                counts[range].iter().map(|&count| if measured(count) { show(f32::from(count)) } else { 0.0 }).collect()
            }
            Samples::U32(counts) => {
                let show = self.bits32.unwrap_or(FULL_32).scale();
                let measured = |count: u32| largest || count < u32::MAX;
                counts[range].iter().map(|&count| if measured(count) { show(count as f32) } else { 0.0 }).collect()
            }
            Samples::F32(counts) => {
                let show = self.bits32.unwrap_or(FULL_32).scale();
                let least = self.counts.least();
                let measured = |count: f32| is_measured(count) && count >= least;
                counts[range].iter().map(|&count| if measured(count) { show(count) } else { 0.0 }).collect()
            }
        }
    }
}

/// The values at two ranks, given as shares of all finite pixels; `None` without any.
fn percentiles(
    manifest: &Manifest,
    records: &[&ImageRecord],
    policy: CountsPolicy,
    shares: [f64; 2],
    observer: &dyn Observer,
) -> Option<Span> {
    if records.is_empty() {
        return None;
    }
    let float = AtomicBool::new(false);
    // Images with pixels of the largest number, where it is white and where it was not measured.
    let (white, unmeasured) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let coarse =
        histograms(manifest, records, observer, |decoded, [all]: &mut [ValueCounts; 1]| match &decoded.samples {
            Samples::U8(counts) => counts.iter().for_each(|&count| all.add(u16::from(count))),
            Samples::U16(counts) => {
                let largest = policy.counts_largest(decoded.mask);
                counts.iter().filter(|count| largest || **count < u16::MAX).for_each(|&count| all.add(count));
                if decoded.mask != Mask::Marked && counts.contains(&u16::MAX) {
                    if largest { &white } else { &unmeasured }.fetch_add(1, Ordering::Relaxed);
                }
            }
            Samples::U32(_) | Samples::F32(_) => {
                float.store(true, Ordering::Relaxed);
                floats(decoded, policy).for_each(|count| all.add((ordered(count) >> 16) as u16));
            }
        });
    for (images, white) in [(white.into_inner(), true), (unmeasured.into_inner(), false)] {
        if images > 0 {
            observer.note(&Note::LargestCount { images, white });
        }
    }
    let [coarse] = coarse;
    let [low, high] = shares.map(|share| coarse.at(coarse.rank(share)));
    let ((low, before_low), (high, before_high)) = (low?, high?);
    if !float.into_inner() {
        return Some(Span { low: f32::from(low), high: f32::from(high) });
    }
    // The upper halves of the two floats are known; a second pass finds the lower halves.
    let fine = histograms(manifest, records, observer, |decoded, [lows, highs]: &mut [ValueCounts; 2]| {
        for key in floats(decoded, policy).map(ordered) {
            let upper = (key >> 16) as u16;
            if upper == low {
                lows.add(key as u16);
            }
            if upper == high {
                highs.add(key as u16);
            }
        }
    });
    let value = |upper: u16, lower: Option<(u16, u64)>| {
        lower.map(|(lower, _)| unordered(u32::from(upper) << 16 | u32::from(lower)))
    };
    let low = value(low, fine[0].at(coarse.rank(shares[0]) - before_low))?;
    let high = value(high, fine[1].at(coarse.rank(shares[1]) - before_high))?;
    Some(Span { low, high })
}

/// Counts the pixels of all images into `N` histograms; whole numbers add up to the same in any order.
fn histograms<const N: usize>(
    manifest: &Manifest,
    records: &[&ImageRecord],
    observer: &dyn Observer,
    count: impl Fn(&Decoded, &mut [ValueCounts; N]) + Sync,
) -> [ValueCounts; N] {
    let stage = observer.stage(Stage::Depth, records.len());
    let empty = || std::array::from_fn(|_| ValueCounts::default());
    let room = Reservations::of(Limits::current().room());
    records
        .par_iter()
        .fold(empty, |mut histograms, record| {
            let _reserved = room.reserve(record.decoding_bytes());
            if let Ok(decoded) = decode(&manifest.file(record)) {
                count(&decoded, &mut histograms);
            }
            stage.advance(1);
            histograms
        })
        .reduce(empty, |mut a, b| {
            a.iter_mut().zip(&b).for_each(|(a, b)| a.merge(b));
            a
        })
}

/// The counts of 32 bits that were measured; none of other depths.
fn floats(decoded: &Decoded, policy: CountsPolicy) -> Box<dyn Iterator<Item = f32> + '_> {
    match &decoded.samples {
        Samples::U8(_) | Samples::U16(_) => Box::new(std::iter::empty()),
        Samples::U32(counts) => {
            let largest = policy.counts_largest(decoded.mask);
            Box::new(counts.iter().filter(move |count| largest || **count < u32::MAX).map(|&count| count as f32))
        }
        Samples::F32(counts) => {
            let least = policy.least();
            Box::new(counts.iter().copied().filter(move |count| is_measured(*count) && *count >= least))
        }
    }
}

/// A number that orders as the float does.
fn ordered(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn unordered(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
}

#[cfg(test)]
mod tests;
