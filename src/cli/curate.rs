//! `rails curate`

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::{Global, Outcome, progress::Terminal, render};
use crate::commands::{CommandError, Curator, Review, propagate, suggest, weigh};
use crate::data::Fraction;
use crate::runs::Placement;
use crate::server::Listen;

const EXAMPLES: &str = r#"A file for --apply holds one decision per line, such as:
  {"decision":"name_cluster","cluster":0,"class":"gravel"}
  {"decision":"move","images":["a/b.png"],"class":"stone"}
  {"decision":"remove","images":["c.png"],"reason":"too dark"}
  {"decision":"merge_clusters","clusters":[1,4]}
  {"decision":"undo","seq":3}"#;

/// Name clusters, move and remove images: on a page in the browser, or from files
///
/// Without --apply, --from-folders, --export or --status it serves the review page to this machine alone until Ctrl-C.
/// Decisions are appended to curation/decisions.jsonl in the run folder, each on the disk before the page says saved;
/// labels.csv and removed.csv are what they come to.
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
    /// Say where the curation stands
    #[arg(long)]
    status: bool,
    /// Print the next N things worth deciding, one JSON object a line: what the review page shows first
    #[arg(long, value_name = "N")]
    suggest: Option<usize>,
    /// From now on labels.csv also holds images nobody decided on, with the class they probably show and its probability
    /// as weight, where that is at least P (from 0 to 1)
    #[arg(long, value_name = "P", value_parser = share)]
    propagate: Option<Fraction>,
    /// From now on labels.csv holds decided images only, which is the default
    #[arg(long, conflicts_with = "propagate")]
    no_propagate: bool,
    /// The port of the review page; without it a free one
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true, help_heading = "Review page")]
    port: u16,
    /// Open the review page in the browser
    #[arg(long, help_heading = "Review page")]
    open: bool,
    /// Serve the review page to others too, on this address of the machine: whoever can reach it and learns the URL
    /// sees the images and can decide, and the connection is not encrypted
    #[arg(long, value_name = "ADDRESS", help_heading = "Review page")]
    listen: Option<IpAddr>,
    /// Who decides, for the log; without it the user's name
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Arguments {
    /// Whether something else than the page is asked for that concerns suggestions.
    fn labels_only(&self) -> bool {
        self.suggest.is_some() || self.propagate.is_some() || self.no_propagate
    }

    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<Outcome, CommandError> {
        if self.apply.is_none() && !self.from_folders && self.export.is_none() && !self.status && !self.labels_only() {
            return self.review(global, observer);
        }
        let mut curator = Curator::open(self.run.as_deref(), &global.workspace())?;
        let by = self.by();
        let mut summary = curator.summary();
        if let Some(file) = &self.apply {
            summary = curator.apply(file, &by)?;
        }
        if self.from_folders {
            let earlier = summary.new_decisions;
            summary = curator.apply_folders(&by)?;
            summary.new_decisions += earlier;
        }
        if self.propagate.is_some() || self.no_propagate {
            propagate(self.run.as_deref(), self.propagate, &global.workspace())?;
        }
        if self.apply.is_some() || self.from_folders || self.propagate.is_some() || self.no_propagate {
            weigh(self.run.as_deref(), &global.workspace(), observer)?;
        }
        if let Some(n) = self.suggest {
            for suggested in suggest(self.run.as_deref(), n, &global.workspace(), observer)? {
                let line = serde_json::to_string(&suggested).map_err(|error| CommandError::json(&error))?;
                render::out(&(line + "\n"))?;
            }
            return Ok(Outcome::Done);
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

    fn by(&self) -> String {
        self.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned())
    }

    /// Serves the page until Ctrl-C.
    fn review(&self, global: &Global, observer: &Terminal) -> Result<Outcome, CommandError> {
        let address = self.listen.unwrap_or(Listen::default().address);
        let listen = Listen { address, port: self.port };
        let (device, workspace) = (global.device(), global.workspace());
        let review = Review::open(self.run.as_deref(), listen, &self.by(), device, &workspace, observer)?;
        observer.clear();
        let page = Page { url: review.url(), port: review.port(), exposure: listen.exposure() };
        global.print(&page, Page::text)?;
        if self.open && !open_browser(&page.url) {
            render::note(global.verbosity(), "no browser could be started: open the URL yourself\n");
        }
        let summary = review.serve()?;
        render::note(global.verbosity(), &render::curate(&summary));
        Ok(Outcome::Done)
    }
}

/// Where the review page is.
#[derive(Debug, Serialize)]
struct Page {
    url: String,
    port: u16,
    /// What others can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<String>,
}

impl Page {
    fn text(&self) -> String {
        let port = self.port;
        let exposure = self.exposure.as_ref().map(|why| format!("Beware: {why}.\n")).unwrap_or_default();
        format!(
            "Review page:  {}\n{exposure}From another machine: `ssh -L {port}:127.0.0.1:{port} THIS_MACHINE`, then open \
             the same URL there.\nEvery decision is saved at once. Ctrl-C ends the review.\n",
            self.url
        )
    }
}

fn open_browser(url: &str) -> bool {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    Command::new(opener).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}

fn share(text: &str) -> Result<Fraction, String> {
    let number: f64 = text.parse().map_err(|_| format!("expected a number from 0 to 1, got `{text}`"))?;
    Fraction::try_from(number).map_err(|error| error.to_string())
}
