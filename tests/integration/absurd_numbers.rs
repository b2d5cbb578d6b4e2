//! Every number of every recipe, set to what nobody means: it is refused where it is read, or the command ends as it
//! should, and never by a panic, an abort or not at all.

use std::fs;

use rails::recipes::{
    AssignRecipe, ClusterRecipe, PatchesRecipe, Recipe, SearchRecipe, SeparateRecipe, TrainRecipe, load, to_toml,
};
use serde::Serialize;
use toml::{Table, Value};

use crate::workplace::Workplace;

/// Nothing, less than that, more than anybody has, more than most bounds but not than all, and what is no number.
fn absurd() -> Vec<Value> {
    let integers = [0, -1, 10_000, i64::from(u32::MAX), 1_000_000_000_000_000_000, i64::MAX].map(Value::Integer);
    let floats = [0.0, -1.0, 1e-300, 1e18, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Value::Float);
    integers.into_iter().chain(floats).collect()
}

/// Numbers of several sections, which most recipes share.
const DATASET: &str = "seed = 1\n[dataset]\nsample = { n = 12, seed = 3 }\ndepth = { low = 0.0, high = 255.0 }\n";
const REDUCE: &str = "[reduce]\nn_components = 5\n";
const KMEANS: &str =
    "[cluster.kmeans]\nk = 3\nn_init = 2\nfinal_n_init = 2\nmax_iter = 20\ntol = 1e-4\nbatch_size = 9\n";
const METHODS: &str = "[cluster]\nmethods = [\"kmeans\", \"dbscan\", \"hierarchical\", \"gaussian_mixture\", \"hdbscan\", \
                       \"hybrid\"]\n[cluster.dbscan]\neps = [0.3]\nmin_samples = [3]\n[cluster.hybrid]\neps = 0.4\n\
                       min_samples = 2\nk = 2\n";
const ENHANCE: &str = "enhance = [{ gamma = 0.7 }, { clahe = { tiles = 4, clip_limit = 2.0 } }, { stretch = { low = 2.0, high = \
                       98.0 } }, { flat-field = { width = 0.2 } }, { denoise = { passes = 1 } }]\n";
const SPLIT: &str = "seed = 1\nsplit = { train = 0.5, validation = 0.25, test = 0.25, near_duplicates = 0.02, seed = 5 }\n[calibrate]\n\
                       folds = 3\nenough = 5\n[reject]\nkeep = 0.9\n";

/// A number somewhere in a recipe: names and positions on the way to it.
type Place = Vec<String>;

fn numbers(value: &Value, at: &Place, found: &mut Vec<Place>) {
    let below = |name: String| at.iter().cloned().chain([name]).collect::<Place>();
    match value {
        Value::Integer(_) | Value::Float(_) => found.push(at.clone()),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(number, value)| numbers(value, &below(number.to_string()), found));
        }
        Value::Table(table) => table.iter().for_each(|(name, value)| numbers(value, &below(name.clone()), found)),
        _ => {}
    }
}

fn number_at<'a>(value: &'a mut Value, place: &[String]) -> &'a mut Value {
    let Some((first, rest)) = place.split_first() else { return value };
    match value {
        Value::Array(list) => number_at(&mut list[first.parse::<usize>().unwrap()], rest),
        Value::Table(table) => number_at(table.get_mut(first).unwrap(), rest),
        _ => unreachable!("{place:?}"),
    }
}

/// Tries every absurd number in the place of every number of `text` and of what it leaves to defaults. Those that are
/// taken are given to `command`; without one they only have to be taken without a word. How many were taken.
fn try_all<R: Recipe + Serialize>(place: &Workplace, text: &str, command: &[&str]) -> usize {
    let file = place.write("experiments/absurd.toml", text);
    let whole: R = load(Some(&file), &[]).unwrap_or_else(|error| panic!("{error}: {text}"));
    let whole = Value::Table(to_toml(&whole).unwrap().parse::<Table>().unwrap());
    let mut places = Vec::new();
    numbers(&whole, &Vec::new(), &mut places);
    let mut taken = 0;
    for at in &places {
        for number in absurd() {
            let mut changed = whole.clone();
            *number_at(&mut changed, at) = number.clone();
            let text = changed.to_string();
            fs::write(&file, &text).unwrap();
            let said = format!("{}={number}", at.join("."));
            match load::<R>(Some(&file), &[]) {
                Err(error) => assert!(error.to_string().contains("absurd.toml:"), "{said}: {error}"),
                Ok(_) if command.is_empty() => taken += 1,
                Ok(_) => {
                    taken += 1;
                    let ended = place.rails(&[command, &["-q", "--config", "absurd.toml"]].concat());
                    let in_words = matches!(ended.code, 0 | 3) || ended.stderr.starts_with("error: ");
                    let panicked = ended.stderr.contains("panicked");
                    assert!(in_words && !panicked, "{said}: {} {}", ended.code, ended.stderr);
                }
            }
        }
    }
    assert!(!places.is_empty());
    taken
}

