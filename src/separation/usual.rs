//! Which tiles of an array are usual: those that hold together without a jump, however far the light drifts on the way.
//!
//! Tiles that a plane through their neighbours lets expect make a region, which grows until none beside it is expected
//! (Adams & Bischof, "Seeded region growing", 1994). A group of defects ends where the largest region begins, whatever
//! its size, since it differs from what touches it; a slope differs nowhere. Regions that something odd cuts off, such as the
//! rows behind a missing one, are usual too where the largest region, continued, meets them.

use super::noise::Noise;
use super::plane::Prediction;
use super::surroundings::Surroundings;
use crate::metrics::median;

/// Robust standard deviations up to which a tile is expected, as Iglewicz & Hoaglin propose.
const EXPECTED: f32 = 3.5;
/// Tiles that a region must have to join the largest one: two may be alike by chance.
const REGION: usize = 3;

/// Those of `rows`, the tiles of one array, that are usual by their `values`, which have this `noise`.
pub(super) fn usual(surroundings: &Surroundings<'_>, rows: &[usize], values: &[f32], noise: &Noise) -> Vec<usize> {
    if noise.spread == 0.0 {
        return rows.to_vec();
    }
    let (mut left, usual) = (vec![false; values.len()], vec![false; values.len()]);
    for &row in rows {
        left[row] = true;
    }
    let mut growth = Growth { surroundings, values, noise, left, usual };
    // The flattest places first: around them nothing is odd.
    let steepest = |&row: &usize| growth.start(row).into_iter().fold(0.0, |most: f32, (_, off)| most.max(off));
    let mut seeds: Vec<(f32, usize)> = rows.iter().map(|row| (steepest(row), *row)).collect();
    seeds.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut regions = Vec::new();
    for (_, seed) in seeds {
        if growth.left[seed] {
            regions.push(growth.region(seed));
        }
    }
    growth.join(regions)
}

struct Growth<'a> {
    surroundings: &'a Surroundings<'a>,
    values: &'a [f32],
    noise: &'a Noise,
    /// Tiles that belong to no region yet.
    left: Vec<bool>,
    /// Tiles of the region that grows, and in the end the usual ones.
    usual: Vec<bool>,
}

