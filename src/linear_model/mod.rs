//! Logistic regression, taken to its optimum.

mod lbfgs;
mod logistic_regression;

pub use lbfgs::Stop;
pub use logistic_regression::LogisticRegression;
