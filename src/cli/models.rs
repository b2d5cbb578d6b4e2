//! `rails models`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{CommandOutcome, Global, progress::Terminal, render};
use crate::backbones::{BackboneName, Variant};
use crate::commands::{CommandError, import_model, list_models, pull_model};
use crate::workflow::Workspace;

/// List networks, import or download weights
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// List the networks, their layers, and where their weights are
    List,
    /// Take in a weights file with torchvision's or timm's names: .safetensors or .pth
    Import {
        /// The weights file
        file: PathBuf,
        /// The network they are for
        #[arg(long = "as", value_enum, value_name = "NAME")]
        name: NameArgument,
        /// Which training of the network; without it, what the file tells
        #[arg(long, value_enum)]
        variant: Option<VariantArgument>,
    },
    /// Download weights from the Hugging Face hub; a transfer that broke off goes on
    Pull {
        /// The network
        #[arg(value_enum)]
        name: NameArgument,
        /// Which training of the network; without it, the one the hub has
        #[arg(long, value_enum)]
        variant: Option<VariantArgument>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NameArgument {
    EfficientnetLite0,
    Resnet50,
    Vgg16,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum VariantArgument {
    /// Stride in the first 1x1 convolution, BGR minus mean (also Keras)
    Caffe,
    /// Stride in the 3x3 convolution, RGB with mean and standard deviation (also timm)
    Torchvision,
    /// EfficientNet-Lite as TensorFlow trained it
    Tensorflow,
}

impl From<NameArgument> for BackboneName {
    fn from(name: NameArgument) -> Self {
        match name {
            NameArgument::EfficientnetLite0 => Self::EfficientnetLite0,
            NameArgument::Resnet50 => Self::Resnet50,
            NameArgument::Vgg16 => Self::Vgg16,
        }
    }
}

impl From<VariantArgument> for Variant {
    fn from(variant: VariantArgument) -> Self {
        match variant {
            VariantArgument::Caffe => Self::Caffe,
            VariantArgument::Torchvision => Self::Torchvision,
            VariantArgument::Tensorflow => Self::Tensorflow,
        }
    }
}

impl Arguments {
    pub(super) fn run(&self, global: &Global, observer: &Terminal) -> Result<CommandOutcome, CommandError> {
        let workspace = Workspace::default();
        match &self.command {
            ModelsCommand::List => global.print(&list_models(&workspace), |rows| render::models(rows))?,
            ModelsCommand::Import { file, name, variant } => {
                let summary = import_model(file, (*name).into(), variant.map(VariantArgument::into), &workspace)?;
                global.print(&summary, render::import)?;
            }
            ModelsCommand::Pull { name, variant } => {
                let variant = variant.map(VariantArgument::into);
                let summary = pull_model((*name).into(), variant, &workspace, observer)?;
                global.print(&summary, render::import)?;
            }
        }
        Ok(CommandOutcome::Done)
    }
}
