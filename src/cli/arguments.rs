//! Arguments that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::commands::CommandError;
use crate::device::DeviceChoice;
use crate::recipes::{Recipe, load, to_toml};
use crate::runs::Placement;
use crate::workflow::{Context, Workspace};

/// Where networks run and where their features are kept, for commands that use both.
#[derive(Debug, Args)]
pub(super) struct ComputingArguments {
    /// Where networks run
    #[arg(long, value_enum, default_value = "auto", help_heading = "Computing")]
    device: DeviceName,
    #[command(flatten)]
    cache: CacheArgument,
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

impl ComputingArguments {
    pub(super) fn workspace(&self) -> Workspace {
        self.cache.workspace()
    }

    /// The context that commands need beside their input.
    pub(super) fn context<'a>(
        &self,
        global: &Global,
        workspace: &'a Workspace,
        observer: &'a Terminal,
    ) -> Result<Context<'a>, CommandError> {
        let choice = match self.device {
            DeviceName::Auto => DeviceChoice::Auto,
            DeviceName::Cpu => DeviceChoice::Cpu,
            DeviceName::Cuda => DeviceChoice::Cuda,
        };
        Ok(Context { device: choice.resolve()?, ..global.context(workspace, observer) })
    }
}

/// Where features are kept.
#[derive(Debug, Args)]
pub(super) struct CacheArgument {
    /// Where features are kept between runs
    #[arg(long = "cache", value_name = "DIR", default_value = ".rails", help_heading = "Computing")]
    folder: PathBuf,
}

impl CacheArgument {
    pub(super) fn workspace(&self) -> Workspace {
        Workspace { cache: self.folder.clone(), ..Workspace::default() }
    }
}

/// How long exact silhouettes may take.
#[derive(Debug, Args)]
pub(super) struct SilhouetteArguments {
    /// Exact silhouettes may take this many seconds; beyond it they are measured on a stated sample
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    max_time: u64,
}

impl SilhouetteArguments {
    pub(super) fn time(&self) -> Duration {
        Duration::from_secs(self.max_time)
    }
}

/// How images get into the cluster folders.
#[derive(Debug, Args)]
pub(super) struct CopyArgument {
    /// Copy images into the cluster folders instead of linking them
    #[arg(long)]
    copy: bool,
}

impl CopyArgument {
    pub(super) fn placement(&self) -> Placement {
        if self.copy { Placement::Copy } else { Placement::Link }
    }
}

/// A recipe and what overrides it.
#[derive(Debug, Args)]
pub(super) struct RecipeArguments {
    /// A recipe, as given or under experiments/
    #[arg(long, value_name = "RECIPE.toml")]
    config: Option<PathBuf>,
    /// Override one key of the recipe, such as `dataset.naming={site}_{number}`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Show the recipe as it would be used, with every default, and stop
    #[arg(long)]
    pub print_config: bool,
    /// Name of the run, instead of the recipe's
    #[arg(long)]
    pub name: Option<String>,
}

impl RecipeArguments {
    /// The recipe with the settings, the name and the images of the command line.
    pub(super) fn load<R: Recipe>(&self, images: Option<&PathBuf>) -> Result<R, CommandError> {
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
pub(super) fn print_config<R: Serialize>(recipe: &R) -> Result<CommandOutcome, CommandError> {
    render::out(&to_toml(recipe).map_err(|error| CommandError::usage(error.to_string()))?)?;
    Ok(CommandOutcome::Done)
}

/// A whole number of at least 1, in thousands, millions or billions where `k`, `M` or `G` follows.
pub(super) fn parse_count(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((digits, "k")) => (digits, 1_000),
        Some((digits, "M")) => (digits, 1_000_000),
        Some((digits, "G")) => (digits, 1_000_000_000),
        _ => (text, 1),
    };
    let count = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit)).filter(|count| *count > 0);
    count.ok_or_else(|| "expected a whole number of at least 1, such as 500000000 or 500M".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_units() {
        assert_eq!(
            [parse_count("7"), parse_count("500M"), parse_count("2G")].map(Result::unwrap),
            [7, 500_000_000, 2_000_000_000]
        );
        for wrong in ["", "0", "0M", "M", "-1", "1.5G", "1T", "99999999999G", "ä"] {
            assert!(parse_count(wrong).is_err(), "{wrong}");
        }
    }
}
