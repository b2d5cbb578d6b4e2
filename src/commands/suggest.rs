//! What to look at next, without the page, and how far the labels of a run are to be trusted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::curate::{Trust, write_tables};
use super::run_features::run_features;
use super::{CommandError, Curator, Workspace};
use crate::curation::{Curation, Opinion, REVIEW, Reviewer, Source, Suggestion, review_clusters};
use crate::data::{ClusterId, Fraction};
use crate::progress::{Event, Observer};
use crate::runs::write_whole;

/// A suggestion as `rails curate --suggest` prints it: its clusters are those of `method`, its rows are `images`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggested {
    #[serde(flatten)]
    suggestion: Suggestion,
    /// What decisions on the clusters have to name.
    method: &'static str,
    /// Paths of the images, in the order to look at them.
    images: Vec<String>,
}

/// The first `n` suggestions for the run meant by `run`, as the review page has them.
///
/// # Errors
/// When there is no such run, or its features cannot be had any more.
pub fn suggest(
    run: Option<&Path>,
    n: usize,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<Vec<Suggested>, CommandError> {
    let mut curator = Curator::open(run, workspace)?;
    let opinion = opinion(&mut curator, workspace, observer)?;
    let rows = &curator.table().rows;
    let suggested = |suggestion: &Suggestion| Suggested {
        suggestion: suggestion.clone(),
        method: REVIEW,
        images: suggestion.rows.iter().map(|&row| rows[row].path.clone()).collect(),
    };
    Ok(opinion.next(n).iter().map(suggested).collect())
}

/// Keeps with the run how sure the class of an image nobody decided on has to be for labels.csv; `None`: it is not in it.
///
/// # Errors
/// When the disk refuses.
pub fn propagate(run: Option<&Path>, least: Option<Fraction>, workspace: &Workspace) -> Result<(), CommandError> {
    let path = propagation(Curator::open(run, workspace)?.folder());
    let Some(least) = least else {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(CommandError::at(&path)(error)),
            _ => Ok(()),
        };
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(CommandError::at(folder))?;
    Ok(write_whole(&path, format!("{}\n", least.get()).as_bytes())?)
}

/// Brings labels.csv up to the log, each label weighted by how far the others confirm it. Where the features of the run
/// cannot be had any more, which is told as a warning, labels of named clusters count fully.
///
/// # Errors
/// When the table cannot be written.
pub fn weigh(run: Option<&Path>, workspace: &Workspace, observer: &dyn Observer) -> Result<(), CommandError> {
    let mut curator = Curator::open(run, workspace)?;
    let state = curator.state();
    let least = least_confidence(curator.folder())?;
    let sure = state.labels.values().all(|label| label.source != Source::NamedCluster);
    let trust = if state.labels.is_empty() || (sure && least.is_none()) {
        Trust::default()
    } else {
        match opinion(&mut curator, workspace, observer) {
            Ok(opinion) => trust(&opinion, &curator, &state, least),
            Err(error) => {
                let text = format!("labels of named clusters are not weighted: {error}");
                observer.on(Event::Warning { text: &text });
                Trust::default()
            }
        }
    };
    write_tables(curator.folder(), curator.table(), &state, &trust)
}

fn opinion(curator: &mut Curator, workspace: &Workspace, observer: &dyn Observer) -> Result<Opinion, CommandError> {
    let run = curator.run();
    let x = run_features(curator.folder(), run, curator.table(), run.device, workspace, observer)?;
    if !curator.methods().iter().any(|method| method == REVIEW) {
        let clustering = review_clusters(x.view(), curator.run().seed);
        curator.add_review(clustering)?;
    }
    let ids = curator.table().rows.iter().map(|row| row.id).collect();
    let state = curator.state();
    Ok(Reviewer::new(x, ids).opinion(&state, &clusters_now(curator, &state)))
}

/// The review cluster of each row after merges and splits.
fn clusters_now(curator: &Curator, state: &Curation) -> Vec<Option<ClusterId>> {
    let table = curator.table();
    let mut clusters = table.clusterings.get(REVIEW).map_or_else(Vec::new, |found| found.labels().to_vec());
    let changed = state.clusters.iter().filter(|((run, method, _), _)| run == curator.name() && method == REVIEW);
    let of_image: BTreeMap<_, _> =
        changed.flat_map(|((_, _, cluster), images)| images.iter().map(move |image| (*image, *cluster))).collect();
    for (cluster, row) in clusters.iter_mut().zip(&table.rows) {
        *cluster = of_image.get(&row.id).copied().or(*cluster);
    }
    clusters
}

fn trust(opinion: &Opinion, curator: &Curator, state: &Curation, least: Option<f64>) -> Trust {
    let rows = &curator.table().rows;
    let open = |row: usize| !state.labels.contains_key(&rows[row].id) && !state.removed.contains_key(&rows[row].id);
    let propagated = (0..rows.len())
        .filter(|&row| open(row) && least.is_some_and(|least| f64::from(opinion.rows[row].confidence) >= least))
        .filter_map(|row| Some((row, opinion.classes[opinion.rows[row].class?].clone())))
        .collect();
    let weight = |row| opinion.weight(row, Source::NamedCluster);
    Trust { guessed: (0..rows.len()).map(weight).collect(), propagated }
}

fn propagation(folder: &Path) -> PathBuf {
    folder.join("curation/propagate")
}

fn least_confidence(folder: &Path) -> Result<Option<f64>, CommandError> {
    let path = propagation(folder);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CommandError::at(&path)(error)),
    };
    text.trim().parse().map(Some).map_err(|_| {
        CommandError::failed(
            format!("expected a number from 0 to 1: `{}`", path.display()),
            "say it again: `rails curate --propagate 0.9` or `--no-propagate`",
        )
    })
}
