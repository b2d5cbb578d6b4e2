//! Columns of a label table: which are meant, and what their cells say.

use super::NamedImage;
use crate::data::{ImageId, PatchAddress};
use crate::files::foreign_table::ForeignRow;

/// Names for the column of paths, the likeliest first. Case, space, `_` and `-` do not count.
const PATHS: [&str; 8] = ["path", "file path", "image path", "img path", "image file", "image", "img", "file"];
/// Names for the column of file names, which may hold paths all the same.
const FILES: [&str; 3] = ["file name", "image name", "name"];
const ID: &str = "id";
const CLASSES: [&str; 6] = ["class", "class name", "label", "label name", "category", "target"];
const WEIGHT: &str = "weight";

/// Words that programs write for a cell with nothing in it: pandas, R, SQL, Excel.
const EMPTY: [&str; 8] = ["nan", "na", "n/a", "none", "null", "<na>", "#n/a", "#na"];

/// Whether a cell says that there is nothing in it.
pub(super) fn is_empty_word(cell: &str) -> bool {
    EMPTY.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// The columns of a table that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    path: Option<usize>,
    file: Option<usize>,
    id: Option<usize>,
    pub class: usize,
    /// Another column that could have been the class.
    pub other_class: Option<usize>,
    weight: Option<usize>,
}

impl Columns {
    /// Finds them by their names; the error is what no column says, and the names for it.
    pub fn find(headers: &[String]) -> Result<Self, (&'static str, Vec<&'static str>)> {
        let headers: Vec<String> = headers.iter().map(|header| bare(header)).collect();
        let all = |names: &[&str]| -> Vec<usize> {
            let columns = |name: &&str| {
                let name = bare(name);
                headers
                    .iter()
                    .enumerate()
                    .filter(move |(_, header)| **header == name)
                    .map(|(at, _)| at)
                    .collect::<Vec<_>>()
            };
            names.iter().flat_map(columns).collect()
        };
        let first = |names: &[&str]| all(names).first().copied();
        let (path, file, id) = (first(&PATHS), first(&FILES), first(&[ID]));
        if path.or(file).or(id).is_none() {
            return Err(("which image", PATHS.into_iter().chain(FILES).chain([ID]).collect()));
        }
        let classes = all(&CLASSES);
        let class = *classes.first().ok_or_else(|| ("the class", CLASSES.to_vec()))?;
        Ok(Self { path, file, id, class, other_class: classes.get(1).copied(), weight: first(&[WEIGHT]) })
    }

    /// The image that a row is about, and whether it is named by id, as only our own tables do.
    pub fn name(&self, row: &ForeignRow) -> Result<(NamedImage, bool), String> {
        let cell = |column: usize| row.cells[column].as_str();
        let name = self.path.or(self.file).map(cell).filter(|name| !name.is_empty()).map(str::to_owned);
        // An `id` that is not ours is no reason to refuse a table that also has paths.
        let id = match self.id.map(|column| cell(column).parse::<ImageId>()) {
            Some(Err(error)) if self.path.or(self.file).is_none() => return Err(error.to_string()),
            id => id.and_then(Result::ok),
        };
        if name.is_none() && id.is_none() {
            return Err("the row names no image".to_owned());
        }
        Ok((NamedImage { id, name, bare: self.path.is_none() }, id.is_some()))
    }

    /// Whether a row names a part of an image.
    pub fn names_patch(&self, row: &ForeignRow) -> bool {
        [self.path, self.file]
            .into_iter()
            .flatten()
            .any(|column| PatchAddress::parse_text(&row.cells[column]).is_some())
    }

    /// How much the label counts; where `;` separates cells, decimals may follow a comma.
    pub fn weight(&self, row: &ForeignRow, separator: char) -> Result<f32, String> {
        let text = self.weight.map_or("", |column| row.cells[column].as_str());
        if text.is_empty() || is_empty_word(text) {
            return Ok(1.0);
        }
        let number = if separator == ';' { text.replace(',', ".") } else { text.to_owned() };
        let weight = number.parse::<f32>().ok().filter(|weight| weight.is_finite() && *weight >= 0.0);
        weight.ok_or_else(|| format!("expected a weight of 0 or more, got `{text}`"))
    }
}

/// A header without what does not count.
fn bare(header: &str) -> String {
    header.chars().filter(|c| !c.is_whitespace() && !"_-".contains(*c)).flat_map(char::to_lowercase).collect()
}
