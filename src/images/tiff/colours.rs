//! Numbers of pixels become grey or RGB, as the page says what they mean.

use super::layout::{Alpha, Layout, Meaning, Numbers};
use super::{corrupt, unsupported};
use crate::images::decode::samples::{over_black_u8, over_black_u16};
use crate::images::{DecodeError, Decoded, Mask, Samples};

/// The picture of a page from all its numbers; `palette` holds all reds, then all greens, then all blues.
pub(super) fn decoded(layout: &Layout, mut samples: Samples, palette: &[u64]) -> Result<Decoded, DecodeError> {
    let marked = layout.meaning != Meaning::Palette && leave_out_nodata(layout, &mut samples);
    let signed = layout.numbers == Numbers::Signed;
    let mask = match layout.mask {
        _ if marked => Mask::Marked,
        Mask::Detector if signed => Mask::Marked,
        mask => mask,
    };
    let samples = match layout.meaning {
        Meaning::Palette => look_up(layout, &samples, palette)?,
        Meaning::Cmyk => cmyk(&samples)?,
        meaning => {
            if meaning == Meaning::MinIsWhite {
                invert(layout, &mut samples)?;
            }
            let stretched = if layout.numbers == Numbers::Unsigned && layout.bits < 8 {
                stretch(samples, layout.bits)
            } else {
                samples
            };
            without_alpha(layout, stretched)
        }
    };
    let samples = match samples {
        // Nothing that comes after takes 32-bit colours but as floats.
        Samples::U32(counts) if layout.channels() == 3 => {
            Samples::F32(counts.into_iter().map(|count| count as f32).collect())
        }
        other => other,
    };
    Ok(Decoded { height: layout.height, width: layout.width, channels: layout.channels(), samples, mask })
}

/// Levels of fewer than eight bits, up to 255.
fn stretch(samples: Samples, bits: usize) -> Samples {
    let white = (1_u16 << bits) - 1;
    match samples {
        Samples::U8(mut levels) => {
            for level in &mut levels {
                *level = (u16::from(*level) * 255 / white) as u8;
            }
            Samples::U8(levels)
        }
        other => other,
    }
}

/// Pixels of GDAL's "no data": black where there are eight bits, the largest number (or NaN) in others. Whether the
/// largest number now stands for them.
fn leave_out_nodata(layout: &Layout, samples: &mut Samples) -> bool {
    let Some(nodata) = layout.nodata else { return false };
    macro_rules! mark {
        ($counts:ident, $type:ty) => {{
            if nodata < 0.0 || nodata > f64::from(<$type>::MAX) || nodata.fract() != 0.0 {
                return false;
            }
            let nodata = nodata as $type;
            for count in $counts {
                *count = if *count == nodata { <$type>::MAX } else { (*count).min(<$type>::MAX - 1) };
            }
            true
        }};
    }
    match samples {
        Samples::U8(counts) => {
            counts.iter_mut().filter(|count| f64::from(**count) == nodata).for_each(|count| *count = 0);
            false
        }
        Samples::U16(counts) => mark!(counts, u16),
        Samples::U32(counts) => mark!(counts, u32),
        Samples::F32(counts) => {
            let nodata = nodata as f32;
            counts.iter_mut().filter(|count| **count == nodata).for_each(|count| *count = f32::NAN);
            false
        }
    }
}

fn invert(layout: &Layout, samples: &mut Samples) -> Result<(), DecodeError> {
    let step = layout.samples;
    let white = (1_u64 << layout.bits.min(32)) - 1;
    match samples {
        Samples::U8(counts) => counts.iter_mut().step_by(step).for_each(|count| *count = white as u8 - *count),
        Samples::U16(counts) if layout.numbers == Numbers::Unsigned => {
            counts.iter_mut().step_by(step).for_each(|count| *count = white as u16 - *count);
        }
        Samples::U32(counts) if layout.numbers == Numbers::Unsigned => {
            counts.iter_mut().step_by(step).for_each(|count| *count = white as u32 - *count);
        }
        Samples::F32(counts) if layout.numbers == Numbers::Float => {
            counts.iter_mut().step_by(step).for_each(|count| *count = 1.0 - *count);
        }
        _ => return Err(unsupported("signed numbers whose smallest is white")),
    }
    Ok(())
}

