//! How many pictures an animation has, of which the first is read.

use image::ImageFormat;

/// Pictures in a file of this format; 1 where it is none that moves, or is damaged.
pub(super) fn frames(bytes: &[u8], format: ImageFormat) -> usize {
    match format {
        ImageFormat::Gif => gif(bytes).unwrap_or(1),
        ImageFormat::WebP => webp(bytes).max(1),
        ImageFormat::Png => apng(bytes).unwrap_or(1),
        _ => 1,
    }
}

/// Chunks of single pictures.
fn webp(bytes: &[u8]) -> usize {
    let mut rest = bytes.get(12..).unwrap_or_default();
    let mut n = 0;
    while let Some(([a, b, c, d, length @ ..], after)) = rest.split_first_chunk::<8>() {
        n += usize::from([*a, *b, *c, *d] == *b"ANMF");
        let size = u32::from_le_bytes(*length) as usize;
        rest = after.get(size.saturating_add(size % 2)..).unwrap_or_default();
    }
    n
}

/// The number that the animation's own chunk gives.
fn apng(bytes: &[u8]) -> Option<usize> {
    // It stands before the first pixels.
    let pixels = bytes.windows(4).position(|window| window == b"IDAT")?;
    let control = bytes[..pixels].windows(4).position(|window| window == b"acTL")? + 4;
    let n = bytes.get(control..control + 4)?;
    Some(n.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit)))
}

/// Image blocks, counted from block to block.
fn gif(bytes: &[u8]) -> Option<usize> {
    let palette = |packed: u8| if packed & 0x80 != 0 { 3 << ((packed & 7) + 1) } else { 0 };
    let mut at = 13 + palette(*bytes.get(10)?);
    let mut n = 0;
    loop {
        match bytes.get(at) {
            Some(0x21) => at += 2,
            Some(0x2C) => {
                n += 1;
                at += 11 + palette(*bytes.get(at + 9)?);
            }
            // The end, or a file that is cut.
            _ => return Some(n),
        }
        while let Some(&size) = bytes.get(at) {
            at += 1 + usize::from(size);
            if size == 0 {
                break;
            }
        }
    }
}
