//! Reads torch's `.pth` files: the ZIP format (since 1.6) and the one before it. Strides are honoured.
//!
//! burn-store reads both too, but takes every tensor for contiguous; published files have tensors that are not.

use std::collections::HashMap;

use half::{bf16, f16};

use super::pickle::{self, TensorView, Value, WeightsResult};
use super::{Tensor, zip};

/// The number that old files start with, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Every tensor of floats in `file`; names in nested dicts are joined with `.`.
pub(super) fn read(file: &[u8]) -> WeightsResult<Vec<(String, Tensor)>> {
    if file.starts_with(b"PK") { read_zip(file) } else { read_old(file) }
}

fn read_zip(file: &[u8]) -> WeightsResult<Vec<(String, Tensor)>> {
    let entries = zip::entries(file)?;
    let (name, range) = entries
        .iter()
        .find(|(name, _)| *name == "data.pkl" || name.ends_with("/data.pkl"))
        .ok_or("it is a ZIP file without torch's `data.pkl`")?;
    let folder = name.trim_end_matches("data.pkl");
    if entries.get(&format!("{folder}byteorder")).is_some_and(|range| &file[range.clone()] == b"big") {
        return Err("its numbers are big-endian".to_owned());
    }
    let state = pickle::read(&mut &file[range.clone()])?;
    tensors(&state, file.len(), &|key| entries.get(&format!("{folder}data/{key}")).map(|range| &file[range.clone()]))
}

/// Five pickles (magic number, version, machine, state, keys), then each storage as a count and its values.
fn read_old(file: &[u8]) -> WeightsResult<Vec<(String, Tensor)>> {
    let mut rest = file;
    let foreign = || "it is neither safetensors nor a torch file".to_owned();
    match pickle::read(&mut rest).map_err(|_| foreign())? {
        Value::Long(magic) if magic == MAGIC => {}
        _ => return Err(foreign()),
    }
    pickle::read(&mut rest)?;
    pickle::read(&mut rest)?;
    let state = pickle::read(&mut rest)?;
    let Value::List(keys) = pickle::read(&mut rest)? else { return Err("its list of storages is missing".to_owned()) };
    let mut views = Vec::new();
    collect("", &state, &mut views);
    let kinds: HashMap<&str, &str> = views.iter().map(|(_, view)| (view.key.as_str(), view.kind.as_str())).collect();
    let mut storages = HashMap::new();
    for key in &keys {
        let Value::Text(key) = key else { return Err("its list of storages is damaged".to_owned()) };
        let kind = kinds.get(key.as_str()).ok_or("it holds a storage that no tensor uses")?;
        let (count, behind) = rest.split_first_chunk::<8>().ok_or("it ends too early")?;
        let bytes = usize::try_from(u64::from_le_bytes(*count))
            .ok()
            .and_then(|count| count.checked_mul(width(kind)?))
            .ok_or("a storage of unknown size")?;
        let (values, behind) = behind.split_at_checked(bytes).ok_or("it ends too early")?;
        storages.insert(key.clone(), values);
        rest = behind;
    }
    tensors(&state, file.len(), &|key| storages.get(key).copied())
}

/// The tensors of `state`, of at most `most` numbers together: many may share one storage, and so be far more than the
/// file that holds them.
fn tensors<'a>(
    state: &Value,
    most: usize,
    storage: &dyn Fn(&str) -> Option<&'a [u8]>,
) -> WeightsResult<Vec<(String, Tensor)>> {
    let mut views = Vec::new();
    collect("", state, &mut views);
    if views.is_empty() {
        return Err("it holds no state dict: save `model.state_dict()`, not the model".to_owned());
    }
    let mut left = most;
    views
        .into_iter()
        .filter(|(_, view)| decoder(&view.kind).is_some())
        .map(|(name, view)| {
            let bytes = storage(&view.key).ok_or_else(|| format!("the values of `{name}` are missing"))?;
            let values = view.shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
            left = values.and_then(|values| left.checked_sub(values)).ok_or("its tensors are larger than the file")?;
            Ok((name.clone(), gather(&view, bytes).ok_or_else(|| format!("`{name}` reaches beyond its values"))?))
        })
        .collect()
}

fn collect(prefix: &str, value: &Value, views: &mut Vec<(String, TensorView)>) {
    match value {
        Value::Tensor(view) => views.push((prefix.to_owned(), view.clone())),
        Value::Dict(items) => {
            for (key, value) in items {
                if let Value::Text(key) = key {
                    let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    collect(&name, value, views);
                }
            }
        }
        _ => {}
    }
}

/// Bytes of an element.
fn width(kind: &str) -> Option<usize> {
    match kind {
        "DoubleStorage" | "LongStorage" | "ComplexFloatStorage" => Some(8),
        "FloatStorage" | "IntStorage" => Some(4),
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => Some(2),
        "ByteStorage" | "CharStorage" | "BoolStorage" => Some(1),
        _ => None,
    }
}

