//! Documents that are nearly right: recipes, runs, bundles, logs, batches and tables, altered where they have structure, so
//! that they get past the parser. Each is used or refused with a word, in bounded memory and time.

mod table;
mod tree;

use std::fs;
use std::time::Duration;

use serde_json::Value;

pub use tree::Node;

use crate::golden::{bounded, ended_well, word, words, workplace};
use crate::random::Random;
use crate::trouble::Trouble;
use crate::workplace::{Ended, Workplace, names, repository};
use crate::writers::tiles;

/// A document, and who reads it.
struct Document {
    /// `run:NAME/FILE`, `checkpoint:NAME/FILE`, or a path.
    path: &'static str,
    kind: Kind,
    /// Words of the command line; `run:NAME` and `checkpoint:NAME` stand for folders of the workplace.
    words: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Json,
    /// A document a line.
    Lines,
    Csv,
    /// A whole recipe, as `--print-config` of the command prints it.
    Recipe,
}

const fn document(path: &'static str, kind: Kind, words: &'static str) -> Document {
    Document { path, kind, words }
}

const DOCUMENTS: [Document; 28] = [
    document("r.toml", Kind::Recipe, "cluster images --config r.toml"),
    document("r.toml", Kind::Recipe, "cluster frames --config r.toml --set features={kind=\"frame\"}"),
    document("r.toml", Kind::Recipe, "patches images --config r.toml"),
    document("r.toml", Kind::Recipe, "separate images --config r.toml"),
    document("r.toml", Kind::Recipe, "search images --config r.toml"),
    document("r.toml", Kind::Recipe, "train run:cluster-plain --config r.toml"),
    document("r.toml", Kind::Recipe, "assign new run:cluster-plain --config r.toml"),
    document("sweep.toml", Kind::Recipe, "train run:cluster-plain --sweep sweep.toml"),
    document("run:cluster-plain/run.json", Kind::Json, "curate run:cluster-plain --status"),
    document("run:cluster-plain/run.json", Kind::Json, "assign new run:cluster-plain"),
    document("run:cluster-separate/run.json", Kind::Json, "train run:cluster-separate"),
    document("run:cluster-plain/results.json", Kind::Json, "compare run:cluster-plain run:cluster-mixed"),
    document("run:train-mlp/results.json", Kind::Json, "compare run:train-mlp run:train-knn"),
    document("run:train-mlp/predictions.csv", Kind::Csv, "compare run:train-mlp run:train-knn"),
    document("run:cluster-plain/images.csv", Kind::Csv, "curate run:cluster-plain --export out"),
    document("run:cluster-plain/images.csv", Kind::Csv, "curate run:cluster-plain --from-folders"),
    document("run:cluster-plain/images.csv", Kind::Csv, "train run:cluster-plain --set classifier.epochs=2"),
    document(
        "run:cluster-plain/curation/decisions.jsonl",
        Kind::Lines,
        "curate run:cluster-plain --export out --format csv",
    ),
    document(
        "run:cluster-plain/curation/decisions.jsonl",
        Kind::Lines,
        "curate run:cluster-plain --apply decisions.jsonl",
    ),
    document("decisions.jsonl", Kind::Lines, "curate run:cluster-plain --apply decisions.jsonl"),
    document("run:cluster-frames/curation/review.csv", Kind::Csv, "curate run:cluster-frames --suggest 3"),
    document(
        "checkpoint:mlp/bundle.json",
        Kind::Json,
        "predict images --checkpoint checkpoint:mlp --sort-into out --copy",
    ),
    document("checkpoint:knn/bundle.json", Kind::Json, "predict images --checkpoint checkpoint:knn --explain 2"),
    document(
        "checkpoint:frames/bundle.json",
        Kind::Json,
        "predict frames --checkpoint checkpoint:frames --output out.csv",
    ),
    document("labels.csv", Kind::Csv, "curate run:cluster-mixed --import labels.csv"),
    document("labels.csv", Kind::Csv, "train labels.csv --images images --set classifier.epochs=2"),
    document("labels.csv", Kind::Csv, "evaluate checkpoint:linear images --truth labels.csv"),
    document("images/tiles.csv", Kind::Csv, "cluster images --set features={kind=\"hand_made\",blocks={statistics=1}}"),
];

/// What no honest document of this size takes.
const MOST_TIME: Duration = Duration::from_mins(1);

pub struct AlteredDocuments {
    /// The recipes with every setting, by command line.
    recipes: Vec<String>,
}

