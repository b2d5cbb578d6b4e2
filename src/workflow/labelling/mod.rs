//! Applies decisions to a run and keeps `labels.csv` and `removed.csv` in step with the log.

mod export;
mod import;
mod label_tables;
mod label_weights;
mod propagation;
mod summary;

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use export::{ExportFormat, ExportSummary};
pub use import::LabelImport;
pub(crate) use label_tables::{LabelWeights, write_tables};
pub(crate) use label_weights::predictions;
pub use label_weights::weigh;
pub(crate) use propagation::keep_least_confidence;
pub use summary::CurateSummary;

use super::run_features::run_features;
use super::run_images::locate;
use super::{Context, WorkflowError, Workspace};
use crate::curation::{
    ApplyError, Curation, Decision, DecisionLog, Emptied, FolderImage, LogEntry, LogError, LogLock, REVIEW, Request,
    folder_edits, is_repeated, next_instant, parse_requests, replay,
};
use crate::data::{ClusterId, Clustering, ImageId, path_text};
use crate::files::{ImageRow, ImagesTable, images_csv, review_csv};
use crate::progress::Observer;
use crate::runs::{Provenance, RunError, RunKind};
pub(crate) use export::export;

/// Where the run in `folder` keeps what people decided; made where it is missing, though never with the run folder.
///
/// # Errors
/// When the run is gone or the disk refuses.
fn curation_folder(folder: &Path) -> Result<PathBuf, WorkflowError> {
    let curation = folder.join("curation");
    match fs::create_dir(&curation) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(LogError::RunGone(folder.to_owned()).into()),
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(WorkflowError::at(&curation)(error)),
        _ => Ok(curation),
    }
}

/// A run that people decide on.
#[derive(Debug)]
pub struct Curator {
    folder: PathBuf,
    name: String,
    run: Provenance,
    /// As run.json has it: the images may have been found elsewhere.
    written: Provenance,
    table: Arc<ImagesTable>,
    /// Methods whose clusters decisions can name; the first is meant where none is named.
    methods: Vec<String>,
    /// Images by path and by id, once somebody asks for one.
    by_name: OnceLock<HashMap<String, ImageId>>,
    log: DecisionLog,
    runs: PathBuf,
}

impl Curator {
    /// Opens the run meant by `run` (see [`Workspace::run`]).
    ///
    /// # Errors
    /// When there is no such run, or its files are damaged.
    pub fn open(run: Option<&Path>, workspace: &Workspace) -> Result<Self, WorkflowError> {
        let folder = workspace.run(run, &RunKind::CLUSTERED)?;
        Self::open_folder(folder, &workspace.runs, workspace.images.as_deref())
    }

    /// `images` is where the run's images lie, for who knows better than the run.
    fn open_folder(folder: PathBuf, runs: &Path, images: Option<&Path>) -> Result<Self, WorkflowError> {
        let written = Provenance::read(&folder)?;
        let mut run = written.clone();
        if !run.command.is_clustered() {
            return Err(RunError::NotARun { kind: "cluster", missing: "clusters", path: folder }.into());
        }
        if run.command == RunKind::Patches && !folder.join(images_csv::FILE).is_file() {
            return Err(WorkflowError::failed(
                format!(
                    "an earlier version made this run over patches, without the {} that lists them as images: `{}`",
                    images_csv::FILE,
                    folder.display()
                ),
                "run `rails patches` with the same recipe again: the new run can be curated, trained on and assigned to",
            ));
        }
        let mut table = ImagesTable::read(&folder.join(images_csv::FILE), &run.methods, &run.dataset.field_names)?;
        // Decisions need no images: where they are gone, the run's own word stays.
        if let Some(root) = locate(&folder, &run, &table.rows, images)? {
            run.dataset.root = root;
        }
        let review = folder.join("curation").join(review_csv::FILE);
        if review.is_file() {
            let clustering = review_csv::read(&review, &table.rows)?;
            table.clusterings.insert(REVIEW.to_owned(), clustering);
        }
        let log = DecisionLog::open(&folder.join("curation/decisions.jsonl"))?;
        // A folder given as `.` still has a name that decisions can record.
        let whole = fs::canonicalize(&folder).map_err(WorkflowError::at(&folder))?;
        let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut methods = run.methods.clone();
        methods.extend(table.clusterings.contains_key(REVIEW).then(|| REVIEW.to_owned()));
        let (table, by_name) = (Arc::new(table), OnceLock::new());
        Ok(Self { folder, name, run, written, table, methods, by_name, log, runs: runs.to_owned() })
    }

