//! Numbers that say how odd an image is.

mod lof;

pub use lof::{Lof, LofScores};
