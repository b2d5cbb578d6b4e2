//! Recipes as text: reading, printing, and the errors for mistakes.

use super::document::RecipeMistake;
use super::loading::parse;
use super::*;
use crate::images::Enhancement;

fn load_text<R: Recipe>(text: &str, settings: &[&str]) -> Result<R, RecipeError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
    load(Some(file.path()), &settings)
}

/// Reads `text` as a recipe of `mode` and says what is wrong with it.
fn refusal(mode: Mode, text: &str, settings: &[&str]) -> RecipeError {
    let refused = match mode {
        Mode::Cluster => load_text::<ClusterRecipe>(text, settings).map(drop),
        Mode::Search => load_text::<SearchRecipe>(text, settings).map(drop),
        Mode::Patches => load_text::<PatchesRecipe>(text, settings).map(drop),
        Mode::Separate => load_text::<SeparateRecipe>(text, settings).map(drop),
        Mode::Assign => load_text::<AssignRecipe>(text, settings).map(drop),
        Mode::Train => load_text::<TrainRecipe>(text, settings).map(drop),
    };
    refused.expect_err(text)
}

#[test]
fn settings_win_over_the_file() {
    let text = "seed = 1\n[report]\nexamples = 3\n";
    let recipe: ClusterRecipe = load_text(text, &["report.examples=9", "name=a b"]).unwrap();
    assert_eq!((recipe.seed, recipe.report.examples, recipe.name.as_str()), (1, 9, "a b"));
    let text = "[features]\nenhance = [\"clahe\", { gamma = 0.5 }]\n";
    let recipe: ClusterRecipe = load_text(text, &["features.hand_made={ network = 0.5, missing = 2 }"]).unwrap();
    let names: Vec<_> = recipe.features.enhance().iter().map(Enhancement::name).collect();
    assert_eq!((names, recipe.features.hand_made().unwrap().len()), (vec!["clahe", "gamma"], 1));
}

#[test]
fn slips_are_told_where_they_are_and_what_to_do() {
    use Mode::{Assign, Cluster, Patches, Search, Separate, Train};
    for (mode, text, place, about, hint) in [
        // Unknown keys and bad values.
        (Cluster, "seed = 1\n\n[report]\nexmples = 3\n", (4, 1), "unknown field `exmples`", "--print-config"),
        (Cluster, "[features]\nlayers = 3\n", (2, 10), "expected a list such as", "--print-config"),
        (Cluster, "features = 3\n", (1, 12), "`features` is a section", "[features]"),
        (Cluster, "[features]\nkind = \"hand_made\"\n", (2, 1), "needs `blocks`", "`blocks = { missing = 1 }`"),
        (Cluster, "[features]\nhand_made = { mising = 1 }\n", (2, 15), "no such block `mising`", ""),
        (Train, "[classifier]\nhiden = []\n", (2, 1), "unknown field `hiden`", ""),
        (Train, "[classifier]\ndropout = 2.0\n", (2, 11), "`2` is out of range", ""),
        (Train, "[classifier]\nkind = \"tree\"\n", (2, 8), "no such kind", "\"mlp\", \"linear\", \"knn\""),
        // Keys of another kind.
        (Train, "[classifier]\nkind = \"knn\"\nhidden = [3]\n", (3, 1), "belongs to `kind = \"mlp\"`", "leave it out"),
        (Train, "[classifier]\nl2 = 0.1\n", (2, 1), "not to `kind = \"mlp\"`", "leave it out"),
        (Cluster, "[features]\nstatistics = \"mean_flux\"\n", (2, 1), "belongs to `kind = \"frame\"`", ""),
        (Cluster, "[features]\nkind = \"frame\"\nenhance = [\"clahe\"]\n", (3, 1), "not to `kind = \"frame\"`", ""),
        (Cluster, "[features]\nkind = \"hand_made\"\nblocks = { missing = 1 }\nlayers = []\n", (4, 1), "network", ""),
        // Keys of another mode.
        (Patches, "[features]\nbackbone = \"vgg16\"\n", (2, 1), "belongs to `rails cluster`", "leave it out"),
        (Patches, "[cluster]\nfit_per = \"dataset\"\n", (2, 1), "belongs to `rails cluster`", ""),
        (Patches, "[cluster.kmeans]\nk = [2, 3]\n", (2, 1), "is one number for patches", "[patches.search]"),
        (Separate, "[features]\nkind = \"frame\"\n", (2, 1), "belongs to `rails cluster`", ""),
        (Search, "[cluster]\nmethods = [\"kmeans\"]\n", (2, 1), "belongs to `rails cluster`", ""),
        (Assign, "seed = 1\n", (1, 1), "`seed` belongs to the earlier run", "leave it out"),
        (Assign, "[dataset]\ndepth = \"auto\"\n", (2, 1), "belongs to the earlier run", "leave it out"),
        // Recipes of another mode.
        (Cluster, "seed = 1\n[separate]\n", (2, 2), "this recipe separates: `rails separate --config", ""),
        (Cluster, "[[separate.layers]]\nname = \"x\"\n", (1, 3), "this recipe separates", ""),
        (Cluster, "[patches]\n[cluster]\n", (1, 2), "`rails patches --config", ""),
        (Cluster, "[search]\n", (1, 2), "this recipe searches: `rails search --config", ""),
        (Cluster, "[features]\n[classifier]\n", (2, 2), "this recipe trains: `rails train --config", ""),
        (Train, "[reduce]\n[report]\n", (1, 2), "`rails cluster --config", ""),
        (Train, "[separate]\n", (1, 2), "`rails separate --config", ""),
        (Separate, "[cluster]\n[patches]\n", (1, 2), "`rails patches --config", ""),
        (Patches, "[tsne]\n", (1, 2), "`rails cluster --config", ""),
        (Assign, "seed = 1\n[reduce]\n", (2, 2), "`rails cluster --config", ""),
        // Keys of earlier versions.
        (Train, "[mlp]\nhidden = []\n", (1, 2), "`mlp` is a key of an earlier version", "`[classifier]`"),
        (Train, "[linear]\n", (1, 2), "earlier version", "kind = \"linear\""),
        (Train, "[knn]\n", (1, 2), "earlier version", "kind = \"knn\""),
        (Cluster, "[grid]\n", (1, 2), "earlier version", "[search]"),
        (Cluster, "[features]\nframe = \"statistics\"\n", (2, 1), "earlier version", "kind = \"frame\""),
        (Cluster, "[features]\nnetwork = 0.0\n", (2, 1), "earlier version", "kind = \"hand_made\""),
    ] {
        let error = refusal(mode, text, &[]);
        let RecipeError::Invalid { place: at, message, .. } = &error else { panic!("{text}: {error}") };
        assert_eq!((at.line, at.column), place, "{text}: {error}");
        assert!(message.contains(about), "{text}: {error}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{text}: {:?}", error.hint());
    }
}

