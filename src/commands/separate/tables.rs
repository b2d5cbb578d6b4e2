//! images.csv with every feature, and the proposals that `rails curate --apply` takes.

use ndarray::ArrayView2;

use super::METHOD;
use crate::commands::CommandError;
use crate::data::{ClusterId, Manifest};
use crate::files::{Column, images_csv, proposals_jsonl};
use crate::runs::RunDir;
use crate::separation::Separation;
use crate::workflow::feature_extraction::ExtractedFeatures;

/// A row per tile: defect label as number (`layers`) and as word, cluster per layer it came to, inconsistency, every
/// feature alone and beside the others, position in the map. Cells are empty where a tile did not come to a layer.
pub(super) fn images_csv(
    run: &RunDir,
    manifest: &Manifest,
    [measured, context]: [&ExtractedFeatures; 2],
    found: &Separation,
    points: ArrayView2<'_, f32>,
) -> Result<(), CommandError> {
    let n = manifest.records.len();
    let number = |name: &str, of: &dyn Fn(usize) -> Option<f32>| Column::of_numbers(name, (0..n).map(of));
    let mut columns = vec![
        Column { name: METHOD.to_owned(), cells: found.labels.iter().map(ToString::to_string).collect() },
        Column { name: "defect".to_owned(), cells: found.labels.iter().map(|v| found.names[*v].clone()).collect() },
    ];
    for layer in &found.layers {
        let mut cells = vec![String::new(); n];
        for (&row, label) in layer.rows.iter().zip(layer.clustering.labels()) {
            cells[row] = label.map_or_else(String::new, |id: ClusterId| id.to_string());
        }
        columns.push(Column { name: format!("{}_cluster", layer.key), cells });
    }
    let rest = &found.inconsistency;
    let mut place = vec![None; n];
    rest.rows.iter().enumerate().for_each(|(at, &row)| place[row] = Some(at));
    columns.push(number("inconsistency", &|row| Some(rest.scores[place[row]?] as f32)));
    let values = measured.embeddings.values();
    for (at, name) in measured.columns.iter().enumerate() {
        columns.push(number(name, &|row| Some(values[[row, at]])));
    }
    // Those of the layers again, where the inconsistency looks at them too, are of tiles that were denoised.
    let told = |name: &String| measured.columns.contains(name);
    for (at, name) in context.columns.iter().enumerate() {
        let name = if told(name) { format!("context_{name}") } else { name.clone() };
        columns.push(number(&name, &|row| Some(context.embeddings.values()[[row, at]])));
    }
    for (at, name) in rest.columns.iter().enumerate().filter(|(_, name)| !context.columns.contains(name)) {
        columns.push(number(name, &|row| Some(rest.values[[place[row]?, at]])));
    }
    columns.push(number("x", &|row| Some(points[[row, 0]])));
    columns.push(number("y", &|row| Some(points[[row, 1]])));
    let fields = manifest.field_names();
    if let Some(clash) = fields.iter().find(|field| columns.iter().any(|column| column.name == **field)) {
        return Err(CommandError::usage(format!(
            "the name field `{clash}` is called like a column of images.csv: call it otherwise in dataset.naming"
        )));
    }
    Ok(images_csv::write(&run.file(images_csv::FILE)?, manifest, &columns)?)
}

/// `proposals.jsonl`: every defect label that has tiles as the name of its cluster.
pub(super) fn proposals(run: &RunDir, found: &Separation) -> Result<(), CommandError> {
    let names = found.names.iter().map(String::as_str).enumerate();
    let used = names.filter(|(label, _)| found.labels.contains(label));
    let path = run.file(proposals_jsonl::FILE)?;
    proposals_jsonl::write(&path, METHOD, used).map_err(CommandError::at(&path))
}
