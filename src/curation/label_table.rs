//! Tables that say what images show: `labels.csv`, truth files, anybody's list.
//!
//! A table needs one of the columns `path`, `filename`, `id` and one of `class`, `label`; the rest is optional.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::data::{ImageId, Manifest, PatchAddress};

/// Why a label table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LabelTableError {
    /// Not CSV, or not there.
    #[error("{source}: `{}`", .path.display())]
    Csv { path: PathBuf, source: csv::Error },
    /// Neither of the columns that are needed.
    #[error("the table has none of the columns {wanted}: `{}`", .path.display())]
    NoColumn { wanted: &'static str, path: PathBuf },
    /// A cell that cannot be used.
    #[error("line {line}: {message}: `{}`", .path.display())]
    Cell { line: u64, message: String, path: PathBuf },
}

/// How a table names an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Path(String),
    File(String),
    Id(ImageId),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(name) | Self::File(name) => f.write_str(name),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// A label table as read, not yet matched to images.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelTable {
    rows: Vec<(Name, String, f32)>,
    /// Whether a path names a part of an image.
    patches: bool,
}

/// A label table matched to the images of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchedLabels {
    /// Class and weight of every image that has one, by row of the manifest.
    pub labels: BTreeMap<usize, (String, f32)>,
    /// Images that the table names and the manifest lacks, as the table names them, by row.
    pub unknown: Vec<String>,
    /// Classes of the table that no image is left of.
    pub absent: Vec<String>,
    /// Images that the table names with different classes, as `path: class, class`.
    pub conflicts: Vec<String>,
}

