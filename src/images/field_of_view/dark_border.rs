//! What is dark along the border of a picture, and where it ends.

use ndarray::{Array2, ArrayView1};

/// Cells below a threshold that hang together with the border, over sides.
pub(super) fn dark_border(levels: &Array2<f32>, threshold: f32) -> Array2<bool> {
    let (rows, columns) = levels.dim();
    let mut dark = Array2::from_elem(levels.dim(), false);
    let on_border = |row: usize, column: usize| row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
    let mut open: Vec<(usize, usize)> =
        levels.indexed_iter().map(|(at, _)| at).filter(|at| on_border(at.0, at.1)).collect();
    while let Some(at) = open.pop() {
        if dark[at] || levels[at] >= threshold {
            continue;
        }
        dark[at] = true;
        let (row, column) = at;
        let sides =
            [(row.wrapping_sub(1), column), (row + 1, column), (row, column.wrapping_sub(1)), (row, column + 1)];
        open.extend(sides.into_iter().filter(|at| levels.get(*at).is_some()));
    }
    dark
}

/// Where the dark border ends along lines and columns, from all four sides, as `[y, x]` in cells.
pub(super) fn ends(dark: &Array2<bool>) -> Vec<[f64; 2]> {
    let along_lines = dark.rows().into_iter().enumerate();
    let lines = along_lines.flat_map(|(row, line)| ends_of(line).into_iter().map(move |column| [row as f64, column]));
    let along_columns = dark.columns().into_iter().enumerate();
    let columns =
        along_columns.flat_map(|(column, line)| ends_of(line).into_iter().map(move |row| [row, column as f64]));
    lines.chain(columns).collect()
}

/// Ends of the dark stretches at both ends of a line; none where it is dark or bright throughout.
fn ends_of(line: ArrayView1<'_, bool>) -> Vec<f64> {
    let n = line.len();
    let before = line.iter().take_while(|dark| **dark).count();
    let behind = line.iter().rev().take_while(|dark| **dark).count();
    let mut ends = Vec::new();
    if (1..n).contains(&before) {
        ends.push(before as f64 - 0.5);
    }
    if (1..n).contains(&behind) {
        ends.push(n as f64 - 0.5 - behind as f64);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn only_what_hangs_together_with_the_border_is_dark() {
        let levels = array![
            [1.0, 9.0, 9.0, 9.0, 9.0],
            [1.0, 1.0, 9.0, 9.0, 9.0],
            [9.0, 9.0, 9.0, 1.0, 9.0],
            [9.0, 9.0, 9.0, 9.0, 9.0]
        ];
        let dark = dark_border(&levels, 5.0);
        assert_eq!(
            dark.indexed_iter().filter(|(_, dark)| **dark).map(|(at, _)| at).collect::<Vec<_>>(),
            [(0, 0), (1, 0), (1, 1)]
        );
        assert_eq!(ends(&dark), [[0.0, 0.5], [1.0, 1.5], [1.5, 0.0]]);
        assert!(ends(&Array2::from_elem((3, 3), true)).is_empty());
    }
}
