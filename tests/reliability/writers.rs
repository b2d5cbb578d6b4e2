//! Every command that writes, each in a small working folder.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::golden::{named, words, workplace};
use crate::workplace::{Ended, Workplace, names, repository};

/// A command and what it needs.
#[derive(Debug, Clone, Copy)]
pub struct Writer {
    pub name: &'static str,
    /// Words of the command line; `run:NAME` and `checkpoint:NAME` stand for folders of the workplace.
    words: &'static str,
    /// Files of folders that are there already, which belong together: where the last is new, all are.
    pub together: &'static [&'static str],
}

const fn writer(name: &'static str, words: &'static str) -> Writer {
    Writer { name, words, together: &[] }
}

/// Decisions of the batch that is applied: enough for a half of them to be seen.
pub const BATCH: usize = 3000;

pub const WRITERS: [Writer; 27] = [
    writer("cluster", "cluster images --name w --set cluster.kmeans.k=3 --set report.layout=pca"),
    writer(
        "cluster statistics",
        "cluster images --name w --copy --set features={kind=\"hand_made\",blocks={statistics=1}} --set cluster.kmeans.k=3 \
         --set report.layout=pca",
    ),
    writer(
        "cluster frames",
        "cluster frames --name w --config frames.toml --set cluster.kmeans.k=2 --set report.layout=pca",
    ),
    writer("patches", "patches images --name w --set patches.slices=4 --set cluster.kmeans.k=2"),
    writer("separate", "separate images --name w --config separate.toml"),
    writer("assign", "assign new run:cluster-plain --name w"),
    writer("search", "search images --name w --config search.toml"),
    writer("apply", "curate run:cluster-plain --apply batch.jsonl"),
    writer("apply one", "curate run:cluster-plain --apply one.jsonl"),
    writer("apply first", "curate run:cluster-mixed --apply batch.jsonl"),
    writer("from folders", "curate run:cluster-plain --from-folders"),
    writer("import", "curate run:cluster-mixed --import labels.csv"),
    writer("propagate", "curate run:cluster-plain --propagate 0.5"),
    writer("export folders", "curate run:cluster-plain --export out --format imagefolder"),
    writer("export copies", "curate run:cluster-plain --export out --format imagefolder --copy"),
    writer("export coco", "curate run:cluster-plain --export out --format coco"),
    writer("export parquet", "curate run:cluster-plain --export out --format parquet"),
    writer(
        "train",
        "train run:cluster-plain --name w --set classifier.hidden=[4] --set classifier.epochs=5 --set calibrate.folds=0",
    ),
    writer("sweep", "train run:cluster-plain --name w --sweep sweep.toml"),
    writer("predict table", "predict images --checkpoint checkpoint:mlp --output out.parquet"),
    writer("predict sorted", "predict images --checkpoint checkpoint:mlp --sort-into out --output out.csv --copy"),
    writer(
        "predict twice",
        "predict images --checkpoint checkpoint:mlp --sort-into out --keep rings --keep-into out2 --output out.csv",
    ),
    writer(
        "predict kept",
        "predict frames stack.h5 --checkpoint checkpoint:frames --keep usable --keep-into out --keep-all",
    ),
    writer("evaluate", "evaluate checkpoint:linear images --truth labels.csv --name w"),
    Writer {
        together: &["experiments/compare.png", "experiments/compare_changes.csv", "experiments/compare.html"],
        ..writer("compare", "compare run:train-mlp run:train-knn")
    },
    writer("tile", "tile images --size 16 --output out"),
    writer("models import", "models import weights.safetensors --as efficientnet-lite0"),
];

impl Writer {
    /// A working folder in which the command can be given.
    pub fn place(&self, kind: &str) -> Workplace {
        let place = workplace(kind);
        for (name, text) in [
            ("experiments/search.toml", SEARCH),
            ("experiments/separate.toml", SEPARATE),
            ("sweep.toml", SWEEP),
            ("one.jsonl", "{\"decision\":\"move\",\"images\":[\"noise_0.pgm\"],\"class\":\"rings\"}\n"),
        ] {
            place.write(name, text);
        }
        let frames = fs::read(repository().join("experiments/frames.toml")).unwrap();
        place.write("experiments/frames.toml", frames);
        let batch = |at: usize| {
            let (image, class) =
                (["noise_0", "rings_1", "stripes_2"][at % 3], ["noise", "rings", "stripes"][at % 7 % 3]);
            format!("{{\"decision\":\"move\",\"images\":[\"{image}.pgm\"],\"class\":\"{class}\"}}\n")
        };
        place.write("batch.jsonl", (0..BATCH).map(batch).collect::<String>());
        let label = |kind: &&str| (0..4).map(|at| format!("{kind}_{at}.pgm,{kind}\n")).collect::<String>();
        place.write(
            "labels.csv",
            "path,class\n".to_owned() + &["noise", "rings", "stripes"].iter().map(label).collect::<String>(),
        );
        match self.name {
            "predict kept" => {
                fs::copy(repository().join("tests/golden/frames/gzip_shuffle.h5"), place.path("stack.h5")).unwrap();
            }
            "models import" => {
                let weights = repository().join("checkpoints/efficientnet-lite0.safetensors");
                fs::copy(weights, place.path("weights.safetensors")).unwrap();
            }
            "from folders" => folders(&place),
            "separate" => tiles(&place),
            _ => {}
        }
        place
    }

    /// The words of its command line.
    pub fn arguments(&self, place: &Workplace) -> Vec<String> {
        words(place, self.words).into_iter().chain(["-q".to_owned()]).collect()
    }

    /// The command, through the program `before` with its own words where there is one.
    pub fn command(&self, place: &Workplace, before: &[&str]) -> Command {
        let mut command = place.command(before);
        command.args(self.arguments(place));
        command
    }

    /// Gives the command and waits for its end.
    pub fn give(&self, place: &Workplace) -> Ended {
        Ended::of(self.command(place, &[]))
    }
}

const SEARCH: &str = "[search]\nenhance = [[], [\"clahe\"]]\n";

const SEPARATE: &str = "[[separate.layers]]\nname = \"Missing\"\nfeatures = [\"missing\"]\nk = 2\n\
                        [separate.inconsistency]\nlof = { neighbours = 4, threshold = 2.0 }\n\
                        [reduce]\nl2 = false\nn_components = 3\n";

const SWEEP: &str =
    "[classifier]\nepochs = 3\n[split]\nnear_duplicates = 0.0\n[sweep]\nfolds = 2\n\"classifier.hidden\" = [[], [4]]\n";

/// Folders as a person sorted them.
fn folders(place: &Workplace) {
    let run = named(place, "experiments/runs", "cluster-plain");
    for image in names(&place.path("images")) {
        let class = if image == "rings_0.pgm" { "noise" } else { image.split('_').next().unwrap_or_default() };
        let bytes = fs::read(place.path("images").join(&image)).unwrap();
        place.write(&format!("{run}/clusters/kmeans/{class}/{image}"), bytes);
    }
}

/// The images as tiles of one, that stand side by side.
pub fn tiles(place: &Workplace) {
    let rows = place.table(named(place, "experiments/runs", "cluster-plain") + "/images.csv");
    let tile = |(at, row): (usize, &BTreeMap<String, String>)| {
        format!("{},{},{},1,{}\n", row["path"], row["id"], "0".repeat(32), at + 1)
    };
    let rows: String = rows.iter().enumerate().map(tile).collect();
    place.write("images/tiles.csv", format!("path,id,parent,row,column\n{rows}"));
}
