//! `rails curate`

mod folders;
mod labels;
mod review;

pub(super) use review::ServedPage;

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;

use self::folders::FolderArguments;
use super::arguments::ComputingArguments;
use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::CommandError;
use crate::runs::Placement;
use crate::workflow::{CurateSummary, Curator, ExportFormat, LabelImport, Workspace};

const EXAMPLES: &str = r#"A file for --apply holds one decision per line, such as:
  {"decision":"name_cluster","cluster":0,"class":"gravel"}
  {"decision":"move","images":["a/b.png"],"class":"stone"}
  {"decision":"remove","images":["c.png"],"reason":"too dark"}
  {"decision":"restore","images":["c.png"]}
  {"decision":"merge_clusters","clusters":[1,4]}
  {"decision":"undo","seq":3}"#;

/// Name clusters, move and remove images: on a page in the browser, or from files
///
/// Without --apply, --from-folders, --import, --export or --status it serves the review page to this machine alone
/// until Ctrl-C. Decisions are appended to curation/decisions.jsonl in the run folder, each on the disk before the page
/// says saved; labels.csv and removed.csv are what they come to.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The run folder or its name; without it the newest run with clusters
    run: Option<PathBuf>,
    /// Take the decisions of this file of JSON lines, whole or not at all
    #[arg(long, value_name = "FILE")]
    apply: Option<PathBuf>,
    #[command(flatten)]
    folders: FolderArguments,
    /// Take over labels made elsewhere: a table with path (or filename, or id) and class, or a folder with one
    /// subfolder per class. Rows name images by id, path or file name, files are known by content; importing twice adds
    /// nothing
    #[arg(long, value_name = "TABLE|DIR")]
    import: Option<PathBuf>,
    /// Write what was decided into a new folder for other programs; removed images are kept apart, with their reason
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Format of the export
    #[arg(long, value_enum, default_value = "imagefolder", requires = "export")]
    format: FormatArgument,
    /// Copy images on export instead of linking them
    #[arg(long, requires = "export")]
    copy: bool,
    /// Say where the curation stands
    #[arg(long)]
    status: bool,
    #[command(flatten)]
    labels: labels::LabelArguments,
    #[command(flatten)]
    page: review::PageArguments,
    /// Where the images of the run lie, if they were moved apart from it
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Who decides, for the log; without it the user's name
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    computing: ComputingArguments,
}

/// Labels that came in, and where the curation stands then.
#[derive(Serialize)]
struct ImportOutcome {
    imported: LabelImport,
    #[serde(flatten)]
    curation: CurateSummary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArgument {
    /// One folder of images per class, the removed ones under _removed/<reason>/
    Imagefolder,
    /// labels.csv and removed.csv
    Csv,
    /// labels.parquet and removed.parquet
    Parquet,
    /// labels.json and removed.json: COCO annotations, a box per patch, or one per image that covers it whole
    Coco,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let from_files = self.decides() || self.export.is_some();
        self.check()?;
        let workspace = Workspace { images: self.images.clone(), ..self.computing.workspace() };
        // A device that is not there is told before anything is decided.
        let context = self.computing.context(global, &workspace, observer)?;
        // Without anything to do at once, the page opens.
        if !from_files && !self.status && !self.labels.asked() {
            return self.page.review(self.run.as_deref(), &self.by(), global, &context, observer);
        }
        let mut curator = Curator::open(self.run.as_deref(), &workspace)?;
        let by = self.by();
        let mut summary = curator.summary();
        if let Some(file) = &self.apply {
            summary = curator.apply(file, &by)?;
        }
        if let Some(emptied) = self.folders.edited() {
            summary = curator.apply_folders(&by, emptied)?.after(summary);
        }
        let imported = match &self.import {
            None => None,
            Some(source) => {
                let (imported, now) = curator.import(source, &by, observer)?;
                summary = now.after(summary);
                Some(imported)
            }
        };
        // labels.csv is written last, when all decisions of this call are in the log.
        let came_in = self.decides();
        if (came_in || self.labels.asked()) && self.labels.run(self.run.as_deref(), came_in, &context)? {
            return Ok(CommandOutcome::Done);
        }
        let Some(output) = &self.export else {
            let Some(imported) = imported else {
                global.print(&summary, render::curate)?;
                return Ok(CommandOutcome::Done);
            };
            let both = ImportOutcome { imported, curation: summary };
            global.print(&both, |both| render::label_import(&both.imported) + &render::curate(&both.curation))?;
            return Ok(CommandOutcome::Done);
        };
        if let Some(imported) = &imported {
            render::note(global.verbosity(), &render::label_import(imported));
        }
        if came_in {
            render::note(global.verbosity(), &render::curate(&summary));
        }
        // What came in is a note here: stdout belongs to the summary of the export.
        let how = if self.copy { Placement::Copy } else { Placement::Link };
        let format = match self.format {
            FormatArgument::Imagefolder => ExportFormat::ImageFolder(how),
            FormatArgument::Csv => ExportFormat::Csv,
            FormatArgument::Parquet => ExportFormat::Parquet,
            FormatArgument::Coco => ExportFormat::Coco,
        };
        let exported = curator.export(output, format)?;
        global.print(&exported, render::export)?;
        Ok(CommandOutcome::of_skips(exported.missing.len() + exported.replaced.len()))
    }

    /// Refuses options that nothing would come of, before anything is decided.
    fn check(&self) -> Result<(), CommandError> {
        if self.copy && self.format != FormatArgument::Imagefolder {
            return Err(CommandError::usage("only an export as imagefolder has images to `--copy`"));
        }
        // Here and not by clap, which would no longer ask for --export where --copy or --format needs it.
        let beside = [
            ("--status", self.status),
            ("--suggest", self.labels.suggests()),
            ("--port, --open and --listen", self.page.asked()),
        ];
        if let Some((option, _)) = beside.into_iter().find(|(_, given)| *given && self.export.is_some()) {
            return Err(CommandError::usage(format!("`--export` answers with what was written: leave out {option}")));
        }
        if self.by.is_some() && !self.decides() && (self.export.is_some() || self.status || self.labels.asked()) {
            return Err(CommandError::usage("`--by` says who decides, and nothing is decided here: leave it out"));
        }
        Ok(())
    }

    /// Whether decisions come in.
    fn decides(&self) -> bool {
        self.apply.is_some() || self.folders.edited().is_some() || self.import.is_some()
    }

    fn by(&self) -> String {
        self.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned())
    }
}
