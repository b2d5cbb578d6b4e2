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

    /// Looks at outcomes with a defect in each, as a program would leave them that fails at this: what the defect is, and
    /// what was found. A kind that finds nothing wrong with one of them is of no use.
    fn defects(&self) -> Vec<(&'static str, Result<(), String>)>;
}

/// Cases to try.
pub struct Budget {
    pub first: u64,
    /// As many as there is time for where this is `None`.
    pub cases: Option<u64>,
    pub time: Duration,
}

/// Failures of one kind at most: a defect that shows in every case is known after a few.
const MOST: u64 = 20;

/// Tries `trouble`, which is called `name`, within `budget`; says what was tried, and of each failure the line that repeats
/// it. The number of failures.
pub fn tried(name: &str, trouble: &dyn Trouble, budget: &Budget) -> u64 {
    let start = Instant::now();
    let defects = trouble.defects();
    for (what, found) in &defects {
        assert!(found.is_err(), "{name} notices nothing of a defect that was put in on purpose: {what}");
    }
    let mut failed = 0;
    let mut case = budget.first;
    while budget
        .cases
        .map_or(case == budget.first || start.elapsed() < budget.time, |cases| case < budget.first + cases)
        && failed < MOST
    {
        // What a test helper finds wrong is told by a panic.
        let outcome = catch_unwind(AssertUnwindSafe(|| trouble.attempt(case))).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(said.unwrap_or("panicked").to_owned())
        });
        if let Err(why) = outcome {
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            println!("RAILS_RELIABILITY_CASE={case} cargo test --release --test reliability -- {name} # {why}");
            failed += 1;
        }
        case += 1;
    }
    let tried = case - budget.first;
    println!(
        "{name}: {} defects noticed, tried {tried} (cases {} to {}), {} clean, {failed} failed, in {:.0?}",
        defects.len(),
        budget.first,
        case.saturating_sub(1),
        tried - failed,
        start.elapsed()
    );
    failed
}
