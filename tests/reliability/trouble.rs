//! A kind of trouble, and what came of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A kind of trouble. A case is a number; all that is random about it follows from that.
pub trait Trouble {
    /// Makes the case and looks at what the program did.
    ///
    /// # Errors
    /// What was wrong about it, in one line.
    fn attempt(&self, case: u64) -> Result<(), String>;

    /// Looks at an outcome with a defect in it, as a program would leave it that fails at this.
    ///
    /// # Errors
    /// What was wrong: a kind that finds nothing here would find nothing at all.
    fn attempt_with_a_defect(&self) -> Result<(), String>;
}

/// Cases to try.
pub struct Budget {
    pub first: u64,
    /// As many as there is time for where this is `None`.
    pub cases: Option<u64>,
    pub time: Duration,
}

/// Failures of one kind at most: a defect that shows in every case is known after a few.
const MOST: usize = 20;

/// Tries `trouble`, which is called `name`, within `budget`; says what was tried, and gives one line per failure that repeats
/// it.
pub fn tried(name: &str, trouble: &dyn Trouble, budget: &Budget) -> Vec<String> {
    assert!(trouble.attempt_with_a_defect().is_err(), "{name} notices nothing of a defect that was put in on purpose");
    let start = Instant::now();
    let mut failures = Vec::new();
    let mut case = budget.first;
    while budget.cases.map_or(start.elapsed() < budget.time, |cases| case < budget.first + cases)
        && failures.len() < MOST
    {
        // What a test helper finds wrong is told by a panic.
        let outcome = catch_unwind(AssertUnwindSafe(|| trouble.attempt(case))).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(said.unwrap_or("panicked").to_owned())
        });
        if let Err(why) = outcome {
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            failures.push(format!(
                "RAILS_RELIABILITY_CASE={case} cargo test --release --test reliability -- {name} # {why}"
            ));
        }
        case += 1;
    }
    let (tried, failed) = (case - budget.first, failures.len());
    println!(
        "{name}: tried {tried} (cases {} to {}), {} clean, {failed} failed, in {:.0?}",
        budget.first,
        case.saturating_sub(1),
        tried - failed as u64,
        start.elapsed()
    );
    failures
}
