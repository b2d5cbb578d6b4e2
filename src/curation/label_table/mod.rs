//! Tables that say what images show: `labels.csv`, truth files, anybody's list.
//!
//! A table has a row per image: one column says which, one its class, a `weight` how much it counts. Columns are known by
//! usual names, whatever their case ([`columns`]); a class is a [`ClassName`].

mod columns;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::label_matching::{MatchedRows, Mismatch, NamedImage, match_rows};
use crate::data::{ClassName, ImageId, Manifest};
use crate::files::foreign_table::{ForeignTable, ForeignTableError, TableEncoding};
use crate::progress::{LabelWarning, Note, Observer, Warning};
use columns::{Columns, is_empty_word};

/// Why a label table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LabelTableError {
    /// Not a table, or not there.
    #[error("{source}: `{}`", .path.display())]
    Table { path: PathBuf, source: ForeignTableError },
    /// One of the columns that are needed is missing.
    #[error(
        "no column says {what}: the columns are {}, looked for is one of {}: `{}`",
        quoted(.found), quoted(.wanted), .path.display()
    )]
    NoColumn { what: &'static str, wanted: Vec<String>, found: Vec<String>, path: PathBuf },
    /// A cell that cannot be used.
    #[error("line {line}: {message}: `{}`", .path.display())]
    Cell { line: u64, message: String, path: PathBuf },
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A label table as read, not yet matched to images.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelTable {
    /// Where it was read.
    path: PathBuf,
    rows: Vec<(NamedImage, ClassName, f32)>,
    /// Whether a path names a part of an image.
    patches: bool,
}

/// A label table matched to the images of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchedLabels {
    /// Class and weight of every image that has one, by row of the manifest.
    pub labels: BTreeMap<usize, (ClassName, f32)>,
    /// Images that the table names and that are none of the manifest's for sure, as the table names them, by row.
    pub unmatched: Vec<(String, Mismatch)>,
    /// What the table's paths have before those of the images, where it is not the folder of the images.
    pub below: Option<String>,
    /// How the manifest calls one of its images.
    pub example: Option<String>,
    /// Classes of the table that no image is left of.
    pub absent: Vec<ClassName>,
    /// Images that the table names with different classes, as `path: class, class`.
    pub conflicts: Vec<String>,
}

