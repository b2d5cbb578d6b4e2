//! TIFF of many pages, or an `ImageJ` stack.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::{Header, Remark, Source, Stack};
use crate::images::tiff::Tiff;
use crate::images::{DecodeError, Decoded};

/// An open file of several frames.
pub(super) struct TiffPages(Tiff<Box<dyn Source>>);

impl TiffPages {
    /// `None` for a file of one frame.
    pub(super) fn open((source, length): (Box<dyn Source>, u64)) -> Result<Option<Self>, DecodeError> {
        match Tiff::open(source, length) {
            Ok(tiff) => Ok((tiff.len() > 1).then_some(Self(tiff))),
            // Other decoders may know what this one does not: tried where it is decoded as an image.
            Err(DecodeError::Unsupported { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Stack for TiffPages {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn header(&self) -> Header {
        self.0.header()
    }

    fn remarks(&self) -> Vec<Remark> {
        self.0.left_out().map(Remark::InPart).into_iter().collect()
    }

    fn read(&mut self, index: usize) -> Result<Decoded, DecodeError> {
        if index >= self.0.len() {
            return Err(super::no_such_frame(index, self.0.len()));
        }
        Ok(self.0.read(index)?.into_grey_if_equal())
    }

    fn copy(&mut self, indices: &[usize], target: &Path) -> Result<(), DecodeError> {
        if let Some(&index) = indices.iter().find(|index| **index >= self.0.len()) {
            return Err(super::no_such_frame(index, self.0.len()));
        }
        let mut out = BufWriter::new(File::create_new(target)?);
        self.0.copy(indices, &mut out)?;
        Ok(out.flush()?)
    }
}
