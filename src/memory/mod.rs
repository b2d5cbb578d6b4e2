//! The memory that a command may take: one budget, which readers and stages ask before they allocate.
//!
//! Whoever allocates by a number that comes from outside (pixels of a file, images times images, rows of a table)
//! estimates the bytes first. What does not fit is refused with the figure and the budget, and costs itself alone.

mod machine;
mod reservations;
mod size;

use std::str::FromStr;

pub use reservations::{Reservation, Reservations};
pub use size::Bytes;

/// Part of the free memory that a command takes unless it is told otherwise; the rest is for everybody else.
const DEFAULT_PERCENT: u64 = 80;

/// How much memory a command may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryBudget(Bytes);

/// Something that needs more memory than there is left of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("needs {needed} of {budget} of memory{}", self.taken_already())]
pub struct OverBudget {
    needed: Bytes,
    /// What the program holds already.
    taken: Bytes,
    budget: Bytes,
}

impl OverBudget {
    fn taken_already(&self) -> String {
        // What a program holds that has done nothing yet is worth a word only where it decides.
        let decides = self.needed <= self.budget;
        if decides || self.taken.0 >= 1_000_000_000 {
            format!(", {} of which are taken", self.taken)
        } else {
            String::new()
        }
    }
}

impl OverBudget {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        "raise `--max-memory`, or use a machine with more".to_owned()
    }
}

/// A stage of a command that needs more memory than there is left of the budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{stage}: it {why}")]
pub struct StageOverBudget {
    /// What it makes of how much, such as `the features of 2000 images`.
    stage: String,
    /// What makes it smaller.
    remedy: &'static str,
    why: OverBudget,
}

impl StageOverBudget {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("{}, or {}", self.remedy, self.why.hint())
    }
}

/// The least that can be asked for: what a command holds that has little to do, pictures of its report included. Less would
/// be promised and not kept.
const LEAST: Bytes = Bytes(100_000_000);

/// A text that is no budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotABudget {
    #[error("`{0}` is no amount of memory: expected a size such as `8GiB`, or a part of what is free such as `50%`")]
    NotASize(String),
    #[error("`{0}` is less than the program itself takes: expected at least {LEAST}")]
    TooLittle(String),
}

impl MemoryBudget {
    /// A budget of this many bytes.
    #[must_use]
    pub const fn of(bytes: u64) -> Self {
        Self(Bytes(bytes))
    }

    /// Four fifths of the memory that is free for this process now.
    #[must_use]
    pub fn of_machine() -> Self {
        Self::percent(DEFAULT_PERCENT)
    }

    fn percent(percent: u64) -> Self {
        Self::of(machine::free() / 100 * percent)
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0.0
    }

    /// Whether `needed` bytes fit beside what the program holds already.
    ///
    /// # Errors
    /// When they do not.
    pub fn admit(self, needed: u64) -> Result<(), OverBudget> {
        self.admit_beside(needed, machine::taken())
    }

    /// The same for a `stage` that is named in the error, with what makes it smaller: `remedy`.
    ///
    /// # Errors
    /// When `needed` bytes do not fit.
    pub fn admit_stage(
        self,
        needed: u64,
        stage: impl FnOnce() -> String,
        remedy: &'static str,
    ) -> Result<(), StageOverBudget> {
        self.admit(needed).map_err(|why| StageOverBudget { stage: stage(), remedy, why })
    }

    fn admit_beside(self, needed: u64, taken: u64) -> Result<(), OverBudget> {
        if taken.saturating_add(needed) <= self.bytes() {
            return Ok(());
        }
        Err(OverBudget { needed: Bytes(needed), taken: Bytes(taken), budget: self.0 })
    }

    /// What is left of it now.
    #[must_use]
    pub fn left(self) -> u64 {
        self.bytes().saturating_sub(machine::taken())
    }
}

impl FromStr for MemoryBudget {
    type Err = NotABudget;

