//! What a mode cannot do is said before any work, and what it can do goes all the way: patches from clusters to a
//! classifier, methods that cannot group the images, options that nothing would come of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::generators::crystals::{Options, picture};
use crate::served::Served;
use crate::workplace::Workplace;

/// Three pictures with crystals under `pictures`, one more under `new`.
fn pictures(name: &str) -> Workplace {
    let place = Workplace::new(name);
    let options = Options { side: 256, border: 24, crystals: 5 };
    for (folder, seeds) in [("pictures", 0..3), ("new", 3..4)] {
        std::fs::create_dir_all(place.path(folder)).unwrap();
        for seed in seeds {
            picture(seed, options).image.save(place.path(format!("{folder}/p{seed}.png"))).unwrap();
        }
    }
    place.write("crystals.toml", PATCHES);
    place
}

const PATCHES: &str = r#"
[patches]
slices = 8
statistics = ["std", "relative_std", "skewness"]
ignore = { below = 5, share = 0.7 }
[reduce]
l2 = false
standardize = true
method = "none"
[cluster]
methods = ["kmeans", "hierarchical"]
kmeans.k = 2
hierarchical.k = 2
"#;

/// The rows of a run's patches.csv that were not left out.
fn kept(place: &Workplace, run: &str) -> Vec<BTreeMap<String, String>> {
    let rows = place.table(format!("{run}/patches.csv"));
    rows.into_iter().filter(|row| row["ignored"] == "0").collect()
}

#[test]
fn patches_are_curated_trained_on_predicted_and_assigned() {
    let place = pictures("patches");
    place.rails(&["patches", "pictures", "--config", "crystals.toml", "-q"]).with(0);
    let run = place.newest("patches");
    let (patches, images) = (kept(&place, &run), place.table(format!("{run}/images.csv")));
    assert_eq!(images.len(), patches.len());
    assert!(images.len() < 3 * 64, "the black border is left out");
    for (image, patch) in images.iter().zip(&patches) {
        let (name, at) = image["path"].split_once("#xywh=").unwrap();
        let at: Vec<u32> = at.split(',').map(|number| number.parse().unwrap()).collect();
        let [row, column] = ["row", "column"].map(|key| patch[key].parse::<u32>().unwrap());
        assert_eq!((name, at), (patch["image"].as_str(), vec![32 * (column - 1), 32 * (row - 1), 32, 32]));
        assert_eq!(image["kmeans"], patch["kmeans"], "the clusters are those of patches.csv");
    }

    // Curate: by clusters and by patch, in every form of export.
    let first = &images[0]["path"];
    let removal = json!({"decision": "remove", "images": [first], "reason": "border"}).to_string();
    place.write(
        "decisions.jsonl",
        format!(
            "{}\n{}\n{removal}\n",
            json!({"decision": "name_cluster", "cluster": 0, "class": "empty"}),
            json!({"decision": "name_cluster", "cluster": 1, "class": "crystal"})
        ),
    );
    place.rails(&["curate", "--apply", "decisions.jsonl"]).with(0);
    let labels = place.table(format!("{run}/curation/labels.csv"));
    assert_eq!(labels.len(), images.len() - 1);
    place.rails(&["curate", "--from-folders"]).with(1).saying(&["patches are no files", "--apply"]);
    place.rails(&["curate", "--export", "folder", "-q"]).with(0);
    let empty = images.iter().skip(1).find(|image| image["kmeans"] == "0").unwrap();
    let (name, at) = empty["path"].split_once(".png#xywh=").unwrap();
    let [left, top] = [0, 1].map(|part| at.split(',').nth(part).unwrap());
    let exported = image::open(place.path(format!("folder/empty/{name}_{left},{top}.png"))).unwrap().into_luma8();
    let whole = image::open(place.path(format!("pictures/{name}.png"))).unwrap().into_luma8();
    let [x, y] = [left, top].map(|number| number.parse::<u32>().unwrap());
    assert_eq!(exported, image::imageops::crop_imm(&whole, x, y, 32, 32).to_image());
    place.rails(&["curate", "--export", "coco", "--format", "coco", "-q"]).with(0);
    let coco = place.json("coco/labels.json");
    assert_eq!(
        (coco["images"].as_array().unwrap().len(), coco["annotations"].as_array().unwrap().len()),
        (3, labels.len())
    );
    place.rails(&["curate", "--export", "table", "--format", "csv", "-q"]).with(0);
    assert_eq!(place.table("table/labels.csv").len(), labels.len());

    // Train on the statistics, and on the pixels.
    place.rails(&["train", &run, "--set", "classifier.kind=linear", "-q"]).with(0);
    let predicted = place.rails(&["predict", "new", "--keep-all", "--output", "p.csv", "-q"]);
    predicted.with(0);
    let predictions = place.table("p.csv");
    assert!(predictions.iter().all(|row| row["path"].starts_with("new/p3.png#xywh=")), "{:?}", predictions[0]);
    let classes: BTreeSet<&str> = predictions.iter().map(|row| row["class"].as_str()).collect();
    assert_eq!(classes, BTreeSet::from(["crystal", "empty"]));
    let pixels = "features={ kind = 'hand_made', blocks = { statistics = 1, missing = 1 } }";
    place.rails(&["train", &run, "--set", pixels, "--set", "classifier.kind=linear", "-q"]).with(0);
    place.rails(&["predict", "new/p3.png", "--sort-into", "sorted", "--keep-all", "--output", "q.csv", "-q"]).with(0);
    assert_eq!(place.table("q.csv").len(), 64, "pixels of dark patches are looked at too");
    assert_eq!(place.table("q.csv")[9]["path"], "new/p3.png#xywh=32,32,32,32");
    assert!(place.path("sorted").read_dir().unwrap().count() > 0);

    // Assign, and go on from there.
    place.rails(&["assign", "new", &run, "-q"]).with(0);
    let assigned = place.newest("assign");
    assert_eq!(place.table(format!("{assigned}/images.csv")).len(), predictions.len());
    place.rails(&["curate", &assigned, "--apply", "decisions.jsonl"]).with(1).saying(&["p0.png"]);
    place
        .rails(&["train", &run, "table/labels.csv", "--set", "classifier.kind=linear"])
        .with(1)
        .saying(&["names patches"]);
    place
        .rails(&["train", &run, "folder", "--set", "classifier.kind=linear"])
        .with(1)
        .saying(&["cannot be learned together"]);
    place.rails(&["train", "folder", "--set", pixels, "--set", "classifier.kind=linear", "-q"]).with(0);
}