    /// Replays the log into labels and removals.
    #[must_use]
    pub fn state(&self) -> Curation {
        replay(self.log.entries(), &|method, cluster| self.table.members(method, cluster))
    }

    /// Appends the decisions of a file of JSON lines, all or none, after what others decided meanwhile. A file that is in
    /// the log already and would change nothing is not appended again: so it can be given again after a crash.
    ///
    /// # Errors
    /// When a line cannot be taken; then nothing of the file is.
    pub fn apply(&mut self, file: &Path, by: &str) -> Result<CurateSummary, WorkflowError> {
        let text = fs::read_to_string(file).map_err(WorkflowError::at(file))?;
        let lock = self.log.lock()?;
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        let members = |method: &str, cluster| self.table.members(method, cluster);
        let read = |before: &[LogEntry]| self.parse_after(before, &text, file).ok();
        if lines > 0 && is_repeated(self.log.entries(), lines, &members, read) {
            let summary = self.take(&lock, Vec::new(), by, Vec::new())?;
            return Ok(CurateSummary { known_decisions: lines, ..summary });
        }
        let decisions =
            self.parse(&text, file).map_err(|source| WorkflowError::Apply { path: file.to_owned(), source })?;
        self.take(&lock, decisions, by, Vec::new())
    }

    /// Decisions as JSON lines, checked; `file` is where they were found, for the runs beside it.
    ///
    /// # Errors
    /// The first line that cannot be taken.
    pub(crate) fn parse(&self, text: &str, file: &Path) -> Result<Vec<Decision>, ApplyError> {
        self.parse_after(self.log.entries(), text, file)
    }

    /// The same where the log is still `entries`.
    fn parse_after(&self, entries: &[LogEntry], text: &str, file: &Path) -> Result<Vec<Decision>, ApplyError> {
        let by_name = self.by_name.get_or_init(|| {
            let names = |row: &ImageRow| [(row.path.clone(), row.id), (row.id.to_string(), row.id)];
            self.table.rows.iter().flat_map(names).collect()
        });
        let request = Request {
            run: &self.name,
            methods: &self.methods,
            entries,
            find: &|name| by_name.get(name.trim_start_matches("./")).copied(),
            members: &|method, cluster| self.table.members(method, cluster),
            foreign: &|run, method, cluster| self.foreign_members(file, run, method, cluster),
        };
        parse_requests(text, &request)
    }

    /// Writes decisions into the log; once this returns they are on the disk.
    ///
    /// # Errors
    /// When the disk refuses, the run is gone or another process wrote into the log; then none of them counts.
    pub(crate) fn append(&mut self, decisions: Vec<Decision>, by: &str) -> Result<(), LogError> {
        self.check_place()?;
        let at = next_instant(self.log.entries());
        self.log.append(decisions, &at, by)
    }