    /// `8GiB`, `500MB`, `50%` of what is free; a bare number counts GiB.
    fn from_str(text: &str) -> Result<Self, NotABudget> {
        let wrong = || NotABudget::NotASize(text.to_owned());
        match text.trim().strip_suffix('%') {
            Some(percent) => match percent.trim().parse() {
                Ok(percent @ 1..=100) => Ok(Self::percent(percent)),
                _ => Err(wrong()),
            },
            None => match size::parse(text.trim()).ok_or_else(wrong)? {
                Bytes(0) => Err(wrong()),
                bytes if bytes < LEAST => Err(NotABudget::TooLittle(text.to_owned())),
                bytes => Ok(Self(bytes)),
            },
        }
    }
}

/// Bytes of an array of `T` with these `dimensions`; the largest number where there are more.
#[must_use]
pub fn bytes_of<T>(dimensions: &[usize]) -> u64 {
    dimensions.iter().fold(size_of::<T>() as u64, |bytes, &n| bytes.saturating_mul(n as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read() {
        let read = |text: &str| text.parse::<MemoryBudget>().map(MemoryBudget::bytes);
        for (text, bytes) in [
            ("4", 4 << 30),
            ("8GiB", 8 << 30),
            ("8 gib", 8 << 30),
            ("1.5GiB", 3 << 29),
            ("512MiB", 512 << 20),
            ("2G", 2 << 30),
            ("500MB", 500_000_000),
            ("2TiB", 2 << 40),
            ("200000KiB", 200_000 << 10),
            ("100000000B", 100_000_000),
        ] {
            assert_eq!(read(text), Ok(bytes), "{text}");
        }
        assert_eq!(
            read("50M").unwrap_err().to_string(),
            "`50M` is less than the program itself takes: expected at least 100 MB"
        );
        for text in ["", "0", "-1", "x", "GiB", "8XB", "0%", "101%", "1e400", "nan", "inf", "%", "0.0001B"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("100%").unwrap() > read("50%").unwrap());
    }

    #[test]
    fn the_machine_has_some() {
        let default = MemoryBudget::of_machine();
        assert!(default.bytes() > 64 << 20, "{default:?}");
        assert!(default.admit(1).is_ok() && default.admit(u64::MAX).is_err());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_figures() {
        let budget = MemoryBudget::of(20_000_000_000);
        assert_eq!(budget.admit_beside(19_000_000_000, 1_000_000_000), Ok(()));
        let refused = budget.admit_beside(34_000_000_000, 0).unwrap_err();
        assert_eq!(refused.to_string(), "needs 34 GB of 20 GB of memory");
        let refused = budget.admit_beside(18_000_000_000, 3_100_000_000).unwrap_err();
        assert_eq!(refused.to_string(), "needs 18 GB of 20 GB of memory, 3.1 GB of which are taken");
        assert!(budget.admit_beside(u64::MAX, u64::MAX).is_err());
        let small = MemoryBudget::of(52_000_000);
        let refused = small.admit_beside(20_000_000, 68_000_000).unwrap_err();
        assert_eq!(refused.to_string(), "needs 20 MB of 52 MB of memory, 68 MB of which are taken");
        let stage = small.admit_stage(u64::MAX >> 1, || "features of 9 images".to_owned(), "take fewer").unwrap_err();
        assert_eq!(stage.to_string(), "features of 9 images: it needs 9.2 EB of 52 MB of memory");
        assert_eq!(stage.hint(), "take fewer, or raise `--max-memory`, or use a machine with more");
    }

    #[test]
    fn sizes_do_not_overflow() {
        assert_eq!(bytes_of::<f32>(&[3, 5]), 60);
        assert_eq!(bytes_of::<f64>(&[usize::MAX, usize::MAX, 2]), u64::MAX);
        assert_eq!(bytes_of::<f32>(&[usize::MAX, 0]), 0);
    }
}
