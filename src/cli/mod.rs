//! The command line: the only place with clap, bars and printing.

mod arguments;
mod assign;
mod cluster;
mod compare;
mod curate;
mod evaluate;
mod explore;
mod interrupt;
mod models;
mod moved;
mod patches;
mod predict;
mod progress;
mod render;
mod search;
mod separate;
mod tile;
mod train;
mod visible;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use serde::Serialize;

use crate::commands::CommandError;
use crate::device::Device;
use crate::images::Limits;
use crate::memory::MemoryBudget;
use crate::workflow::{Context, Workspace};
use moved::MovedOptions;
use progress::{Terminal, Verbosity};
use visible::visible_layout;

/// From a pile of unlabelled images to a classifier you can trust: cluster, curate, train, predict.
#[derive(Debug, Parser)]
#[command(name = "rails", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    moved: MovedOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    Cluster(cluster::Arguments),
    Curate(curate::Arguments),
    Train(train::Arguments),
    Predict(predict::Arguments),
    Patches(patches::Arguments),
    Separate(separate::Arguments),
    Assign(assign::Arguments),
    Search(search::Arguments),
    Explore(explore::Arguments),
    Evaluate(evaluate::Arguments),
    Compare(compare::Arguments),
    Tile(tile::Arguments),
    Models(models::Arguments),
}

/// The commands as `rails --help` lists them: every one in one group.
const GROUPS: [(&str, &[&str]); 4] = [
    ("The four steps", &["cluster", "curate", "train", "predict"]),
    ("Other ways to cluster", &["patches", "separate", "assign"]),
    ("Finding settings and judging results", &["search", "explore", "evaluate", "compare"]),
    ("Images and networks", &["tile", "models"]),
];

/// `command` with its subcommands listed by [`GROUPS`].
fn grouped(command: clap::Command) -> clap::Command {
    let line = |name: &&str| {
        let about = command.find_subcommand(name).and_then(clap::Command::get_about);
        format!("  {name:<10}{}\n", about.map(ToString::to_string).unwrap_or_default())
    };
    let group =
        |(heading, names): &(&str, &[&str])| format!("{heading}:\n{}\n", names.iter().map(line).collect::<String>());
    let list: String = GROUPS.iter().map(group).collect();
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{list}{{options}}{{after-help}}"
    ))
}

/// Options of every command.
#[derive(Debug, Args)]
struct Global {
    /// Print the result as JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,
    /// Say nothing but the result
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Everywhere")]
    quiet: bool,
    /// Name every skipped file and say more
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    verbose: bool,
    /// Leave out pictures and frames of more pixels, such as 500M [default: 1100M]
    #[arg(long, global = true, value_name = "PIXELS", value_parser = arguments::parse_count, help_heading = "Everywhere")]
    max_pixels: Option<u64>,
    /// Take this much memory at most, such as 8GiB, or 50% of what is free [default: 80%]
    #[arg(
        long,
        global = true,
        value_name = "SIZE",
        default_value = "80%",
        hide_default_value = true,
        help_heading = "Everywhere"
    )]
    max_memory: MemoryBudget,
}

/// Bytes that are known of a frame as long as a command works, about: its path, id and fields, and its places in tables.
const BYTES_OF_FRAME: u64 = 1024;

impl Global {
    /// What readers may take, as the command line says.
    fn limits(&self) -> Limits {
        let default = Limits::default();
        // A picture is decoded, and shown, in at most three times its size.
        let bytes = default.bytes.min(self.max_memory.bytes() / 3);
        let frames = default.frames.min(self.max_memory.bytes() / BYTES_OF_FRAME);
        Limits { pixels: self.max_pixels.unwrap_or(default.pixels), bytes, frames }
    }

    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    /// The context of commands that run no network.
    fn context<'a>(&self, workspace: &'a Workspace, observer: &'a Terminal) -> Context<'a> {
        Context { device: Device::Cpu, memory: self.max_memory, workspace, observer }
    }

    /// Prints a result: as JSON where asked, else as `text` says it.
    fn print<T: Serialize>(&self, result: &T, text: impl FnOnce(&T) -> String) -> Result<(), CommandError> {
        if self.json {
            render::out(&(serde_json::to_string_pretty(result)? + "\n"))
        } else {
            render::out(&visible_layout(&text(result)))
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CommandOutcome {
    Done,
    /// Some files were left out, which are listed in skipped.csv, or some clustering methods, which results.json names.
    DoneWithSkips,
}

impl CommandOutcome {
    fn of_skips(n_left_out: usize) -> Self {
        if n_left_out == 0 { Self::Done } else { Self::DoneWithSkips }
    }
}

/// Exit codes, as `rails --help` lists them.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    usage or recipe error
  3    done, but some files or clustering methods were left out
  130  ended by Ctrl-C, 143 by SIGTERM, 129 by a terminal that closed: nothing half-written is left
  141  the reader of a table that was printed went away, as in `| head`
";

/// What a shell reports of a program that ended by SIGPIPE.
const READER_GONE: u8 = 141;

/// Parses the command line, does what it says, and gives the exit code: 0 done, 1 failed, 2 usage or recipe error,
/// 3 done but some files or clustering methods were left out; 129, 130 and 143 where a signal ended it, 141 where the
/// reader of a printed table went.
#[must_use]
pub fn main() -> ExitCode {
    let matches = grouped(Cli::command()).get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let observer = Arc::new(Terminal::new(cli.global.verbosity()));
    interrupt::listen(&observer);
    let command = matches.subcommand_name().unwrap_or_default();
    cli.global.limits().enforce();
    let outcome = cli.moved.check(command).and_then(|()| cli.run(&observer));
    // What failed because everything is being given up is no failure of its own.
    interrupt::wait_if_interrupted();
    observer.clear();
    match outcome {
        Ok(CommandOutcome::Done) => ExitCode::SUCCESS,
        Ok(CommandOutcome::DoneWithSkips) => ExitCode::from(3),
        Err(error) if render::is_reader_gone(&error) => ExitCode::from(READER_GONE),
        Err(error) => {
            render::error(&error);
            ExitCode::from(if error.is_usage() { 2 } else { 1 })
        }
    }
}

impl Cli {
    /// Does what the command line says.
    fn run(&self, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        match &self.command {
            Command::Cluster(arguments) => arguments.run(&self.global, observer),
            Command::Curate(arguments) => arguments.run(&self.global, observer),
            Command::Train(arguments) => arguments.run(&self.global, observer),
            Command::Predict(arguments) => arguments.run(&self.global, observer),
            Command::Patches(arguments) => arguments.run(&self.global, observer),
            Command::Separate(arguments) => arguments.run(&self.global, observer),
            Command::Assign(arguments) => arguments.run(&self.global, observer),
            Command::Search(arguments) => arguments.run(&self.global, observer),
            Command::Explore(arguments) => arguments.run(&self.global, observer),
            Command::Evaluate(arguments) => arguments.run(&self.global, observer),
            Command::Compare(arguments) => arguments.run(&self.global, observer),
            Command::Tile(arguments) => arguments.run(&self.global, observer),
            Command::Models(arguments) => arguments.run(&self.global, observer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let command = Cli::command();
        let mut commands: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        commands.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(commands, grouped);
    }

    #[test]
    fn arguments_do_not_contradict_each_other() {
        grouped(Cli::command()).debug_assert();
    }
}
