//! `rails cluster`

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use image::GrayImage;

use crate::pictures::fill;
use crate::workplace::{QUICK, Workplace, names};

#[test]
fn the_run_folder_holds_what_is_promised() {
    let place = Workplace::trained("cluster");
    let run = place.newest("cluster");
    let at = |file: &str| place.path(format!("{run}/{file}"));
    for file in ["run.json", "projection.safetensors", "assigner.safetensors", "plots/cluster_0_examples.png"] {
        assert!(at(file).is_file(), "no {file}");
    }
    let images = place.table(format!("{run}/images.csv"));
    assert_eq!(images.len(), 60);
    for column in ["id", "path", "kmeans", "kmeans_distance", "kmeans_silhouette", "dbscan", "outlier", "x", "y"] {
        assert!(images[0].contains_key(column), "no column {column}");
    }
    let results = place.json(format!("{run}/results.json"));
    assert_eq!((&results["schema"], &results["kind"]), (&"rails.results/2".into(), &"cluster".into()));
    assert_eq!(place.read(format!("{run}/skipped.csv")), "path,reason\n");

    let clusters: BTreeSet<&str> = images.iter().map(|row| row["kmeans"].as_str()).collect();
    assert_eq!(clusters, ["0", "1", "2"].into());
    for cluster in clusters {
        let folder = format!("{run}/clusters/kmeans/cluster_{cluster}");
        let members = images.iter().filter(|row| row["kmeans"] == cluster);
        let mut expected: Vec<String> = members.map(|row| row["path"].clone()).collect();
        expected.push("cluster_metadata.json".to_owned());
        expected.sort();
        assert_eq!(names(&place.path(&folder)), expected);
        assert_eq!(place.json(format!("{folder}/cluster_metadata.json"))["size"], expected.len() - 1);
    }
}

#[test]
fn the_textures_are_told_apart() {
    let place = Workplace::trained("cluster");
    let truth = ["cluster", "-q", "--json", "--truth", "datasets/surfaces/labels.csv", "--name", "judged"];
    let summary = place.rails(&[&truth, &QUICK[..]].concat()).with(0).json();
    assert_eq!((summary["computed"].as_u64(), summary["reused"].as_u64()), (Some(0), Some(60)));
    let purity = place.json(format!("{}/results.json", place.newest("cluster")))["metrics"]["kmeans"].to_string();
    assert!(purity.contains("\"purity\":1.0"), "{purity}");
}

#[test]
fn a_second_run_embeds_nothing_and_new_images_cost_only_themselves() {
    let place = Workplace::trained("cluster");
    let count = |place: &Workplace| {
        let summary = place.rails(&[&["cluster", "-q", "--json"], &QUICK[..]].concat()).with(0).json();
        let of = |key: &str| summary[key].as_u64().unwrap();
        (of("computed"), of("reused"), summary["dataset"]["n_duplicates"].as_u64().unwrap())
    };
    fs::copy(place.path("datasets/surfaces/brick_1,1.png"), place.path("datasets/surfaces/new.png")).unwrap();
    assert_eq!(count(&place), (1, 60, 0), "a tile's id is not that of its bytes");
    fs::copy(place.path("datasets/surfaces/new.png"), place.path("datasets/surfaces/copy.png")).unwrap();
    assert_eq!(count(&place), (0, 61, 1), "equal files are embedded once");
    fs::rename(place.path("datasets/surfaces/new.png"), place.path("datasets/surfaces/renamed.png")).unwrap();
    assert_eq!(count(&place), (0, 61, 1), "a name is no content");
}

#[test]
fn threads_change_no_bit() {
    let place = Workplace::with_tiles("cluster", 8);
    let mut tables = Vec::new();
    for threads in ["1", "2"] {
        let cache = format!("cache-{threads}");
        let arguments = [&["cluster", "-q", "--cache", &cache, "--name", &cache], &QUICK[..]].concat();
        place.rails_with(&arguments, &[("RAYON_NUM_THREADS", threads)]).with(0);
        tables.push(place.read(format!("{}/images.csv", place.newest("cluster"))));
    }
    assert_eq!(names(&place.path("experiments/runs")).len(), 2);
    assert!(tables[0] == tables[1], "images.csv differs");
}

