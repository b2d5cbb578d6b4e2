//! Tables that people and other programs write: any common encoding, separator and line end.
//!
//! A table is text whose first line names the columns. It is UTF-8, UTF-16 in either order, or Windows-1252 (which
//! Latin-1 is part of) where it is nothing else; cells are separated by `,`, `;`, a tab or `|`, which a first line
//! `sep=;` may say; lines end in any way.

use std::fmt;
use std::path::Path;
use std::{fs, io};

use csv::{ReaderBuilder, StringRecord, Trim};

use super::spreadsheet_text::from_cell;

const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How the text of a table is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableEncoding {
    Utf8,
    Utf16,
    /// Guessed: any bytes but five are text in it.
    Windows1252,
}

impl fmt::Display for TableEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Windows1252 => "Windows-1252",
        })
    }
}

/// A table as read: as many cells in every row as there are headers, without the space around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTable {
    pub encoding: TableEncoding,
    /// Between the cells.
    pub separator: char,
    /// Names of the columns as they are written.
    pub headers: Vec<String>,
    pub rows: Vec<ForeignRow>,
}

/// A row that has something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRow {
    /// Where it begins in the file, counted from 1.
    pub line: u64,
    pub cells: Vec<String>,
}

/// Why a file is no table.
#[derive(Debug, thiserror::Error)]
pub enum ForeignTableError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The bytes are no text.
    #[error("no table in text: {0}")]
    NotText(&'static str),
    /// Not even a line with the names of columns.
    #[error("the table is empty")]
    Empty,
    /// A row that does not fit the columns.
    #[error("line {line}: {message}")]
    Row { line: u64, message: String },
}

impl ForeignTable {
    /// Reads the table in `path`. `fits` says whether these headers are what is looked for, and so which separator is
    /// meant; where none fits, it is the one with most columns.
    ///
    /// # Errors
    /// [`ForeignTableError`] says what is wrong and in which line.
    pub fn read(path: &Path, fits: impl Fn(&[String]) -> bool) -> Result<Self, ForeignTableError> {
        let (text, encoding) = decode(&fs::read(path)?)?;
        // Lines of old Macs end in a bare carriage return; as line feeds they can be counted.
        let text = if text.contains('\n') { text } else { text.replace('\r', "\n") };
        let (said, text, before) = match said_separator(&text) {
            Some((separator, rest)) => (Some(separator), rest, 1),
            None => (None, text.as_str(), 0),
        };
        let headers_by = |separator: u8| -> Vec<String> {
            let first = records(text, separator).into_records().next().and_then(Result::ok);
            first.iter().flatten().map(|header| from_cell(header).to_owned()).collect()
        };
        let candidates: Vec<(u8, Vec<String>)> = match said {
            Some(separator) => vec![(separator, headers_by(separator))],
            None => SEPARATORS.map(|separator| (separator, headers_by(separator))).to_vec(),
        };
        let fitting = candidates.iter().find(|(_, headers)| fits(headers));
        // Of equally many columns the first counts.
        let (separator, headers) = fitting
            .or_else(|| candidates.iter().rev().max_by_key(|(_, headers)| headers.len()))
            .cloned()
            .filter(|(_, headers)| !headers.is_empty())
            .ok_or(ForeignTableError::Empty)?;
        let mut rows = Vec::new();
        let mut lines = LineCount { text, seen: 0, line: before + 1 };
        for record in records(text, separator).into_records().skip(1) {
            let record = record.map_err(|error| ForeignTableError::Row {
                line: before + error.position().map_or(0, csv::Position::line),
                message: error.to_string(),
            })?;
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            if record.iter().all(str::is_empty) {
                continue;
            }
            rows.push(ForeignRow { line, cells: cells(&record, line, headers.len(), char::from(separator))? });
        }
        Ok(Self { encoding, separator: char::from(separator), headers, rows })
    }
}

/// Numbers of lines, asked for in their order: those that the parser tells do not count empty lines before a row.
struct LineCount<'a> {
    text: &'a str,
    /// Bytes counted so far.
    seen: usize,
    line: u64,
}

impl LineCount<'_> {
    /// The line of what follows the line breaks at `byte`.
    fn at(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte).unwrap_or(self.text.len()).clamp(self.seen, self.text.len());
        let row = self.text[start..].trim_start_matches(['\r', '\n']);
        let begin = self.text.len() - row.len();
        self.line += self.text[self.seen..begin].matches('\n').count() as u64;
        self.seen = begin;
        self.line
    }
}

fn records(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).trim(Trim::All).delimiter(separator).from_reader(text.as_bytes())
}

/// The cells of a row: missing ones are empty, more than there are columns must be.
fn cells(record: &StringRecord, line: u64, columns: usize, separator: char) -> Result<Vec<String>, ForeignTableError> {
    let wrong = |message: String| ForeignTableError::Row { line, message };
    if record.iter().skip(columns).any(|cell| !cell.is_empty()) {
        let separator = separator.escape_debug();
        return Err(wrong(format!(
            "{} cells for {columns} columns: a name that holds `{separator}` is to be put in double quotes",
            record.len()
        )));
    }
    if record.len() < columns && record.iter().next_back().is_some_and(|cell| cell.contains('\n')) {
        return Err(wrong("a double quote that is never closed".to_owned()));
    }
    let cells = record.iter().map(from_cell).chain(std::iter::repeat(""));
    Ok(cells.take(columns).map(str::to_owned).collect())
}

/// The separator that spreadsheets write into a line before the header, and what follows that line.
fn said_separator(text: &str) -> Option<(u8, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let first = first.trim_end_matches('\r').trim_matches('"');
    let said = first.get(..4).filter(|key| key.eq_ignore_ascii_case("sep=")).and(first.as_bytes().get(4..))?;
    match said {
        [separator] if separator.is_ascii() => Some((*separator, rest)),
        _ => None,
    }
}

