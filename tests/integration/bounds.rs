//! What asks for more than there is, is refused with the figures; what was damaged on the disk is made anew or refused.

use std::fs;
use std::path::PathBuf;

use crate::workplace::{QUICK, Workplace, copy_folder, names, repository};

/// Settings that no machine can answer, with the command that reads them.
const ABSURD: [(&str, &str); 24] = [
    ("cluster", "cluster.kmeans.k={from=2,to=4294967295}"),
    ("cluster", "cluster.kmeans.k=[3,9223372036854775807]"),
    ("cluster", "cluster.kmeans.n_init=4294967295"),
    ("cluster", "cluster.kmeans.batch_size=4294967295"),
    ("cluster", "cluster.hierarchical.k=4294967295"),
    ("cluster", "cluster.gaussian_mixture.max_iter=4294967295"),
    ("cluster", "cluster.hdbscan.min_cluster_size=4294967295"),
    ("cluster", "cluster.dbscan.min_samples=[3,4294967295]"),
    ("cluster", "features.batch_size=4294967295"),
    ("cluster", "reduce.n_components=4294967295"),
    ("cluster", "tsne.n_iter=4294967295"),
    ("cluster", "report.examples=4294967295"),
    ("search", "features.batch_size=4294967295"),
    ("patches", "patches.slices=4294967295"),
    ("patches", "patches.slices=[2,4294967295]"),
    ("patches", "patches.mosaic=4294967295x4294967295"),
    ("explore", "patches.search.slices=[4294967295]"),
    ("train", "classifier.hidden=[4294967295]"),
    ("train", "classifier.batch_size=4294967295"),
    ("train", "classifier.epochs=4294967295"),
    ("train", "calibrate.folds=4294967295"),
    ("train", "finetune.cache_mb=9223372036854775807"),
    ("train", "finetune.batch_size=4294967295"),
    ("train", "finetune.augment.views=4294967295"),
];

#[test]
fn absurd_settings_are_refused_with_the_range() {
    let place = Workplace::with_tiles("bounds", 2);
    for (command, setting) in ABSURD {
        let ended = place.rails(&[command, "--set", setting]).with(2).saying(&[setting]);
        let told = ["is out of range: expected a number up to", "too large", "out of range"];
        assert!(told.iter().any(|words| ended.stderr.contains(words)), "{setting}: {}", ended.stderr);
    }
    place.write("experiments/wide.toml", "seed = 1\n\n[classifier]\nhidden = [16, 4294967295]\n");
    let told = ["`4294967295` is out of range: expected a number up to 8192", "wide.toml:4:"];
    place.rails(&["train", "--config", "wide.toml"]).with(2).saying(&told);
    place.rails(&["cluster", "--max-memory", "0"]).with(2).saying(&["no amount of memory", "8GiB"]);
    place.rails(&["cluster", "--max-memory", "lots"]).with(2).saying(&["no amount of memory"]);
}

#[test]
fn what_needs_more_memory_than_allowed_is_refused_with_the_figures() {
    let place = Workplace::with_tiles("bounds", 2);
    place.rails(&["cluster", "--max-memory", "1MB"]).with(2).saying(&["`1MB` is less than", "at least 100 MB"]);
    let patches = ["patches", "--max-memory", "100MiB", "--set", "patches.slices=1000"];
    place.rails(&patches).with(1).saying(&["1000000 patches of each of 6 images: it needs", "patches.slices"]);
    let wide = ["--set", "classifier.hidden=[8192,8192]"];
    let train = ["train", "datasets/surfaces/labels.csv", "--max-memory", "600MiB"];
    place.rails(&[&train[..], &wide[..]].concat()).with(1).saying(&["the classifier needs", "classifier.hidden"]);
    // Runs that fit are the same in little memory as in much.
    place.rails(&[&["cluster", "--name", "much"], &QUICK[..]].concat()).with(0);
    place.rails(&[&["cluster", "--name", "little", "--max-memory", "400MiB"], &QUICK[..]].concat()).with(0);
    let images = |name: &str| place.read(format!("{}/images.csv", newest_named(&place, name)));
    assert_eq!(images("much"), images("little"));
}

