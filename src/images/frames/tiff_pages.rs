//! TIFF of many pages. Pages of another size or depth than the first, such as thumbnails, are no frames.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use tiff::decoder::Decoder;
use tiff::encoder::{TiffEncoder, colortype};
use tiff::{ColorType, TiffError};

use super::{Header, Stack};
use crate::images::decode::tiff_grey;
use crate::images::{DecodeError, Decoded, Limits, Samples};

/// An open file of several grey pages.
pub(super) struct TiffPages {
    decoder: Decoder<BufReader<File>>,
    header: Header,
    /// Numbers of the pages that are frames.
    pages: Vec<usize>,
}

impl TiffPages {
    /// `None` for a file of one frame, or of pages that are not grey.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, DecodeError> {
        let mut limits = tiff::decoder::Limits::default();
        limits.decoding_buffer_size = usize::try_from(Limits::current().bytes).unwrap_or(usize::MAX);
        limits.intermediate_buffer_size = limits.decoding_buffer_size;
        // Whatever is wrong with the first page is told where it is decoded as an image.
        let Ok(decoder) = Decoder::new(BufReader::new(File::open(path)?)) else { return Ok(None) };
        let mut decoder = decoder.with_limits(limits);
        let Ok((width, height)) = decoder.dimensions() else { return Ok(None) };
        let Ok(ColorType::Gray(bits)) = decoder.colortype() else { return Ok(None) };
        Limits::current().check(u64::from(width), u64::from(height), u64::from(bits).div_ceil(8))?;
        let mut pages = vec![0];
        let mut page = 0;
        while decoder.more_images() {
            page += 1;
            Limits::current().check_frames(page as u64 + 1)?;
            decoder.next_image().map_err(tiff_grey::translate)?;
            let same = decoder.dimensions().is_ok_and(|size| size == (width, height))
                && matches!(decoder.colortype(), Ok(ColorType::Gray(other)) if other == bits);
            if same {
                pages.push(page);
            }
        }
        if pages.len() == 1 || bits < 8 {
            return Ok(None);
        }
        decoder.seek_to_image(0).map_err(tiff_grey::translate)?;
        let bit_depth = if bits <= 16 { bits.div_ceil(8) * 8 } else { 32 };
        let header = Header { width, height, bit_depth };
        Ok(Some(Self { decoder, header, pages }))
    }

    fn page(&mut self, page: usize) -> Result<Decoded, TiffError> {
        self.decoder.seek_to_image(page)?;
        let counts = self.decoder.read_image()?;
        let (height, width) = (self.header.height as usize, self.header.width as usize);
        super::counts::frame(tiff_grey::as_counts(counts), height, width)
            .ok_or(TiffError::FormatError(tiff::TiffFormatError::InconsistentSizesEncountered))
    }
}

impl Stack for TiffPages {
    fn len(&self) -> usize {
        self.pages.len()
    }

    fn header(&self) -> Header {
        self.header
    }

    fn read(&mut self, index: usize) -> Result<Decoded, DecodeError> {
        let page = *self.pages.get(index).ok_or_else(|| super::no_such_frame(index, self.pages.len()))?;
        self.page(page).map_err(tiff_grey::translate)
    }

    fn copy(&mut self, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
        let mut out = BufWriter::new(File::create_new(target)?);
        let mut encoder = TiffEncoder::new(&mut out).map_err(tiff_grey::translate)?;
        let Header { width, height, .. } = self.header;
        for &index in indices {
            match self.read(index)?.samples {
                Samples::U8(counts) => encoder.write_image::<colortype::Gray8>(width, height, &counts),
                Samples::U16(counts) => encoder.write_image::<colortype::Gray16>(width, height, &counts),
                Samples::U32(counts) => encoder.write_image::<colortype::Gray32>(width, height, &counts),
                Samples::F32(counts) => encoder.write_image::<colortype::Gray32Float>(width, height, &counts),
            }
            .map_err(tiff_grey::translate)?;
        }
        Ok(out.flush()?)
    }
}
