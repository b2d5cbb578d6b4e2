//! The command line: the only place with clap, bars and printing.

mod assign;
mod cluster;
mod compare;
mod curate;
mod evaluate;
mod explore;
mod models;
mod patches;
mod predict;
mod progress;
mod render;
mod search;
mod separate;
mod tile;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::commands::CommandError;
use crate::device::DeviceChoice;
use crate::recipes::{Recipe, load, to_toml};
use crate::runs::Placement;
use crate::workflow::{Context, Workspace};
use progress::{Terminal, Verbosity};

/// From a pile of unlabelled images to a classifier you can trust: cluster, curate, train, predict.
#[derive(Debug, Parser)]
#[command(name = "rails", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
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
}

/// Where networks run.
#[derive(Debug, Args)]
struct DeviceArgument {
    /// Where networks run
    #[arg(long = "device", value_enum, default_value = "auto", help_heading = "Computing")]
    choice: DeviceName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DeviceName {
    /// CUDA where it answers, else the CPU
    Auto,
    /// The processor
    Cpu,
    /// The first NVIDIA GPU
    Cuda,
}

impl DeviceArgument {
    /// The context that commands need beside their input.
    fn context<'a>(&self, workspace: &'a Workspace, observer: &'a Terminal) -> Result<Context<'a>, CommandError> {
        let choice = match self.choice {
            DeviceName::Auto => DeviceChoice::Auto,
            DeviceName::Cpu => DeviceChoice::Cpu,
            DeviceName::Cuda => DeviceChoice::Cuda,
        };
        Ok(Context { device: choice.resolve()?, workspace, observer })
    }
}

/// Where features are kept.
#[derive(Debug, Args)]
struct CacheArgument {
    /// Where features are kept between runs
    #[arg(long = "cache", value_name = "DIR", default_value = ".rails", help_heading = "Computing")]
    folder: PathBuf,
}

impl CacheArgument {
    fn workspace(&self) -> Workspace {
        Workspace { cache: self.folder.clone(), ..Workspace::default() }
    }
}

/// How much exact silhouettes may take.
#[derive(Debug, Args)]
struct SilhouetteArguments {
    /// Exact silhouettes may take this many seconds; beyond it they are measured on a stated sample
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    max_time: u64,
    /// Exact silhouettes may take this many GiB of memory; beyond it likewise
    #[arg(long, value_name = "GIB", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1024))]
    max_memory: u64,
}

impl SilhouetteArguments {
    fn time(&self) -> Duration {
        Duration::from_secs(self.max_time)
    }

    /// In bytes.
    fn memory(&self) -> u64 {
        self.max_memory << 30
    }
}

/// How images get into the cluster folders.
#[derive(Debug, Args)]
struct CopyArgument {
    /// Copy images into the cluster folders instead of linking them
    #[arg(long)]
    copy: bool,
}

impl CopyArgument {
    fn placement(&self) -> Placement {
        if self.copy { Placement::Copy } else { Placement::Link }
    }
}

/// A recipe and what overrides it.
#[derive(Debug, Args)]
struct RecipeArguments {
    /// A recipe, as given or under experiments/
    #[arg(long, value_name = "RECIPE.toml")]
    config: Option<PathBuf>,
    /// Override one key of the recipe, such as `dataset.naming={site}_{number}`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Show the recipe as it would be used, with every default, and stop
    #[arg(long)]
    print_config: bool,
    /// Name of the run, instead of the recipe's
    #[arg(long)]
    name: Option<String>,
}

impl RecipeArguments {
    /// The recipe with the settings, the name and the images of the command line.
    fn load<R: Recipe>(&self, images: Option<&PathBuf>) -> Result<R, CommandError> {
        let mut recipe: R = load(self.config.as_deref(), &self.settings)?;
        let (name, dataset) = recipe.name_and_dataset();
        if let Some(given) = &self.name {
            name.clone_from(given);
        }
        if let Some(images) = images {
            dataset.path = Some(images.clone());
        }
        Ok(recipe)
    }
}

/// Answers `--print-config` with the whole recipe.
fn print_config<R: Serialize>(recipe: &R) -> Result<CommandOutcome, CommandError> {
    render::out(&to_toml(recipe).map_err(|error| CommandError::usage(error.to_string()))?)?;
    Ok(CommandOutcome::Done)
}

impl Global {
    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    /// Prints a result: as JSON where asked, else as `text` says it.
    fn print<T: Serialize>(&self, result: &T, text: impl FnOnce(&T) -> String) -> Result<(), CommandError> {
        if self.json {
            render::out(&(serde_json::to_string_pretty(result)? + "\n"))
        } else {
            render::out(&text(result))
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CommandOutcome {
    Done,
    /// Some files were left out; they are listed in skipped.csv.
    DoneWithSkips,
}

impl CommandOutcome {
    fn of_skips(n_skipped: usize) -> Self {
        if n_skipped == 0 { Self::Done } else { Self::DoneWithSkips }
    }
}

/// Parses the command line, does what it says, and gives the exit code: 0 done, 1 failed, 2 usage or recipe error,
/// 3 done but some files were skipped.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::from_arg_matches(&grouped(Cli::command()).get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let observer = Terminal::new(cli.global.verbosity());
    let outcome = match &cli.command {
        Command::Cluster(arguments) => arguments.run(&cli.global, &observer),
        Command::Curate(arguments) => arguments.run(&cli.global, &observer),
        Command::Train(arguments) => arguments.run(&cli.global, &observer),
        Command::Predict(arguments) => arguments.run(&cli.global, &observer),
        Command::Patches(arguments) => arguments.run(&cli.global, &observer),
        Command::Separate(arguments) => arguments.run(&cli.global, &observer),
        Command::Assign(arguments) => arguments.run(&cli.global, &observer),
        Command::Search(arguments) => arguments.run(&cli.global, &observer),
        Command::Explore(arguments) => arguments.run(&cli.global, &observer),
        Command::Evaluate(arguments) => arguments.run(&cli.global, &observer),
        Command::Compare(arguments) => arguments.run(&cli.global, &observer),
        Command::Tile(arguments) => arguments.run(&cli.global, &observer),
        Command::Models(arguments) => arguments.run(&cli.global, &observer),
    };
    observer.clear();
    match outcome {
        Ok(CommandOutcome::Done) => ExitCode::SUCCESS,
        Ok(CommandOutcome::DoneWithSkips) => ExitCode::from(3),
        Err(error) => {
            render::error(&error);
            ExitCode::from(if error.is_usage() { 2 } else { 1 })
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