#[test]
fn a_killed_run_goes_on_where_it_stopped() {
    let place = Workplace::with_tiles("cluster", 64);
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rails"));
        command.current_dir(place.path("")).args(["cluster", "-q", "--set", "features.batch_size=8"]);
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let mut child = start();
    let store = place.path(".rails/embeddings");
    let committed = || {
        let keys = if store.is_dir() { names(&store) } else { Vec::new() };
        keys.iter().any(|key| store.join(key).join("_COMMIT.json").is_file())
    };
    let patience = Instant::now();
    while !committed() && child.try_wait().unwrap().is_none() {
        assert!(patience.elapsed() < Duration::from_secs(200));
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap(); // SIGKILL: nothing can be tidied up
    child.wait().unwrap();
    let summary = place.rails(&[&["cluster", "-q", "--json"], &QUICK[..]].concat()).with(0).json();
    let (computed, reused) = (summary["computed"].as_u64().unwrap(), summary["reused"].as_u64().unwrap());
    assert!(reused > 0, "nothing was kept");
    assert_eq!(computed + reused, 192);
}

#[test]
fn fewer_images_than_clusters() {
    let place = Workplace::new("cluster");
    fill(&place.path("datasets/few"), 4, 24);
    let kmeans = "cluster.methods=[\"kmeans\"]";
    place.rails(&["cluster", "-q", "--set", "cluster.kmeans.k=5", "--set", kmeans]).with(1).saying(&["5", "4 images"]);
    assert!(!place.path("experiments/runs").exists() || names(&place.path("experiments/runs")).is_empty());
    place.rails(&["cluster", "--set", kmeans]).with(0).saying(&["warning: k from 5 on is left out"]);
    for k in ["1", "4"] {
        place.rails(&["cluster", "-q", "--set", &format!("cluster.kmeans.k={k}")]).with(0);
    }
}

#[test]
fn images_without_contrast_and_a_single_image() {
    let place = Workplace::new("cluster");
    fs::create_dir_all(place.path("flat")).unwrap();
    for side in 3..9 {
        GrayImage::new(side, side).save(place.path(format!("flat/{side}.png"))).unwrap();
    }
    let flat = place.rails(&["cluster", "flat", "-q", "--json", "--set", "cluster.kmeans.k=2"]).with(0).json();
    assert_eq!(flat["methods"][0]["clusters"].as_array().unwrap().len(), 1, "all images look the same");
    fill(&place.path("one"), 1, 24);
    place.rails(&["cluster", "one", "-q", "--set", "cluster.kmeans.k=1"]).with(0);
    place.rails(&["cluster", "one/p00.png", "-q", "--set", "cluster.kmeans.k=1"]).with(0);
}

#[test]
fn names_become_fields() {
    let place = Workplace::trained("cluster");
    fs::copy(place.path("datasets/surfaces/brick_1,1.png"), place.path("datasets/surfaces/unnamed.png")).unwrap();
    let naming = "dataset.naming={texture}_{row},{column}";
    let summary = place.rails(&[&["cluster", "-q", "--json", "--set", naming], &QUICK[..]].concat()).with(0).json();
    assert_eq!(summary["dataset"]["n_unmatched"], 1);
    assert_eq!(summary["field"], "texture");
    assert_eq!(summary["dataset"]["fields"]["texture"]["gravel"], 20);
    let rows = place.table(format!("{}/images.csv", place.newest("cluster")));
    let unnamed = rows.iter().find(|row| row["path"] == "unnamed.png").unwrap();
    assert_eq!((rows[0]["texture"].as_str(), unnamed["texture"].as_str()), ("brick", ""));

    let required = ["cluster", "-q", "--set", naming, "--set", "dataset.naming_required=true"];
    place.rails(&[&required, &QUICK[..]].concat()).with(3);
    let skipped = place.table(format!("{}/skipped.csv", place.newest("cluster")));
    assert_eq!(skipped[0]["path"], "unnamed.png");
    let clash = ["cluster", "-q", "--set", "dataset.naming={kmeans}_{y}"];
    place.rails(&clash).with(2).saying(&["images.csv"]);
}

#[test]
fn which_images_are_meant() {
    let place = Workplace::new("cluster");
    place.rails(&["cluster"]).with(2).saying(&["no images given", "datasets"]);
    fill(&place.path("datasets/one"), 3, 16);
    fill(&place.path("datasets/two"), 4, 16);
    place.rails(&["cluster"]).with(2).saying(&["several data sets", "one (3 images)", "two (4 images)"]);
    place.rails(&["cluster", "lost"]).with(1).saying(&["no such file or folder: `lost`", "hint: "]);
    place.write("empty/readme.txt", "nothing");
    place.rails(&["cluster", "empty"]).with(1).saying(&["no images to work on", "png"]);
}

#[test]
fn new_images_go_into_the_clusters_of_an_earlier_run() {
    let place = Workplace::trained("cluster");
    let earlier = place.newest("cluster");
    let before = place.table(format!("{earlier}/images.csv"));
    place.rails(&["assign", "datasets/surfaces", &earlier, "-q", "--name", "again"]).with(0);
    let again = place.table(format!("{}/images.csv", place.newest("assign")));
    let clusters = |rows: &[std::collections::BTreeMap<String, String>]| {
        rows.iter().map(|row| (row["path"].clone(), row["kmeans"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(clusters(&again), clusters(&before), "the same images go where they were");

    // Of one texture alone, the others' clusters stay empty and keep their numbers.
    let one = place.path("one");
    fs::create_dir(&one).unwrap();
    let gravel = |name: &String| name.starts_with("gravel");
    for name in names(&place.path("datasets/surfaces")).iter().filter(|name| gravel(name)) {
        fs::copy(place.path(format!("datasets/surfaces/{name}")), one.join(name)).unwrap();
    }
    place.rails(&["assign", "one", &earlier, "-q", "--name", "one"]).with(0);
    let number = &before.iter().find(|row| row["path"].starts_with("gravel")).unwrap()["kmeans"];
    let run = place.newest("assign");
    assert!(place.table(format!("{run}/images.csv")).iter().all(|row| row["kmeans"] == *number));
    assert_eq!(names(&place.path(format!("{run}/clusters/kmeans"))), [format!("cluster_{number}")]);
    place.write("d.jsonl", format!("{{\"decision\":\"name_cluster\",\"cluster\":{number},\"class\":\"gravel\"}}\n"));
    place.rails(&["curate", "--apply", "d.jsonl"]).with(0);

    let old = place.rails(&["cluster", "one", "--assign", "earlier"]).with(2);
    old.saying(&["a command of its own", "`rails assign one earlier`"]);
}

#[test]
fn a_search_ranks_what_can_run_and_lists_the_rest() {
    let place = Workplace::trained("cluster");
    place.write(
        "search.toml",
        "name = \"try\"\ncluster.kmeans.k = [2, 3]\n[search]\nenhance = [[], [\"equalize\"]]\n\
         [[search.features]]\nbackbone = \"efficientnet-lite0\"\nlayers = [[\"head\"], [\"stage3\", \"stage5\"]]\n\
         [[search.features]]\nbackbone = \"vgg16\"\nlayers = [[\"head\"]]\n",
    );
    let table = "datasets/surfaces/labels.csv";
    let summary = place.rails(&["search", "-q", "--json", "--config", "search.toml", "--truth", table]).with(0).json();
    let rows = summary["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2 * 2 * 2, "layers, enhancements, k");
    let silhouettes: Vec<f64> = rows.iter().map(|row| row["metrics"]["silhouette"].as_f64().unwrap()).collect();
    assert!(silhouettes.is_sorted_by(|a, b| a >= b), "{silhouettes:?}");
    assert!(rows[0]["metrics"]["purity"].is_f64());
    let left_out = summary["left_out"].as_array().unwrap();
    assert!(left_out.len() == 2 && left_out[0].as_str().unwrap().contains("vgg16"), "{left_out:?}");
    let results = place.json(format!("{}/results.json", place.newest("search")));
    assert_eq!(results["metrics"]["recommended"], summary["recommended"]);
}

#[test]
fn every_method_of_the_recipe_runs() {
    let place = Workplace::trained("cluster");
    let methods = "cluster.methods=[\"hierarchical\", \"gaussian_mixture\", \"hdbscan\", \"hybrid\", \"dbscan\"]";
    let k = "cluster={ hierarchical.k = 3, gaussian_mixture.k = 3, hybrid = { eps = 0.7, min_samples = 3, k = 3 } }";
    place.rails(&["cluster", "-q", "--set", k, "--set", methods, "--set", "report.layout=pca"]).with(0);
    let run = place.newest("cluster");
    let images = place.table(format!("{run}/images.csv"));
    for method in ["hierarchical", "gaussian_mixture", "hdbscan", "hybrid", "dbscan"] {
        assert!(images.iter().all(|row| row[method].parse::<i64>().unwrap() >= -1), "{method}");
        assert!(place.path(format!("{run}/clusters/{method}")).is_dir(), "{method}");
    }
    assert!(place.read(format!("{run}/report.html")).contains("Gaussian mixture"));
}