    /// Keeps the clustering that people review with the run.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn add_review(&mut self, clustering: Clustering) -> Result<(), WorkflowError> {
        let curation = curation_folder(&self.folder)?;
        review_csv::write(&curation.join(review_csv::FILE), &self.table.rows, &clustering)?;
        Arc::make_mut(&mut self.table).clusterings.insert(REVIEW.to_owned(), clustering);
        self.methods.push(REVIEW.to_owned());
        Ok(())
    }

    /// Methods whose clusters decisions can name.
    pub(crate) fn methods(&self) -> &[String] {
        &self.methods
    }

    /// Reads what other processes decided meanwhile, and says whether there was something.
    ///
    /// # Errors
    /// When the run is not there any more, or its log lacks what was in it.
    pub(crate) fn reload(&mut self) -> Result<bool, LogError> {
        self.check_place()?;
        self.log.reload()
    }

    /// Makes sure that the folder still holds the run that was opened.
    fn check_place(&self) -> Result<(), LogError> {
        match Provenance::read(&self.folder) {
            Ok(run) if run == self.written => Ok(()),
            _ => Err(LogError::RunGone(self.folder.clone())),
        }
    }

    /// Every decision so far.
    pub(crate) fn entries(&self) -> &[LogEntry] {
        self.log.entries()
    }

    /// The run's images and clusterings.
    pub(crate) fn table(&self) -> &Arc<ImagesTable> {
        &self.table
    }

    /// Provenance of the run.
    pub(crate) fn run(&self) -> &Provenance {
        &self.run
    }

    /// The reduced features that the run clustered, `[n_images, n_components]` in the order of its images.
    ///
    /// # Errors
    /// When they cannot be had any more.
    pub(crate) fn features(&self, context: &Context<'_>) -> Result<ndarray::Array2<f32>, WorkflowError> {
        run_features(&self.folder, &self.run, &self.table, context)
    }

    /// The run's folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The run's name, as decisions record it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes over what was done to the cluster folders with a file manager; `emptied` is what becomes of clusters that are
    /// gone from them as a whole.
    ///
    /// # Errors
    /// When the folders cannot be read.
    pub fn apply_folders(&mut self, by: &str, emptied: Emptied) -> Result<CurateSummary, WorkflowError> {
        if self.run.features.slices.is_some() {
            return Err(WorkflowError::failed(
                format!("patches are no files, and lie in no cluster folders: `{}`", self.folder.display()),
                "decide on the page that `rails curate` opens, or with `--apply decisions.jsonl`",
            ));
        }
        let lock = self.log.lock()?;
        let state = self.state();
        let mut decisions = Vec::new();
        let mut open = Vec::new();
        for method in &self.run.methods {
            let root = self.folder.join("clusters").join(method);
            if !root.is_dir() {
                continue;
            }
            let clustering = &self.table.clusterings[method];
            let images: Vec<FolderImage> = self
                .table
                .rows
                .iter()
                .zip(clustering.labels())
                // Frames lie in no folder, and so none of them was moved or removed.
                .filter(|(row, _)| !row.is_part())
                .map(|(row, cluster)| FolderImage {
                    id: row.id,
                    cluster: *cluster,
                    source: self.run.dataset.root.join(path_text::to_path(&row.path)),
                })
                .collect();
            let edits = folder_edits(&root, &self.name, method, &images, self.log.entries(), &state, emptied)?;
            decisions.extend(edits.decisions);
            open.extend(edits.open);
        }
        self.take(&lock, decisions, by, open)
    }

    /// Takes over the labels of `source`, a label table or a folder with one subfolder per class. What is decided
    /// already is not decided again.
    ///
    /// # Errors
    /// When it cannot be read, or a class has no usable name; then nothing of it is taken.
    pub fn import(
        &mut self,
        source: &Path,
        by: &str,
        observer: &dyn Observer,
    ) -> Result<(LabelImport, CurateSummary), WorkflowError> {
        let found = import::read(source, &self.table, &self.run.dataset.root, observer)?;
        let lock = self.log.lock()?;
        let (decisions, imported) = found.decisions(source, &self.state());
        Ok((imported, self.take(&lock, decisions, by, Vec::new())?))
    }

    /// Writes what was decided for other programs, the removed images apart.
    ///
    /// # Errors
    /// When `output` exists or cannot be written.
    pub fn export(&self, output: &Path, format: ExportFormat) -> Result<ExportSummary, WorkflowError> {
        export(&self.table, &self.run.dataset.root, &self.state(), output, format)
    }

    /// Where things stand, with nothing new.
    #[must_use]
    pub fn summary(&self) -> CurateSummary {
        self.summarise(&self.state(), 0, Vec::new())
    }

    fn take(
        &mut self,
        lock: &LogLock,
        decisions: Vec<Decision>,
        by: &str,
        open: Vec<String>,
    ) -> Result<CurateSummary, WorkflowError> {
        let new = decisions.len();
        if new > 0 {
            let at = next_instant(self.log.entries());
            self.log.append_locked(lock, decisions, &at, by)?;
        }
        let state = self.state();
        write_tables(&self.folder, &self.table, &state, &LabelWeights::default())?;
        Ok(self.summarise(&state, new, open))
    }

    /// The images of a cluster of another run: beside the applied log, or under the runs folder.
    fn foreign_members(
        &self,
        file: &Path,
        run: &str,
        method: &str,
        cluster: ClusterId,
    ) -> Result<Vec<ImageId>, String> {
        let beside = file.parent().and_then(Path::parent).map(Path::to_path_buf);
        let folder = beside
            .into_iter()
            .chain([self.runs.join(run)])
            .find(|folder| {
                folder.join(images_csv::FILE).is_file()
                    && fs::canonicalize(folder).is_ok_and(|path| path.file_name().is_some_and(|name| name == run))
            })
            .ok_or_else(|| {
                format!("the run `{run}` that the decision speaks of is not under `{}`", self.runs.display())
            })?;
        let other = Self::open_folder(folder, &self.runs, None).map_err(|error| error.to_string())?;
        let members = other.table.members(method, cluster);
        if members.is_empty() {
            return Err(format!("there is no cluster {cluster} in {method} of the run `{run}`"));
        }
        Ok(members)
    }
}
