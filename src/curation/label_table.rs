//! Tables that say what images show: `labels.csv`, truth files, anybody's list.
//!
//! A table needs one of the columns `path`, `filename`, `id` and one of `class`, `label`; the rest is optional.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::label_matching::{MatchedRows, Mismatch, NamedImage, match_rows};
use crate::data::{ImageId, Manifest, PatchAddress};
use crate::progress::LabelWarning;

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

/// A label table as read, not yet matched to images.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelTable {
    /// Where it was read.
    path: PathBuf,
    rows: Vec<(NamedImage, String, f32)>,
    /// Whether a path names a part of an image.
    patches: bool,
}

/// A label table matched to the images of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchedLabels {
    /// Class and weight of every image that has one, by row of the manifest.
    pub labels: BTreeMap<usize, (String, f32)>,
    /// Images that the table names and that are none of the manifest's for sure, as the table names them, by row.
    pub unmatched: Vec<(String, Mismatch)>,
    /// What the table's paths have before those of the images, where it is not the folder of the images.
    pub below: Option<String>,
    /// How the manifest calls one of its images.
    pub example: Option<String>,
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
            // An `id` that is not ours is no reason to refuse a table that also has paths.
            let id = match id_column.map(|column| record[column].parse::<ImageId>()) {
                Some(Err(error)) if path_column.or(file_column).is_none() => return Err(cell(error.to_string())),
                id => id.and_then(Result::ok),
            };
            let name = path_column.or(file_column).map(|column| record[column].to_owned());
            let name = NamedImage { id, name, bare: path_column.is_none() };
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
        Ok(Self { path: path.to_owned(), rows, patches })
    }

    /// Whether it names parts of images, such as `wafer.png#xywh=64,0,32,32`.
    #[must_use]
    pub fn names_patches(&self) -> bool {
        self.patches
    }

    /// Finds the table's images in `manifest`, as `label_matching` says. A table's word on one file holds for all
    /// files of equal bytes.
    #[must_use]
    pub fn match_to(&self, manifest: &Manifest) -> MatchedLabels {
        let names: Vec<&NamedImage> = self.rows.iter().map(|(name, ..)| name).collect();
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let MatchedRows { found, below } = match_rows(&names, folder, manifest);
        // By content, since a word on one file holds for all files of equal bytes.
        let mut classes: BTreeMap<ImageId, (BTreeSet<&str>, f32)> = BTreeMap::new();
        let mut unmatched = Vec::new();
        for ((name, class, weight), found) in self.rows.iter().zip(found) {
            match found {
                Err(why) => unmatched.push((name.to_string(), why)),
                Ok(rows) => {
                    for row in rows {
                        let entry = classes.entry(manifest.records[row].id).or_default();
                        entry.0.insert(class);
                        entry.1 = *weight;
                    }
                }
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
        let example = manifest.records.first().map(|record| record.path.clone());
        MatchedLabels { labels, unmatched, below, example, absent, conflicts }
    }
}

impl MatchedLabels {
    /// What was not labelled and why, in a warning for each reason; `table` is where the labels were read.
    #[must_use]
    pub fn warnings(&self, table: &Path) -> Vec<LabelWarning> {
        let of = |wanted: Mismatch| {
            let mut names = self.unmatched.iter().filter(|(_, why)| *why == wanted).map(|(name, _)| name);
            let first = names.next()?.clone();
            let (rows, table) = (names.count() + 1, table.to_owned());
            Some(match wanted {
                Mismatch::Absent => {
                    LabelWarning::WithoutImage { rows, table, first, image: self.example.clone().unwrap_or_default() }
                }
                Mismatch::Ambiguous => LabelWarning::Ambiguous { rows, table, first },
                Mismatch::OtherContent => LabelWarning::OtherContent { rows, table, first },
                Mismatch::OtherFolder => LabelWarning::OtherFolder { rows, table, first },
            })
        };
        let reasons = [Mismatch::Absent, Mismatch::Ambiguous, Mismatch::OtherContent, Mismatch::OtherFolder];
        let below = self.below.clone().map(|below| LabelWarning::Below { table: table.to_owned(), below });
        reasons.into_iter().filter_map(of).chain(below).collect()
    }

    /// One path of each side, for the message where nothing matches.
    #[must_use]
    pub fn both_sides(&self) -> Option<String> {
        let (first, image) = (self.unmatched.first()?, self.example.as_ref()?);
        Some(match first {
            (first, Mismatch::Absent) => format!("the table says `{first}`, an image is called `{image}`"),
            (first, Mismatch::Ambiguous) => format!("`{first}` is the name of several images: write their paths"),
            (first, Mismatch::OtherContent) => format!("the id of `{first}` is not that of the image here"),
            (first, Mismatch::OtherFolder) => {
                format!("`{first}` is a file of another folder, `{image}` one of these images")
            }
        })
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
            content: None,
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
            assert_eq!(matched.unmatched.len(), 1);
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
