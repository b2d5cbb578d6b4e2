//! Pictures of altered training images, as fine-tuning sees them.

use super::finetune::FineTuning;
use super::training_data::TrainingData;
use crate::commands::CommandError;
use crate::report::{PageBlock, PageSection};
use crate::runs::RunDir;
use crate::training::Pictures;
use crate::workflow::gallery::{GalleryRow, show};

/// Versions of each image that are shown.
const VERSIONS: u64 = 6;
/// Classes that are shown, from the first.
const CLASSES: usize = 20;

/// One training image per class, as the network sees it, and some of its versions.
pub(super) struct Samples(Vec<GalleryRow>);

impl Samples {
    /// Reads and alters the first training image of each class; empty where nothing is altered.
    pub fn new(job: &FineTuning<'_>, data: &TrainingData, pictures: &dyn Pictures) -> Self {
        let classes = data.classes();
        let augment = &job.finetune.augment;
        if augment.is_off() {
            return Self(Vec::new());
        }
        let first = |class: usize| data.split.train.iter().copied().find(|&row| data.y[row].0 == class);
        let rows = (0..classes.len()).filter_map(|class| Some((class, first(class)?))).take(CLASSES);
        // An image that is gone by now is missed elsewhere.
        let shown = rows.filter_map(|(class, row)| {
            let image = pictures.picture(row).ok()?;
            let version = |version| {
                let altered = augment.version(image.clone(), data.features.ids[row], version, job.recipe.seed);
                (altered, format!("version {version}"))
            };
            let last = augment.views.map_or(VERSIONS, |views| VERSIONS.min(views.get() as u64 - 1));
            let versions = (1..=last).map(version);
            let images = std::iter::once((image.clone(), "as it is".to_owned())).chain(versions).collect();
            Some(GalleryRow { title: classes[class].clone(), images })
        });
        Self(shown.collect())
    }

    /// Draws `plots/augmented.png`; the answer is the same for the page. `None` where nothing is altered.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn show(&self, run: &RunDir) -> Result<Option<PageSection>, CommandError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let how = "Fine-tuning learns from versions of each training image, altered at random within the limits of the \
                   recipe. What an image shows must still be plain to see in all of them; otherwise alter less.";
        let mut blocks = vec![PageBlock::Paragraph(how.to_owned())];
        blocks.extend(show("Altered training images", &self.0, Some((run, "plots/augmented.png")))?);
        Ok(Some(PageSection { title: "Altered training images".to_owned(), blocks }))
    }
}
