//! Deals units out to parts so that every class is found in every part in the wanted share.
//!
//! Greedy, as scikit-learn's `StratifiedGroupKFold`: the units that weigh most in some class come first, each goes
//! where the class counts get nearest to their targets. Then single units move on, and pairs of units change places, as
//! long as that puts a class into a part that lacked it, or brings the counts nearer still. "Nearer" is in the sense of
//! Pearson's chi-squared. For units of one image this is the plain stratified split, exact to one image.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::units::Unit;

/// A part that units are dealt out to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitPart {
    /// Share of every class it should get; the shares of all parts sum to 1.
    pub share: f64,
    /// How bad it is for a class to be missing here, compared with the other parts.
    pub need: f64,
}

/// Rounds of moves at most; a few settle.
const MOST_ROUNDS: usize = 30;

/// Units up to which pairs change places; more of them are small enough for single moves to suffice.
const MOST_PAIRED: usize = 500;

/// Weight of the whole part's size beside one class: it decides between equals.
const SIZE_WEIGHT: f64 = 1e-3;

/// The part of each unit. Units are in an order that does not depend on the rows', which the result depends on.
pub fn divide(units: &[&Unit], n_classes: usize, parts: &[SplitPart], seed: u64) -> Vec<usize> {
    let mut counts = ClassCounts::new(units, n_classes, parts);
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let heaviest: Vec<f64> = units.iter().map(|unit| counts.weight(unit)).collect();
    order.sort_by(|&a, &b| heaviest[b].total_cmp(&heaviest[a]));
    let mut part_of = vec![0; units.len()];
    for &u in &order {
        let costs = counts.open.iter().map(|&part| (part, counts.adding(part, units[u]).chi_squared));
        let best = costs.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(part, _)| part);
        part_of[u] = best;
        counts.add(best, units[u]);
    }
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        for &u in &order {
            moved |= counts.move_on(units[u], &mut part_of[u]);
        }
        for (i, &a) in order.iter().enumerate().filter(|_| units.len() <= MOST_PAIRED) {
            for &b in &order[i + 1..] {
                let mut places = (part_of[a], part_of[b]);
                moved |= counts.change_places((units[a], units[b]), &mut places);
                (part_of[a], part_of[b]) = places;
            }
        }
        if !moved {
            break;
        }
    }
    part_of
}

/// Cost of adding a unit to a part; less is better.
struct Cost {
    /// Need of the classes that the part lacks no more, negative.
    missing: f64,
    /// Change of the distance from the targets.
    chi_squared: f64,
}

impl Cost {
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.missing.total_cmp(&other.missing).then(self.chi_squared.total_cmp(&other.chi_squared))
    }

    /// The change that two additions to different parts make.
    fn and(&self, other: &Self) -> Self {
        Self { missing: self.missing + other.missing, chi_squared: self.chi_squared + other.chi_squared }
    }

    /// By more than rounding, so that moves come to an end.
    fn better_than(&self, other: &Self) -> bool {
        self.missing < other.missing || (self.missing == other.missing && self.chi_squared < other.chi_squared - 1e-9)
    }
}

/// Images per part and class so far; the last column counts all classes together.
struct ClassCounts {
    have: Vec<Vec<usize>>,
    target: Vec<Vec<f64>>,
    need: Vec<f64>,
    totals: Vec<usize>,
    /// Parts that should get anything at all.
    open: Vec<usize>,
}

impl ClassCounts {
    fn new(units: &[&Unit], n_classes: usize, parts: &[SplitPart]) -> Self {
        let mut totals = vec![0; n_classes + 1];
        for unit in units {
            for &(class, images) in &unit.images {
                totals[class] += images;
                totals[n_classes] += images;
            }
        }
        let target = |part: &SplitPart| totals.iter().map(|&total| part.share * total as f64).collect();
        Self {
            have: vec![vec![0; n_classes + 1]; parts.len()],
            target: parts.iter().map(target).collect(),
            need: parts.iter().map(|part| part.need).collect(),
            open: (0..parts.len()).filter(|&part| parts[part].share > 0.0).collect(),
            totals,
        }
    }

    /// The largest share of a class that the unit holds.
    fn weight(&self, unit: &Unit) -> f64 {
        unit.images.iter().map(|&(class, images)| images as f64 / self.totals[class] as f64).fold(0.0, f64::max)
    }

