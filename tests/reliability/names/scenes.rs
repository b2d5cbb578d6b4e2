//! Where a hostile name can stand, and the commands that meet it there.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use serde_json::json;

use super::words::Hostile;
use crate::golden::{named, word};
use crate::workplace::{Workplace, names};

/// A place for a name.
pub struct Scene {
    pub name: &'static str,
    pub prepare: fn(&Workplace, &Hostile),
    /// Command lines; NAME and TWIN stand for the names.
    pub commands: &'static [&'static str],
}

pub const SCENES: [Scene; 11] = [
    Scene {
        name: "classes of a table",
        prepare: labels,
        commands: &[
            "curate run:cluster-mixed --import labels.csv",
            "curate run:cluster-mixed --status",
            "curate run:cluster-mixed --export out",
        ],
    },
    Scene {
        name: "classes in training",
        prepare: labels,
        commands: &[
            "train labels.csv --images images --name w --set classifier.hidden=[4] --set classifier.epochs=3",
            "predict images --sort-into out --output out.csv --keep-all",
            "predict images --keep NAME --keep-into kept --output out.csv",
            "evaluate images --truth labels.csv --name e",
            "compare",
        ],
    },
    Scene {
        name: "classes and reasons of decisions",
        prepare: decisions,
        commands: &[
            "curate run:cluster-plain --apply decisions.jsonl --by NAME",
            "curate run:cluster-plain --export out --copy",
            "curate run:cluster-plain --suggest 3",
            "train run:cluster-plain --name w --set classifier.epochs=2",
        ],
    },
    Scene {
        name: "files",
        prepare: image_files,
        commands: &[
            "cluster images --name w --set features={kind=\"hand_made\",blocks={statistics=1}} --set cluster.kmeans.k=2 \
             --set dataset.naming={kind}_{number}",
            "tile images --size 24 --output tiles",
            "predict images --checkpoint checkpoint:mlp --sort-into out --output out.csv",
            "curate --export kept",
        ],
    },
    Scene {
        name: "runs and checkpoints",
        prepare: |_, _| {},
        commands: &[
            "cluster images --name NAME --set features={kind=\"hand_made\",blocks={statistics=1}} --set cluster.kmeans.k=2",
            "train run:cluster-plain --name NAME --set classifier.epochs=2",
            "evaluate checkpoint:linear images --truth labels.csv --name TWIN",
            "compare",
            "curate NAME --status",
        ],
    },
    Scene {
        name: "the name in a recipe",
        prepare: |place, hostile| {
            place.write("r.toml", format!("name = {}\n", json!(hostile.texts()[0])));
        },
        commands: &[
            "cluster images --config r.toml --set features={kind=\"hand_made\",blocks={statistics=1}} --set cluster.kmeans.k=2",
            "patches images --config r.toml --set patches.slices=4 --set cluster.kmeans.k=2",
            "train run:cluster-plain --config r.toml --set classifier.epochs=2",
        ],
    },
    Scene {
        name: "images of a run",
        prepare: images_csv,
        commands: &[
            "curate run:cluster-plain --export out --copy",
            "curate run:cluster-plain --from-folders",
            "curate run:cluster-plain --export kept --format coco",
            "train run:cluster-plain --name w --set classifier.epochs=2",
        ],
    },
    Scene {
        name: "classes of a bundle",
        prepare: bundle,
        commands: &[
            "predict images --checkpoint checkpoint:mlp --sort-into out --output out.csv --keep-all --copy",
            "predict images --checkpoint checkpoint:mlp --keep NAME --keep-into kept --output out.csv",
            "evaluate checkpoint:mlp images --truth labels.csv --name w",
        ],
    },
    Scene {
        name: "tiles",
        prepare: tiles,
        commands: &[
            "cluster images --name w --set features={kind=\"hand_made\",blocks={statistics=1}} --set cluster.kmeans.k=2",
        ],
    },
    Scene {
        name: "folders of classes",
        prepare: folders,
        commands: &[
            "train sorted --name w --set classifier.epochs=2",
            "curate run:cluster-plain --from-folders",
            "curate run:cluster-plain --export out",
            "evaluate checkpoint:linear sorted --name e",
        ],
    },
    Scene {
        name: "results",
        prepare: |place, hostile| {
            let file = named(place, "experiments/runs", "train-mlp") + "/results.json";
            let mut results = place.json(&file);
            results["name"] = json!(hostile.texts()[0]);
            place.write(&file, results.to_string());
        },
        commands: &["compare run:train-mlp run:train-knn", "compare"],
    },
];