#[test]
fn patches_are_shown_on_the_review_page() {
    let place = pictures("patches-review");
    place.rails(&["patches", "pictures", "--config", "crystals.toml", "-q"]).with(0);
    let run = place.newest("patches");
    let images = place.table(format!("{run}/images.csv"));
    let served = Served::start(&place, &run);
    let id = &images[5]["id"];
    let whole = image::load_from_memory(&served.get(&format!("/image/{id}")).with(200).body).unwrap().into_luma8();
    let at: Vec<u32> =
        images[5]["path"].split_once("#xywh=").unwrap().1.split(',').map(|number| number.parse().unwrap()).collect();
    let picture = image::open(place.path("pictures/p0.png")).unwrap().into_luma8();
    assert_eq!(whole, image::imageops::crop_imm(&picture, at[0], at[1], at[2], at[3]).to_image());
    served.get(&format!("/thumb/{id}?size=64")).with(200);
    served.decide(&[json!({"decision": "move", "images": [id], "class": "crystal"})]);
    drop(served);
    assert!(place.read(format!("{run}/curation/decisions.jsonl")).contains(id.as_str()));
}

#[test]
fn what_makes_no_sense_says_what_to_do_instead() {
    let place = pictures("patches-no");
    let alone = ["patches", "pictures", "--config", "crystals.toml", "--set", "patches.fit_per=image", "-q"];
    place.rails(&alone).with(0);
    let run = place.newest("patches");
    place.rails(&["assign", "new", &run]).with(1).saying(&["clustered by themselves", "patches.fit_per"]);
    // A run of an earlier version, without the patches as images.
    std::fs::remove_file(place.path(format!("{run}/images.csv"))).unwrap();
    place.rails(&["curate", &run, "--status"]).with(1).saying(&["an earlier version", "`rails patches`"]);
    place.write("sample.toml", format!("[dataset.sample]\nn = 1\nexclude = \"{run}\"\n"));
    place.rails(&["cluster", "pictures", "--config", "sample.toml"]).with(1).saying(&["run over patches"]);
}

