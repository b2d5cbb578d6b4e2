//! Purity: how many images of the named clusters are what their cluster is called, by those that a person looked at.

use super::known_labels::KnownLabels;

/// Images that say how pure the named clusters are. Later ones were chosen since they were doubtful.
pub(super) const PROBE: usize = 20;
/// Images that say enough to give up naming.
const ENOUGH: usize = 10;
/// Clusters with a larger share of others are mixed.
const OTHERS: f64 = 0.1;
/// What is believed before: as much as five images of which four are what their cluster is called.
const BEFORE: (f64, f64) = (4.0, 5.0);

/// What the first images of named clusters that a person looked at show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Purity {
    /// Images looked at, at most [`PROBE`].
    seen: usize,
    /// Those of them that are what their cluster is called.
    right: usize,
}

impl Purity {
    /// By the images that `known` has labels of.
    pub fn of(known: &KnownLabels) -> Self {
        let by_hand = (0..known.label.len()).filter(|&row| known.by_hand[row]);
        let mut seen: Vec<(u64, usize, bool)> =
            by_hand.filter_map(|row| Some((known.seq[row], row, known.as_named[row]?))).collect();
        seen.sort_unstable();
        seen.truncate(PROBE);
        Self { seen: seen.len(), right: seen.iter().filter(|(.., right)| *right).count() }
    }

    /// Probability that an image of a named cluster is what the name says, in `0.0..1.0`.
    pub fn share(self) -> f64 {
        (self.right as f64 + BEFORE.0) / (self.seen as f64 + BEFORE.1)
    }

    /// How much the name of a cluster tells, in `0.0..1.0`: nothing where it is as often wrong as right.
    pub fn telling(self) -> f64 {
        (2.0 * self.share() - 1.0).max(0.0).powi(2)
    }

    /// Whether enough was looked at to tell.
    pub fn is_known(self) -> bool {
        self.seen >= ENOUGH
    }

    /// Whether the clusters are known to hold others than what they are called.
    pub fn is_mixed(self) -> bool {
        self.is_known() && ((self.seen - self.right) as f64) > OTHERS * self.seen as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty images of one cluster called 0, of which the first `seen` were looked at, the `wrong` ones later and called 1.
    fn of(seen: usize, wrong: &[usize]) -> Purity {
        let known = KnownLabels {
            classes: vec!["a".to_owned(), "b".to_owned()],
            label: (0..40).map(|row| Some(usize::from(wrong.contains(&row)))).collect(),
            by_hand: (0..40).map(|row| row < seen).collect(),
            seq: (0..40).map(|row| if row < seen { 2 + u64::from(wrong.contains(&row)) } else { 1 }).collect(),
            as_named: (0..40).map(|row| Some(!wrong.contains(&row))).collect(),
            removed: vec![false; 40],
        };
        Purity::of(&known)
    }

    #[test]
    fn by_the_first_that_were_looked_at() {
        assert_eq!(of(0, &[]), Purity::default());
        assert_eq!((of(0, &[]).share(), of(0, &[]).is_known()), (0.8, false));
        let pure = of(12, &[3]);
        assert_eq!((pure.seen, pure.right, pure.is_known(), pure.is_mixed()), (12, 11, true, false));
        let mixed = of(20, &[3, 4, 5]);
        assert_eq!((mixed.right, mixed.is_mixed()), (17, true));
        // What is looked at after the first twenty does not count.
        assert_eq!(of(30, &[0, 1, 2, 3, 4]).right, 20);
    }

    #[test]
    fn names_that_are_as_often_wrong_tell_nothing() {
        assert_eq!(of(20, &(0..20).collect::<Vec<_>>()).telling(), 0.0);
        assert!((of(20, &[]).telling() - 0.8464).abs() < 1e-9);
    }
}
