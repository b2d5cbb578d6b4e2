//! Checkpoints written, read, moved, damaged and of another age.

use std::fs;
use std::path::Path;

use ndarray::array;

use super::*;
use crate::backbones::BackboneName;
use crate::data::{ClassId, ImageId};
use crate::images::DepthRange;
use crate::recipes::{FeaturesRecipe, NetworkRecipe};
use crate::training::{DenseLayer, Head, Metric, OutlierScores, TrainingSet};

const FILES: [&str; 3] = [MODEL, NEIGHBOURS, BACKBONE_FILE];

fn classifier() -> Classifier {
    let layer = DenseLayer { weights: array![[1.0, -1.0], [0.5, 2.0]], bias: array![0.0, 0.1] };
    Head::new(None, vec![layer]).unwrap().into()
}

fn neighbours() -> TrainingNeighbours {
    let x = array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    let ids = [b"a", b"b", b"c"].map(|name| ImageId::of_bytes(name));
    let (y, classes) = ([0, 1, 1].map(ClassId), ["one".to_owned(), "two".to_owned()]);
    let data = TrainingSet { ids: &ids, x: x.view(), y: &y, classes: &classes, weights: None };
    TrainingNeighbours::fit(&data, |row| format!("{row}.png"), &[0, 1, 2], None, Metric::Cosine, 0)
}

fn bundle() -> Bundle {
    let scores = |i: i32| OutlierScores { isolation: f64::from(i).sin(), distance: f64::from(i).cos() };
    let scores: Vec<OutlierScores> = (0..30).map(scores).collect();
    let recipe = FeaturesRecipe::Network(NetworkRecipe {
        backbone: BackboneName::default(),
        layers: vec!["head".to_owned()],
        weights: Some(BACKBONE_FILE.into()),
        ..NetworkRecipe::default()
    });
    Bundle {
        format: FORMAT,
        name: "test".to_owned(),
        created: "2026-11-22T03:00:00Z".to_owned(),
        sequence: 1,
        classes: vec!["one".to_owned(), "two".to_owned()],
        features: FeatureChain {
            pedestal: None,
            slices: None,
            recipe,
            weights_hash: "0".to_owned(),
            dataset: None,
            depth: DepthRange::default(),
            n_features: 2,
        },
        input_size: (224, 224),
        calibration: Calibration { temperature: 1.7, ..Calibration::NONE },
        reject: Some(RejectRule::fit(&scores, &[0.9; 30], crate::training::RejectRecipe::default())),
        training_set: TrainedOn { fingerprint: "0".to_owned(), n_images: 3 },
        files: BTreeMap::new(),
    }
}

/// A checkpoint with a network of its own, in `home`.
fn written(home: &Path) -> PathBuf {
    let folder = RunDir::create(home, "test").unwrap();
    bundle().write(&classifier(), &neighbours(), Some(b"the network"), &folder).unwrap();
    folder.finish().unwrap()
}

fn refusal(folder: &Path) -> (String, String) {
    let error = Checkpoint::open(folder).unwrap_err();
    (error.to_string(), error.hint().unwrap())
}

#[test]
fn what_is_written_is_read_wherever_the_folder_is_moved() {
    let home = tempfile::tempdir().unwrap();
    let moved = home.path().join("elsewhere");
    fs::rename(written(home.path()), &moved).unwrap();
    let read = Checkpoint::open(&moved).unwrap();
    assert_eq!((&read.classifier, read.neighbours.as_ref()), (&classifier(), Some(&neighbours())));
    assert_eq!(read.bundle.features.recipe.network().unwrap().weights, Some(moved.join(BACKBONE_FILE)));
    assert_eq!(read.bundle.files.keys().collect::<Vec<_>>(), ["backbone.safetensors", MODEL, NEIGHBOURS]);
    assert_eq!((read.bundle.calibration, &read.bundle.reject), (bundle().calibration, &bundle().reject));
    let x = array![[1.0, 0.2]];
    let sure = crate::training::softmax(classifier().logits(x.view()).unwrap());
    let calibrated = read.probabilities(x.view()).unwrap();
    assert!(calibrated[[0, 0]] < sure[[0, 0]] && calibrated[[0, 0]] > 0.5, "a temperature above 1 lowers confidence");
    let novelty = |x: ndarray::Array2<f32>| read.recognise(x.view(), &[0.9]).unwrap().unwrap()[0].novelty.unwrap();
    let (usual, strange) = (novelty(x), novelty(array![[-1.0, -1.0]]));
    assert!(0.0 < usual && usual < strange && strange < 1.0, "{strange} {usual}");
}

