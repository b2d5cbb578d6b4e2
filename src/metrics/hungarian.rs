//! The best one-to-one pairing of rows and columns.
//!
//! Reference: Kuhn, "The Hungarian method for the assignment problem", 1955, in the O(n³) form with potentials.

/// For each row of square `gains` the column it is paired with, such that the sum of the gains is largest.
pub(super) fn best_pairing(gains: &[Vec<i64>]) -> Vec<usize> {
    let n = gains.len();
    // Index 0 stands for "none" in all four, as in the textbook form.
    let mut row_potential = vec![0_i64; n + 1];
    let mut column_potential = vec![0_i64; n + 1];
    let mut row_of = vec![0; n + 1];
    let mut came_from = vec![0; n + 1];
    for row in 1..=n {
        row_of[0] = row;
        let mut column = 0;
        let mut slack = vec![i64::MAX; n + 1];
        let mut visited = vec![false; n + 1];
        while row_of[column] != 0 {
            visited[column] = true;
            let here = row_of[column];
            let (mut step, mut next) = (i64::MAX, 0);
            for j in 1..=n {
                if visited[j] {
                    continue;
                }
                let cost = -gains[here - 1][j - 1] - row_potential[here] - column_potential[j];
                if cost < slack[j] {
                    slack[j] = cost;
                    came_from[j] = column;
                }
                if slack[j] < step {
                    (step, next) = (slack[j], j);
                }
            }
            for j in 0..=n {
                if visited[j] {
                    row_potential[row_of[j]] += step;
                    column_potential[j] -= step;
                } else {
                    slack[j] = slack[j].saturating_sub(step);
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[came_from[column]];
            column = came_from[column];
        }
    }
    let mut paired = vec![0; n];
    for column in 1..=n {
        paired[row_of[column] - 1] = column - 1;
    }
    paired
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn best_of_all(gains: &[Vec<i64>], row: usize, taken: &mut Vec<usize>) -> i64 {
        if row == gains.len() {
            return 0;
        }
        let mut best = i64::MIN;
        for column in 0..gains.len() {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.max(gains[row][column] + best_of_all(gains, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_pairing_is_better(n in 0_usize..6, cells in prop::collection::vec(0_i64..20, 36)) {
            let gains: Vec<Vec<i64>> = (0..n).map(|r| cells[r * 6..r * 6 + n].to_vec()).collect();
            let paired = best_pairing(&gains);
            let sum: i64 = paired.iter().enumerate().map(|(r, &c)| gains[r][c]).sum();
            prop_assert_eq!(sum, best_of_all(&gains, 0, &mut Vec::new()));
        }
    }
}
