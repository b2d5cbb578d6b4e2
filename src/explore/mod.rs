//! The page to try settings on: sliders for patches and clusters, and the overlay at once.
//!
//! Images are decoded and corrected once; a request slices them, clusters the patches and answers with their clusters.
//! The page draws the colours itself, so that opacity costs nothing.

mod answer;
mod routes;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use ndarray::Array2;
use serde::Serialize;

use crate::features::Ignore;
use crate::images::{DepthRange, brightness_in_view, decode, enhance_in_view, object_map};
use crate::memory::MemoryBudget;
use crate::progress::{Event, Note, Stage};
use crate::recipes::PatchesRecipe;
use crate::report::{jpeg, outline, thumbnail};
use crate::server::{Events, Listen, Server};
use crate::workflow::{Context, WorkflowError, dataset};

/// Longer side of the pictures on the page at most, in pixels.
const EDGE: u32 = 1600;

/// A page that is about to be served.
pub struct Explorer {
    server: Server,
    shared: Arc<Shared>,
}

/// State that all requests share.
struct Shared {
    recipe: PatchesRecipe,
    images: Vec<ShownImage>,
    memory: MemoryBudget,
    /// Where recipes are saved.
    folder: PathBuf,
    /// Whether that was there, when the page was opened or a recipe saved.
    had_folder: AtomicBool,
    /// Recipes are written one at a time.
    saving: Mutex<()>,
}

/// An image in memory.
struct ShownImage {
    name: String,
    /// Intensities in `0.0..=255.0` as they are measured, shape `[height, width]`.
    plane: Array2<f32>,
    /// Where it shows objects, if the recipe asks.
    objects: Option<Array2<f32>>,
    jpeg: Vec<u8>,
}

/// Outcome of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExploreSummary {
    /// Images that were shown.
    pub images: usize,
}

impl Explorer {
    /// Decodes the images of `recipe`, as many as its mosaic holds, and takes the port.
    ///
    /// # Errors
    /// When there are no images or the address cannot be listened on.
    pub fn open(recipe: &PatchesRecipe, listen: Listen, context: &Context<'_>) -> Result<Self, WorkflowError> {
        // First, since a wrong port should be told before any work.
        let server = Server::bind(listen)?;
        let mut manifest = dataset::open(recipe.dataset.path.as_deref(), &recipe.dataset, context)?;
        let most = (recipe.patches.mosaic.rows.get() * recipe.patches.mosaic.columns.get()) as usize;
        let left_out = manifest.records.len().saturating_sub(most);
        if left_out > 0 {
            context.observer.note(&Note::ImagesNotShown { images: left_out });
            manifest.records.truncate(most);
        }
        let depth = DepthRange::fit(&manifest, recipe.dataset.brightness(), context.observer);
        let field = recipe.patches.field.as_ref().map(|field| field.open(&manifest)).transpose()?;
        let mut images = Vec::new();
        let stage = context.observer.stage(Stage::Embed, manifest.records.len());
        for record in &manifest.records {
            let fits = context.memory.admit(record.decoding_bytes()).map_err(|why| format!("it {why}"));
            let decoded = fits.and_then(|()| decode(&manifest.file(record)).map_err(|error| error.to_string()));
            let decoded = match decoded {
                Ok(decoded) => decoded,
                Err(error) => {
                    context.observer.on(Event::Skipped { path: Path::new(&record.path), why: &error });
                    continue;
                }
            };
            let image = depth.apply(&decoded);
            let part = match field.as_ref().map(|field| field.part_of(&image)).transpose() {
                Ok(part) => part.flatten(),
                Err(error) => {
                    context.observer.on(Event::Skipped { path: Path::new(&record.path), why: &error });
                    continue;
                }
            };
            let object_share = recipe.patches.object_share;
            let objects = object_share.map(|_| {
                object_map(brightness_in_view(&image, part.as_ref()).view(), Ignore::dark(recipe.patches.ignore))
            });
            let image = enhance_in_view(&recipe.features.enhance, image, part.as_ref());
            let plane = brightness_in_view(&image, part.as_ref());
            let (height, width, _) = image.pixels.dim();
            let mut picture = thumbnail(&image, EDGE.min(height.max(width) as u32));
            if let Some(part) = part {
                outline(&mut picture, &part.inside);
            }
            let jpeg = jpeg(&picture, 88)?;
            images.push(ShownImage { name: record.path.clone(), plane, objects, jpeg });
            stage.advance(1);
        }
        drop(stage);
        if images.is_empty() {
            return Err(WorkflowError::failed("no image can be shown", "give a folder with images"));
        }
        let folder = PathBuf::from("experiments");
        let had_folder = AtomicBool::new(folder.is_dir());
        let (recipe, memory, saving) = (recipe.clone(), context.memory, Mutex::new(()));
        let shared = Shared { recipe, images, memory, folder, had_folder, saving };
        Ok(Self { server, shared: Arc::new(shared) })
    }

    /// The URL of the page, with the secret in it.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The port that is listened on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Serves the page until Ctrl-C.
    ///
    /// # Errors
    /// When serving is not possible.
    pub fn serve(self) -> Result<ExploreSummary, WorkflowError> {
        let images = self.shared.images.len();
        let events = Events::new("state", String::new());
        self.server.run(routes::router(&self.shared), &events)?;
        Ok(ExploreSummary { images })
    }
}
