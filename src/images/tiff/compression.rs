//! Compressed blocks become bytes: LZW, deflate, `PackBits` and JPEG.

use std::io::Read;

use weezl::BitOrder;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{corrupt, truncated, unsupported};
use crate::images::DecodeError;

/// The compression of JPEG blocks, whose decoder gives pixels and no rows of packed numbers.
pub(super) const JPEG: u64 = 7;

/// The first `size` bytes of a block.
pub(super) fn decompress(block: Vec<u8>, compression: u64, size: usize) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = match compression {
        1 => block,
        5 => lzw(&block, size)?,
        8 | 32946 => deflate(&block, size)?,
        32773 => pack_bits(&block, size),
        other => return Err(unsupported(format!("compressed by {}", name(other)))),
    };
    if bytes.len() < size {
        return Err(truncated());
    }
    bytes.truncate(size);
    Ok(bytes)
}

fn name(compression: u64) -> String {
    match compression {
        2..=4 => "CCITT (fax)".to_owned(),
        6 => "old-style JPEG".to_owned(),
        9 | 10 | 34661 | 34663 => "JBIG".to_owned(),
        34712 | 33003..=33005 => "JPEG 2000".to_owned(),
        34676 | 34677 => "SGI LogLuv".to_owned(),
        34887 => "LERC".to_owned(),
        34892 => "lossy JPEG of DNG".to_owned(),
        34925 => "LZMA".to_owned(),
        50000 | 34926 => "zstd".to_owned(),
        50001 | 34927 => "WebP".to_owned(),
        50002 | 52546 => "JPEG XL".to_owned(),
        other => format!("method {other}"),
    }
}

fn lzw(block: &[u8], size: usize) -> Result<Vec<u8>, DecodeError> {
    // Before version 5 of the format the bits came in the other order; such data starts with 0 and an odd byte.
    let mut decoder = match block {
        [0, odd, ..] if odd & 1 == 1 => weezl::decode::Decoder::new(BitOrder::Lsb, 8),
        _ => weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let mut bytes = vec![0; size];
    let (mut read, mut written) = (0, 0);
    while written < size {
        let done = decoder.decode_bytes(&block[read..], &mut bytes[written..]);
        read += done.consumed_in;
        written += done.consumed_out;
        match done.status {
            Ok(weezl::LzwStatus::Ok) if done.consumed_in + done.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(corrupt(error.to_string())),
        }
    }
    bytes.truncate(written);
    Ok(bytes)
}

fn deflate(block: &[u8], size: usize) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    // One byte more than is needed: the checksum of the whole is looked at where it follows the last byte.
    let mut from = flate2::read::ZlibDecoder::new(block).take(size as u64 + 1);
    from.read_to_end(&mut bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => truncated(),
        _ => corrupt(error.to_string()),
    })?;
    Ok(bytes)
}

fn pack_bits(block: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size);
    let mut rest = block;
    while let [head, tail @ ..] = rest
        && bytes.len() < size
    {
        let n = usize::from(*head);
        rest = match n {
            0..=127 => {
                let (copied, after) = tail.split_at((n + 1).min(tail.len()));
                bytes.extend_from_slice(copied);
                after
            }
            128 => tail,
            _ => {
                let Some((repeated, after)) = tail.split_first() else { break };
                bytes.resize(bytes.len() + 257 - n, *repeated);
                after
            }
        };
    }
    bytes
}

/// The pixels of a JPEG block of `width × height`, `samples` bytes each, with the tables that all blocks share.
pub(super) fn jpeg(
    block: &[u8],
    tables: Option<&[u8]>,
    (width, height): (usize, usize),
    samples: usize,
    to_rgb: bool,
) -> Result<Vec<u8>, DecodeError> {
    let stream = match tables {
        // The tables' end mark and the block's start mark fall out between them.
        Some([head @ .., 0xFF, 0xD9]) if block.len() > 2 => [head, &block[2..]].concat(),
        _ => block.to_vec(),
    };
    crate::images::decode::jpeg_scan::check(&stream)?;
    let options = DecoderOptions::default().set_max_width(width.max(1)).set_max_height(usize::from(u16::MAX));
    let failed = |error: zune_jpeg::errors::DecodeErrors| corrupt(format!("its JPEG: {error}"));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(stream), options);
    decoder.decode_headers().map_err(failed)?;
    let input = decoder.input_colorspace().unwrap_or(ColorSpace::Luma);
    let output = if to_rgb { ColorSpace::RGB } else { input };
    if output.num_components() != samples {
        return Err(corrupt("its JPEG has another number of colours"));
    }
    decoder.set_options(options.jpeg_set_out_colorspace(output));
    let (found_width, found_height) = decoder.dimensions().unwrap_or_default();
    if found_width != width || found_height < height {
        return Err(corrupt("its JPEG is of another size"));
    }
    decoder.decode().map_err(failed)
}
