//! Parts of a page that several commands show.

use serde::Serialize;

use super::WorkflowError;
use crate::recipes::{Recipe, to_toml};
use crate::report::{Figure, PageBlock};
use crate::runs::RunDir;

/// Saves a plot as `plots/<name>.png` of the run and gives it to its page.
pub(crate) fn plot(run: &RunDir, name: &str, caption: &str, figure: &dyn Figure) -> Result<PageBlock, WorkflowError> {
    let path = run.file(&format!("plots/{name}.png"))?;
    figure.save(&path)?;
    PageBlock::plot_file(&path, caption).map_err(WorkflowError::at(&path))
}

/// The lines that make a run again.
pub(crate) fn recipe<R: Recipe + Serialize>(recipe: &R) -> Result<Vec<PageBlock>, WorkflowError> {
    let text = to_toml(recipe).map_err(|error| WorkflowError::failed(error.to_string(), "report this as a bug"))?;
    Ok(vec![PageBlock::Table {
        caption: format!("How to make this run again: {} --config with these lines", R::MODE),
        columns: vec!["recipe".to_owned()],
        rows: text.lines().map(|line| vec![line.to_owned()]).collect(),
    }])
}
