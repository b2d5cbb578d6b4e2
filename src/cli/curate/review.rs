//! `rails curate` without files: serves the review page.

use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::cli::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::{CommandError, Review};
use crate::server::Listen;
use crate::workflow::Context;

/// Options of `rails curate` with which no page is served.
const WITHOUT_PAGE: [&str; 8] =
    ["apply", "from_folders", "import", "export", "status", "suggest", "propagate", "no_propagate"];

/// Where the page is served.
#[derive(Debug, clap::Args)]
pub(super) struct PageArguments {
    /// The port of the review page; without it a free one
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true, help_heading = "Review page",
          conflicts_with_all = WITHOUT_PAGE)]
    port: u16,
    /// Open the review page in the browser
    #[arg(long, help_heading = "Review page", conflicts_with_all = WITHOUT_PAGE)]
    open: bool,
    /// Serve the review page to others too, on this address of the machine: whoever can reach it and learns the URL
    /// sees the images and can decide, and the connection is not encrypted
    #[arg(long, value_name = "ADDRESS", help_heading = "Review page", conflicts_with_all = WITHOUT_PAGE)]
    listen: Option<IpAddr>,
}

impl PageArguments {
    /// Serves the page until Ctrl-C.
    pub fn review(
        &self,
        run: Option<&Path>,
        by: &str,
        global: &Global,
        context: &Context<'_>,
        observer: &Terminal,
    ) -> Result<CommandOutcome, CommandError> {
        let listen = Listen { address: self.listen.unwrap_or(Listen::default().address), port: self.port };
        let mut review = Review::open(run, listen, by, context)?;
        observer.clear();
        let page = ServedPage { url: review.url(), port: review.port(), exposure: listen.exposure() };
        let saved = "Every decision is saved at once. Ctrl-C ends the review.";
        global.print(&page, |page| page.text("Review page", saved))?;
        if self.open {
            open_browser(&mut review, global);
        }
        let summary = review.serve()?;
        render::note(global.verbosity(), &render::curate(&summary));
        Ok(CommandOutcome::Done)
    }
}

/// Where a page is.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ServedPage {
    pub url: String,
    pub port: u16,
    /// A warning of what others on the network can do; absent on loopback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<String>,
}

impl ServedPage {
    /// `last` says how it ends.
    pub fn text(&self, what: &str, last: &str) -> String {
        let port = self.port;
        let exposure = self.exposure.as_ref().map(|why| format!("Beware: {why}.\n")).unwrap_or_default();
        format!(
            "{what}:  {}\n{exposure}From another machine: `ssh -L {port}:127.0.0.1:{port} THIS_MACHINE`, then open the \
             same URL there.\n{last}\n",
            self.url
        )
    }
}

/// Starts the browser on a file that leads to the page: the URL itself would be in the browser's command line, which
/// everybody on the machine can read.
fn open_browser(review: &mut Review, global: &Global) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let started = review.doorway().map_err(|error| error.to_string()).and_then(|file| {
        let mut browser = Command::new(opener);
        browser.arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        browser.spawn().map(drop).map_err(|error| format!("{error}: `{opener}`"))
    });
    if let Err(why) = started {
        render::note(global.verbosity(), &format!("no browser could be started ({why}): open the URL yourself\n"));
    }
}