impl Growth<'_> {
    /// The tile `seed` and its neighbours that are left, and how far each is off the plane through them.
    fn start(&self, seed: usize) -> Vec<(usize, f32)> {
        let beside = self.surroundings.near(seed, 1).into_iter().filter(|&near| self.left[near]);
        let tiles: Vec<usize> = std::iter::once(seed).chain(beside).collect();
        let off =
            |&row: &usize| (row, self.off(row, self.surroundings.through(row, &tiles, self.values, self.noise.ridge)));
        tiles.iter().map(off).collect()
    }

    /// Grows the region of `seed` among the tiles that are left, and takes it from them.
    fn region(&mut self, seed: usize) -> Vec<usize> {
        let start = self.start(seed).into_iter();
        let mut joined: Vec<usize> =
            start.filter(|(row, off)| *row == seed || self.is_expected(*off)).map(|(row, _)| row).collect();
        let mut region = Vec::new();
        while !joined.is_empty() {
            for &row in &joined {
                (self.left[row], self.usual[row]) = (false, true);
            }
            let mut beside: Vec<usize> =
                joined.iter().flat_map(|&row| self.surroundings.near(row, self.surroundings.reach())).collect();
            beside.sort_unstable();
            beside.dedup();
            region.append(&mut joined);
            beside.retain(|&row| self.left[row] && self.surroundings.near(row, 1).iter().any(|&near| self.usual[near]));
            let is_next = |row: &usize| self.predict(*row).is_some_and(|at| self.is_expected(self.off(*row, at.value)));
            joined = beside.into_iter().filter(is_next).collect();
        }
        for &row in &region {
            self.usual[row] = false;
        }
        region
    }

    /// The largest region, and those that it meets where it is continued over what lies between.
    fn join(mut self, mut regions: Vec<Vec<usize>>) -> Vec<usize> {
        regions.sort_by_key(|region| std::cmp::Reverse(region.len()));
        let mut apart = regions.into_iter();
        let mut usual = Vec::new();
        let mut joined = apart.next().unwrap_or_default();
        let mut apart: Vec<Vec<usize>> = apart.take_while(|region| region.len() >= REGION).collect();
        loop {
            for &row in &joined {
                self.usual[row] = true;
            }
            usual.append(&mut joined);
            let Some(next) = apart.iter().position(|region| self.meets(region)) else { return usual };
            joined = apart.remove(next);
        }
    }

    /// Whether half of the tiles of `region` that are nearest to usual ones are as these let expect.
    fn meets(&self, region: &[usize]) -> bool {
        let steps: Vec<Option<u32>> =
            region.iter().map(|&row| self.surroundings.steps_to(row, |near| self.usual[near])).collect();
        let nearest = steps.iter().min();
        let front = region.iter().zip(&steps).filter(|(_, steps)| Some(*steps) == nearest);
        let off = |(&row, _)| self.predict(row).map_or(f32::MAX, |found| self.off(row, found.within_range()));
        median(&mut front.map(off).collect::<Vec<_>>()).is_some_and(|off| self.is_expected(off as f32))
    }

    /// What the usual tiles let expect.
    fn predict(&self, row: usize) -> Option<Prediction> {
        self.surroundings.predict(row, self.values, self.noise.ridge, |near| self.usual[near])
    }

    /// How far a tile is off what is expected, from 0.
    fn off(&self, row: usize, expected: f32) -> f32 {
        self.noise.difference.of_one(self.values[row], expected).abs()
    }

    fn is_expected(&self, off: f32) -> bool {
        off < EXPECTED * self.noise.spread
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::separation::GridPlace;
    use crate::separation::local::Difference;

    /// 21 × 21 tiles whose light rises along the rows, with a little noise; `odd` ones are 60 brighter. Those that are not
    /// usual.
    fn found(slope: f32, odd: impl Fn(u32, u32) -> bool) -> (Vec<GridPlace>, Vec<GridPlace>) {
        let row = |row| (1..=21).map(move |column| GridPlace { array: 0, row, column });
        let places: Vec<GridPlace> = (1..=21).flat_map(row).collect();
        let noise = |y: u32, x: u32| ((y * y * 31 + x * x * 17 + y * x * 7) % 101) as f32 / 101.0;
        let value = |place: &GridPlace| {
            let odd = if odd(place.row, place.column) { 60.0 } else { 0.0 };
            100.0 + slope * place.row as f32 + noise(place.row, place.column) + odd
        };
        let values: Vec<f32> = places.iter().map(value).collect();
        let rows: Vec<usize> = (0..places.len()).collect();
        let surroundings = Surroundings::of(&places, 1);
        let usual = usual(&surroundings, &rows, &values, &Noise::of(&surroundings, &rows, &values, Difference::Plain));
        let truth = places.iter().copied().filter(|place| odd(place.row, place.column)).collect();
        (places.iter().enumerate().filter(|(at, _)| !usual.contains(at)).map(|(_, place)| *place).collect(), truth)
    }

    #[test]
    fn groups_are_not_usual_wherever_they_stand() {
        type Odd = fn(u32, u32) -> bool;
        let groups: [Odd; 8] = [
            |row, column| (8..14).contains(&row) && (5..11).contains(&column),
            |row, column| row <= 6 && (5..11).contains(&column),
            |row, column| row <= 6 && column > 15,
            |row, column| (4..10).contains(&row) && ((3..9).contains(&column) || (10..14).contains(&column)),
            |row, _| row == 9 || row == 10,
            |row, column| row == 3 || column == 19,
            |row, column| row.abs_diff(11).pow(2) + column.abs_diff(11).pow(2) > 120,
            |row, column| row % 7 == 3 && column % 6 == 2,
        ];
        for (number, group) in groups.into_iter().enumerate() {
            // What lies behind a whole row is not seen to be level with the rest where the light slopes by more than the noise.
            let slopes: &[f32] = if (4..6).contains(&number) { &[0.0] } else { &[0.0, 2.0] };
            for &slope in slopes {
                let (found, truth) = found(slope, group);
                assert_eq!(found, truth, "group {number}, slope {slope}");
            }
        }
    }

    #[test]
    fn slopes_are_usual_and_so_are_tiles_that_are_all_alike() {
        assert_eq!(found(4.0, |_, _| false).0, []);
        let places: Vec<GridPlace> = (1..=9).map(|column| GridPlace { array: 0, row: 1, column }).collect();
        let rows: Vec<usize> = (0..9).collect();
        let surroundings = Surroundings::of(&places, 1);
        let noise = Noise::of(&surroundings, &rows, &[5.0; 9], Difference::Relative);
        assert_eq!(usual(&surroundings, &rows, &[5.0; 9], &noise), rows);
    }
}
