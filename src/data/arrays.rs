//! Arrays by name, and one text beside them, as the bytes of a `.safetensors` file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use ndarray::{Array, Array1, Array2, ArrayView, Dimension, Ix1, Ix2};
use safetensors::tensor::{Metadata, View};
use safetensors::{Dtype, SafeTensors};

/// Why the bytes of a file are not the arrays that were expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArraysError {
    /// Truncated, or another kind of file.
    #[error("not a safetensors file: {0}")]
    NotSafetensors(String),
    /// An array or text that belongs there is not.
    #[error("`{0}` is missing")]
    Missing(String),
    /// Numbers of another kind.
    #[error("`{array}` holds `{found}`: expected `{expected}`")]
    Type { array: String, found: String, expected: String },
    /// A vector where a matrix should be, or the like.
    #[error("`{array}` has shape `{shape:?}`: expected {expected} dimensions")]
    Dimensions { array: String, shape: Vec<usize>, expected: usize },
}

/// A number that such a file can hold.
pub trait Number: Copy {
    /// Its name in the file.
    const DTYPE: Dtype;

    /// Appends it, little-endian.
    fn append(self, bytes: &mut Vec<u8>);

    /// All numbers of a whole array.
    fn read(bytes: &[u8]) -> Vec<Self>;
}

impl Number for f32 {
    const DTYPE: Dtype = Dtype::F32;

    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn read(bytes: &[u8]) -> Vec<Self> {
        bytes.as_chunks().0.iter().map(|number| Self::from_le_bytes(*number)).collect()
    }
}

impl Number for f64 {
    const DTYPE: Dtype = Dtype::F64;

    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }

    fn read(bytes: &[u8]) -> Vec<Self> {
        bytes.as_chunks().0.iter().map(|number| Self::from_le_bytes(*number)).collect()
    }
}

impl Number for u8 {
    const DTYPE: Dtype = Dtype::U8;

    fn append(self, bytes: &mut Vec<u8>) {
        bytes.push(self);
    }

    fn read(bytes: &[u8]) -> Vec<Self> {
        bytes.to_vec()
    }
}

/// Arrays on their way into a file.
#[derive(Default)]
pub struct ArraysWriter {
    arrays: BTreeMap<String, StoredArray>,
}

impl ArraysWriter {
    /// Adds `values` as `name`.
    pub fn add<T: Number, D: Dimension>(&mut self, name: impl Into<String>, values: ArrayView<'_, T, D>) {
        let shape = values.shape().to_vec();
        let mut bytes = Vec::with_capacity(values.len() * size_of::<T>());
        for value in values {
            value.append(&mut bytes);
        }
        self.arrays.insert(name.into(), StoredArray { dtype: T::DTYPE, shape, bytes });
    }

    /// The content of the file, with `text` under `key` in its header. Only one: the format writes several in any
    /// order, and the same arrays are to be the same bytes.
    #[must_use]
    pub fn into_bytes(self, header: Option<(&str, String)>) -> Vec<u8> {
        let header = header.map(|(key, text)| HashMap::from([(key.to_owned(), text)]));
        safetensors::serialize(self.arrays, header).expect("names, shapes and sizes are consistent by construction")
    }
}

/// An array as the file holds it, little-endian.
struct StoredArray {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for StoredArray {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The arrays of a file that was read.
pub struct ArraysReader<'a> {
    file: SafeTensors<'a>,
    metadata: Metadata,
}

impl<'a> ArraysReader<'a> {
    /// # Errors
    /// When the bytes are truncated or no safetensors file.
    pub fn new(bytes: &'a [u8]) -> Result<Self, ArraysError> {
        let other = |error: safetensors::SafeTensorError| ArraysError::NotSafetensors(error.to_string());
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(other)?;
        Ok(Self { file: SafeTensors::deserialize(bytes).map_err(other)?, metadata })
    }

    /// Names of all arrays, in no order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.file.names()
    }

    /// The text under `key` in the header.
    ///
    /// # Errors
    /// When there is none.
    pub fn header(&self, key: &str) -> Result<&str, ArraysError> {
        let text = self.metadata.metadata().as_ref().and_then(|all| all.get(key));
        text.map(String::as_str).ok_or_else(|| ArraysError::Missing(key.to_owned()))
    }

    /// # Errors
    /// When there is no vector of that name and kind.
    pub fn vector<T: Number>(&self, name: &str) -> Result<Array1<T>, ArraysError> {
        self.array::<T, Ix1>(name)
    }

    /// # Errors
    /// When there is no matrix of that name and kind.
    pub fn matrix<T: Number>(&self, name: &str) -> Result<Array2<T>, ArraysError> {
        self.array::<T, Ix2>(name)
    }

    fn array<T: Number, D: Dimension>(&self, name: &str) -> Result<Array<T, D>, ArraysError> {
        let array = self.file.tensor(name).map_err(|_| ArraysError::Missing(name.to_owned()))?;
        if array.dtype() != T::DTYPE {
            let [found, expected] = [array.dtype(), T::DTYPE].map(|dtype| format!("{dtype:?}"));
            return Err(ArraysError::Type { array: name.to_owned(), found, expected });
        }
        let values = Array::from_shape_vec(array.shape(), T::read(array.data()));
        values.ok().and_then(|values| values.into_dimensionality().ok()).ok_or_else(|| ArraysError::Dimensions {
            array: name.to_owned(),
            shape: array.shape().to_vec(),
            expected: D::NDIM.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{array, aview1};

    use super::*;

    fn bytes() -> Vec<u8> {
        let mut arrays = ArraysWriter::default();
        arrays.add("b", array![[1.0_f32, f32::MIN_POSITIVE], [-0.0, f32::MAX]].view());
        arrays.add("a", array![std::f64::consts::PI].view());
        arrays.add("text", aview1("é".as_bytes()));
        arrays.into_bytes(Some(("about", "all".to_owned())))
    }

    #[test]
    fn what_is_written_is_read_to_the_bit() {
        let bytes = bytes();
        let read = ArraysReader::new(&bytes).unwrap();
        assert_eq!(read.matrix::<f32>("b").unwrap(), array![[1.0, f32::MIN_POSITIVE], [-0.0, f32::MAX]]);
        assert_eq!(read.vector::<f64>("a").unwrap(), array![std::f64::consts::PI]);
        assert_eq!(read.vector::<u8>("text").unwrap().to_vec(), "é".as_bytes());
        assert_eq!(read.header("about").unwrap(), "all");
        assert_eq!(bytes, self::bytes(), "the same arrays are the same bytes");
    }

    #[test]
    fn what_is_not_there_or_otherwise_is_named() {
        let bytes = bytes();
        let read = ArraysReader::new(&bytes).unwrap();
        assert_eq!(read.vector::<f32>("c").unwrap_err().to_string(), "`c` is missing");
        assert_eq!(read.vector::<f32>("a").unwrap_err().to_string(), "`a` holds `F64`: expected `F32`");
        let shape = read.vector::<f32>("b").unwrap_err().to_string();
        assert_eq!(shape, "`b` has shape `[2, 2]`: expected 1 dimensions");
        assert_eq!(read.header("other").unwrap_err().to_string(), "`other` is missing");
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = bytes();
        for length in 0..bytes.len() {
            assert!(matches!(ArraysReader::new(&bytes[..length]), Err(ArraysError::NotSafetensors(_))), "{length}");
        }
    }
}
