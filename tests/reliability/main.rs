//! Trouble made on purpose: the program is tried with whatever goes wrong on a user's worst day, case after case, until
//! the time is up.
//!
//! ```text
//! cargo test --release --test reliability                      # every kind, a few seconds each
//! RAILS_RELIABILITY_SECONDS=7200 cargo test --release --test reliability -- mutations
//! ```
//!
//! | variable | what it says |
//! |---|---|
//! | `RAILS_RELIABILITY_SECONDS` | how long all kinds together may take; without it 110 |
//! | `RAILS_RELIABILITY_SEED` | where the cases begin; without it 1 |
//! | `RAILS_RELIABILITY_CASE` | this case alone, as a failure names it |
//!
//! Every case follows from its number. A failure is one line that repeats it. Before a kind is tried, it must notice a
//! defect that is put into an outcome on purpose.

#![cfg(unix)]

mod disks;
mod disturbed;
mod documents;
mod golden;
mod kills;
mod kills_of_pages;
mod mutations;
mod names;
mod random;
mod requests;
mod tables;
mod tree;
mod trouble;
mod writers;

#[path = "../integration/served.rs"]
#[allow(dead_code, reason = "what the other tests ask of it")]
mod served;
#[path = "../integration/workplace.rs"]
#[allow(dead_code, reason = "what the other tests ask of it")]
mod workplace;

use std::process::ExitCode;
use std::time::Duration;

use trouble::{Budget, Trouble, tried};

/// Gets a kind of trouble ready, its server started and its originals read.
type Start = fn() -> Box<dyn Trouble>;

/// All kinds of trouble, each with the word by which it is chosen. Another one is a file beside this and a line here.
const KINDS: [(&str, Start); 9] = [
    ("kills", || Box::new(kills::Kills::default())),
    ("kills-of-pages", || Box::new(kills_of_pages::KilledPages)),
    ("disks", || Box::new(disks::Disks::new())),
    ("names", || Box::new(names::HostileNames)),
    ("documents", || Box::new(documents::AlteredDocuments::new())),
    ("requests-review", || Box::new(requests::HostileRequests::review())),
    ("requests-explore", || Box::new(requests::HostileRequests::explore())),
    ("mutations-images", || Box::new(mutations::MutatedImages::new())),
    ("mutations-files", || Box::new(tables::MutatedFiles::new())),
];

fn main() -> ExitCode {
    // Flags are for other test runners; words choose kinds.
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name} must be a whole number, not `{text}`")))
    };
    let time = Duration::from_secs(number("RAILS_RELIABILITY_SECONDS").unwrap_or(110));
    let budget = match number("RAILS_RELIABILITY_CASE") {
        Some(case) => Budget { first: case, cases: Some(1), time },
        None => Budget {
            first: number("RAILS_RELIABILITY_SEED").unwrap_or(1),
            cases: None,
            time: time / u32::try_from(KINDS.len()).unwrap_or(1),
        },
    };
    let mut failed = 0;
    for (name, start) in KINDS {
        if asked.is_empty() || asked.iter().any(|word| name.contains(word.as_str())) {
            failed += tried(name, start().as_ref(), &budget);
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
