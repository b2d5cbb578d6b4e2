//! Compressed blocks become rows of bytes, read one after the other (LZW, deflate, `PackBits`), or pixels (JPEG).

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::ZlibDecoder;
use weezl::{BitOrder, LzwStatus};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{corrupt, truncated, unsupported};
use crate::images::DecodeError;

/// The compression of JPEG blocks, whose decoder gives pixels and no rows of packed numbers.
pub(super) const JPEG: u64 = 7;

/// The rows of a block, read as they are asked for.
pub(super) fn rows<'a>(
    block: impl Read + 'a,
    compression: u64,
    reversed_bits: bool,
) -> Result<Box<dyn Read + 'a>, DecodeError> {
    let block: Box<dyn Read> = if reversed_bits { Box::new(Reversed(block)) } else { Box::new(block) };
    let block = BufReader::with_capacity(1 << 16, block);
    Ok(match compression {
        1 => Box::new(block),
        5 => Box::new(Lzw::new(block)?),
        8 | 32946 => Box::new(ZlibDecoder::new(block)),
        32773 => Box::new(PackBits { from: block, left: 0, repeated: None }),
        other => return Err(unsupported(format!("compressed by {}", name(other)))),
    })
}

/// Fills `row`.
pub(super) fn read_row(from: &mut dyn Read, row: &mut [u8]) -> Result<(), DecodeError> {
    from.read_exact(row).map_err(failed)
}

/// Looks at what follows the last row, where deflate has its checksum.
pub(super) fn finish(from: &mut dyn Read) -> Result<(), DecodeError> {
    from.read(&mut [0]).map(drop).map_err(failed)
}

fn failed(error: io::Error) -> DecodeError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => truncated(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => corrupt(error.to_string()),
        _ => error.into(),
    }
}

/// Bytes whose lowest bit comes first.
struct Reversed<R>(R);

impl<R: Read> Read for Reversed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(out)?;
        out[..n].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        Ok(n)
    }
}

struct Lzw<R> {
    from: R,
    decoder: weezl::decode::Decoder,
}

impl<R: BufRead> Lzw<R> {
    fn new(mut from: R) -> Result<Self, DecodeError> {
        // Before version 5 of the format the bits came in the other order; such data starts with 0 and an odd byte.
        let decoder = match from.fill_buf()? {
            [0, odd, ..] if odd & 1 == 1 => weezl::decode::Decoder::new(BitOrder::Lsb, 8),
            _ => weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
        };
        Ok(Self { from, decoder })
    }
}

impl<R: BufRead> Read for Lzw<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let done = self.decoder.decode_bytes(self.from.fill_buf()?, out);
            self.from.consume(done.consumed_in);
            let status = done.status.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            if done.consumed_out > 0 || out.is_empty() || matches!(status, LzwStatus::Done) || done.consumed_in == 0 {
                return Ok(done.consumed_out);
            }
        }
    }
}

/// Runs of bytes as they are, and of one byte repeated.
struct PackBits<R> {
    from: R,
    /// Bytes of the run that are still to come.
    left: usize,
    repeated: Option<u8>,
}

impl<R: BufRead> PackBits<R> {
    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.from.fill_buf()?.first().copied();
        self.from.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

impl<R: BufRead> Read for PackBits<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            match self.byte()? {
                Some(n @ 0..=127) => (self.left, self.repeated) = (usize::from(n) + 1, None),
                Some(128) => {}
                Some(n) => (self.left, self.repeated) = (257 - usize::from(n), self.byte()?),
                None => return Ok(0),
            }
        }
        let n = self.left.min(out.len());
        let n = match self.repeated {
            Some(byte) => {
                out[..n].fill(byte);
                n
            }
            None => self.from.read(&mut out[..n])?,
        };
        self.left -= n;
        Ok(n)
    }
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