#[test]
fn each_file_is_missed_when_it_is_gone_cut_short_or_another() {
    for name in FILES {
        let home = tempfile::tempdir().unwrap();
        let folder = written(home.path());
        let path = folder.join(name);
        let whole = fs::read(&path).unwrap();
        let mut other = whole.clone();
        *other.last_mut().unwrap() ^= 1;
        for bytes in [&whole[..whole.len() / 2], &[], &other] {
            fs::write(&path, bytes).unwrap();
            let (told, hint) = refusal(&folder);
            assert!(told.starts_with("the file is not the one the checkpoint was made with") && told.contains(name));
            assert!(told.contains(&format!("({} bytes, hash ", bytes.len())), "{told}");
            assert!(hint.contains("copy the whole folder again"), "{hint}");
        }
        fs::remove_file(&path).unwrap();
        let (told, hint) = refusal(&folder);
        assert!(told.starts_with("the checkpoint lacks a file") && told.contains(name), "{told}");
        assert!(hint.contains("train again"), "{hint}");
        fs::write(&path, &whole).unwrap();
        assert!(Checkpoint::open(&folder).is_ok());
    }
}

#[test]
fn a_description_that_cannot_be_right_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let folder = written(home.path());
    let path = folder.join(DESCRIPTION);
    let sealed = fs::read_to_string(&path).unwrap();
    fs::write(&path, sealed.replace("\"two\"", "\"owt\"")).unwrap();
    let told = refusal(&folder).0;
    assert!(told.starts_with("the description of the checkpoint is damaged (its content is not what"), "{told}");
    let text = sealed.rsplit_once(",\n  \"blake3\"").unwrap().0.to_owned() + "\n}\n";
    let with = |text: String| {
        fs::write(&path, text).unwrap();
        refusal(&folder)
    };
    let (told, hint) = with(text.replace("\"format\": 4", "\"format\": 5"));
    assert!(told.starts_with("the checkpoint has format 5, this program knows formats up to 4"), "{told}");
    assert!(hint.contains("update rails"), "{hint}");
    assert!(with(text[..text.len() / 2].to_owned()).0.contains("is damaged"));
    assert!(with(text.replace("\"format\": 4,", "")).0.contains("no format number"));
    assert!(with(text.replace("\"temperature\"", "\"heat\"")).0.contains("temperature"));
    let (told, _) = with(text.replace("\"two\"", "\"two\", \"three\""));
    assert!(told.starts_with("it knows 2 classes, the checkpoint's description 3"), "{told}");
    let (told, _) = with(text.replace("\"n_features\": 2", "\"n_features\": 9"));
    assert!(told.starts_with("it knows 2 features, the checkpoint's description 9"), "{told}");
    assert!(with(text.replacen("\"temperature\": ", "\"temperature\": -", 1)).0.contains("above 0"));
    fs::remove_file(&path).unwrap();
    let (told, hint) = refusal(&folder);
    assert!(told.starts_with("not a checkpoint (no bundle.json)") && hint.contains("checkpoints/"), "{told} {hint}");
    assert!(refusal(&home.path().join("nowhere")).0.starts_with("not a checkpoint"));
}

#[test]
fn format_1_is_read_without_what_it_did_not_have() {
    let home = tempfile::tempdir().unwrap();
    let folder = written(home.path());
    for name in [NEIGHBOURS, BACKBONE_FILE] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    let path = folder.join(DESCRIPTION);
    let mut value: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let object = value.as_object_mut().unwrap();
    let hash = object["files"][MODEL].clone();
    for gone in ["calibration", "reject", "files"] {
        object.remove(gone);
    }
    object.extend([
        ("format".to_owned(), 1.into()),
        ("temperature".to_owned(), 1.0.into()),
        ("reject_threshold".to_owned(), serde_json::Value::Null),
        ("model_hash".to_owned(), hash),
    ]);
    let recipe = &mut object["features"]["recipe"];
    recipe.as_object_mut().unwrap().remove("kind");
    fs::write(&path, value.to_string()).unwrap();
    let read = Checkpoint::open(&folder).unwrap();
    assert_eq!((read.bundle.format, read.bundle.calibration), (1, Calibration::NONE));
    assert!(read.neighbours.is_none() && read.bundle.reject.is_none());
    let x = array![[1.0, 0.2]];
    assert_eq!(read.probabilities(x.view()).unwrap(), classifier().probabilities(x.view()).unwrap());
    assert_eq!(read.recognise(x.view(), &[0.9]), Ok(None));
    fs::remove_file(folder.join(MODEL)).unwrap();
    assert!(refusal(&folder).0.starts_with("the checkpoint lacks a file"));
}
