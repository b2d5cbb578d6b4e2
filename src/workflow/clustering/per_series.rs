//! One clustering per series of frames, all with the same two clusters: 0 is spoiled, 1 usable.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, Axis};
use serde_json::json;

use super::group::{Details, Group};
use super::judging::Judge;
use crate::clusterers::{ClusterError, ClusterSection, Method, agree};
use crate::data::{ClusterId, Clustering, Manifest};
use crate::images::place_in_series;
use crate::progress::{Observer, Stage, Warning};
use crate::report::Grouping;
use crate::workflow::WorkflowError;
use crate::workflow::flux::Flux;

/// Runs every method of `section` on the rows of `x`, shape `[n_images, n_features]`, of each value of `field`.
///
/// A series of fewer frames than a method needs is one cluster.
pub(crate) fn run(
    section: &ClusterSection,
    (field, flux): (&str, &Flux),
    x: ArrayView2<'_, f32>,
    seed: u64,
    judge: &Judge<'_>,
    observer: &dyn Observer,
) -> Result<Vec<Group>, WorkflowError> {
    let series = by_field(judge.manifest, field)?;
    let mut groups = Vec::new();
    for method in &section.methods {
        let stage = observer.stage(Stage::Cluster, series.len());
        let mut labels: Vec<Option<ClusterId>> = vec![None; x.nrows()];
        let mut disagreements: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, rows) in &series {
            let part = x.select(Axis(0), rows);
            let clustering = match section.clusterer(*method).cluster(part.view(), seed) {
                Err(ClusterError::TooFew { .. }) => Clustering::by_first_appearance(rows.iter().map(|_| Some(0))),
                other => other?,
            };
            let transmission: Vec<f32> = rows.iter().map(|&row| flux.transmission[row]).collect();
            let agreed = agree(&clustering, &transmission);
            if let Some(why) = agreed.disagreement {
                disagreements.entry(why).or_default().push(name);
            }
            rows.iter().zip(agreed.labels).for_each(|(&row, label)| labels[row] = label);
            stage.advance(1);
        }
        drop(stage);
        let notes: Vec<String> =
            disagreements.iter().map(|(why, names)| disagreement(*method, why, names, series.len())).collect();
        for disagreement in &notes {
            observer.warn(&Warning::SeriesDisagree { disagreement: disagreement.clone() });
        }
        groups.push(group(*method, Clustering::placed(labels, 2), (field, notes), x, judge, observer));
    }
    Ok(groups)
}

fn disagreement(method: Method, why: &str, names: &[&str], n_series: usize) -> String {
    const NAMED: usize = 5;
    let mut named = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        named.push_str(", …");
    }
    let method = method.title();
    format!(
        "{method}: brightness decides, not the first frame, in {} of {n_series} series: {why}: {named}",
        names.len()
    )
}

fn group(
    method: Method,
    clustering: Clustering,
    (field, notes): (&str, Vec<String>),
    x: ArrayView2<'_, f32>,
    judge: &Judge<'_>,
    observer: &dyn Observer,
) -> Group {
    // Where all frames are usable, or none, the other cluster is empty and has nothing to measure.
    let known: Vec<Option<u32>> = clustering.labels().iter().map(|label| label.map(|id| id.0)).collect();
    let dense = Clustering::by_number(&known);
    let silhouettes = judge.silhouettes(x, &[&dense], observer).pop().flatten();
    let parameters = BTreeMap::from([("fit_per".to_owned(), json!(field))]);
    let (details, metrics) = (Details::Plain, BTreeMap::new());
    let mut group = Group { method, clustering: dense, silhouettes, parameters, metrics, details, notes };
    judge.measure(&mut group, x);
    Group { clustering, ..group }
}

/// The clusters of every series by their names.
///
/// # Panics
/// When the clusters are not those of [`run`].
pub(crate) fn grouping(clustering: &Clustering) -> Grouping {
    let of = clustering.labels().iter().map(|label| label.map(|id| id.0 as usize)).collect();
    Grouping::new(of, &["spoiled", "usable"], "noise")
}

/// Rows per value of `field`, in manifest order. What files and names say of series stands in for the field `dataset`.
fn by_field(manifest: &Manifest, field: &str) -> Result<BTreeMap<String, Vec<usize>>, WorkflowError> {
    let mut series: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, record) in manifest.records.iter().enumerate() {
        let value = match record.fields.get(field) {
            Some(value) => value.clone(),
            None if field == "dataset" => place_in_series(&record.path).0,
            None => {
                let known = manifest.field_names().join(", ");
                return Err(WorkflowError::Usage(format!(
                    "`{}` has no field `{field}` of cluster.fit_per (known: {known})",
                    record.path
                )));
            }
        };
        series.entry(value).or_default().push(row);
    }
    Ok(series)
}
