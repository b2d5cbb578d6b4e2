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
    let mut columns = vec![
        Column { name: METHOD.to_owned(), cells: found.labels.iter().map(ToString::to_string).collect() },
        Column::defect(found.labels.iter().map(|v| found.names[*v].clone())),
    ];
    for layer in &found.layers {
        let mut cells = vec![String::new(); n];
        for (&row, label) in layer.rows.iter().zip(layer.clustering.labels()) {
            cells[row] = label.map_or_else(String::new, |id: ClusterId| id.to_string());
        }
        columns.push(Column::layer(&layer.key, cells));
    }
    let rest = &found.inconsistency;
    let mut place = vec![None; n];
    rest.rows.iter().enumerate().for_each(|(at, &row)| place[row] = Some(at));
    columns.push(Column::inconsistency((0..n).map(|row| Some(rest.scores[place[row]?] as f32))));
    let values = measured.embeddings.values();
    for (at, name) in measured.columns.iter().enumerate() {
        columns.push(Column::feature(name, (0..n).map(|row| Some(values[[row, at]]))));
    }
    // Those of the layers again, where the inconsistency looks at them too, are of tiles that were denoised.
    let told = |name: &String| measured.columns.contains(name);
    for (at, name) in context.columns.iter().enumerate() {
        let values = (0..n).map(|row| Some(context.embeddings.values()[[row, at]]));
        columns.push(if told(name) { Column::context_feature(name, values) } else { Column::feature(name, values) });
    }
    for (at, name) in rest.columns.iter().enumerate().filter(|(_, name)| !context.columns.contains(name)) {
        columns.push(Column::feature(name, (0..n).map(|row| Some(rest.values[[place[row]?, at]]))));
    }
    columns.extend(Column::positions(points));
    Ok(images_csv::write(&run.file(images_csv::FILE)?, manifest, &columns)?)
}

/// `proposals.jsonl`: every defect label that has tiles as the name of its cluster.
pub(super) fn proposals(run: &RunDir, found: &Separation) -> Result<(), CommandError> {
    let names = found.names.iter().map(String::as_str).enumerate();
    let used = names.filter(|(label, _)| found.labels.contains(label));
    let path = run.file(proposals_jsonl::FILE)?;
    proposals_jsonl::write(&path, METHOD, used).map_err(CommandError::at(&path))
}