/// Colours alone, over black.
fn without_alpha(layout: &Layout, samples: Samples) -> Samples {
    let (step, colours) = (layout.samples, layout.channels());
    if step == colours {
        return samples;
    }
    let straight = layout.alpha == Alpha::Straight;
    macro_rules! blend {
        ($counts:ident, $blend:path) => {
            pick(&$counts, step, colours, |count, alpha| if straight { $blend(count, alpha) } else { count })
        };
    }
    match samples {
        Samples::U8(counts) => Samples::U8(blend!(counts, over_black_u8)),
        Samples::U16(counts) => Samples::U16(blend!(counts, over_black_u16)),
        Samples::U32(counts) => Samples::U32(pick(&counts, step, colours, |count, _| count)),
        Samples::F32(counts) => Samples::F32(blend!(counts, std::ops::Mul::mul)),
    }
}

/// The colours of pixels of `step` numbers, with the one after them blended in.
fn pick<T: Copy>(counts: &[T], step: usize, colours: usize, blend: impl Fn(T, T) -> T) -> Vec<T> {
    let pixels = counts.chunks_exact(step);
    pixels.flat_map(|pixel| pixel[..colours].iter().map(|count| blend(*count, pixel[colours]))).collect()
}

/// A palette is of 16 bits; some writers fill it with numbers of 8, which would all be black.
fn look_up(layout: &Layout, samples: &Samples, palette: &[u64]) -> Result<Samples, DecodeError> {
    let n = palette.len() / 3;
    let shift = if palette.iter().all(|&entry| entry < 256) { 0 } else { 8 };
    let nodata = layout.nodata.filter(|nodata| *nodata >= 0.0).map(|nodata| nodata as usize);
    let step = layout.samples;
    let levels: Box<dyn Iterator<Item = usize>> = match samples {
        Samples::U8(levels) => Box::new(levels.iter().step_by(step).map(|&level| usize::from(level))),
        Samples::U16(levels) => Box::new(levels.iter().step_by(step).map(|&level| usize::from(level))),
        _ => return Err(unsupported("a palette of more than 16 bits")),
    };
    let mut colours = Vec::with_capacity(3 * layout.height * layout.width);
    for level in levels {
        if level >= n {
            return Err(corrupt("a pixel lies outside the palette"));
        }
        let seen = Some(level) != nodata;
        colours.extend([0, 1, 2].map(|channel| if seen { (palette[channel * n + level] >> shift) as u8 } else { 0 }));
    }
    Ok(Samples::U8(colours))
}

/// The light in red, green and blue that four inks of up to `full` leave.
fn unprinted<T: Copy + Into<f32>>(inks: &[T], full: f32, count: impl Fn(f32) -> T) -> Vec<T> {
    let mut colours = Vec::with_capacity(inks.len() / 4 * 3);
    for &[c, m, y, k] in inks.as_chunks::<4>().0 {
        let light = 1.0 - k.into() / full;
        colours.extend([c, m, y].map(|ink| count((full - ink.into()) * light)));
    }
    colours
}

/// Without a profile of colours: what is not printed is white.
fn cmyk(samples: &Samples) -> Result<Samples, DecodeError> {
    match samples {
        Samples::U8(counts) => Ok(Samples::U8(unprinted(counts, 255.0, |light| light as u8))),
        Samples::U16(counts) => Ok(Samples::U16(unprinted(counts, 65_535.0, |light| light as u16))),
        _ => Err(unsupported("CMYK of more than 16 bits")),
    }
}