#[test]
fn two_recipes_in_one_are_told_with_both_places() {
    for (mode, text, places) in [
        (Mode::Cluster, "[patches]\n\n[separate]\n", ["1:2", "3:2"]),
        (Mode::Separate, "[separate]\n[cluster]\n", ["1:2", "2:2"]),
        (Mode::Train, "[classifier]\n[cluster]\n", ["1:2", "2:2"]),
    ] {
        let error = refusal(mode, text, &[]);
        assert!(matches!(error, RecipeError::Contradiction { .. }), "{text}: {error}");
        for place in places {
            assert!(error.to_string().contains(&format!(":{place}")), "{text}: {error}");
        }
        assert!(error.hint().unwrap().contains("keep one of the two"));
    }
}

#[test]
fn fine_tuning_is_refused_before_anything_is_trained_where_it_cannot_be_done() {
    for (text, places, about, hint) in [
        ("[finetune]\n[classifier]\nkind = \"knn\"\n", ["1:2", "3:1"], "`classifier.kind = \"knn\"`", "`linear`"),
        ("[features]\nkind = \"frame\"\n[finetune]\n", ["3:2", "2:1"], "`features.kind = \"frame\"`", "network"),
        (
            "[features]\nkind = \"hand_made\"\nblocks = { missing = 1 }\n[finetune]\n",
            ["4:2", "2:1"],
            "\"hand_made\"",
            "network",
        ),
        ("[features]\nhand_made = { missing = 1 }\n[finetune]\n", ["3:2", "2:1"], "`features.hand_made`", "blocks"),
        ("[features]\nlayers = [\"a\", \"b\"]\n[finetune]\n", ["3:2", "2:1"], "several", "one layer"),
    ] {
        let error = refusal(Mode::Train, text, &[]);
        assert!(matches!(error, RecipeError::Contradiction { .. }), "{text}: {error}");
        for told in places.map(|place| format!(":{place}")).iter().map(String::as_str).chain([about]) {
            assert!(error.to_string().contains(told), "{text}: {error}");
        }
        assert!(error.hint().unwrap().contains(hint), "{text}: {:?}", error.hint());
    }
    let error = refusal(Mode::Train, "[finetune]\n", &["classifier.kind=knn"]);
    assert!(error.to_string().starts_with("`--set classifier.kind=knn`: `[finetune]` does not go with"), "{error}");
    let fine = "[features]\nlayers = [\"head\"]\n[classifier]\nkind = \"linear\"\n[finetune]\n";
    load_text::<TrainRecipe>(fine, &[]).unwrap();
}