fn decode(bytes: &[u8]) -> Result<(String, TableEncoding), ForeignTableError> {
    let not_text = |why| Err(ForeignTableError::NotText(why));
    match bytes {
        [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            return not_text("it is a workbook or an archive; save the sheet as CSV");
        }
        [b'P', b'A', b'R', b'1', ..] => return not_text("it is a Parquet file; write it as CSV"),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return not_text("it is UTF-32; save it as UTF-8"),
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            return match std::str::from_utf8(rest) {
                Ok(text) => Ok((text.to_owned(), TableEncoding::Utf8)),
                Err(_) => not_text("it says that it is UTF-8 and is not"),
            };
        }
        [0xFF, 0xFE, rest @ ..] => return utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return utf_16(rest, u16::from_be_bytes),
        _ => {}
    }
    // Without a mark: in UTF-16 every other byte of names in Latin script is 0.
    if bytes.contains(&0) {
        let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        return match (zeros(0), zeros(1)) {
            (0, _) => utf_16(bytes, u16::from_le_bytes),
            (_, 0) => utf_16(bytes, u16::from_be_bytes),
            _ => not_text("it holds bytes of value 0"),
        };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((text.to_owned(), TableEncoding::Utf8));
    }
    match bytes.iter().map(|byte| windows_1252(*byte)).collect() {
        Some(text) => Ok((text, TableEncoding::Windows1252)),
        None => not_text("it is neither UTF-8, UTF-16 nor Windows-1252"),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(String, TableEncoding), ForeignTableError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
    match text {
        Ok(text) if rest.is_empty() => Ok((text, TableEncoding::Utf16)),
        _ => Err(ForeignTableError::NotText("it begins as UTF-16 and is not")),
    }
}

/// The character of a byte; `None` for the five that are none.
fn windows_1252(byte: u8) -> Option<char> {
    const FROM_80: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”',
        '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => Some(FROM_80[usize::from(byte - 0x80)]).filter(|c| *c != '\0'),
        other => Some(char::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<ForeignTable, ForeignTableError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        ForeignTable::read(file.path(), |headers| headers.iter().any(|header| header == "class"))
    }

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        read(bytes).unwrap().rows.into_iter().map(|row| row.cells).collect()
    }

    fn utf_16(text: &str, unit: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
        let mark = mark.then_some('\u{FEFF}');
        mark.into_iter().chain(text.chars()).collect::<String>().encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn any_encoding_separator_and_line_end() {
        let text = "path,class\na.png,gräs\nb c.png,rust\n";
        let rows = [["a.png", "gräs"], ["b c.png", "rust"]];
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        let mut tables = vec![
            text.as_bytes().to_vec(),
            format!("\u{FEFF}{text}").into_bytes(),
            utf_16(text, u16::to_le_bytes, true),
            utf_16(text, u16::to_be_bytes, true),
            utf_16(text, u16::to_le_bytes, false),
            utf_16(text, u16::to_be_bytes, false),
            latin,
            text.replace('\n', "\r").into_bytes(),
            text.replace('\n', "\r\n").into_bytes(),
            text.replace('\n', "\n\n").into_bytes(),
            (text.to_owned() + ",\n , \n").into_bytes(),
            text.replace('\n', ",\n").into_bytes(),
            text.replace(',', " ,\u{A0}").into_bytes(),
            text.replace("path", "\"path\"").replace("class", "\"class\"").into_bytes(),
        ];
        for separator in [";", "\t", "|"] {
            let other = text.replace(',', separator);
            tables.push(other.clone().into_bytes());
            tables.push(format!("sep={separator}\r\n{other}").into_bytes());
        }
        tables.push(format!("\"sep=^\"\n{}", text.replace(',', "^")).into_bytes());
        for table in tables {
            let found = cells(&table);
            assert_eq!(found.iter().map(|row| [row[0].as_str(), row[1].trim()]).collect::<Vec<_>>(), rows);
        }
        assert_eq!(read("path,class\na,\u{80}".as_bytes()).unwrap().encoding, TableEncoding::Utf8);
        assert_eq!(cells(b"path,class\na,5 \x80\n")[0][1], "5 €");
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let lines = |text: &str| read(text.as_bytes()).unwrap().rows.iter().map(|row| row.line).collect::<Vec<_>>();
        assert_eq!(lines("sep=;\npath;class\n\na;b\n\"c\nd\";e\nf;g\n"), [4, 5, 7]);
        assert_eq!(lines("path,class\ra,b\rc,d\r"), [2, 3]);
    }

    #[test]
    fn what_is_no_table_is_said() {
        let refused = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert_eq!(refused(b""), "the table is empty");
        assert_eq!(refused(b"\n\n"), "the table is empty");
        assert!(refused(b"PK\x03\x04xl/workbook").contains("save the sheet as CSV"));
        assert!(refused(b"path,class\na\x81,b").contains("neither UTF-8"));
        assert!(refused(b"\xFF\xFEa\0b").contains("UTF-16"));
        assert!(refused(b"a\0\0bc\0").contains("bytes of value 0"));
        assert!(refused(b"path,class\nbrick_1,1.png,brick\n").starts_with("line 2: 3 cells for 2 columns"));
        assert_eq!(refused(b"path,class\n\"a.png,x\nb.png,y\n"), "line 2: a double quote that is never closed");
        assert_eq!(read(b"path;kind\na;b\n").unwrap().headers, ["path", "kind"], "to be named in a message");
    }
}
