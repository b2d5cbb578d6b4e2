//! A part: some rows of embeddings as one Parquet file that pandas, polars and `DuckDB` read too.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::data::ImageId;

/// A row of the store: one image and its numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredRow {
    pub id: ImageId,
    /// Where it lay when it was embedded.
    pub path: String,
    /// Its features, or why it has none.
    pub outcome: Result<Vec<f32>, String>,
}

/// The outcome of embedding an image, without the features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EmbeddingOutcome {
    /// It has features.
    Embedded,
    /// It never will, for this reason.
    Failed(String),
}

impl StoredRow {
    pub(super) fn outcome(&self) -> EmbeddingOutcome {
        self.outcome
            .as_ref()
            .map_or_else(|reason| EmbeddingOutcome::Failed(reason.clone()), |_| EmbeddingOutcome::Embedded)
    }
}

/// Rows read at once.
const CHUNK: usize = 1024;

/// The bytes of a part; every embedding has `columns` features.
pub(super) fn encode(rows: &[StoredRow], columns: usize) -> Result<Vec<u8>, ParquetError> {
    let width = i32::try_from(columns).map_err(|_| ParquetError::General(format!("{columns} columns")))?;
    let item = Arc::new(Field::new("item", DataType::Float32, false));
    let schema = Arc::new(Schema::new(vec![
        Field::new("image_id", DataType::Utf8, false),
        Field::new("path", DataType::Utf8, false),
        Field::new("status", DataType::Utf8, false),
        Field::new("error", DataType::Utf8, true),
        Field::new("embedding", DataType::FixedSizeList(item.clone(), width), true),
    ]));
    let values = Float32Builder::with_capacity(rows.len() * columns);
    let mut embeddings = FixedSizeListBuilder::with_capacity(values, width, rows.len()).with_field(item);
    for row in rows {
        match &row.outcome {
            Ok(features) => embeddings.values().append_slice(features),
            Err(_) => embeddings.values().append_value_n(0.0, columns),
        }
        embeddings.append(row.outcome.is_ok());
    }
    let status = |row: &StoredRow| if row.outcome.is_ok() { "ok" } else { "failed" };
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.id.to_string()))),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.path))),
            Arc::new(StringArray::from_iter_values(rows.iter().map(status))),
            Arc::new(rows.iter().map(|row| row.outcome.as_ref().err()).collect::<StringArray>()),
            Arc::new(embeddings.finish()),
        ],
    )?;
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}

/// Which images a part holds; with the error of those that failed.
pub(super) fn outcomes(file: &Path) -> Result<Vec<(ImageId, EmbeddingOutcome)>, ParquetError> {
    let mut found = Vec::new();
    for batch in batches(file, &["image_id", "status", "error"])? {
        let batch = batch?;
        let (ids, errors) = (text(&batch, "image_id")?, text(&batch, "error")?);
        for row in 0..batch.num_rows() {
            let failed = errors.is_valid(row).then(|| EmbeddingOutcome::Failed(errors.value(row).to_owned()));
            found.push((parse(ids.value(row))?, failed.unwrap_or(EmbeddingOutcome::Embedded)));
        }
    }
    Ok(found)
}

/// Calls `visit` with the features of every image that has some.
pub(super) fn visit(file: &Path, columns: usize, mut visit: impl FnMut(ImageId, &[f32])) -> Result<(), ParquetError> {
    for batch in batches(file, &["image_id", "embedding"])? {
        let batch = batch?;
        let ids = text(&batch, "image_id")?;
        let lists = column(&batch, "embedding")?.as_fixed_size_list_opt().ok_or_else(|| unexpected("embedding"))?;
        let values = lists.values().as_primitive_opt::<Float32Type>().ok_or_else(|| unexpected("embedding"))?;
        if lists.value_length() as usize != columns {
            return Err(unexpected("embedding"));
        }
        for row in (0..batch.num_rows()).filter(|&row| lists.is_valid(row)) {
            let start = lists.value_offset_at(row);
            visit(parse(ids.value(row))?, &values.values()[start..start + columns]);
        }
    }
    Ok(())
}

fn batches(
    file: &Path,
    columns: &[&str],
) -> Result<impl Iterator<Item = Result<RecordBatch, ParquetError>> + use<>, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?;
    let schema = builder.parquet_schema();
    let fields = schema.root_schema().get_fields();
    let wanted: Vec<usize> = (0..fields.len()).filter(|&i| columns.contains(&fields[i].name())).collect();
    let mask = ProjectionMask::roots(schema, wanted);
    let reader = builder.with_projection(mask).with_batch_size(CHUNK).build()?;
    Ok(reader.map(|batch| batch.map_err(ParquetError::from)))
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array, ParquetError> {
    batch.column_by_name(name).map(AsRef::as_ref).ok_or_else(|| unexpected(name))
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, ParquetError> {
    column(batch, name)?.as_string_opt::<i32>().ok_or_else(|| unexpected(name))
}

fn parse(id: &str) -> Result<ImageId, ParquetError> {
    id.parse().map_err(|_| unexpected("image_id"))
}

fn unexpected(column: &str) -> ParquetError {
    ParquetError::General(format!("the column `{column}` is not what it should be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let id = |name: &str| ImageId::of_bytes(name.as_bytes());
        let row = |name: &str, outcome| StoredRow { id: id(name), path: name.to_owned(), outcome };
        let rows = [
            row("a", Ok(vec![1.0, -2.5, f32::MIN_POSITIVE])),
            row("b", Err("empty file".to_owned())),
            row("c", Ok(vec![4.0, 5.0, 6.0])),
        ];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("part.parquet");
        std::fs::write(&file, encode(&rows, 3).unwrap()).unwrap();
        let failed = EmbeddingOutcome::Failed("empty file".to_owned());
        let expected =
            [(id("a"), EmbeddingOutcome::Embedded), (id("b"), failed), (id("c"), EmbeddingOutcome::Embedded)];
        assert_eq!(outcomes(&file).unwrap(), expected);
        let mut seen = Vec::new();
        visit(&file, 3, |id, features| seen.push((id, features.to_vec()))).unwrap();
        assert_eq!(seen, [(id("a"), vec![1.0, -2.5, f32::MIN_POSITIVE]), (id("c"), vec![4.0, 5.0, 6.0])]);
        assert!(visit(&file, 2, |_, _| ()).is_err());
    }
}