#[test]
fn a_setting_of_an_earlier_version_is_answered_with_that_of_today() {
    for (mode, setting, today) in [
        (Mode::Train, "mlp.hidden=[3]", "`--set classifier.hidden=[3]`"),
        (Mode::Train, "linear.l2=0.1", "`--set classifier.kind=linear --set classifier.l2=0.1`"),
        (Mode::Train, "knn.k=3", "`--set classifier.kind=knn --set classifier.k=3`"),
        (Mode::Search, "grid.enhance=[[]]", "`--set search.enhance=[[]]`"),
        (Mode::Cluster, "features.frame=mean_flux", "`--set features.kind=frame --set features.statistics=mean_flux`"),
        (Mode::Cluster, "features.network=0.5", "`--set features.hand_made.network=0.5`"),
        (Mode::Cluster, "features.network=0", "kind = \"hand_made\""),
    ] {
        let hint = refusal(mode, "", &[setting]).hint().unwrap();
        assert!(hint.contains(today), "{setting}: {hint}");
    }
}

#[test]
fn a_bad_setting_is_named() {
    for (mode, settings, about) in [
        (Mode::Cluster, &["seed.x=1"][..], "--set seed.x=1"),
        (Mode::Cluster, &["seed"], "key=value"),
        (
            Mode::Cluster,
            &["name=a", "patches.slices=8"],
            "--set patches.slices=8`: `patches` belongs to `rails patches`",
        ),
        (Mode::Cluster, &["features.frame=statistics"], "`features.frame` is a key of an earlier version"),
        (Mode::Train, &["mlp.hidden=[3]"], "`mlp.hidden` is a key of an earlier version"),
        (Mode::Train, &["classifier.kind=knn", "classifier.l2=0.1"], "`classifier.l2` belongs to `kind = \"linear\"`"),
    ] {
        let error = refusal(mode, "", settings);
        assert!(error.to_string().contains(about), "{error}");
    }
    let error = refusal(Mode::Train, "[classifier]\nhidden = [3]\n", &["classifier.kind=linear"]);
    assert!(error.to_string().contains("--set classifier.kind=linear`: `classifier.hidden` belongs to"), "{error}");
}

/// Round trip: the text that `--print-config` shows is the same recipe.
fn reads_back<R: Recipe + serde::Serialize>(text: &str) {
    let read = |text: &str| parse::<R>(text).unwrap_or_else(|slip: RecipeMistake| panic!("{text}: {slip:?}"));
    let printed = to_toml(&read(text)).unwrap();
    assert_eq!(to_toml(&read(&printed)).unwrap(), printed);
}

#[test]
fn the_printed_recipe_reads_back() {
    reads_back::<ClusterRecipe>("");
    let enhancements = toml::Value::try_from(Enhancement::all()).unwrap();
    reads_back::<ClusterRecipe>(&format!("[features]\nenhance = {enhancements}\n"));
    reads_back::<ClusterRecipe>("[features]\nkind = \"frame\"\n[cluster]\nfit_per = \"dataset\"\n");
    reads_back::<ClusterRecipe>("[features]\nkind = \"hand_made\"\nblocks = { radial = 1, missing = 0.5 }\n");
    reads_back::<SearchRecipe>("");
    reads_back::<PatchesRecipe>("[patches.search]\nslices = [2, 4]\n");
    reads_back::<SeparateRecipe>("[[separate.layers]]\nname = \"x\"\nfeatures = [\"missing\"]\n");
    reads_back::<AssignRecipe>("[dataset]\nnaming = \"{a}_{b}\"\n");
    reads_back::<TrainRecipe>("");
    reads_back::<TrainRecipe>("[features]\n[classifier]\nkind = \"knn\"\n[sweep]\n\"classifier.k\" = [1, 3]\n");
    reads_back::<TrainRecipe>("[classifier]\nkind = \"linear\"\nclass_weights = { fault = 3.0 }\n[finetune]\n");
}

#[test]
fn patches_take_the_first_of_what_clusters_try() {
    let recipe: PatchesRecipe = load_text("[cluster.dbscan]\neps = 0.5\n", &[]).unwrap();
    let usual = ClusterRecipe::default().cluster;
    assert_eq!(recipe.cluster.dbscan.min_samples, usual.dbscan.grid().min_samples[0]);
    assert_eq!(recipe.cluster.kmeans.k.values(), usual.kmeans.k.values()[..1]);
}
