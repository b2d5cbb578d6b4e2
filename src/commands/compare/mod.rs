//! Results side by side, and two runs image by image.

mod page;
mod pair;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde::Serialize;
use serde_json::Value;

pub use pair::Pair;

use super::CommandError;
use crate::atomic_file::{self, Prepared};
use crate::data::path_text;
use crate::files::predictions_csv::{self, RecordedPredictions};
use crate::files::{Results, changes_csv, own_output, results_json};
use crate::images::DepthRange;
use crate::progress::{Observer, Warning};
use crate::report::{Figure, GroupedBars};
use crate::runs::read_json;
use crate::workflow::Workspace;
use page::ComparePage;

/// Any number of results in one table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// A name per run, unique.
    pub runs: Vec<String>,
    /// The command that made it, such as `train`, per run.
    pub kinds: Vec<String>,
    /// Per metric (by dotted path): its value in each run.
    pub metrics: BTreeMap<String, Vec<Option<f64>>>,
    /// Settings that are not the same in all runs: the value in each run as text.
    pub differences: BTreeMap<String, Vec<String>>,
    /// The bar chart, where one was drawn.
    #[serde(serialize_with = "path_text::serde_optional_text::serialize")]
    pub plot: Option<PathBuf>,
    /// The page.
    #[serde(serialize_with = "path_text::serde_text::serialize")]
    pub html: PathBuf,
    /// Two runs that judged images, image by image.
    pub pair: Option<Pair>,
    /// The table of images that the two call differently, where there are some.
    #[serde(serialize_with = "path_text::serde_optional_text::serialize")]
    pub changes: Option<PathBuf>,
    /// Images that all runs judged, where there are more than two.
    pub shared: Option<usize>,
}

/// Metrics on one scale, for the bar chart and the head of the table.
pub const HEADLINE: [&str; 10] = [
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "kappa",
    "mcc",
    "kmeans.silhouette",
    "kmeans.purity",
    "dbscan.silhouette",
    "dbscan.noise_ratio",
    "explained_variance",
];