fn newest_named(place: &Workplace, name: &str) -> String {
    let runs = names(&place.path("experiments/runs"));
    format!("experiments/runs/{}", runs.iter().rfind(|run| run.ends_with(&format!("-{name}"))).unwrap())
}

/// Turns the lowest bit of the byte in the middle of a file.
fn damage(file: &PathBuf) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// The one file of this name or ending below `folder`.
fn file_below(folder: &std::path::Path, ending: &str) -> PathBuf {
    let below = |name: String| {
        let path = folder.join(name);
        if path.is_dir() { names(&path).iter().map(|name| path.join(name)).collect() } else { vec![path] }
    };
    let mut files: Vec<PathBuf> = names(folder).into_iter().flat_map(below).collect();
    files.retain(|path| path.to_string_lossy().ends_with(ending));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn a_damaged_store_is_made_anew_with_a_word() {
    let place = Workplace::with_tiles("bounds", 3);
    let cluster = |name: &str| place.rails(&[&["cluster", "--name", name], &QUICK[..]].concat()).with(0);
    let images = |name: &str| place.read(format!("{}/images.csv", newest_named(&place, name)));
    cluster("first");
    let store = place.path(".rails/embeddings");
    let told = "a damaged part of the embedding store is made anew: its content is not what was written";
    damage(&file_below(&store, ".parquet"));
    cluster("second").saying(&[told, "part-00000.parquet"]);
    fs::write(file_below(&store, "_COMMIT.json"), "{").unwrap();
    cluster("third").saying(&["made anew", "_COMMIT.json"]);
    // Parts without a hash, as earlier versions left them, are taken.
    let commit = file_below(&store, "_COMMIT.json");
    let text = fs::read_to_string(&commit).unwrap();
    let line = text.lines().find(|line| line.contains("blake3")).expect("a part has a hash");
    fs::write(&commit, text.replace(&format!(",\n{line}"), "")).unwrap();
    assert!(!cluster("fourth").stderr.contains("made anew"));
    for name in ["second", "third", "fourth"] {
        assert_eq!(images(name), images("first"), "{name}");
    }
}

#[test]
fn a_damaged_run_is_refused() {
    let place = Workplace::trained("bounds");
    let run = place.newest("cluster");
    let assign = |words: &[&str]| {
        place.rails(&["assign", "datasets/surfaces", &run]).with(1).saying(words);
    };
    for (file, told) in [
        ("projection.safetensors", "the file is not the one the run wrote"),
        ("assigner.safetensors", "the file is not the one the run wrote"),
        ("run.json", "damaged"),
    ] {
        let path = place.path(format!("{run}/{file}"));
        let whole = fs::read(&path).unwrap();
        if file == "run.json" {
            let seed = String::from_utf8(whole.clone()).unwrap().replacen("\"seed\": 4", "\"seed\": 5", 1);
            fs::write(&path, seed).unwrap();
            assign(&["its content is not what was written", file]);
        } else {
            damage(&path);
            assign(&[told, file, "hint: "]);
        }
        fs::write(&path, whole).unwrap();
    }
    // A hash that fits says nothing of numbers that are none.
    let path = place.path(format!("{run}/assigner.safetensors"));
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let description = place.path(format!("{run}/run.json"));
    let unsealed: serde_json::Value = serde_json::from_slice(&fs::read(&description).unwrap()).unwrap();
    let mut unsealed = unsealed;
    for key in ["files", "blake3"] {
        unsealed.as_object_mut().unwrap().remove(key).expect("hashes of files and of the description itself");
    }
    fs::write(&description, unsealed.to_string()).unwrap();
    assign(&["`points` holds numbers that are none", "assigner.safetensors"]);
}

#[test]
fn runs_of_earlier_versions_without_hashes_are_read() {
    let place = Workplace::new("bounds");
    copy_folder(&repository().join("tests/golden/formats/workplace"), &place.path(""));
    let run = newest_named(&place, "plain");
    assert!(!place.read(format!("{run}/run.json")).contains("blake3"));
    place.rails(&["assign", "images", &run]).with(0);
    let assigned = place.newest("assign");
    assert!(place.read(format!("{assigned}/run.json")).contains("\"assigner.safetensors\""));
}

#[test]
fn a_table_with_an_absurd_cluster_is_refused() {
    let place = Workplace::trained("bounds");
    let run = place.newest("cluster");
    let table = place.read(format!("{run}/images.csv"));
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let column = reader.headers().unwrap().iter().position(|name| name == "kmeans").unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(reader.headers().unwrap()).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let cell = |(at, cell)| if at == column { "4294967294" } else { cell };
        writer.write_record(record.iter().enumerate().map(cell)).unwrap();
    }
    place.write(&format!("{run}/images.csv"), writer.into_inner().unwrap());
    place.rails(&["curate", &run, "--status"]).with(1).saying(&["`4294967294` is out of range", "images.csv"]);
}

