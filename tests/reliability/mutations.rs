//! Mutated images and frames beside good ones: the good ones are clustered, and each other is read or listed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::golden::{bounded, ended_well, files};
use crate::random::{Random, mutated};
use crate::trouble::Trouble;
use crate::workplace::{Ended, Workplace, names, repository};

/// Mutated files of one case: starting the program costs more than reading one.
const FILES: usize = 12;

pub struct MutatedImages {
    originals: Vec<(String, Vec<u8>)>,
    /// What HDF5 files take numbers from, which are no images.
    sources: Vec<(String, Vec<u8>)>,
    good: Vec<(String, Vec<u8>)>,
}

impl MutatedImages {
    pub fn new() -> Self {
        let all = ["images", "frames", "hdf5"].map(|folder| files(&format!("tests/golden/{folder}"))).concat();
        let (sources, originals) = all.into_iter().partition(|(name, _)| is_source(name));
        Self { originals, sources, good: files("tests/golden/formats/workplace/images") }
    }

    fn place(&self, case: u64) -> Workplace {
        let mut random = Random::of(case);
        let place = Workplace::new("mutated-images");
        for (name, bytes) in &self.good {
            place.write(&format!("images/good_{name}"), bytes);
        }
        for (name, bytes) in &self.sources {
            place.write(&format!("images/{name}"), bytes);
        }
        for at in 0..FILES {
            let (name, bytes) = random.of_list(&self.originals).clone();
            place.write(&format!("images/{at:02}_{name}"), mutated(bytes, &mut random));
        }
        place
    }

    fn cluster(place: &Workplace) -> Ended {
        let settings =
            ["features={ kind = \"frame\" }", "cluster.kmeans.k=2", "report.layout=pca", "report.examples=2"];
        let settings = settings.iter().flat_map(|setting| ["--set", *setting]);
        let mut command = bounded(place);
        command.args(["cluster", "images", "-q", "--name", "x"]).args(settings);
        Ended::of(command)
    }

    /// Every good image is in the run, and every file of the folder in it or in the list of what was skipped.
    fn judge(&self, place: &Workplace, ended: &Ended) -> Result<(), String> {
        ended_well(ended)?;
        if !matches!(ended.code, 0 | 3) {
            return Err(format!("the good images were lost: {}", ended.stderr));
        }
        let run = place.newest("cluster");
        let column = |table: &str| -> BTreeSet<String> {
            if !place.path(format!("{run}/{table}")).exists() {
                return BTreeSet::new();
            }
            // A frame belongs to its file.
            let path = |path: &str| path.split('#').next().unwrap_or_default().to_owned();
            place.table(format!("{run}/{table}")).iter().map(|row| path(&row["path"])).collect()
        };
        let (images, skipped) = (column("images.csv"), column("skipped.csv"));
        if let Some((name, _)) = self.good.iter().find(|(name, _)| !images.contains(&format!("good_{name}"))) {
            return Err(format!("the good image good_{name} is not in the run"));
        }
        let lost = names(&place.path("images"))
            .into_iter()
            .find(|name| !images.contains(name) && !skipped.contains(name) && !is_source(name));
        lost.map_or(Ok(()), |name| Err(format!("{name} is neither in images.csv nor in skipped.csv")))
    }
}

fn is_source(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "src" || extension == "bin")
}

impl Trouble for MutatedImages {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let place = self.place(case);
        let ended = Self::cluster(&place);
        self.judge(&place, &ended)?;
        // What went well need not be looked into.
        let _ = fs::remove_dir_all(place.path(""));
        Ok(())
    }

    fn defects(&self) -> Vec<(&'static str, Result<(), String>)> {
        let place = self.place(0);
        let ended = Self::cluster(&place);
        let recipe = repository().join("tests/golden/images/grey.png");
        fs::copy(recipe, place.path("images/overlooked.png")).unwrap();
        let passed_over = self.judge(&place, &ended);
        let aborted = Ended { code: -1, stdout: String::new(), stderr: "memory allocation failed".to_owned() };
        vec![("a file passed over in silence", passed_over), ("an abort", self.judge(&place, &aborted))]
    }
}