/// Reads `results` (files, or run or checkpoint folders; without any, every run), draws their bar chart to `plot` and
/// writes a page to `html`, or beside the chart. Two runs that judged images are compared image by image, and the
/// images they call differently are listed in a table beside the page.
///
/// # Errors
/// When there is nothing to compare, a file is no results.json, or the disk refuses.
pub fn compare(
    results: &[PathBuf],
    plot: &Path,
    html: Option<&Path>,
    workspace: &Workspace,
    observer: &dyn Observer,
) -> Result<Compared, CommandError> {
    if plot.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("png")) {
        return Err(CommandError::usage(format!("the bar chart is a PNG, call it so: `{}`", plot.display())));
    }
    let files = if results.is_empty() { all_results(&workspace.runs)? } else { files_of(results, workspace)? };
    let read = files.iter().map(|file| Results::read(file)).collect::<Result<Vec<_>, _>>()?;
    let runs = names(&read, &files);
    let flat: Vec<BTreeMap<String, f64>> = read.iter().map(Results::flat_metrics).collect();
    let keys: BTreeSet<&String> = flat.iter().flat_map(BTreeMap::keys).collect();
    let metrics: BTreeMap<String, Vec<Option<f64>>> = keys
        .into_iter()
        .map(|key| (key.clone(), flat.iter().map(|metrics| metrics.get(key).copied()).collect()))
        .collect();
    let bars = bars(&metrics, runs.len());
    let judged = files.iter().map(|file| predictions_beside(file)).collect::<Result<Vec<_>, _>>()?;
    let html = html.map_or_else(|| plot.with_extension("html"), Path::to_owned);
    let mut written = Vec::new();
    // What an earlier comparison left under these names would pass for this one's.
    let mut outdated = Vec::new();
    if let Some((metrics, values)) = &bars {
        let png = GroupedBars { title: "Runs compared", metrics, runs: &runs, values: values.view() }.png()?;
        written.push(prepared(plot, |file| file.write_all(&png))?);
    } else if starts(plot, own_output::is_plot) {
        outdated.push(plot.to_owned());
    }
    let mut compared = Compared {
        kinds: read.iter().map(|results| results.kind.clone()).collect(),
        differences: differences(&read),
        plot: bars.is_some().then(|| plot.to_owned()),
        html,
        pair: None,
        changes: None,
        shared: None,
        runs,
        metrics,
    };
    let mut depth = DepthRange::default();
    // Only two runs are compared image by image; of more only the number of common images is given.
    match judged.as_slice() {
        [Some(first), Some(second)] => {
            depth = depth_of(&files[1]);
            let pair = Pair::of(first, second, [&compared.runs[0], &compared.runs[1]]);
            if pair.shared == 0 {
                let [first, second] = [0, 1].map(|at| compared.runs[at].clone());
                observer.warn(&Warning::NothingShared { first, second });
            }
            compared.pair = Some(pair);
        }
        [_, _, _, ..] => compared.shared = shared(&judged),
        _ => {}
    }
    let stem = compared.html.file_stem().unwrap_or_default().to_string_lossy();
    let changes = compared.html.with_file_name(format!("{stem}_changes.csv"));
    if let Some(pair) = compared.pair.as_ref().filter(|pair| !pair.changes.is_empty()) {
        written.push(prepared(&changes, |file| pair.write_changes(file))?);
        compared.changes = Some(changes);
    } else if starts(&changes, changes_csv::is_of) {
        outdated.push(changes);
    }
    let bars = bars.as_ref().map(|(names, values)| (names.as_slice(), values.view()));
    let page = ComparePage { compared: &compared, results: &read, bars, pair: compared.pair.as_ref(), depth };
    let page = page.report()?;
    // Last, as it speaks of the others.
    written.push(prepared(&compared.html, |file| page.render(file))?);
    for path in outdated {
        fs::remove_file(&path).map_err(CommandError::at(&path))?;
    }
    atomic_file::appear(written).map_err(CommandError::at(&compared.html))?;
    Ok(compared)
}

/// Whether the first bytes of the file at `path` are of a kind.
fn starts(path: &Path, is_of: impl Fn(&[u8]) -> bool) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(1024).read_to_end(&mut start));
    read.is_ok() && is_of(&start)
}

/// Images that all runs judged; `None` where one of them judged none.
fn shared(judged: &[Option<RecordedPredictions>]) -> Option<usize> {
    let (first, rest) = judged.split_first()?;
    let first = first.as_ref()?;
    let rest = rest.iter().map(Option::as_ref).collect::<Option<Vec<_>>>()?;
    Some(first.images.keys().filter(|id| rest.iter().all(|other| other.images.contains_key(id))).count())
}

/// The predictions beside a results.json; `None` where the run judged no images.
fn predictions_beside(results: &Path) -> Result<Option<RecordedPredictions>, CommandError> {
    let path = results.with_file_name(predictions_csv::FILE);
    Ok(if path.is_file() { Some(predictions_csv::read(&path)?) } else { None })
}

/// The brightness scale that the run or checkpoint beside a results.json recorded; shown in full where neither did.
fn depth_of(results: &Path) -> DepthRange {
    let beside = |name: &&str| read_json::<Value>(&results.with_file_name(name)).ok();
    let recorded = ["run.json", "bundle.json"].iter().find_map(beside);
    let depth = recorded.and_then(|record| record.get("features")?.get("depth").cloned());
    depth.and_then(|depth| serde_json::from_value(depth).ok()).unwrap_or_default()
}

/// What will lie at `path`; folders above it are made.
fn prepared(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Prepared, CommandError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(CommandError::at(folder))?;
    }
    Prepared::new(path, content).map_err(CommandError::at(path))
}

fn all_results(runs: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let mut files: Vec<PathBuf> = fs::read_dir(runs)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "partial"))
        .map(|path| path.join(results_json::FILE))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(CommandError::failed(
            format!("no results yet under `{}`", runs.display()),
            "make some with `rails cluster` or `rails train`",
        ));
    }
    Ok(files)
}

