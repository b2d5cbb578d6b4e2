//! Notes as data: each has a code and fields for programs, and one sentence for the terminal.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{LightNote, OwnOutput};

const NOVELTY_IN_DEVIATIONS: &str = "this checkpoint was made before novelty was a share of known images: its novelty \
                                     counts standard deviations, and nothing tells novel images from unsure ones; train \
                                     again for both";
const DOUBT_UNPROVEN: &str = "no label is doubted: there are no validation images on which doubt could prove itself";

/// Something the user should know.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Note {
    /// A download begins.
    Fetching { bytes: u64, url: String },
    /// Output of the program below a folder of images, counted.
    OwnOutputPassedOver { found: Vec<(OwnOutput, usize)>, root: PathBuf },
    /// Folders of images that are parts of a split and no classes; `left_out` images lie beside them.
    SplitByFolders { folders: Vec<String>, left_out: usize },
    /// Folds are made of all images, whatever part of a split they lie in.
    SplitNotForFolds,
    /// The store is locked by another process.
    WaitingForStore,
    /// `skipped.csv` is somebody else's file, and the list of skipped files lies elsewhere.
    SkipListElsewhere { file: PathBuf },
    /// The recipe has a section that only `--sweep` reads.
    SweepIgnored,
    /// An interrupted training goes on.
    Resumed { epoch: usize },
    /// `--resume` without a training to go on with.
    NothingToResume,
    /// `--resume` where training is too short to be kept.
    ResumeIgnored,
    /// Training ended, `early` where the validation loss stopped falling; epoch 0 is the frozen network.
    TrainingEnded { early: bool, best_epoch: usize },
    /// Only some training images are kept as a reference.
    ReferenceSampled { training: usize, kept: usize },
    /// A checkpoint made before novelty was a share of known images.
    NoveltyInDeviations,
    /// Doubting labels made the validation images worse, and none is doubted; accuracies `without` and `with` it.
    DoubtStaysOut { images: usize, without: f64, with: f64 },
    /// There is no validation image to prove the doubt of labels on, and none is doubted.
    DoubtUnproven,
    /// Hand-made features that were not finite.
    FeaturesNotFinite { features: usize },
    /// Patches that are dark, as the rule of the run over patches says, or beyond its field of view.
    PatchesLeftOut { patches: usize },
    /// Tiles say in their names where they stand, though no template says how.
    PlacesFromNames { path: String, row: u32, column: u32, array: String },
    /// More images than the page shows.
    ImagesNotShown { images: usize },
    /// No t-SNE of so many images.
    PlainLayout,
    /// Exact silhouettes will take so long.
    SilhouettesTakeLong { seconds: f64 },
    /// Images with pixels of 65535, and what that was taken for.
    LargestCount { images: usize, white: bool },
    /// Files of which only a part is read.
    PartlyRead { left_out: String, files: usize, first: PathBuf },
    /// Files whose content is of another format than their names say.
    NamedOtherwise { format: &'static str, files: usize, first: PathBuf },
    /// A table that is not UTF-8.
    TableEncoding { encoding: String, table: PathBuf },
    /// A table with two columns that could be the class.
    ClassColumnPassedOver { taken: String, passed_over: String, table: PathBuf },
    /// Frames are taken from this data set of a file, and not from the others.
    DatasetTaken { dataset: String, passed_over: Vec<String>, files: usize, first: PathBuf },
    /// A part of the frames has the fill value that their file's author set.
    FramesFilled { dataset: String, why: String, files: usize, first: PathBuf },
    /// Frames that a file declares and nobody wrote are left out.
    FramesUnwritten { frames: u64, declared: u64, files: usize, first: PathBuf },
    /// Files whose frames another one links, and which do not count for themselves.
    ReadThroughMaster { files: usize, first: PathBuf },
    /// A combination of features is tried.
    Trying { backbone: String, layers: Vec<String>, enhance: Vec<String> },
    /// About what detector frames are judged by.
    #[serde(untagged)]
    Light(LightNote),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetching { bytes, url } => write!(f, "fetching {:.1} MB from {url}", *bytes as f64 / 1e6),
            Self::OwnOutputPassedOver { found, root } => {
                let found: Vec<String> = found.iter().map(|(own, count)| own.counted(*count)).collect();
                let found = found.join(", ");
                write!(f, "passed over, as the program itself wrote them: {found} under `{}`", root.display())
            }
            Self::SplitByFolders { folders, left_out } => {
                let named: Vec<String> = folders.iter().map(|folder| format!("`{folder}`")).collect();
                write!(f, "{} are the parts of the split; the classes are the folders in them", named.join(", "))?;
                if *left_out > 0 { write!(f, "; {left_out} images beside them are left out") } else { Ok(()) }
            }
            Self::SplitNotForFolds => {
                f.write_str("folds are made of all images, whatever part of a split their folder says")
            }
            Self::WaitingForStore => {
                f.write_str("another process embeds with the same settings: waiting for it to finish")
            }
            Self::SkipListElsewhere { file } => {
                write!(f, "the skipped files are listed in `{}`: `skipped.csv` is another file", file.display())
            }
            Self::SweepIgnored => f.write_str("the recipe's [sweep] is not used: `--sweep` instead of `--config` does"),
            Self::Resumed { epoch } => write!(f, "going on after epoch {epoch}"),
            Self::NothingToResume => {
                f.write_str("no interrupted training with this recipe and these images: it starts from the beginning")
            }
            Self::ResumeIgnored => {
                f.write_str("nothing to go on with: without fine-tuning, training takes seconds and starts anew")
            }
            Self::TrainingEnded { early, best_epoch } => {
                let why = if *early { "the validation loss stopped falling" } else { "all epochs were run" };
                write!(f, "{why}; {}", KeptWeights(*best_epoch))
            }
            Self::ReferenceSampled { training, kept } => {
                write!(f, "of {training} training images a sample of {kept} is kept to measure novelty by")
            }
            Self::NoveltyInDeviations => f.write_str(NOVELTY_IN_DEVIATIONS),
            Self::DoubtStaysOut { images, without, with } => doubt_stays_out(f, *images, *without, *with),
            Self::DoubtUnproven => f.write_str(DOUBT_UNPROVEN),
            Self::FeaturesNotFinite { features } => {
                write!(f, "{features} hand-made features were not finite numbers and count as 0")
            }
            Self::PatchesLeftOut { patches } => {
                write!(f, "{patches} patches are left out, as the run left them out: dark or beyond the field")
            }
            Self::PlacesFromNames { path, row, column, array } => write!(
                f,
                "rows and columns are read from the names: `{path}` is row {row}, column {column} of `{array}`; \
                 dataset.naming says it otherwise"
            ),
            Self::ImagesNotShown { images } => {
                write!(f, "{images} more images are not shown: `--set patches.mosaic=RxC` shows more")
            }
            Self::PlainLayout => f.write_str(
                "images are laid out by their first two components; `--set report.layout=tsne` takes minutes here",
            ),
            Self::SilhouettesTakeLong { seconds } => write!(f, "exact silhouettes take about {seconds:.0} s"),
            Self::LargestCount { images, white: true } => write!(
                f,
                "65535 is white in {images} of the images, as a camera's; `--set dataset.counts=detector` takes it as not measured"
            ),
            Self::LargestCount { images, white: false } => write!(
                f,
                "65535 was not measured in {images} of the images, as a detector's; `--set dataset.counts=camera` takes it as white"
            ),
            Self::PartlyRead { left_out, files, first } => {
                write!(f, "read without {left_out}: {}", InFiles(*files, first))
            }
            Self::NamedOtherwise { format, files, first } => {
                write!(f, "the content counts, not the name: {format} is in {}", InFiles(*files, first))
            }
            Self::TableEncoding { encoding, table } => write!(f, "read as {encoding}: `{}`", table.display()),
            Self::ClassColumnPassedOver { taken, passed_over, table } => write!(
                f,
                "the column `{taken}` is taken for the class, `{passed_over}` is passed over: `{}`",
                table.display()
            ),
            Self::DatasetTaken { dataset, passed_over, files, first } => {
                write!(f, "frames are those of `{dataset}`{}: {}", PassedOver(passed_over), InFiles(*files, first))
            }
            Self::FramesFilled { dataset, why, files, first } => {
                write!(f, "`{dataset}` shows the fill value of its author where {why}: {}", InFiles(*files, first))
            }
            Self::FramesUnwritten { frames, declared, files, first } => write!(
                f,
                "the last {frames} of {declared} frames were declared and never written, and are left out: {}",
                InFiles(*files, first)
            ),
            Self::ReadThroughMaster { files, first } => {
                write!(f, "frames that another file links count once, through that file: {}", InFiles(*files, first))
            }
            Self::Trying { backbone, layers, enhance } => {
                write!(f, "{backbone} {}", layers.join(" + "))?;
                if enhance.is_empty() { Ok(()) } else { write!(f, " after {}", enhance.join(", ")) }
            }
            Self::Light(note) => note.fmt(f),
        }
    }
}

fn doubt_stays_out(f: &mut fmt::Formatter<'_>, images: usize, without: f64, with: f64) -> fmt::Result {
    let [without, with] = [without, with].map(|accuracy| 100.0 * accuracy);
    write!(
        f,
        "no label is doubted: of {images} validation images {with:.1} % would be right with doubt, {without:.1} % are \
         without, or rare classes would lose"
    )
}

/// Data sets named at most.
const SHOWN: usize = 4;

/// Data sets that were not taken, if any.
struct PassedOver<'a>(&'a [String]);

impl fmt::Display for PassedOver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        let shown = self.0.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = self.0.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        write!(f, ", not of {shown}{more} (`--set dataset.frames=PATH` takes another)")
    }
}

/// The first of some files, and how many there are.
struct InFiles<'a>(usize, &'a Path);

impl fmt::Display for InFiles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => write!(f, "`{}`", self.1.display()),
            n => write!(f, "{n} files, the first `{}`", self.1.display()),
        }
    }
}

/// The weights that a training keeps, by their epoch.
pub(super) struct KeptWeights(pub(super) usize);

impl fmt::Display for KeptWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("the frozen network was best and is kept"),
            epoch => write!(f, "the weights of epoch {epoch} are kept"),
        }
    }
}