impl AlteredDocuments {
    pub fn new() -> Self {
        let place = Self::place();
        let recipe = |document: &Document| {
            if document.kind != Kind::Recipe {
                return String::new();
            }
            if document.path == "sweep.toml" {
                return fs::read_to_string(repository().join("experiments/sweep.toml")).unwrap();
            }
            place.write(document.path, "");
            let mut line = words(&place, document.words);
            line.push("--print-config".to_owned());
            place.rails(&line.iter().map(String::as_str).collect::<Vec<_>>()).with(0).stdout
        };
        Self { recipes: DOCUMENTS.iter().map(recipe).collect() }
    }

    fn place() -> Workplace {
        let place = workplace("documents");
        let label = |name: &String| format!("{name},{}\n", name.split('_').next().unwrap_or_default());
        let labels: String = names(&place.path("images")).iter().map(label).collect();
        place.write("labels.csv", format!("path,class\n{labels}"));
        tiles(&place);
        place
    }

    /// Writes the altered document into `place`.
    fn alter(&self, at: usize, place: &Workplace, random: &mut Random) {
        let Document { path, kind, .. } = &DOCUMENTS[at];
        let path = &word(place, path);
        let json = |text: &str| Node::from(&serde_json::from_str::<Value>(text).unwrap());
        let altered = match kind {
            Kind::Recipe => {
                let recipe: Value = toml::from_str(&self.recipes[at]).unwrap();
                Node::from(&recipe).altered(random).to_toml().into_bytes()
            }
            Kind::Json => json(&place.read(path)).altered(random).to_json().into_bytes(),
            Kind::Lines => {
                let text = place.read(path);
                let lines: Vec<Node> = text.lines().map(json).collect();
                let mut lines: Vec<String> = lines.into_iter().map(|line| line.to_json()).collect();
                for _ in 0..=random.below(2) {
                    let at = random.below(lines.len());
                    lines[at] = json(text.lines().nth(at).unwrap()).altered(random).to_json();
                }
                (lines.join("\n") + "\n").into_bytes()
            }
            Kind::Csv => table::altered(&place.read(path), random),
        };
        place.write(path, altered);
    }

    /// Runs the command under its bounds.
    fn run(at: usize, place: &Workplace) -> Result<Ended, String> {
        let mut command = bounded(place);
        command.args(words(place, DOCUMENTS[at].words));
        if DOCUMENTS[at].kind != Kind::Recipe {
            return Ended::within(Ended::begin(command), MOST_TIME).map_err(|said| format!("it does not end: {said}"));
        }
        let ended = Ended::within(Ended::begin(command), Duration::from_secs(10));
        // A recipe may ask for much work.
        Ok(ended.unwrap_or_else(|stderr| Ended { code: 0, stdout: String::new(), stderr }))
    }

    fn judge(at: usize, place: &Workplace, ended: &Ended) -> Result<(), String> {
        ended_well(ended)?;
        if DOCUMENTS[at].kind == Kind::Recipe && ended.stderr.contains("report this as a bug") {
            return Err(ended.stderr.clone());
        }
        let outside = names(place.path("").parent().unwrap());
        match outside.iter().find(|name| name.contains("escaped")) {
            Some(name) => Err(format!("it wrote {name} outside its folder")),
            None => Ok(()),
        }
    }
}

impl Trouble for AlteredDocuments {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let mut random = Random::of(case);
        let at = (case % DOCUMENTS.len() as u64) as usize;
        let place = Self::place();
        self.alter(at, &place, &mut random);
        let what = |why: String| format!("{} altered, {}: {why}", DOCUMENTS[at].path, DOCUMENTS[at].words);
        let ended = Self::run(at, &place).map_err(what)?;
        Self::judge(at, &place, &ended).map_err(what)?;
        let _ = fs::remove_dir_all(place.path(""));
        Ok(())
    }

    fn defects(&self) -> Vec<(&'static str, Result<(), String>)> {
        let outcome = |code: i32, said: &str| {
            let ended = Ended { code, stdout: String::new(), stderr: said.to_owned() };
            Self::judge(0, &Self::place(), &ended)
        };
        vec![
            ("an allocation that aborts", outcome(-1, "memory allocation of 17179869180 bytes failed")),
            ("a bug", outcome(101, "thread 'main' panicked at src/x.rs:1:1:\nindex out of bounds")),
            ("a refusal without a word", outcome(1, "")),
        ]
    }
}