impl LabelTable {
    /// Reads the table in `path` and tells what was understood of it: an encoding that was guessed, a column passed over,
    /// cells that count as empty.
    ///
    /// # Errors
    /// [`LabelTableError`] names what is missing, or the line at fault.
    pub fn read(path: &Path, observer: &dyn Observer) -> Result<Self, LabelTableError> {
        let table = ForeignTable::read(path, |headers| Columns::find(headers).is_ok())
            .map_err(|source| LabelTableError::Table { path: path.to_owned(), source })?;
        let columns = Columns::find(&table.headers).map_err(|(what, wanted)| LabelTableError::NoColumn {
            what,
            wanted: wanted.iter().map(|name| (*name).to_owned()).collect(),
            found: table.headers.clone(),
            path: path.to_owned(),
        })?;
        if table.encoding != TableEncoding::Utf8 {
            observer.note(&Note::TableEncoding { encoding: table.encoding.to_string(), table: path.to_owned() });
        }
        if let Some(other) = columns.other_class {
            let [taken, passed_over] = [columns.class, other].map(|column| table.headers[column].clone());
            observer.note(&Note::ClassColumnPassedOver { taken, passed_over, table: path.to_owned() });
        }
        let mut rows = Vec::new();
        let mut empty: (usize, BTreeSet<String>) = (0, BTreeSet::new());
        for row in &table.rows {
            let cell = |message: String| LabelTableError::Cell { line: row.line, message, path: path.to_owned() };
            let (name, ours) = columns.name(row).map_err(cell)?;
            let weight = columns.weight(row, table.separator).map_err(cell)?;
            let class = row.cells[columns.class].as_str();
            // Our own tables, whose rows have ids, leave an empty cell empty: there a word is a class.
            if class.is_empty() || (!ours && is_empty_word(class)) {
                empty.0 += 1;
                empty.1.extend((!class.is_empty()).then(|| class.to_owned()));
                continue;
            }
            rows.push((name, ClassName::parse(class).map_err(|error| cell(error.to_string()))?, weight));
        }
        if empty.0 > 0 {
            let words = empty.1.into_iter().collect();
            observer.warn(&Warning::Labels(LabelWarning::EmptyLabels { rows: empty.0, words, table: path.to_owned() }));
        }
        let patches = table.rows.iter().any(|row| columns.names_patch(row));
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
        let mut classes: BTreeMap<ImageId, (BTreeSet<&ClassName>, f32)> = BTreeMap::new();
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
                    labels.insert(row, ((*class).clone(), *weight));
                }
                _ => {
                    let names: Vec<&str> = names.iter().map(|class| class.as_str()).collect();
                    conflicts.push(format!("{}: {}", record.path, names.join(", ")));
                }
            }
        }
        let present: BTreeSet<&ClassName> = labels.values().map(|(class, _)| class).collect();
        let named: BTreeSet<&ClassName> = self.rows.iter().map(|(_, class, _)| class).collect();
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
    use crate::progress::{Event, Silent};

    fn manifest() -> Manifest {
        let record = |path: &str, bytes: &[u8]| ImageRecord::known(ImageId::of_bytes(bytes), path);
        Manifest {
            root: "/images".into(),
            records: vec![record("a.png", b"a"), record("sub/b.png", b"b"), record("sub/copy.png", b"a")],
            ..Manifest::default()
        }
    }

    fn read(text: &str) -> Result<LabelTable, LabelTableError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        LabelTable::read(file.path(), &Silent)
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
    fn missing_columns_are_named_with_those_there_are() {
        let error = read("path,kind\n").unwrap_err().to_string();
        assert!(error.starts_with("no column says the class: the columns are `path`, `kind`, looked for"), "{error}");
        assert!(error.contains("`class`") && error.contains("`category`"), "{error}");
        let error = read("photo;class\n").unwrap_err().to_string();
        assert!(
            error.starts_with("no column says which image: the columns are `photo`, `class`, looked for"),
            "{error}"
        );
    }

    #[test]
    fn columns_are_known_by_usual_names() {
        for table in [
            "Path,Class\na.png,x\n",
            "image,category\na.png,x\n",
            "FILE_NAME;Label\na.png;x\n",
            "File Name\tlabel\na.png\tx\n",
            "\"image_path\",\"class_name\"\n\"./a.png\",x\n",
            "filename,label\n/images/a.png,x\n",
            "id,path,class\n17,a.png,x\n",
            "label,name,id\nx,a.png,17\n",
        ] {
            let labels = read(table).unwrap().match_to(&manifest()).labels;
            assert_eq!(labels[&0].0.as_str(), "x", "{table}");
        }
    }

    #[test]
    fn words_that_programs_write_for_nothing_are_empty_cells_and_counted() {
        let heard = Heard::default();
        let file = tempfile::NamedTempFile::new().unwrap();
        let id = ImageId::of_bytes(b"a");
        let text = "path,class\na.png,nan\nb.png,NA\nc.png,\nd.png,None\ne.png,null\nf.png,#N/A\nsub/b.png,rust\n";
        std::fs::write(file.path(), text).unwrap();
        let table = LabelTable::read(file.path(), &heard).unwrap();
        assert_eq!(table.rows.len(), 1);
        let said = heard.0.lock().unwrap().join("\n");
        assert!(said.contains("6 rows") && said.contains("`NA`, `None`, `nan`, `null`"), "{said}");
        // Our own labels.csv means what it says.
        let ours = format!("id,path,class,source,weight\n{id},a.png,none,moved,1\n");
        assert_eq!(read(&ours).unwrap().match_to(&manifest()).labels[&0].0.as_str(), "none");
    }

    #[test]
    fn a_class_is_a_class_name_or_the_line_is_named() {
        for (class, why) in [("unknown", "is reserved"), ("_bad", "is reserved"), ("\"a\nb\"", "no class name")] {
            let error = read(&format!("path,class\na.png,{class}\n")).unwrap_err().to_string();
            assert!(error.starts_with("line 2: ") && error.contains(why), "{error}");
        }
        let table = read("path,class,weight\na.png, gra\u{308}s ,\nsub/b.png,gr\u{e4}s,0.5\n").unwrap();
        let labels = table.match_to(&manifest()).labels;
        assert_eq!(labels.values().map(|(class, _)| class.as_str()).collect::<Vec<_>>(), ["gräs"; 3]);
        let german = read("path;class;weight\na.png;x;0,25\n").unwrap();
        assert_eq!(german.match_to(&manifest()).labels[&0].1, 0.25);
    }

    #[derive(Default)]
    struct Heard(std::sync::Mutex<Vec<String>>);

    impl Observer for Heard {
        fn on(&self, event: Event<'_>) {
            let said = match event {
                Event::Note(note) => note.to_string(),
                Event::Warning(warning) => warning.to_string(),
                _ => return,
            };
            self.0.lock().unwrap().push(said);
        }
    }
}