fn files_of(results: &[PathBuf], workspace: &Workspace) -> Result<Vec<PathBuf>, CommandError> {
    let find = |path: &PathBuf| {
        let folders = [path.clone(), workspace.runs.join(path), workspace.checkpoints.join(path)];
        [path.clone()]
            .into_iter()
            .chain(folders.map(|folder| folder.join(results_json::FILE)))
            .find(|candidate| candidate.is_file())
            .ok_or_else(|| {
                CommandError::failed(
                    format!("no results.json: `{}`", path.display()),
                    "give runs or checkpoints, by name or folder, or results.json files",
                )
            })
    };
    results.iter().map(find).collect()
}

/// The name of each run; where two share it, the folder of the file.
fn names(results: &[Results], files: &[PathBuf]) -> Vec<String> {
    let folder = |file: &PathBuf| {
        let parent = file.parent().and_then(Path::file_name);
        path_text::to_text(parent.unwrap_or(file.as_os_str()))
    };
    let unique = results.iter().map(|r| &r.name).collect::<BTreeSet<_>>().len() == results.len();
    let pairs = results.iter().zip(files);
    pairs.map(|(results, file)| if unique { results.name.clone() } else { folder(file) }).collect()
}

/// Settings that differ between recipes of the same kind; a kind that lacks a setting does not differ in it.
fn differences(results: &[Results]) -> BTreeMap<String, Vec<String>> {
    let flat: Vec<BTreeMap<String, String>> = results
        .iter()
        .map(|results| {
            let mut settings = BTreeMap::new();
            flatten(String::new(), &results.config, &mut settings);
            settings
        })
        .collect();
    let keys: BTreeSet<&String> = flat.iter().flat_map(BTreeMap::keys).collect();
    keys.into_iter()
        .map(|key| {
            let values: Vec<String> =
                flat.iter().map(|settings| settings.get(key).cloned().unwrap_or_default()).collect();
            (key.clone(), values)
        })
        .filter(|(_, values)| {
            let mut by_kind: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for (results, value) in results.iter().zip(values) {
                by_kind.entry(&results.kind).or_default().insert(value);
            }
            by_kind.values().any(|values| values.len() > 1)
        })
        .collect()
}

fn flatten(path: String, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(path, value, into);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(into.insert(path, text.clone())),
        other => drop(into.insert(path, other.to_string())),
    }
}

/// The headline metrics there are, and their values, shape `[metrics, runs]`, NaN where a run lacks one.
fn bars(metrics: &BTreeMap<String, Vec<Option<f64>>>, n_runs: usize) -> Option<(Vec<String>, Array2<f64>)> {
    let shown: Vec<String> =
        HEADLINE.iter().filter(|name| metrics.contains_key(**name)).map(|name| (*name).to_owned()).collect();
    let value = |(row, run): (usize, usize)| metrics[&shown[row]][run].unwrap_or(f64::NAN);
    (!shown.is_empty()).then(|| (shown.clone(), Array2::from_shape_fn((shown.len(), n_runs), value)))
}

/// Whether more of a metric is better, `None` where neither is.
#[must_use]
pub fn more_is_better(metric: &str) -> Option<bool> {
    let last = metric.rsplit('.').next().unwrap_or(metric);
    match last {
        "log_loss" | "log_loss_before" | "ece" | "ece_before" | "davies_bouldin" | "inertia" | "noise_ratio" => {
            Some(false)
        }
        "roc_auc"
        | "average_precision"
        | "accuracy_with_unknown_classes"
        | "accuracy"
        | "balanced_accuracy"
        | "macro_f1"
        | "kappa"
        | "mcc"
        | "precision"
        | "recall"
        | "f1"
        | "silhouette"
        | "calinski_harabasz"
        | "purity"
        | "nmi"
        | "ari"
        | "hungarian_accuracy"
        | "stability" => Some(true),
        _ => None,
    }
}
