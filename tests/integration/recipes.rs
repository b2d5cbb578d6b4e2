//! Recipes: the ones that come along, `--print-config`, and what slips are told.

use std::path::Path;

use rails::runs::{ClusterRecipe, TrainRecipe, load};

use crate::workplace::{Workplace, names, repository};

#[test]
fn every_recipe_that_comes_along_reads() {
    let folder = repository().join("experiments");
    let recipes: Vec<String> = names(&folder)
        .into_iter()
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(recipes.iter().any(|name| name == "mlp512.toml"), "{recipes:?}");
    for recipe in recipes {
        let path = folder.join(&recipe);
        let text = std::fs::read_to_string(&path).unwrap();
        let trains = ["\n[mlp]", "\n[linear]", "\n[knn]", "\n[sweep]"].iter().any(|section| text.contains(section));
        let name = if trains {
            load::<TrainRecipe>(Some(&path), &[]).map(|recipe| recipe.name)
        } else {
            load::<ClusterRecipe>(Some(&path), &[]).map(|recipe| recipe.name)
        };
        assert_eq!(name.unwrap_or_else(|error| panic!("{error}")) + ".toml", recipe, "a recipe is named as its file");
    }
}

#[test]
fn what_print_config_shows_reads_back_as_the_same() {
    let place = Workplace::new("recipes");
    let settings = ["--set", "dataset.naming={a}_{b}", "--set", "cluster.kmeans.k=[2, 4]", "--set", "reduce.l2=false"];
    for (command, settings) in [("cluster", &settings[..]), ("train", &["--set", "mlp.hidden=[8]"])] {
        let shown = place.rails(&[&[command, "--print-config", "--name", "mine"], settings].concat()).with(0);
        assert!(shown.stdout.contains("name = \"mine\""), "{}", shown.stdout);
        place.write("experiments/shown.toml", &shown.stdout);
        let again = place.rails(&[command, "--config", "shown.toml", "--print-config"]).with(0);
        assert_eq!(shown.stdout, again.stdout);
    }
}

#[test]
fn a_slip_is_told_with_file_line_and_column() {
    let place = Workplace::new("recipes");
    for (text, at, about) in [
        ("seed = 1\n\n[cluster.kmeans]\nkk = 3\n", "experiments/slip.toml:4:1", &["unknown field `kk`", "`k`"][..]),
        ("[features]\nbackbone = \"resnet51\"\n", "experiments/slip.toml:2:12", &["resnet51", "resnet50"]),
        ("[cluster.dbscan]\neps = -1.0\n", "experiments/slip.toml:2:7", &[]),
        ("[reduce]\nn_components = 0\n", "experiments/slip.toml:2:16", &["0", "at least 1"]),
        ("[dataset]\nnaming = \"{a\"\n", "experiments/slip.toml:2:10", &["never closed"]),
        ("[dataset\n", "experiments/slip.toml:1:", &["]"]),
        ("seed = -3\n", "experiments/slip.toml:1:8", &["-3", "a whole number"]),
    ] {
        place.write("experiments/slip.toml", text);
        let ended = place.rails(&["cluster", "--config", "slip.toml"]).with(2).saying(&[at]).saying(about);
        assert!(ended.stdout.is_empty());
    }
    place.rails(&["cluster", "--set", "cluster.kmeans.k=0"]).with(2).saying(&["--set cluster.kmeans.k=0"]);
    place.rails(&["cluster", "--set", "features.layers=head"]).with(2).saying(&["a list such as"]);
    place.rails(&["cluster", "--set", "nonsense"]).with(2).saying(&["key=value"]);
    place.rails(&["cluster", "--config", "lost.toml"]).with(2).saying(&["no such recipe", "experiments/"]);
    place.rails(&["train", "--set", "mlp.dropout=1.5"]).with(2).saying(&["1.5", "from 0 to below 1"]);
    place.rails(&["train", "--set", "split.test=0.9"]).with(2).saying(&["expected 1"]);
}
