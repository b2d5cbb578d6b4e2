//! A CSV table altered into what no honest writer makes.

use crate::random::Random;

/// Cells where another stood.
const CELLS: [&str; 22] = [
    "",
    " ",
    "-1",
    "1e999",
    "nan",
    "4294967296",
    "18446744073709551616",
    "../../../escaped.png",
    "/etc/passwd",
    "a/../../b.png",
    "=cmd|' /C calc'!A0",
    "+1",
    "@x",
    "'=1",
    "\u{202e}gnp.exe",
    "\u{1b}[2J",
    "\"",
    "a\"b",
    "a,b",
    "a\nb",
    "a\u{0}b",
    "CON",
];

/// `text` with one to three things about its rows, columns or cells changed.
pub fn altered(text: &str, random: &mut Random) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> =
        reader.records().map_while(Result::ok).map(|row| row.iter().map(str::to_owned).collect()).collect();
    for _ in 0..=random.below(3) {
        if rows.is_empty() {
            break;
        }
        // The header is one row of many and decides over all.
        let row = if random.one_in(3) { 0 } else { random.below(rows.len()) };
        let column = random.below(rows[row].len().max(1));
        match random.below(11) {
            0 => drop(rows.remove(row)),
            1 => rows.iter_mut().filter(|row| column < row.len()).for_each(|row| drop(row.remove(column))),
            2 => rows.iter_mut().filter(|row| column < row.len()).for_each(|row| row.push(row[column].clone())),
            3 => {
                let again = rows[row].clone();
                rows.extend(std::iter::repeat_n(again, *random.of_list(&[1, 3, 5000])));
            }
            4 => rows[row].push("more".to_owned()),
            5 => rows[row].truncate(column),
            6 => rows.reverse(),
            7 => cell(&mut rows[row], column, "x".repeat(*random.of_list(&[300, 1 << 20]))),
            _ => cell(&mut rows[row], column, (*random.of_list(&CELLS)).to_owned()),
        }
    }
    written(&rows, random)
}

fn cell(row: &mut [String], column: usize, text: String) {
    if let Some(cell) = row.get_mut(column) {
        *cell = text;
    }
}

/// As text, in one of the ways of spreadsheets, or with quotes that do not close.
fn written(rows: &[Vec<String>], random: &mut Random) -> Vec<u8> {
    let separator = if random.one_in(6) { *random.of_list(b";\t|") } else { b',' };
    let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(separator).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).unwrap();
    }
    let mut text = writer.into_inner().unwrap();
    match random.below(10) {
        0 => text.splice(0..0, *b"\xef\xbb\xbf").for_each(drop),
        1 => text = [&b"\xff\xfe"[..], &text.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<_>>()].concat(),
        2 => text.retain(|byte| *byte != b'"'),
        3 => text = text.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r'] } else { vec![*byte] }).collect(),
        4 => text.push(0xff),
        _ => {}
    }
    text
}
