//! Distances between rows and products of matrices: what every clusterer, reducer and metric shares.

mod product;

pub use product::{Element, multiply};
