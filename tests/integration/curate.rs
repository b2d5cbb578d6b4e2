//! `rails curate`

use std::collections::BTreeMap;
use std::fs;

use crate::workplace::{QUICK, TEXTURES, Workplace, names};

/// The class of every image of the newest run, by path.
fn labels(place: &Workplace, run: &str) -> BTreeMap<String, String> {
    let rows = place.table(format!("{run}/curation/labels.csv"));
    rows.into_iter().map(|row| (row["path"].clone(), row["class"].clone())).collect()
}

#[test]
fn decisions_are_logged_and_replayed() {
    let place = Workplace::trained("curate");
    let run = place.newest("cluster");
    assert_eq!(labels(&place, &run).len(), 60);
    place.write(
        "more.jsonl",
        "{\"decision\":\"remove\",\"images\":[\"brick_1,1.png\"],\"reason\":\"too dark\"}\n\
         {\"decision\":\"move\",\"images\":[\"brick_1,2.png\",\"brick_1,3.png\"],\"class\":\"wall\"}\n\
         {\"decision\":\"name_cluster\",\"cluster\":0,\"class\":\"bricks\"}\n",
    );
    let summary = place.rails(&["curate", &run, "--apply", "more.jsonl", "--by", "me", "--json"]).with(0).json();
    assert_eq!((summary["new_decisions"].as_u64(), summary["decisions"].as_u64()), (Some(3), Some(6)));
    assert_eq!(summary["removed"]["too dark"], 1);
    let now = labels(&place, &run);
    assert!(!now.contains_key("brick_1,1.png"), "removed");
    assert_eq!(now["brick_1,2.png"], "wall", "a decision on an image beats a later one on its cluster");
    assert_eq!(now["brick_1,4.png"], "bricks", "the latest name of a cluster counts");
    let removed = place.table(format!("{run}/curation/removed.csv"));
    assert_eq!((removed[0]["reason"].as_str(), removed[0]["by"].as_str()), ("too dark", "me"));
    let log = place.read(format!("{run}/curation/decisions.jsonl"));
    for (seq, line) in (1..).zip(log.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["seq"], seq);
        assert!(line["at"].is_string() && line["by"].is_string(), "{line}");
    }

    place.write("undo.jsonl", "{\"decision\":\"undo\",\"seq\":4}\n{\"decision\":\"undo\",\"seq\":6}\n");
    place.rails(&["curate", "--apply", "undo.jsonl"]).with(0);
    let undone = labels(&place, &run);
    assert_eq!((undone["brick_1,1.png"].as_str(), undone["brick_1,2.png"].as_str()), ("brick", "wall"));
}

#[test]
fn a_file_with_a_slip_is_taken_not_at_all() {
    let place = Workplace::trained("curate");
    let log = format!("{}/curation/decisions.jsonl", place.newest("cluster"));
    let before = place.read(&log);
    let good = "{\"decision\":\"name_cluster\",\"cluster\":0,\"class\":\"x\"}\n";
    for (bad, about) in [
        ("{\"decision\":\"name_cluster\",\"cluster\":9,\"class\":\"x\"}", "there is no cluster 9"),
        ("{\"decision\":\"name_cluster\",\"cluster\":0}", "class"),
        ("{\"decision\":\"frobnicate\"}", "frobnicate"),
        ("{\"decision\":\"move\",\"images\":[\"lost.png\"],\"class\":\"x\"}", "lost.png"),
        ("{\"decision\":\"remove\",\"images\":[\"brick_1,1.png\"],\"class\":\"x\"}", "class"),
        ("hello", "not a JSON object"),
        ("{\"decision\":\"name_cluster\",\"cluster\":0,\"class\":\"unknown\"}", "reserved"),
        ("{\"decision\":\"undo\",\"seq\":77}", "no decision 77"),
    ] {
        place.write("bad.jsonl", format!("{good}\n{bad}\n"));
        let ended = place.rails(&["curate", "--apply", "bad.jsonl"]).with(1);
        ended.saying(&["line 3: ", about, "bad.jsonl", "nothing of the file was applied"]);
        assert_eq!(place.read(&log), before);
    }
    place.rails(&["curate", "--apply", "lost.jsonl"]).with(1).saying(&["lost.jsonl"]);
    place.rails(&["curate", "lost"]).with(1).saying(&["not a cluster run", "lost"]);
    place.rails(&["curate", &place.newest("train")]).with(1).saying(&["not a cluster run"]);
    Workplace::new("curate").rails(&["curate"]).with(1).saying(&["no cluster run yet", "rails cluster"]);
}

