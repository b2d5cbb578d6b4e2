//! Errors of images, and what to do about them.

use std::io;
use std::path::PathBuf;

/// Why a whole set of images could not be worked on. A single bad file never ends up here.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Nothing at this place.
    #[error("no such file or folder: `{}`", .0.display())]
    NotFound(PathBuf),
    /// The folder itself cannot be listed.
    #[error("cannot read: `{}`", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// Balanced over a field that no image has.
    #[error("no image has the field `{field}`")]
    UnknownField { field: String, known: Vec<String> },
    /// A picture of where images show something, which is none for these images.
    #[error("the mask of the field of view {why}: `{}`", .path.display())]
    Mask { why: String, path: PathBuf },
    /// The output must be new.
    #[error("the output exists: `{}`", .0.display())]
    OutputExists(PathBuf),
    /// The output is being written already.
    #[error("another process is writing this folder: `{}`", .0.display())]
    OutputBusy(PathBuf),
    /// The disk is full, or the folder is not ours.
    #[error("cannot write: `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// Every image was too small or unreadable.
    #[error("not one tile could be cut from {images} images")]
    NoTiles { images: usize, reason: Option<String> },
}

impl ImageError {
    /// A hint: what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(_) => Some("check the spelling; paths are relative to the working folder".to_owned()),
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("ask the owner for the right to read it".to_owned())
            }
            Self::UnknownField { known, .. } if known.is_empty() => {
                Some("set a naming template such as `{sensor}_{sid}_{name}_C` that matches the file names".to_owned())
            }
            Self::UnknownField { known, .. } => Some(format!("fields of these images: {}", known.join(", "))),
            Self::Mask { .. } => {
                Some("draw it over one of the images, of the same size, white where they show something".to_owned())
            }
            Self::OutputExists(_) => Some("choose another output folder, or remove this one".to_owned()),
            Self::OutputBusy(_) => Some("wait for it, or choose another output folder".to_owned()),
            Self::NoTiles { reason, .. } => {
                reason.as_ref().map(|reason| format!("the first was left out because: {reason}"))
            }
            Self::Unreadable { .. } | Self::Write { .. } => None,
        }
    }
}

/// Why one file is no image for us; shown as the reason in `skipped.csv`.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Zero bytes.
    #[error("empty file")]
    Empty,
    /// Content that no decoder knows.
    #[error("not an image: unknown content")]
    Unknown,
    /// An image, but of a kind that is not supported.
    #[error("unsupported {format} image: {detail}")]
    Unsupported { format: &'static str, detail: String },
    /// The file ends too early.
    #[error("truncated {format} image: {detail}")]
    Truncated { format: &'static str, detail: &'static str },
    /// Damaged.
    #[error("corrupt {format} image: {detail}")]
    Corrupt { format: &'static str, detail: String },
    /// Would not fit in memory; maybe made to do harm.
    #[error("too large: {what} is more than the limit of {limit}")]
    TooLarge { what: String, limit: String },
    /// The file cannot be read, now.
    #[error("{}", describe(.0))]
    Io(#[from] io::Error),
}

impl DecodeError {
    /// Whether the same bytes will always fail: not so when the disk or the permissions were at fault.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Io(_))
    }
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "file not found".to_owned(),
        _ => format!("cannot read: {error}"),
    }
}