fn decoder(kind: &str) -> Option<fn(&[u8]) -> f32> {
    match kind {
        "DoubleStorage" => Some(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32),
        "FloatStorage" => Some(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
        "HalfStorage" => Some(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()),
        "BFloat16Storage" => Some(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()),
        _ => None,
    }
}

/// The elements of `view` in row-major order; `None` when one lies outside `bytes`.
fn gather(view: &TensorView, bytes: &[u8]) -> Option<Tensor> {
    let (width, decode) = (width(&view.kind)?, decoder(&view.kind)?);
    if view.shape.len() != view.strides.len() {
        return None;
    }
    let count = view.shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size))?;
    // A broadcast (stride 0) could ask for more than the file holds; no weights do.
    if count > bytes.len() / width {
        return None;
    }
    let mut values = Vec::with_capacity(count);
    let mut index = vec![0; view.shape.len()];
    for _ in 0..count {
        let element = index
            .iter()
            .zip(&view.strides)
            .try_fold(view.offset, |sum, (&i, &stride)| sum.checked_add(usize::checked_mul(i, stride)?))?;
        let at = element.checked_mul(width)?;
        values.push(decode(bytes.get(at..at.checked_add(width)?)?));
        for (i, &size) in index.iter_mut().zip(&view.shape).rev() {
            *i += 1;
            if *i < size {
                break;
            }
            *i = 0;
        }
    }
    Some(Tensor { shape: view.shape.clone(), values })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const ZIP: &[u8] = include_bytes!("../../../tests/golden/zip.pth");
    const OLD: &[u8] = include_bytes!("../../../tests/golden/old.pth");

    #[test]
    fn both_formats_read_as_torch_wrote_them() {
        for file in [ZIP, OLD] {
            let tensors: BTreeMap<_, _> = read(file).unwrap().into_iter().collect();
            let get = |name: &str| {
                let tensor = &tensors[&format!("state_dict.module.{name}")];
                (tensor.shape.as_slice(), tensor.values.as_slice())
            };
            let whole: Vec<f32> = (0..24_u8).map(f32::from).collect();
            assert_eq!(get("whole"), (&[4, 6][..], whole.as_slice()));
            let (shape, values) = get("transposed");
            assert_eq!((shape, &values[..5]), (&[6, 4][..], &[0.0, 6.0, 12.0, 18.0, 1.0][..]));
            assert_eq!(get("part"), (&[2, 3][..], &[8.0, 9.0, 10.0, 14.0, 15.0, 16.0][..]));
            assert_eq!(get("half"), (&[2][..], &[0.5, -1.5][..]));
            assert_eq!(get("bfloat16"), (&[2, 1][..], &[2.0, -3.0][..]));
            assert_eq!(get("parameter"), (&[3][..], &[7.0, 8.0, 9.0][..]));
            assert_eq!(get("nothing"), (&[0][..], &[][..]));
            assert_eq!(tensors.len(), 7, "the batch counter is no float");
        }
    }

    #[test]
    fn damaged_files_are_refused_without_a_panic() {
        for file in [ZIP, OLD] {
            for end in 0..file.len() {
                assert!(read(&file[..end]).is_err(), "cut at {end}");
            }
            for at in 0..file.len() {
                let mut damaged = file.to_vec();
                damaged[at] ^= 0x55;
                let _ = read(&damaged);
            }
        }
        let nested = [b"\x80\x02)".to_vec(), vec![0x85; 100_000], b".".to_vec()].concat();
        assert!(pickle::read(&mut nested.as_slice()).is_err());
    }

    /// Lists of a hundred times the same list, fifteen deep; a list remembered whenever it grows; a dict that is only long.
    #[test]
    fn what_multiplies_itself_is_refused_and_what_is_long_is_not() {
        let again =
            |slot: u8| [b"]q".to_vec(), vec![slot + 1, b'('], [b'h', slot].repeat(100), vec![b'e', b'q', slot + 1]];
        let laughs: Vec<u8> = (0..15).flat_map(again).flatten().collect();
        let laughs = [b"\x80\x02]q\x00".to_vec(), laughs, b".".to_vec()].concat();
        assert_eq!(pickle::read(&mut laughs.as_slice()), Err("it repeats itself too often".to_owned()));
        let growing = [b"\x80\x02]".to_vec(), b"K\x01aq\x00".repeat(20_000), b".".to_vec()].concat();
        assert_eq!(pickle::read(&mut growing.as_slice()), Err("it repeats itself too often".to_owned()));
        let long = [b"\x80\x02}".to_vec(), b"U\x01xK\x01s".repeat(200_000), b".".to_vec()].concat();
        let Ok(Value::Dict(items)) = pickle::read(&mut long.as_slice()) else { panic!("a dict") };
        assert_eq!(items.len(), 200_000);
    }

    #[test]
    fn tensors_that_share_their_values_are_not_multiplied() {
        let view = TensorView {
            key: "0".to_owned(),
            kind: "FloatStorage".to_owned(),
            offset: 0,
            shape: vec![1000],
            strides: vec![1],
        };
        let state =
            |n: usize| Value::Dict((0..n).map(|i| (Value::Text(i.to_string()), Value::Tensor(view.clone()))).collect());
        let values = vec![0; 4000];
        let read = |n| tensors(&state(n), 4000, &|_| Some(&values[..])).map(|tensors| tensors.len());
        assert_eq!(read(2), Ok(2), "weights may be tied");
        assert_eq!(read(5), Err("its tensors are larger than the file".to_owned()));
    }
}
