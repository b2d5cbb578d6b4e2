//! `rails curate`

use std::path::PathBuf;

use super::{Global, Outcome, progress::Terminal, render};
use crate::commands::{CommandError, Curator};
use crate::runs::Placement;

const EXAMPLES: &str = r#"A file for --apply holds one decision per line, such as:
  {"decision":"name_cluster","cluster":0,"class":"gravel"}
  {"decision":"move","images":["a/b.png"],"class":"stone"}
  {"decision":"remove","images":["c.png"],"reason":"too dark"}
  {"decision":"merge_clusters","clusters":[1,4]}
  {"decision":"undo","seq":3}"#;

/// Name clusters, move and remove images
///
/// Decisions are appended to curation/decisions.jsonl in the run folder; labels.csv and removed.csv are what they come
/// to. Without an option it says where the curation stands.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The run folder or its name; without it the newest cluster run
    run: Option<PathBuf>,
    /// Take the decisions of this file of JSON lines, whole or not at all
    #[arg(long, value_name = "FILE")]
    apply: Option<PathBuf>,
    /// Take over what was done with a file manager inside clusters/<method>/: folders renamed to a class, images moved
    /// between folders or into _removed/<reason>/, images deleted
    #[arg(long)]
    from_folders: bool,
    /// Write the labelled images as one folder per class, the removed ones under _removed/<reason>/
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Copy images on export instead of linking them
    #[arg(long, requires = "export")]
    copy: bool,
    /// Who decides, for the log; without it the user's name
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, _: &Terminal) -> Result<Outcome, CommandError> {
        let mut curator = Curator::open(self.run.as_deref(), &global.workspace())?;
        let by = self.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned());
        let mut summary = curator.summary();
        if let Some(file) = &self.apply {
            summary = curator.apply(file, &by)?;
        }
        if self.from_folders {
            let earlier = summary.new_decisions;
            summary = curator.apply_folders(&by)?;
            summary.new_decisions += earlier;
        }
        let Some(output) = &self.export else {
            global.print(&summary, render::curate)?;
            return Ok(Outcome::Done);
        };
        if self.apply.is_some() || self.from_folders {
            render::note(global.verbosity(), &render::curate(&summary));
        }
        let how = if self.copy { Placement::Copy } else { Placement::Link };
        let exported = curator.export(output, how)?;
        global.print(&exported, render::export)?;
        Ok(Outcome::of_skips(exported.missing.len()))
    }
}