impl LabelTable {
    /// # Errors
    /// [`LabelTableError`] names what is missing.
    pub fn read(path: &Path) -> Result<Self, LabelTableError> {
        let csv_error = |source| LabelTableError::Csv { path: path.to_owned(), source };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(csv_error)?;
        let headers = reader.headers().map_err(csv_error)?.clone();
        let column = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == *name))
        };
        let missing = |wanted| LabelTableError::NoColumn { wanted, path: path.to_owned() };
        let (path_column, file_column, id_column) = (column(&["path"]), column(&["filename"]), column(&["id"]));
        let class_column = column(&["class", "label"]).ok_or_else(|| missing("`class`, `label`"))?;
        let weight_column = column(&["weight"]);
        if path_column.or(file_column).or(id_column).is_none() {
            return Err(missing("`path`, `filename`, `id`"));
        }
        let mut rows = Vec::new();
        let mut patches = false;
        for record in reader.records() {
            let record = record.map_err(csv_error)?;
            let line = record.position().map_or(0, csv::Position::line);
            let named = [path_column, file_column].into_iter().flatten().map(|column| Path::new(&record[column]));
            patches |= named.into_iter().any(|path| PatchAddress::parse(path).is_some());
            let cell = |message: String| LabelTableError::Cell { line, message, path: path.to_owned() };
            let path_of = |column: usize| record[column].trim_start_matches("./").replace('\\', "/");
            // An `id` that is not ours is no reason to refuse a table that also has paths.
            let name = match (id_column.map(|column| record[column].parse::<ImageId>()), path_column, file_column) {
                (Some(Ok(id)), ..) => Name::Id(id),
                (_, Some(column), _) => Name::Path(path_of(column)),
                (_, None, Some(column)) => Name::File(record[column].to_owned()),
                (Some(Err(error)), None, None) => return Err(cell(error.to_string())),
                (None, None, None) => return Err(missing("`path`, `filename`, `id`")),
            };
            let weight = match weight_column.map(|column| &record[column]) {
                None | Some("") => 1.0,
                Some(text) => text
                    .parse::<f32>()
                    .ok()
                    .filter(|weight| weight.is_finite() && *weight >= 0.0)
                    .ok_or_else(|| cell(format!("expected a weight of 0 or more, got `{text}`")))?,
            };
            if record[class_column].is_empty() {
                return Err(cell("the class is empty".to_owned()));
            }
            rows.push((name, record[class_column].to_owned(), weight));
        }
        Ok(Self { rows, patches })
    }

    /// Whether it names parts of images, such as `wafer.png#xywh=64,0,32,32`.
    #[must_use]
    pub fn names_patches(&self) -> bool {
        self.patches
    }

    /// Finds the table's images in `manifest`: by id, by path (relative to the manifest's root, or absolute), by file
    /// name. A table's word on one file holds for all files of equal bytes.
    #[must_use]
    pub fn match_to(&self, manifest: &Manifest) -> MatchedLabels {
        let mut by_name: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
        for (row, record) in manifest.records.iter().enumerate() {
            let file = record.path.rsplit('/').next().unwrap_or(&record.path).to_owned();
            by_name.entry(Name::Path(record.path.clone())).or_default().push(row);
            let place = manifest.file(record);
            let absolute = std::path::absolute(&place).unwrap_or_else(|_| place.clone());
            for place in BTreeSet::from([place, absolute]) {
                by_name.entry(Name::Path(place.display().to_string())).or_default().push(row);
            }
            by_name.entry(Name::File(file)).or_default().push(row);
            by_name.entry(Name::Id(record.id)).or_default().push(row);
        }
        // By content, since a word on one file holds for all files of equal bytes.
        let mut classes: BTreeMap<ImageId, (BTreeSet<&str>, f32)> = BTreeMap::new();
        let mut unknown = Vec::new();
        for (name, class, weight) in &self.rows {
            let found = by_name.get(name);
            if found.is_none() {
                unknown.push(name.to_string());
            }
            for row in found.into_iter().flatten() {
                let entry = classes.entry(manifest.records[*row].id).or_default();
                entry.0.insert(class);
                entry.1 = *weight;
            }
        }
        let mut labels = BTreeMap::new();
        let mut conflicts = Vec::new();
        for (row, record) in manifest.records.iter().enumerate() {
            let Some((names, weight)) = classes.get(&record.id) else { continue };
            match names.iter().next() {
                Some(class) if names.len() == 1 => {
                    labels.insert(row, ((*class).to_owned(), *weight));
                }
                _ => {
                    let names: Vec<&str> = names.iter().copied().collect();
                    conflicts.push(format!("{}: {}", record.path, names.join(", ")));
                }
            }
        }
        let present: BTreeSet<&String> = labels.values().map(|(class, _)| class).collect();
        let named: BTreeSet<&String> = self.rows.iter().map(|(_, class, _)| class).collect();
        let absent = named.difference(&present).map(|class| (*class).clone()).collect();
        MatchedLabels { labels, unknown, absent, conflicts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageRecord;

    fn manifest() -> Manifest {
        let record = |path: &str, bytes: &[u8]| ImageRecord {
            id: ImageId::of_bytes(bytes),
            path: path.to_owned(),
            width: 1,
            height: 1,
            bit_depth: 8,
            fields: BTreeMap::new(),
            tile: None,
        };
        Manifest {
            root: "/images".into(),
            records: vec![record("a.png", b"a"), record("sub/b.png", b"b"), record("sub/copy.png", b"a")],
            ..Manifest::default()
        }
    }

    fn read(text: &str) -> Result<LabelTable, LabelTableError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        LabelTable::read(file.path())
    }

    #[test]
    fn any_of_the_names_and_columns_will_do() {
        for table in
            ["filename,label\na.png,x\nb.png,y\nz.png,y\n", "surface,path,class\n1,a.png,x\n2,sub/b.png,y\n3,z,y\n"]
        {
            let matched = read(table).unwrap().match_to(&manifest());
            let classes: Vec<_> = matched.labels.values().map(|(class, _)| class.as_str()).collect();
            assert_eq!(classes, ["x", "y", "x"], "copies share the label");
            assert_eq!(matched.unknown.len(), 1);
        }
    }

    #[test]
    fn one_image_of_two_classes_is_a_conflict() {
        let matched = read("path,class\na.png,x\nsub/copy.png,y\n").unwrap().match_to(&manifest());
        assert!(matched.labels.is_empty());
        assert_eq!(matched.conflicts, ["a.png: x, y", "sub/copy.png: x, y"]);
    }

    #[test]
    fn missing_columns_are_named() {
        assert!(read("path,kind\n").unwrap_err().to_string().contains("`class`, `label`"));
        assert!(read("file,class\n").unwrap_err().to_string().contains("`filename`"));
    }
}