#[test]
fn a_method_that_cannot_costs_itself() {
    let place = pictures("methods");
    place
        .rails(&["cluster", "pictures", "--set", "cluster.methods=['hybrid','kmeans','hierarchical']"])
        .with(3)
        .saying(&[
            "`hybrid` is left out: 2 clusters asked of the 0 images that lie densely, of 3",
            "cluster.hybrid.eps",
            "`hierarchical` is left out: 8 clusters asked of 3 images",
        ]);
    let run = place.newest("cluster");
    let results = place.json(format!("{run}/results.json"));
    let failed = results["metrics"]["failed_methods"].as_array().unwrap();
    assert_eq!((failed.len(), &failed[0]["method"]), (2, &json!("hybrid")));
    assert_eq!(place.json(format!("{run}/run.json"))["methods"], json!(["kmeans"]), "what is left can be curated");
    place.rails(&["curate", "--status"]).with(0);
    place.rails(&["assign", "new", &run, "-q"]).with(0);
    let none = ["cluster", "pictures", "--set", "cluster.methods=['hybrid','hierarchical']"];
    place.rails(&none).with(1).saying(&["no method can group the images", "hybrid: ", "hierarchical: ", "hint: "]);
    // A run of noise alone has nothing to place into.
    let noise = place.rails(&["cluster", "pictures", "--set", "cluster.methods=['hdbscan']"]).with(0);
    assert!(noise.stdout.contains("all of them are noise"), "{}", noise.stdout);
    place.rails(&["assign", "new", &place.newest("cluster")]).with(1).saying(&["found no cluster"]);
    // More patches than hierarchical clustering takes.
    let many =
        ["patches", "pictures", "--config", "crystals.toml", "--set", "patches.slices=128", "--max-memory", "1GiB"];
    place.rails(&many).with(3).saying(&["`hierarchical` is left out", "memory"]);
    let results = place.json(format!("{}/results.json", place.newest("patches")));
    assert_eq!(results["metrics"]["failed_methods"][0]["method"], "hierarchical");
    assert!(results["metrics"]["kmeans"]["clusters"].as_array().is_some_and(|clusters| clusters.len() == 2));
}

/// Options of every command that some of its modes have no use for: each is refused with words, before any work.
#[test]
fn options_that_nothing_would_come_of_are_refused() {
    let place = pictures("options");
    place.rails(&["cluster", "pictures", "-q"]).with(0);
    let run = place.newest("cluster");
    let stack: Vec<u8> = {
        let header = "{'descr': '<u2', 'fortran_order': False, 'shape': (6, 8, 8), }";
        let header = format!("{header:<117}\n");
        let counts = (0..6 * 64_u32).flat_map(|at| ((at * 37 % 101) as u16).to_le_bytes());
        [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()]
            .concat()
            .into_iter()
            .chain(counts)
            .collect()
    };
    place.write("frames/a.npy", stack);
    place.write("labels.csv", "path,class\np0.png,a\np1.png,b\n");
    place.write("classes/a/p0.png", std::fs::read(place.path("pictures/p0.png")).unwrap());
    let run = run.as_str();
    let table: [(&[&str], i32, &str); 27] = [
        (&["cluster", "frames", "--copy", "--set", "cluster.kmeans.k=2"], 2, "lie in no cluster folders"),
        (&["patches", "pictures", "--copy"], 2, "--copy"),
        (&["patches", "pictures", "--truth", "labels.csv"], 2, "--truth"),
        (&["separate", "pictures", "--truth", "labels.csv"], 2, "--truth"),
        (&["assign", "new", run, "--truth", "labels.csv"], 2, "--truth"),
        (&["curate", run, "--status", "--port", "4000"], 2, "--port"),
        (&["curate", run, "--apply", "none.jsonl", "--open"], 2, "--open"),
        (&["curate", run, "--export", "e", "--listen", "127.0.0.1"], 2, "--listen"),
        (&["curate", run, "--export", "e", "--suggest", "3"], 2, "--suggest"),
        (&["curate", run, "--status", "--suggest", "3"], 2, "--suggest"),
        (&["curate", run, "--status", "--export", "e"], 2, "--status"),
        (&["curate", run, "--status", "--by", "me"], 2, "nothing is decided here"),
        (&["curate", run, "--status", "--copy"], 2, "--export"),
        (&["curate", run, "--status", "--format", "csv"], 2, "--export"),
        (&["curate", run, "--apply", "none.jsonl", "--export", "e", "--format", "csv", "--copy"], 2, "imagefolder"),
        (&["predict", "pictures", "--copy"], 2, "--keep-into"),
        (&["predict", "pictures", "--keep-into", "k"], 2, "--keep"),
        (&["train", "classes", "--images", "pictures"], 2, "leave one of them out"),
        (&["search", "pictures", "--copy"], 2, "--copy"),
        (&["explore", "pictures", "--truth", "labels.csv"], 2, "--truth"),
        (&["explore", "pictures", "--device", "cpu"], 2, "--device"),
        (&["evaluate", "pictures", "--copy"], 2, "--copy"),
        (&["compare", "--plot", "bars.jpg"], 2, "PNG"),
        (&["models", "pull", "efficientnet-lite0", "--variant", "caffe"], 1, "part of the program"),
        (&["train", "labels.csv", "--sweep", "sweep.toml", "--resume"], 2, "--resume"),
        (&["tile", "pictures", "--size", "8", "--half-width", "4"], 2, "--half-width"),
        (&["tile", "pictures", "--grid", "2x2", "--stride", "4"], 2, "--stride"),
    ];
    for (arguments, code, about) in table {
        let ended = place.rails(arguments);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(ended.code == code && said.contains(about), "{arguments:?}: {} {said}", ended.code);
    }
    assert!(!place.path("e").exists() && !place.path("k").exists());
}