    fn adding(&self, part: usize, unit: &Unit) -> Cost {
        let (have, target) = (&self.have[part], &self.target[part]);
        let all = have.len() - 1;
        let change = |class: usize, images: usize| {
            let (images, have, target) = (images as f64, have[class] as f64, target[class]);
            images * (2.0 * (have - target) + images) / target
        };
        let lacking = unit.images.iter().filter(|(class, _)| have[*class] == 0).count() as f64;
        let of_classes: f64 = unit.images.iter().map(|&(class, images)| change(class, images)).sum();
        let chi_squared = of_classes + SIZE_WEIGHT * change(all, unit.n_images());
        Cost { missing: -lacking * self.need[part], chi_squared }
    }

    /// Moves a unit to the part where it does most good; false where that is its own.
    fn move_on(&mut self, unit: &Unit, part: &mut usize) -> bool {
        let from = *part;
        self.remove(from, unit);
        let stay = self.adding(from, unit);
        let others = self.open.iter().filter(|&&part| part != from);
        let best = others.map(|&part| (part, self.adding(part, unit))).min_by(|a, b| a.1.order(&b.1));
        *part = best.filter(|(_, cost)| cost.better_than(&stay)).map_or(from, |(part, _)| part);
        self.add(*part, unit);
        *part != from
    }

    /// Lets two units change places if that does good.
    fn change_places(&mut self, (a, b): (&Unit, &Unit), places: &mut (usize, usize)) -> bool {
        if places.0 == places.1 || a.images == b.images {
            return false;
        }
        self.remove(places.0, a);
        self.remove(places.1, b);
        let stay = self.adding(places.0, a).and(&self.adding(places.1, b));
        let changed = self.adding(places.0, b).and(&self.adding(places.1, a));
        let better = changed.better_than(&stay);
        if better {
            *places = (places.1, places.0);
        }
        self.add(places.0, a);
        self.add(places.1, b);
        better
    }

    fn add(&mut self, part: usize, unit: &Unit) {
        let all = self.totals.len() - 1;
        for &(class, images) in &unit.images {
            self.have[part][class] += images;
            self.have[part][all] += images;
        }
    }

    fn remove(&mut self, part: usize, unit: &Unit) {
        let all = self.totals.len() - 1;
        for &(class, images) in &unit.images {
            self.have[part][class] -= images;
            self.have[part][all] -= images;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `n` images of one class each part gets.
    fn sizes(n: usize, shares: [f64; 3]) -> [usize; 3] {
        let units: Vec<Unit> = (0..n).map(|row| Unit { rows: vec![row], images: vec![(0, 1)] }).collect();
        let parts: Vec<SplitPart> =
            shares.iter().zip([4.0, 2.0, 1.0]).map(|(&share, need)| SplitPart { share, need }).collect();
        let mut sizes = [0; 3];
        for part in divide(&units.iter().collect::<Vec<_>>(), 1, &parts, 0) {
            sizes[part] += 1;
        }
        sizes
    }

    #[test]
    fn tiny_classes_go_to_training_first() {
        let default = [0.7, 0.15, 0.15];
        assert_eq!(sizes(0, default), [0, 0, 0]);
        assert_eq!(sizes(1, default), [1, 0, 0]);
        assert_eq!(sizes(2, default), [1, 1, 0]);
        assert_eq!(sizes(3, default), [1, 1, 1]);
        assert_eq!(sizes(4, default), [2, 1, 1]);
        assert_eq!(sizes(100, default), [70, 15, 15]);
        assert_eq!(sizes(2, [0.8, 0.2, 0.0]), [1, 1, 0]);
        assert_eq!(sizes(2, [0.5, 0.0, 0.5]), [1, 0, 1]);
        assert_eq!(sizes(1, [0.2, 0.4, 0.4]), [1, 0, 0]);
        assert_eq!(sizes(2, [0.1, 0.1, 0.8]), [1, 1, 0]);
    }

    #[test]
    fn three_large_groups_are_one_for_each_part() {
        let units: Vec<Unit> = (0..3).map(|row| Unit { rows: vec![row], images: vec![(0, 90 + row)] }).collect();
        let parts = [(0.7, 4.0), (0.15, 2.0), (0.15, 1.0)].map(|(share, need)| SplitPart { share, need });
        let mut parts = divide(&units.iter().collect::<Vec<_>>(), 1, &parts, 0);
        parts.sort_unstable();
        assert_eq!(parts, [0, 1, 2]);
    }
}