#[test]
fn numbers_of_clusterings_and_searches() {
    let place = Workplace::with_tiles("absurd", 4);
    let hand_made = "[features]\nkind = \"hand_made\"\nblocks = { statistics = 1.0 }\n";
    let report = "[report]\nexamples = 2\n[tsne]\nperplexity = 3.0\nn_iter = 50\nlearning_rate = 50.0\n";
    let text = [DATASET, hand_made, ENHANCE, REDUCE, METHODS, KMEANS, report].concat();
    try_all::<ClusterRecipe>(&place, &text, &["cluster", "datasets/surfaces"]);
    let network = "[features]\nbatch_size = 4\nhand_made = { network = 0.5, missing = 2.0 }\n";
    try_all::<ClusterRecipe>(&place, &[DATASET, network, KMEANS].concat(), &[]);
    let counts = "[cluster.kmeans]\nk = { from = 2, to = 4 }\n[cluster.dbscan]\neps = 0.5\nmin_samples = 2\n";
    try_all::<ClusterRecipe>(&place, &[DATASET, counts].concat(), &[]);
    let list =
        "[cluster.kmeans]\nk = [2, 4]\n[features]\nbatch_size = 3\nhand_made = { network = 1.0, missing = 2.0 }\n";
    try_all::<SearchRecipe>(&place, &[DATASET, REDUCE, list].concat(), &[]);
    try_all::<AssignRecipe>(&place, "[dataset]\nsample = { n = 12, seed = 3 }\n", &[]);
}

#[test]
fn numbers_of_patches_and_separations() {
    let place = Workplace::with_tiles("absurd", 2);
    let patches = "[patches]\nslices = [3, 4]\nclip = 2.0\nignore = { below = 5, share = 0.95 }\nmosaic = \"2x2\"\n\
                   opacity = 0.2\nsearch = { clusters = [2, 3], slices = [2, 3] }\n";
    let text = [DATASET, "[features]\n", ENHANCE, REDUCE, patches, METHODS, KMEANS].concat();
    let text = text.replace("[0.3]", "0.3").replace("[3]\n", "3\n");
    try_all::<PatchesRecipe>(&place, &text, &["patches", "datasets/surfaces"]);
    let separate = "[separate.inconsistency]\nfeatures = { rotation = 1.0, curvature = 0.5 }\ndenoise = 1\naround = 2\n\
                    lof = { neighbours = 3, threshold = 1.5 }\n[[separate.layers]]\nname = \"Missing\"\nfeatures = \
                    [\"missing\"]\naround = 2\nn_components = 3\nk = 3\nn_init = 2\ntake = { highest = \
                    \"missing_contrast\" }\nbeyond = 1.0\nown = 0.5\nzoom = 1\nrounds = 2\n";
    let text = [DATASET, "[features]\n", ENHANCE, REDUCE, separate].concat();
    try_all::<SeparateRecipe>(&place, &text, &["separate", "datasets/surfaces"]);
}

#[test]
fn numbers_of_trainings() {
    let place = Workplace::with_tiles("absurd", 6);
    let train = ["train", "datasets/surfaces/labels.csv"];
    let data = "[dataset]\ndepth = { low = 0.0, high = 255.0 }\n[features]\nkind = \"hand_made\"\nblocks = { statistics = \
                1.0 }\n";
    for classifier in [
        "hidden = [8]\nepochs = 20\nbatch_size = 8\nlearning_rate = 1e-3\n",
        "kind = \"linear\"\nl2 = 1e-3\n",
        "kind = \"knn\"\nk = 3\n",
    ] {
        let text = [SPLIT, data, "[classifier]\n", classifier].concat();
        try_all::<TrainRecipe>(&place, &text, &train);
    }
    let finetune = "[finetune]\nepochs = 1\nbatch_size = 4\nlearning_rate = 1e-5\n[finetune.augment]\nviews = 2\nflip = \
                    \"both\"\nrotate = 15\ncrop = 0.2\nblur = 1\ncontrast = 0.2\nbrightness = 0.1\nnoise = 3\nerase = 0.1\n";
    try_all::<TrainRecipe>(&place, finetune, &[]);
    try_all::<TrainRecipe>(&place, "[sweep]\nfolds = 3\n\"classifier.hidden\" = [[8], []]\n", &[]);
}

#[test]
fn numbers_beyond_64_bits_are_no_numbers() {
    let place = Workplace::new("absurd");
    for (command, key) in [("cluster", "seed"), ("train", "classifier.batch_size"), ("patches", "patches.clip")] {
        for number in ["18446744073709551615", "99999999999999999999999999", "-9223372036854775809"] {
            let setting = format!("{key}={number}");
            place.rails(&[command, "--set", &setting]).with(2).saying(&[&setting]);
        }
    }
}
