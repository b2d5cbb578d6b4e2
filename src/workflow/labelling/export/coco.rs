//! COCO annotations (Lin et al., "Microsoft COCO", ECCV 2014; the format of pycocotools): every image carries one
//! annotation whose box covers it whole, since what was labelled is the image and not a thing in it. Of an image whose
//! patches were labelled each is a box.
//!
//! `file_name` is relative to the data set, which `info.root` names. In `removed.json` the reasons are the categories.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::{DecidedImages, ExportedImage, reason, unwritable};
use crate::atomic_file;
use crate::data::{PatchAddress, path_text};
use crate::images::header_of;
use crate::workflow::WorkflowError;

#[derive(Serialize)]
struct Coco<'a> {
    info: CocoInfo,
    licenses: [(); 0],
    categories: Vec<CocoCategory<'a>>,
    images: Vec<CocoImage<'a>>,
    annotations: Vec<CocoAnnotation>,
}

#[derive(Serialize)]
struct CocoInfo {
    description: &'static str,
    version: &'static str,
    root: String,
}

#[derive(Serialize)]
struct CocoCategory<'a> {
    id: usize,
    name: &'a str,
    supercategory: &'static str,
}

#[derive(Serialize)]
struct CocoImage<'a> {
    id: usize,
    file_name: &'a str,
    width: u32,
    height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_id: Option<String>,
    fields: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct CocoAnnotation {
    id: usize,
    image_id: usize,
    category_id: usize,
    /// Left, top, width, height in pixels.
    bbox: [u32; 4],
    area: u64,
    iscrowd: u8,
    segmentation: Vec<[u32; 8]>,
}

/// Writes `labels.json` and `removed.json`; the answer are the images whose file is gone or cannot be read.
pub(crate) fn write(decided: &DecidedImages<'_>, folder: &Path) -> Result<Vec<String>, WorkflowError> {
    let labelled: Vec<(ExportedImage<'_>, &str)> =
        decided.labelled.iter().map(|(entry, label)| (*entry, label.class.as_str())).collect();
    let removed: Vec<(ExportedImage<'_>, &str)> =
        decided.removed.iter().map(|(entry, why)| (*entry, reason(why))).collect();
    let mut missing = Vec::new();
    let parts = [
        ("labels", "class", "images with the class they show", labelled),
        ("removed", "reason", "removed images with the reason", removed),
    ];
    for (name, kind, description, entries) in parts {
        let patches: Vec<Option<PatchAddress>> =
            entries.iter().map(|(entry, _)| PatchAddress::parse_text(&entry.row.path)).collect();
        // What each entry lies in, which is read once for all of its patches.
        let images: Vec<Cow<'_, str>> = entries
            .iter()
            .zip(&patches)
            .map(|((entry, _), patch)| match patch {
                Some(patch) => path_text::to_text(&patch.image).into(),
                None => entry.row.path.as_str().into(),
            })
            .collect();
        let sizes: BTreeMap<&str, (u32, u32)> = images
            .iter()
            .map(Cow::as_ref)
            .collect::<BTreeSet<_>>()
            .into_par_iter()
            .filter_map(|image| {
                let header = header_of(&decided.root.join(path_text::to_path(image))).ok()?;
                Some((image, (header.width, header.height)))
            })
            .collect();
        let names: BTreeSet<&str> = entries.iter().map(|(_, name)| *name).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let root = std::path::absolute(decided.root).unwrap_or_else(|_| decided.root.to_owned());
        let mut coco = Coco {
            info: CocoInfo { description, version: "1.0", root: path_text::to_text(root) },
            licenses: [],
            categories: (1..).zip(&names).map(|(id, name)| CocoCategory { id, name, supercategory: kind }).collect(),
            images: Vec::new(),
            annotations: Vec::new(),
        };
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        for (((entry, name), patch), file_name) in entries.iter().zip(&patches).zip(&images) {
            let file_name = file_name.as_ref();
            let Some(&(width, height)) = sizes.get(file_name) else {
                missing.push(entry.row.path.clone());
                continue;
            };
            // Patches of one image are boxes in it.
            let [left, top, wide, high] = patch.as_ref().map_or([0, 0, width, height], |patch| {
                [patch.left, patch.top, patch.width, patch.height].map(|pixels| pixels as u32)
            });
            let image_id = *ids.entry(file_name).or_insert_with(|| {
                let id = coco.images.len() + 1;
                // The id of an image is not known from its patches.
                let content_id = patch.is_none().then(|| entry.row.id.to_string());
                coco.images.push(CocoImage { id, file_name, width, height, content_id, fields: entry.fields });
                id
            });
            let (right, bottom) = (left + wide, top + high);
            coco.annotations.push(CocoAnnotation {
                id: coco.annotations.len() + 1,
                image_id,
                category_id: names.partition_point(|known| known < name) + 1,
                bbox: [left, top, wide, high],
                area: u64::from(wide) * u64::from(high),
                iscrowd: 0,
                segmentation: vec![[left, top, right, top, right, bottom, left, bottom]],
            });
        }
        let json = serde_json::to_vec(&coco).map_err(unwritable)?;
        let path = folder.join(format!("{name}.json"));
        atomic_file::write(&path, &json).map_err(WorkflowError::at(&path))?;
    }
    Ok(missing)
}
