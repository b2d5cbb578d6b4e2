//! What to look at next: well-aimed questions, and a guess for every image nobody has looked at.
//!
//! ```text
//!  decisions ──▶ Known ──logistic, out of fold──▶ beliefs ──▶ Opinion: class, confidence, suspicion per image
//!  features ───▶ Surroundings (once)               │
//!                                                  ├──▶ naming: clusters unlike what is named, the largest first
//!                                                  └──▶ screens: the least certain of the images predicted alike
//! ```
//!
//! First a few clusters far from each other are named, so that every kind has been seen once. From then on a decision
//! is worth most where labels are probably wrong: screens of images predicted alike, of which the few wrong ones are
//! picked out and the rest accepted at once. `benches/yield/` measures what this comes to.

mod beliefs;
mod clusters;
mod confident;
mod known;
mod naming;
mod opinion;
mod reviewer;
mod screens;
mod surroundings;

pub use clusters::{REVIEW, review_clusters};
pub use opinion::{Kind, Opinion, RowOpinion, SCREEN, Suggestion};
pub use reviewer::Reviewer;

#[cfg(test)]
mod tests;
