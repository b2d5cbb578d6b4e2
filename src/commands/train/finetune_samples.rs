//! A picture of what altered training images look like.

use super::finetune::Job;
use super::numbers::Numbers;
use crate::commands::CommandError;
use crate::images::Image;
use crate::report::{Figure, Montage, MontageSection};
use crate::runs::RunDir;
use crate::training::Pictures;

/// Versions of each image that are shown.
const VERSIONS: u64 = 6;
/// Classes that are shown, from the first.
const CLASSES: usize = 20;

/// One training image per class, as the network sees it, and some of its versions.
pub(super) struct Samples(Vec<(String, Vec<(Image, String)>)>);

impl Samples {
    /// Reads and alters the first training image of each class; empty where nothing is altered.
    pub fn new(job: &Job<'_>, classes: &[String], numbers: &Numbers, pictures: &dyn Pictures) -> Self {
        let augment = &job.finetune.augment;
        if augment.is_off() {
            return Self(Vec::new());
        }
        let first = |class: usize| job.split.train.iter().copied().find(|&row| job.y[row].0 == class);
        let rows = (0..classes.len()).filter_map(|class| Some((class, first(class)?))).take(CLASSES);
        // An image that is gone by now is missed elsewhere.
        let shown = rows.filter_map(|(class, row)| {
            let image = pictures.picture(row).ok()?;
            let version = |version| {
                let altered = augment.version(image.clone(), numbers.ids[row], version, job.recipe.seed);
                (altered, format!("version {version}"))
            };
            let last = augment.views.map_or(VERSIONS, |views| VERSIONS.min(views.get() as u64 - 1));
            let versions = (1..=last).map(version);
            Some((
                classes[class].clone(),
                std::iter::once((image.clone(), "as it is".to_owned())).chain(versions).collect(),
            ))
        });
        Self(shown.collect())
    }

    /// Draws `plots/augmented.png`, where there is something to draw.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn draw(&self, run: &RunDir) -> Result<(), CommandError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let sections = self
            .0
            .iter()
            .map(|(title, images)| MontageSection {
                title,
                images: images.iter().map(|(image, name)| (image, name.clone())).collect(),
            })
            .collect();
        Montage { title: "Altered training images", sections }.save(&run.file("plots/augmented.png")?)?;
        Ok(())
    }
}
