//! Mutated runs, logs, tables, checkpoints and recipes: used as they are or refused, never half, and a model that was
//! changed never answers.

use std::fs;

use crate::golden::{below, bounded, ended_well, named, workplace};
use crate::random::{Random, mutated};
use crate::trouble::Trouble;
use crate::workplace::{Ended, Workplace, repository};

/// What is spoiled, and who reads it.
const READERS: [(&str, &str, Reader); 8] = [
    ("experiments/runs", "cluster-plain", Reader::Status),
    ("experiments/runs", "cluster-plain", Reader::Apply),
    ("experiments/runs", "cluster-mixed", Reader::Assign),
    ("experiments/runs", "cluster-separate", Reader::Status),
    ("checkpoints", "mlp", Reader::Predict),
    ("checkpoints", "linear", Reader::Predict),
    ("checkpoints", "knn", Reader::Predict),
    ("", "recipe", Reader::Recipe),
];

#[derive(Debug, Clone, Copy)]
enum Reader {
    Status,
    Apply,
    Assign,
    Predict,
    Recipe,
}

/// What comes of it when nothing is spoiled.
const EXPECTED: &str = "before.csv";

pub struct MutatedFiles {
    recipes: Vec<String>,
}

impl MutatedFiles {
    pub fn new() -> Self {
        let folder = repository().join("experiments");
        let recipes = below(&folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml"));
        Self { recipes: recipes.map(|path| path.display().to_string()).collect() }
    }

    fn run(place: &Workplace, reader: Reader, folder: &str) -> Ended {
        place.write("move.jsonl", "{\"decision\":\"name_cluster\",\"cluster\":0,\"class\":\"late\"}\n");
        let mut command = bounded(place);
        command.args(match reader {
            Reader::Status => vec!["curate", folder, "--status", "--json"],
            Reader::Apply => vec!["curate", folder, "--apply", "move.jsonl"],
            Reader::Assign => vec!["assign", "images", folder, "--name", "again", "-q"],
            Reader::Predict => vec!["predict", "images", "--checkpoint", folder, "--output", "after.csv", "-q"],
            Reader::Recipe => vec!["cluster", "images", "--config", "recipe.toml", "--print-config"],
        });
        Ended::of(command)
    }

    /// Spoils one file of what `reader` reads; says which.
    fn spoil(&self, place: &Workplace, reader: Reader, folder: &str, random: &mut Random) -> Result<String, String> {
        let read = |path: &std::path::Path| fs::read(path).map_err(|error| error.to_string());
        if matches!(reader, Reader::Recipe) {
            let name = random.of_list(&self.recipes);
            let text = read(&repository().join("experiments").join(name))?;
            place.write("experiments/recipe.toml", mutated(text, random));
            return Ok(name.clone());
        }
        let files = below(&place.path(folder));
        let name = random.of_list(&files).display().to_string();
        let file = place.path(folder).join(&name);
        let bytes = mutated(read(&file)?, random);
        fs::write(&file, bytes).map_err(|error| error.to_string())?;
        Ok(name)
    }

    fn judge(place: &Workplace, reader: Reader, spoiled: &str, ended: &Ended) -> Result<(), String> {
        ended_well(ended).map_err(|why| format!("{reader:?} with {spoiled}: {why}"))?;
        // bundle.json names classes, which may be anything; the numbers of a model are hashed.
        let is_model = spoiled.ends_with(".safetensors");
        if matches!(reader, Reader::Predict)
            && is_model
            && ended.code == 0
            && place.read("after.csv") != place.read(EXPECTED)
        {
            return Err(format!("a changed {spoiled} answered differently, and nobody was told"));
        }
        Ok(())
    }
}

impl Trouble for MutatedFiles {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let mut random = Random::of(case);
        let (parent, word, reader) = *random.of_list(&READERS);
        let place = workplace("mutated-files");
        let folder = if parent.is_empty() { String::new() } else { named(&place, parent, word) };
        if matches!(reader, Reader::Predict) {
            place.rails(&["predict", "images", "--checkpoint", &folder, "--output", EXPECTED, "-q"]).with(0);
        }
        let spoiled = self.spoil(&place, reader, &folder, &mut random)?;
        let ended = Self::run(&place, reader, &folder);
        Self::judge(&place, reader, &spoiled, &ended)?;
        let _ = fs::remove_dir_all(place.path(""));
        Ok(())
    }

    fn defects(&self) -> Vec<(&'static str, Result<(), String>)> {
        let place = workplace("mutated-files");
        let (sound, other) = (named(&place, "checkpoints", "mlp"), named(&place, "checkpoints", "linear"));
        place.rails(&["predict", "images", "--checkpoint", &other, "--output", EXPECTED, "-q"]).with(0);
        let ended = Self::run(&place, Reader::Predict, &sound);
        vec![("a changed model answers", Self::judge(&place, Reader::Predict, "model.safetensors", &ended))]
    }
}