/// Frames of nothing but numbers, as many as a stage may trip over.
fn frames(place: &Workplace, n: usize) {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({n}, 4, 4), }}");
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    npy.extend(format!("{header:<117}\n").bytes());
    npy.extend((0..n * 16).map(|at| ((at / 16 % 3) * 70 + at * at % 23) as u8));
    place.write("frames/stack.npy", npy);
}

#[test]
fn what_does_not_fit_costs_itself_and_the_run_goes_on() {
    let place = Workplace::new("bounds");
    frames(&place, 6000);
    let features = ["--set", "features={kind=\"hand_made\",blocks={statistics=1}}", "--set", "report.examples=2"];
    let run =
        |more: &[&str]| place.rails(&[&["cluster", "frames", "--max-memory", "100MB"], &features[..], more].concat());
    let eps: Vec<String> = (1..200).map(|at| format!("{at}")).collect();
    let eps = format!("cluster.dbscan={{eps=[{0}],min_samples=[{0}]}}", eps.join(","));
    let all = "cluster.methods=[\"kmeans\",\"dbscan\",\"hierarchical\",\"gaussian_mixture\"]";
    let k = "cluster.gaussian_mixture.k=3";
    let wide = ["--set", all, "--set", &eps, "--set", k, "--set", "cluster.kmeans.k={from=2,to=6000}"];
    let map = ["--set", "tsne.perplexity=1000000", "--set", "report.layout=tsne"];
    run(&[&wide[..], &map[..]].concat()).with(3).saying(&[
        "`kmeans` is left out: it needs",
        "`dbscan` is left out: it needs",
        "`hierarchical` is left out: it needs",
        "`tsne` is left out: the map of 6000 images by t-SNE: it needs",
        "--max-memory",
    ]);
    let results = place.json(format!("{}/results.json", place.newest("cluster")));
    let results = &results["metrics"];
    let failed = results["failed_methods"].as_array().unwrap();
    assert_eq!(
        failed.iter().map(|one| one["method"].as_str().unwrap()).collect::<Vec<_>>(),
        ["kmeans", "dbscan", "hierarchical"]
    );
    assert!(results["gaussian_mixture"]["n_clusters"] == 3 && results.get("tsne").is_none(), "{results}");
    // In one command's memory the sums of all clusterings need several passes.
    let several = [
        "--set",
        "cluster.methods=[\"kmeans\"]",
        "--set",
        "cluster.kmeans={k=[2,3,2000,2001,2002],n_init=1,max_iter=2}",
    ];
    run(&[&several[..], &["--set", "report.layout=pca"]].concat()).with(0);
}
