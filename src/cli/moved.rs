//! Options that stood before the command in earlier versions and stand behind it now.

use clap::{Args, CommandFactory};

use super::Cli;
use crate::commands::CommandError;

/// Where earlier versions had these options; they are only read to say where they went.
#[derive(Debug, Args)]
pub(super) struct MovedOptions {
    #[arg(long, value_name = "DEVICE", hide = true)]
    device: Option<String>,
    #[arg(long, value_name = "DIR", hide = true)]
    cache: Option<String>,
}

impl MovedOptions {
    /// Refuses them before `command`.
    pub(super) fn check(&self, command: &str) -> Result<(), CommandError> {
        let given = [("device", &self.device), ("cache", &self.cache)];
        let Some((option, value)) = given.iter().find_map(|(option, value)| Some((option, value.as_ref()?))) else {
            return Ok(());
        };
        let cli = Cli::command();
        let known = cli.find_subcommand(command);
        let has =
            known.is_some_and(|command| command.get_arguments().any(|argument| argument.get_long() == Some(option)));
        Err(CommandError::usage(if has {
            format!("`--{option}` stands behind the command: `rails {command} --{option} {value}`")
        } else {
            format!("`rails {command}` has no `--{option}`: leave it out")
        }))
    }
}
