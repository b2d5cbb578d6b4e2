//! The command line: the only place with clap, bars and printing.

mod cluster;
mod compare;
mod curate;
mod evaluate;
mod explore;
mod models;
mod predict;
mod progress;
mod render;
mod tile;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::commands::CommandError;
use crate::device::DeviceChoice;
use crate::runs::{ClusterRecipe, load, to_toml};
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
    Evaluate(evaluate::Arguments),
    Compare(compare::Arguments),
    Tile(tile::Arguments),
    Explore(explore::Arguments),
    Models(models::Arguments),
}

/// What every command understands.
#[derive(Debug, Args)]
struct Global {
    /// Where networks run
    #[arg(long, global = true, value_enum, default_value = "auto", help_heading = "Everywhere")]
    device: DeviceArgument,
    /// Print the result as JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,
    /// Say nothing but the result
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Everywhere")]
    quiet: bool,
    /// Name every skipped file and say more
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    verbose: bool,
    /// Where embeddings are kept between runs
    #[arg(long, global = true, value_name = "DIR", default_value = ".rails", help_heading = "Everywhere")]
    cache: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DeviceArgument {
    /// CUDA where it answers, else the CPU
    Auto,
    /// The processor
    Cpu,
    /// The first NVIDIA GPU
    Cuda,
}

/// A recipe and what overrides it.
#[derive(Debug, Args)]
struct RecipeArguments {
    /// A recipe, as given or under experiments/
    #[arg(long, value_name = "RECIPE.toml")]
    config: Option<PathBuf>,
    /// Override one key of the recipe, such as `cluster.kmeans.k=8`
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
    /// A recipe of `rails cluster` with the settings, the name and the images of the command line.
    fn cluster(&self, images: Option<&PathBuf>) -> Result<ClusterRecipe, CommandError> {
        let mut recipe: ClusterRecipe = load(self.config.as_deref(), &self.settings)?;
        if let Some(name) = &self.name {
            recipe.name.clone_from(name);
        }
        if let Some(images) = images {
            recipe.dataset.path = Some(images.clone());
        }
        Ok(recipe)
    }
}

/// What `--print-config` is answered.
fn print_config<R: Serialize>(recipe: &R) -> Result<Outcome, CommandError> {
    render::out(&to_toml(recipe).map_err(|error| CommandError::usage(error.to_string()))?)?;
    Ok(Outcome::Done)
}

impl Global {
    fn device(&self) -> DeviceChoice {
        match self.device {
            DeviceArgument::Auto => DeviceChoice::Auto,
            DeviceArgument::Cpu => DeviceChoice::Cpu,
            DeviceArgument::Cuda => DeviceChoice::Cuda,
        }
    }

    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    fn workspace(&self) -> Workspace {
        Workspace::new(self.cache.clone())
    }

    /// Where the command works, on the device that was asked for.
    fn context<'a>(&self, workspace: &'a Workspace, observer: &'a Terminal) -> Result<Context<'a>, CommandError> {
        Ok(Context { device: self.device().resolve()?, workspace, observer })
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
enum Outcome {
    Done,
    /// Some files were left out; they are listed in skipped.csv.
    DoneWithSkips,
}

impl Outcome {
    fn of_skips(n_skipped: usize) -> Self {
        if n_skipped == 0 { Self::Done } else { Self::DoneWithSkips }
    }
}

/// Parses the command line, does what it says, and gives the exit code: 0 done, 1 failed, 2 usage or recipe error,
/// 3 done but some files were skipped.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let observer = Terminal::new(cli.global.verbosity());
    let outcome = match &cli.command {
        Command::Cluster(arguments) => arguments.run(&cli.global, &observer),
        Command::Curate(arguments) => arguments.run(&cli.global, &observer),
        Command::Train(arguments) => arguments.run(&cli.global, &observer),
        Command::Predict(arguments) => arguments.run(&cli.global, &observer),
        Command::Evaluate(arguments) => arguments.run(&cli.global, &observer),
        Command::Compare(arguments) => arguments.run(&cli.global, &observer),
        Command::Tile(arguments) => arguments.run(&cli.global, &observer),
        Command::Explore(arguments) => arguments.run(&cli.global, &observer),
        Command::Models(arguments) => arguments.run(&cli.global, &observer),
    };
    observer.clear();
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::DoneWithSkips) => ExitCode::from(3),
        Err(error) => {
            render::error(&error);
            ExitCode::from(if error.is_usage() { 2 } else { 1 })
        }
    }
}
