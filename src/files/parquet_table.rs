//! Parquet tables, for other programs.

use std::io;

use arrow_array::{ArrayRef, RecordBatch};
use parquet::arrow::ArrowWriter;

/// A file of these columns, all of one length, by their names.
pub(super) fn to_bytes<N: AsRef<str>>(columns: impl IntoIterator<Item = (N, ArrayRef)>) -> io::Result<Vec<u8>> {
    let batch = RecordBatch::try_from_iter(columns).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}