#[test]
fn what_a_file_manager_did_becomes_decisions() {
    let place = Workplace::trained("curate");
    let run = place.newest("cluster");
    let root = place.path(format!("{run}/clusters/kmeans"));
    let home = |image: &str| {
        let clusters = names(&root);
        clusters.into_iter().find(|cluster| root.join(cluster).join(image).is_file()).unwrap()
    };
    let (brick, grass) = (home("brick_1,1.png"), home("grass_1,1.png"));
    fs::rename(root.join(&brick), root.join("masonry")).unwrap();
    fs::rename(root.join("masonry/brick_1,2.png"), root.join(&grass).join("brick_1,2.png")).unwrap();
    fs::remove_file(root.join(&grass).join("grass_1,2.png")).unwrap();
    fs::create_dir_all(root.join("_removed/blurred")).unwrap();
    fs::rename(root.join(&grass).join("grass_1,3.png"), root.join("_removed/blurred/x.png")).unwrap();

    let summary = place.rails(&["curate", "--from-folders", "--json"]).with(0).json();
    assert_eq!(summary["new_decisions"], 4, "{summary}");
    let now = labels(&place, &run);
    assert_eq!((now["brick_1,1.png"].as_str(), now["brick_1,2.png"].as_str()), ("masonry", "grass"));
    let removed = place.table(format!("{run}/curation/removed.csv"));
    let reasons: Vec<_> = removed.iter().map(|row| (row["path"].as_str(), row["reason"].as_str())).collect();
    assert_eq!(reasons, [("grass_1,2.png", "deleted from clusters/kmeans"), ("grass_1,3.png", "blurred")]);
    assert!(place.path("datasets/surfaces/grass_1,2.png").is_file(), "the image itself is not touched");
    assert_eq!(place.rails(&["curate", "--from-folders", "--json"]).with(0).json()["new_decisions"], 0);
}

#[test]
fn an_emptied_folder_removes_its_images_only_where_that_is_asked_for() {
    let place = Workplace::trained("curate");
    let run = place.newest("cluster");
    let members = |cluster: &str| {
        let rows = place.table(format!("{run}/images.csv"));
        rows.iter().filter(|row| row["kmeans"] == cluster).count()
    };
    fs::remove_dir_all(place.path(format!("{run}/clusters/kmeans/cluster_1"))).unwrap();
    let elsewhere = place.path("elsewhere");
    fs::create_dir_all(elsewhere.join("private")).unwrap();
    fs::copy(place.path("datasets/surfaces/brick_1,1.png"), elsewhere.join("private/x.png")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, place.path(format!("{run}/clusters/kmeans/stone"))).unwrap();

    let left = place.rails(&["curate", "--from-folders", "--json"]).with(0).json();
    assert_eq!(left["new_decisions"], 0, "{left}");
    let open = left["open"].as_array().unwrap();
    assert_eq!(open.len(), 2, "{left}");
    assert!(open[0].as_str().unwrap().contains("is a link to a folder"));
    assert!(open[1].as_str().unwrap().contains("`--remove-emptied`"));

    let removed = place.rails(&["curate", "--from-folders", "--remove-emptied", "--json"]).with(0).json();
    assert_eq!(removed["removed"]["deleted from clusters/kmeans"], members("1"), "{removed}");
    place.rails(&["curate", "--remove-emptied"]).with(2).saying(&["--from-folders"]);
}

#[test]
fn labelled_images_are_exported_as_an_image_folder() {
    let place = Workplace::trained("curate");
    place.write("dark.jsonl", "{\"decision\":\"remove\",\"images\":[\"brick_1,1.png\"],\"reason\":\"too dark\"}\n");
    place.rails(&["curate", "--apply", "dark.jsonl", "--export", "deep/sorted"]).with(0);
    assert_eq!(names(&place.path("deep/sorted")), ["_removed", "brick", "grass", "gravel", "rails-output.json"]);
    assert_eq!(names(&place.path("deep/sorted/_removed/too dark")), ["brick_1,1.png"]);
    assert_eq!(names(&place.path("deep/sorted/brick")).len(), 19);
    place.rails(&["curate", "--export", "deep/sorted"]).with(1).saying(&["the output exists", "hint: "]);
    place.rails(&["curate", "--export", "copies", "--copy"]).with(0);
    place.write("copies/brick/brick_1,2.png", "painted over");
    let original = fs::read(place.path("datasets/surfaces/brick_1,2.png")).unwrap();
    assert_ne!(original, b"painted over", "copies are copies");

    place.rails(&[&["cluster", "-q", "--name", "bare"], &QUICK[..]].concat()).with(0);
    let bare = place.rails(&["curate", &place.newest("cluster"), "--export", "nothing"]).with(1);
    bare.saying(&["nothing is labelled"]);
    assert!(!place.path("nothing").exists());
}

#[test]
fn decisions_carry_over_to_a_newer_clustering_as_their_images() {
    let place = Workplace::trained("curate");
    let old = place.newest("cluster");
    place.write("move.jsonl", "{\"decision\":\"move\",\"images\":[\"brick_1,2.png\"],\"class\":\"grass\"}\n");
    place.rails(&["curate", "--apply", "move.jsonl"]).with(0);
    let five = ["cluster", "-q", "--name", "z-newer", "--set", "cluster.kmeans.k=5", "--set", "report.examples=1"];
    place.rails(&five).with(0);
    let new = place.newest("cluster");
    assert_ne!(new, old);
    place.rails(&["curate", &new, "--apply", &format!("{old}/curation/decisions.jsonl")]).with(0);
    assert_eq!(labels(&place, &new), labels(&place, &old));
    assert_eq!(labels(&place, &new).values().filter(|class| TEXTURES.contains(&class.as_str())).count(), 60);
}
