//! Labelled images as an `ImageFolder`: one folder per class, the removed ones under `_removed/<reason>/`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::CommandError;
use crate::curation::Curation;
use crate::runs::{ImagesTable, Placement, Placer, RunDir, safe_name};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// The folder.
    pub output: String,
    /// Images per class.
    pub classes: BTreeMap<String, usize>,
    /// Images per reason.
    pub removed: BTreeMap<String, usize>,
    /// Images that have neither class nor removal and were left out.
    pub unlabelled: usize,
    /// Images whose file is gone.
    pub missing: Vec<String>,
}

/// Writes the images of `table` under `output`, which appears whole or not at all.
pub(super) fn export(
    table: &ImagesTable,
    root: &Path,
    state: &Curation,
    output: &Path,
    how: Placement,
) -> Result<ExportSummary, CommandError> {
    if output.exists() {
        return Err(CommandError::failed(
            format!("the output exists: `{}`", output.display()),
            "choose another folder, or remove this one",
        ));
    }
    if state.labels.is_empty() && state.removed.is_empty() {
        return Err(CommandError::failed(
            "nothing is labelled or removed yet",
            "take decisions first: `rails curate --apply FILE`, or sort the cluster folders and `--from-folders`",
        ));
    }
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let folder = RunDir::exactly(parent, &name)?;
    let mut summary = ExportSummary {
        output: output.display().to_string(),
        classes: BTreeMap::new(),
        removed: BTreeMap::new(),
        unlabelled: 0,
        missing: Vec::new(),
    };
    let mut placers: BTreeMap<String, Placer> = BTreeMap::new();
    for row in &table.rows {
        let label = state.labels.get(&row.id);
        let removed = state.removed.get(&row.id);
        let target = match (label, removed) {
            (Some(label), _) => safe_name(&label.class),
            (None, Some(removed)) => format!("_removed/{}", safe_name(reason(&removed.reason))),
            (None, None) => {
                summary.unlabelled += 1;
                continue;
            }
        };
        let source = root.join(&row.path);
        if !source.is_file() {
            summary.missing.push(row.path.clone());
            continue;
        }
        // By folder, since names that differ in letter case may become the same folder.
        let key = target.to_lowercase();
        if !placers.contains_key(&key) {
            placers.insert(key.clone(), Placer::new(&folder.path().join(&target), how)?);
        }
        if let Some(placer) = placers.get_mut(&key) {
            placer.place(&source, row.id)?;
        }
        match (label, removed) {
            (Some(label), _) => *summary.classes.entry(label.class.clone()).or_default() += 1,
            (None, Some(removed)) => *summary.removed.entry(reason(&removed.reason).to_owned()).or_default() += 1,
            (None, None) => {}
        }
    }
    folder.finish()?;
    Ok(summary)
}

fn reason(text: &str) -> &str {
    if text.is_empty() { "no reason given" } else { text }
}
