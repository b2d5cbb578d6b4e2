//! Warnings about the division of labelled images into parts or folds, as data.

use std::fmt;

use serde::Serialize;

/// Data that cannot be divided as wished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum SplitWarning {
    /// Images whose name does not say their group.
    ImagesWithoutGroup { images: usize, field: String },
    /// A class of one group: the group cannot stay together.
    ClassInOneGroup { class: String, field: String, group: String },
    /// Near duplicates in several groups, too many to stay together.
    NearDuplicatesAcrossGroups { tied: usize, images: usize, field: String },
    /// Near duplicates that make up most of the data.
    NearDuplicatesDominate { tied: usize, images: usize },
    /// Images of which copies lie in several parts that folders give: they are learned from, and not judged by.
    CopiesAcrossParts { images: usize },
    /// A class without a labelled image.
    ClassNotLabelled { class: String },
    /// A class of so few distinct images, in so few units that stay together, that it is not in every part.
    ClassLacks { class: String, images: usize, units: usize, lack: Lack },
}

impl fmt::Display for SplitWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ImagesWithoutGroup { images: 1, field } => {
                write!(f, "1 image without a `{field}`: each stands for itself")
            }
            Self::ImagesWithoutGroup { images, field } => {
                write!(f, "{images} images without a `{field}`: each stands for itself")
            }
            Self::ClassInOneGroup { class, field, group } => write!(
                f,
                "`{class}` is found in one {field} only, `{group}`: its images are divided one by one, so {field} \
                 `{group}` is in several parts"
            ),
            Self::NearDuplicatesAcrossGroups { tied, images, field } => write!(
                f,
                "near duplicates in different values of {field} would tie {tied} of {images} images together: those are \
                 divided by {field} all the same"
            ),
            Self::NearDuplicatesDominate { tied, images } => write!(
                f,
                "near duplicates tie {tied} of {images} images together, which cannot be divided: lower \
                 `split.near_duplicates`"
            ),
            Self::CopiesAcrossParts { images } => write!(
                f,
                "{images} images lie in several parts of the split: all their copies count to the first of these"
            ),
            Self::ClassNotLabelled { class } => {
                write!(f, "no image is labelled `{class}`: it cannot be learned")
            }
            Self::ClassLacks { class, images, units, lack } => {
                let noun = if *images == 1 { "image" } else { "images" };
                let tied = match units {
                    units if units == images => String::new(),
                    1 => ", all tied together".to_owned(),
                    units => format!(" tied into {units} bundles"),
                };
                write!(f, "`{class}` has {images} distinct {noun}{tied}: {lack}")
            }
        }
    }
}

/// The parts of a split, or the folds, that a class is not in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Parts without an image of the class.
    Parts(Vec<&'static str>),
    /// The only fold with images of the class, counted from 1.
    AllInFold(usize),
    /// Number of folds without an image of the class.
    Folds { missing: usize, of: usize },
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts(parts) => write!(f, "none for {}", parts.join(" and ")),
            Self::AllInFold(fold) => write!(f, "all in fold {fold}, which is tested without having learned it"),
            Self::Folds { missing, of } => write!(f, "none in {missing} of {of} folds"),
        }
    }
}