/// The command of `words` in `place`.
pub fn command(place: &Workplace, words: &str, hostile: &Hostile) -> Command {
    let mut command = place.command(&[]);
    for part in words.split(' ') {
        let name = match part {
            "NAME" => Some(&hostile.name),
            "TWIN" => Some(&hostile.twin),
            _ => None,
        };
        match name {
            // No command line holds it.
            Some(name) if name.contains(&0) => command.arg("x"),
            Some(name) => command.arg(OsStr::from_bytes(name)),
            None => command.arg(word(place, part)),
        };
    }
    command
}

/// A table of labels with both names and an honest one.
fn labels(place: &Workplace, hostile: &Hostile) {
    let [name, twin] = hostile.texts();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["path", "class"]).unwrap();
    for (at, image) in names(&place.path("images")).iter().enumerate() {
        table.write_record([image.as_str(), [name.as_str(), twin.as_str(), "honest"][at % 3]]).unwrap();
    }
    place.write("labels.csv", table.into_inner().unwrap());
}

fn decisions(place: &Workplace, hostile: &Hostile) {
    let [name, twin] = hostile.texts();
    let lines = [
        json!({ "decision": "name_cluster", "cluster": 0, "class": name }),
        json!({ "decision": "move", "images": ["noise_0.pgm"], "class": twin }),
        json!({ "decision": "move", "images": ["noise_1.pgm"], "class": "honest", "reason": name }),
        json!({ "decision": "remove", "images": ["noise_2.pgm"], "reason": name }),
        json!({ "decision": "remove", "images": ["rings_2.pgm"], "reason": twin }),
    ];
    place.write("decisions.jsonl", lines.iter().map(|line| format!("{line}\n")).collect::<String>());
}

fn image_files(place: &Workplace, hostile: &Hostile) {
    for (at, name) in hostile.files().iter().enumerate() {
        for (number, ending) in [".pgm", ".PGM"].iter().enumerate() {
            let mut bytes = fs::read(place.path(format!("images/rings_{at}.pgm"))).unwrap();
            *bytes.last_mut().unwrap() = (2 * at + number) as u8;
            fs::write(place.path("images").join(OsStr::from_bytes(&[name, ending.as_bytes()].concat())), bytes)
                .unwrap();
        }
    }
}

fn images_csv(place: &Workplace, hostile: &Hostile) {
    let file = named(place, "experiments/runs", "cluster-plain") + "/images.csv";
    let mut reader = csv::Reader::from_path(place.path(&file)).unwrap();
    let header = reader.headers().unwrap().clone();
    let path = header.iter().position(|column| column == "path").unwrap();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(&header).unwrap();
    for (at, row) in reader.records().map(Result::unwrap).enumerate() {
        let other = hostile.texts().get(at).cloned();
        let cells = row.iter().enumerate().map(|(column, cell)| match &other {
            Some(other) if column == path => other.clone(),
            _ => cell.to_owned(),
        });
        table.write_record(cells).unwrap();
    }
    place.write(&file, table.into_inner().unwrap());
}

fn bundle(place: &Workplace, hostile: &Hostile) {
    let file = named(place, "checkpoints", "mlp") + "/bundle.json";
    let mut bundle = place.json(&file);
    let [name, twin] = hostile.texts();
    bundle["classes"] = json!([name, twin, "honest"]);
    place.write(&file, bundle.to_string());
    place.write("labels.csv", "path,class\nnoise_0.pgm,honest\n");
}

fn tiles(place: &Workplace, hostile: &Hostile) {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["path", "id", "parent", "row", "column"]).unwrap();
    for (at, image) in place.table(named(place, "experiments/runs", "cluster-plain") + "/images.csv").iter().enumerate()
    {
        let path = hostile.texts().get(at).cloned().unwrap_or_else(|| image["path"].clone());
        table.write_record([path, image["id"].clone(), "0".repeat(32), (at + 1).to_string(), "1".to_owned()]).unwrap();
    }
    place.write("images/tiles.csv", table.into_inner().unwrap());
}

fn folders(place: &Workplace, hostile: &Hostile) {
    let run = named(place, "experiments/runs", "cluster-plain");
    let classes = [hostile.files(), vec![b"honest".to_vec(), b"plain".to_vec()]].concat();
    for (at, image) in names(&place.path("images")).iter().enumerate() {
        let class = OsStr::from_bytes(&classes[at % classes.len()]);
        for root in [place.path("sorted"), place.path(&run).join("clusters/kmeans")] {
            fs::create_dir_all(root.join(class)).unwrap();
            fs::copy(place.path("images").join(image), root.join(class).join(image)).unwrap();
        }
    }
}
