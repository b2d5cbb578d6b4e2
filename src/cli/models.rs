//! `rails models`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{Global, Outcome, progress::Terminal, render};
use crate::backbones::{BackboneName, Variant};
use crate::commands::{CommandError, import_model, list_models};

/// List networks, import weights
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

impl Arguments {
    pub(super) fn run(&self, global: &Global, _: &Terminal) -> Result<Outcome, CommandError> {
        match &self.command {
            ModelsCommand::List => global.print(&list_models(&global.workspace()), |rows| render::models(rows))?,
            ModelsCommand::Import { file, name, variant } => {
                let name = match name {
                    NameArgument::EfficientnetLite0 => BackboneName::EfficientnetLite0,
                    NameArgument::Resnet50 => BackboneName::Resnet50,
                    NameArgument::Vgg16 => BackboneName::Vgg16,
                };
                let variant = variant.map(|variant| match variant {
                    VariantArgument::Caffe => Variant::Caffe,
                    VariantArgument::Torchvision => Variant::Torchvision,
                    VariantArgument::Tensorflow => Variant::Tensorflow,
                });
                global.print(&import_model(file, name, variant, &global.workspace())?, render::import)?;
            }
        }
        Ok(Outcome::Done)
    }
}
