//! Recipes: the ones that come along, `--print-config`, and what slips are told.

use std::path::Path;

use rails::recipes::{
    AssignRecipe, ClusterRecipe, PatchesRecipe, Recipe, SearchRecipe, SeparateRecipe, TrainRecipe, load,
};

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
        // Its first lines name commands; the first that reads recipes is the recipe's own.
        let command = |line: &str| line.strip_prefix("#   rails ")?.split(' ').next().and_then(reader);
        let name_of = text.lines().find_map(command).unwrap_or_else(|| panic!("{recipe}: names no command"));
        assert_eq!(name_of(&path) + ".toml", recipe, "a recipe is named as its file");
    }
}

/// Reads a recipe of `command` and says its name; `None` where the command has none.
fn reader(command: &str) -> Option<fn(&Path) -> String> {
    Some(match command {
        "cluster" => name_of::<ClusterRecipe>,
        "search" => name_of::<SearchRecipe>,
        "patches" => name_of::<PatchesRecipe>,
        "separate" => name_of::<SeparateRecipe>,
        "assign" => name_of::<AssignRecipe>,
        "train" => name_of::<TrainRecipe>,
        _ => return None,
    })
}

fn name_of<R: Recipe>(path: &Path) -> String {
    let mut recipe: R = load(Some(path), &[]).unwrap_or_else(|error| panic!("{error}"));
    recipe.name_and_dataset().0.clone()
}

#[test]
fn what_print_config_shows_reads_back_as_the_same() {
    let place = Workplace::new("recipes");
    let settings = ["--set", "dataset.naming={a}_{b}", "--set", "cluster.kmeans.k=[2, 4]", "--set", "reduce.l2=false"];
    let none: &[&str] = &[];
    for (command, settings) in [
        ("cluster", &settings[..]),
        ("train", &["--set", "classifier.hidden=[8]"]),
        ("train", &["--set", "classifier.kind=knn", "--set", "features.kind=frame"]),
        ("search", none),
        ("patches", none),
        ("separate", &["--set", "separate.polarity=dark"]),
        ("explore", none),
    ] {
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
    place.rails(&["train", "--set", "classifier.dropout=1.5"]).with(2).saying(&["1.5", "from 0 to below 1"]);
    place.rails(&["train", "--set", "split.test=0.9"]).with(2).saying(&["expected 1"]);
}

#[test]
fn a_recipe_of_another_command_names_it() {
    let place = Workplace::new("recipes");
    for recipe in ["pillars.toml", "crystals.toml", "railbed-search.toml", "mlp512.toml", "surfaces.toml"] {
        let text = std::fs::read(repository().join("experiments").join(recipe)).unwrap();
        place.write(&format!("experiments/{recipe}"), text);
    }
    for (command, recipe, told) in [
        ("cluster", "pillars.toml", "pillars.toml:13:3"),
        ("cluster", "pillars.toml", "this recipe separates: `rails separate --config pillars.toml`"),
        ("patches", "pillars.toml", "`rails separate --config pillars.toml`"),
        ("cluster", "crystals.toml", "this recipe clusters patches: `rails patches --config crystals.toml`"),
        ("separate", "railbed-search.toml", "`rails search --config railbed-search.toml`"),
        ("cluster", "mlp512.toml", "this recipe trains: `rails train --config mlp512.toml`"),
        ("train", "surfaces.toml", "`rails cluster --config surfaces.toml`"),
    ] {
        place.rails(&[command, "--config", recipe]).with(2).saying(&[told]);
    }
    place.write("experiments/two.toml", "[patches]\nslices = 4\n\n[separate]\n");
    let told = ["two recipes in one", "two.toml:1:2", "two.toml:4:2", "make a recipe of each"];
    place.rails(&["patches", "--config", "two.toml"]).with(2).saying(&told);
    place.rails(&["patches", "--truth", "t.csv"]).with(2).saying(&["--truth"]);
    place.rails(&["separate", "--max-time", "3"]).with(2).saying(&["--max-time"]);
    place.rails(&["compare", "--device", "cpu"]).with(2).saying(&["--device"]);
    let moved = "`rails cluster --device cpu`";
    place.rails(&["--device", "cpu", "cluster", "images"]).with(2).saying(&["behind the command", moved]);
    place.rails(&["--cache", "c", "compare"]).with(2).saying(&["`rails compare` has no `--cache`"]);
    let moved = "`rails assign new RUN`";
    place.rails(&["cluster", "new", "--assign", "RUN"]).with(2).saying(&["a command of its own", moved]);
    place.rails(&["train", "--sweep", "s.toml", "--resume"]).with(2).saying(&["--resume"]);
    place.rails(&["cluster", "--set", "patches.slices=8"]).with(2).saying(&["`patches` belongs to `rails patches`"]);
}
