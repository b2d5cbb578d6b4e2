//! Classifiers on feature vectors: each has a recipe, a fit, and plain arrays that classify and can be stored.
//!
//! | `kind` | recipe | fitted by | stored as |
//! |---|---|---|---|
//! | `mlp` | [`MlpRecipe`] | Adam, epoch by epoch (`mlp/`) | [`Head`] |
//! | `linear` | [`LinearRecipe`] | L-BFGS to the optimum (`linear.rs`) | [`Head`] of one layer |
//! | `knn` | [`KnnRecipe`] | keeping the training images (`knn.rs`) | [`Knn`] |

mod classifier;
mod grad_cam;
mod head;
mod head_file;
mod knn;
mod knn_file;
pub(super) mod linear;
pub(super) mod mlp;
mod recipe;
mod trained;

pub use classifier::Classifier;
pub use grad_cam::heat_map;
pub use head::{DenseLayer, Head, confidences, most_likely, softmax};
pub use knn::{Knn, KnnRecipe, Votes};
pub use linear::LinearRecipe;
pub use mlp::MlpRecipe;
pub use recipe::ClassifierRecipe;
pub use trained::{Epoch, StopReason, Trained};
