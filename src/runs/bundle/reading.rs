//! Reading of a checkpoint, with checks that it is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use super::{BACKBONE_FILE, Bundle, BundleError, Checkpoint, DESCRIPTION, FORMAT, MODEL, NEIGHBOURS, TrainedOn, hash};
use crate::data::{ClassName, NotAClassName};
use crate::files::sealed_json;
use crate::runs::{FeatureChain, features_recipe_1};
use crate::training::{Calibration, Classifier, TrainingNeighbours};

/// `bundle.json` of format 1, as far as it is still of use.
#[derive(Deserialize)]
struct Bundle1 {
    name: String,
    created: String,
    classes: Vec<String>,
    features: FeatureChain,
    input_size: (usize, usize),
    training_set: TrainedOn,
    model_hash: String,
}

impl From<Bundle1> for Bundle {
    fn from(old: Bundle1) -> Self {
        Self {
            format: 1,
            name: old.name,
            created: old.created,
            sequence: 0,
            classes: old.classes,
            features: old.features,
            input_size: old.input_size,
            calibration: Calibration::NONE,
            reject: None,
            training_set: old.training_set,
            files: BTreeMap::from([(MODEL.to_owned(), old.model_hash)]),
        }
    }
}

impl Checkpoint {
    /// Reads the checkpoint in `folder`. Every file it speaks of is read and compared with its hash.
    ///
    /// # Errors
    /// [`BundleError`] says what is wrong with it.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let mut bundle = describe(folder)?;
        bundle.classes = named(bundle.classes, &folder.join(DESCRIPTION))?;
        let file = |name: &str| bundle.files.get(name).map(|expected| read(folder, name, expected)).transpose();
        let (model, neighbours) = (file(MODEL)?, file(NEIGHBOURS)?);
        let network = file(BACKBONE_FILE)?.map(|_| folder.join(BACKBONE_FILE));

        let temperature = bundle.calibration.temperature;
        if !(temperature.is_finite() && temperature > 0.0) {
            let message = format!("a temperature of `{temperature}`: expected a finite number above 0");
            return Err(BundleError::Damaged { message, path: folder.join(DESCRIPTION) });
        }
        let path = folder.join(MODEL);
        let model = model.ok_or_else(|| BundleError::Missing(path.clone()))?;
        let classifier =
            Classifier::from_safetensors(&model).map_err(|source| BundleError::Head { source, path: path.clone() })?;
        let (n_classes, n_features) = (bundle.classes.len(), bundle.features.n_features);
        fit("classes", classifier.n_classes(), n_classes, &path)?;
        fit("features", classifier.n_features(), n_features, &path)?;

        let path = folder.join(NEIGHBOURS);
        let neighbours = neighbours
            .map(|bytes| TrainingNeighbours::from_safetensors(&bytes))
            .transpose()
            .map_err(|source| BundleError::Head { source, path: path.clone() })?;
        if let Some(neighbours) = &neighbours {
            fit("features", neighbours.n_features(), n_features, &path)?;
            let classes = neighbours.references().iter().map(|reference| reference.class.0 + 1).max().unwrap_or(0);
            fit("classes", classes.max(n_classes), n_classes, &path)?;
        }
        if let (Some(file), Some(recipe)) = (network, bundle.features.recipe.network_mut()) {
            recipe.weights = Some(file);
        }
        Ok(Self { folder: folder.to_owned(), bundle, classifier, neighbours })
    }
}

/// Reads `bundle.json` of any format.
fn describe(folder: &Path) -> Result<Bundle, BundleError> {
    let path = folder.join(DESCRIPTION);
    let text = fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => BundleError::NotABundle(folder.to_owned()),
        _ => BundleError::Io { source, path: path.clone() },
    })?;
    let damaged = |error: serde_json::Error| BundleError::Damaged { message: error.to_string(), path: path.clone() };
    // The format is read alone first: a newer one may have other fields.
    let mut value: serde_json::Value = serde_json::from_slice(&text).map_err(damaged)?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    if matches!(format, Some(1 | 2)) {
        features_recipe_1::upgrade(&mut value).map_err(damaged)?;
    }
    // A newer one may be sealed in another way too.
    if format.is_some_and(|format| format <= u64::from(FORMAT)) {
        sealed_json::check(&text)
            .map_err(|broken| BundleError::Damaged { message: broken.to_string(), path: path.clone() })?;
    }
    match format {
        Some(1) => serde_json::from_value::<Bundle1>(value).map(Bundle::from).map_err(damaged),
        Some(format) if (2..=u64::from(FORMAT)).contains(&format) => serde_json::from_value(value).map_err(damaged),
        Some(found) if found > u64::from(FORMAT) => Err(BundleError::Newer { found, path: folder.to_owned() }),
        _ => Err(BundleError::Damaged { message: "it has no format number".to_owned(), path }),
    }
}

/// The classes as today's rule writes them, so that labels of today mean the same ones, and what cannot be seen in one as an
/// escape; as they are where two would become one.
fn named(classes: Vec<String>, path: &Path) -> Result<Vec<String>, BundleError> {
    let distinct = |classes: &[String]| classes.iter().collect::<BTreeSet<_>>().len() == classes.len();
    if !distinct(&classes) {
        return Err(BundleError::Damaged { message: "two classes have one name".to_owned(), path: path.to_owned() });
    }
    let today = classes.iter().map(|class| match ClassName::parse(class) {
        Ok(name) => name.into(),
        // Tables and terminals are to show what a name has in it.
        Err(NotAClassName::Invisible(name)) => name.escape_debug().to_string(),
        Err(_) => class.clone(),
    });
    let today: Vec<String> = today.collect();
    Ok(if distinct(&today) { today } else { classes })
}

/// Reads a file of the checkpoint and compares its hash.
fn read(folder: &Path, name: &str, expected: &str) -> Result<Vec<u8>, BundleError> {
    let path = folder.join(name);
    let bytes = fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => BundleError::Missing(path.clone()),
        _ => BundleError::Io { source, path: path.clone() },
    })?;
    let found = hash(&bytes);
    if found == expected {
        return Ok(bytes);
    }
    let short = |hash: &str| hash.chars().take(12).collect();
    Err(BundleError::OtherFile { bytes: bytes.len(), found: short(&found), expected: short(expected), path })
}

fn fit(what: &str, found: usize, expected: usize, path: &Path) -> Result<(), BundleError> {
    if found == expected {
        return Ok(());
    }
    let what = format!("it knows {found} {what}, the checkpoint's description {expected}");
    Err(BundleError::Unfit { what, path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_before_are_written_as_today_and_visible() {
        let names = |classes: &[&str]| {
            named(classes.iter().map(|class| (*class).to_owned()).collect(), Path::new("b")).unwrap()
        };
        assert_eq!(
            names(&["gra\u{308}s ", "a\nb", "\u{2066}x", "unknown"]),
            ["gr\u{e4}s", "a\\nb", "\\u{2066}x", "unknown"]
        );
        assert_eq!(names(&["x", "x "]), ["x", "x "]);
    }
}
