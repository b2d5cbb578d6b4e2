//! Hostile names of classes, reasons, files, runs and images, through every command that makes a path of them: nothing is
//! written outside its folder, nothing raw reaches the terminal, and what is told apart stays so.

mod scenes;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use crate::golden::{ended_well, workplace};
use crate::random::Random;
use crate::trouble::Trouble;
use crate::workplace::{Ended, Workplace};
use scenes::{SCENES, Scene};
use words::Hostile;

pub struct HostileNames;

/// What lies where nothing may come or go.
#[derive(Debug, PartialEq)]
struct Around {
    places: BTreeSet<PathBuf>,
    here: BTreeSet<PathBuf>,
    absolute: bool,
}

/// What commands make in a working folder and its experiments.
const OWN: [&str; 11] = [
    "out",
    "out.csv",
    "skipped.csv",
    "out.skipped.csv",
    "kept",
    "tiles",
    ".rails",
    "checkpoints",
    "compare.html",
    "compare.png",
    "compare_changes.csv",
];

impl Around {
    fn of(place: &Workplace) -> Self {
        let here = place.path("");
        let own = |path: &PathBuf| !OWN.iter().any(|own| path.ends_with(own));
        Self {
            places: entries(here.parent().unwrap()),
            here: [here.clone(), here.join("experiments")]
                .iter()
                .flat_map(|folder| entries(folder))
                .filter(own)
                .collect(),
            absolute: Path::new("/tmp/rails-escaped").exists(),
        }
    }
}

fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

impl HostileNames {
    /// Makes the scene and gives its commands; the words of the first that is wrong.
    fn play(scene: &Scene, hostile: &Hostile, place: &Workplace) -> Result<(), String> {
        (scene.prepare)(place, hostile);
        let before = Around::of(place);
        for words in scene.commands {
            let ended = Ended::of(scenes::command(place, words, hostile));
            ended_well(&ended).and_then(|()| is_fit_for_a_terminal(&ended)).map_err(|why| format!("{words}: {why}"))?;
            let after = Around::of(place);
            if after != before {
                let new: Vec<_> = after
                    .here
                    .union(&after.places)
                    .filter(|path| !before.here.contains(*path) && !before.places.contains(*path))
                    .collect();
                return Err(format!("{words}: it came or went outside its folder: {new:?}"));
            }
            is_told_apart(place).map_err(|why| format!("{words}: {why}"))?;
        }
        Ok(())
    }
}

/// No character of it moves the cursor, changes colours or turns the reading direction.
fn is_fit_for_a_terminal(ended: &Ended) -> Result<(), String> {
    let moves = |c: &char| {
        (c.is_control() && *c != '\n' && *c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    let both = [("stdout", &ended.stdout), ("stderr", &ended.stderr)];
    for (stream, said) in both {
        if let Some(raw) = said.chars().find(moves) {
            return Err(format!("{raw:?} is in {stream}: {said:?}"));
        }
    }
    Ok(())
}

/// In the folders of `out`, each holds images of one class, and each class lies in one; which class an image has is told by
/// the table that was given or written.
fn is_told_apart(place: &Workplace) -> Result<(), String> {
    let (Some(classes), true) = (classes(place), place.path("out").is_dir()) else { return Ok(()) };
    let mut by_folder: BTreeMap<PathBuf, BTreeSet<&String>> = BTreeMap::new();
    for file in files(&place.path("out")) {
        let Some(class) = fs::read(&file).ok().and_then(|content| classes.get(&content)) else { continue };
        by_folder.entry(file.parent().unwrap().to_owned()).or_default().insert(class);
    }
    if let Some((folder, mixed)) = by_folder.iter().find(|(_, classes)| classes.len() > 1) {
        return Err(format!("{} holds {mixed:?}", folder.display()));
    }
    let mut places: BTreeMap<&String, usize> = BTreeMap::new();
    by_folder.values().flatten().for_each(|class| *places.entry(*class).or_default() += 1);
    match places.iter().find(|(_, folders)| **folders > 1) {
        Some((class, folders)) => Err(format!("{class:?} lies in {folders} folders")),
        None => Ok(()),
    }
}

/// The class of each image by its content, from `out.csv`, else `labels.csv`.
fn classes(place: &Workplace) -> Option<BTreeMap<Vec<u8>, String>> {
    let table = ["out.csv", "labels.csv"].iter().map(|name| place.path(name)).find(|path| path.exists())?;
    let mut rows = csv::Reader::from_path(table).ok()?;
    let class = |row: csv::StringRecord| {
        let (path, class) = (row.get(0)?, row.get(1)?);
        let file = [place.path(path), place.path("images").join(path)].into_iter().find(|file| file.is_file())?;
        // Space around a class does not count, and accents are taken in their composed form.
        let class = class.trim_matches(|c: char| c.is_whitespace() || "\u{feff}\u{200b}\u{2060}".contains(c));
        Some((fs::read(file).ok()?, class.nfc().collect()))
    };
    Some(rows.records().flatten().filter_map(class).collect())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (folders, mut found): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(folder).into_iter().partition(|path| path.is_dir());
    found.extend(folders.iter().flat_map(|folder| files(folder)));
    found
}

impl Trouble for HostileNames {
    fn attempt(&self, case: u64) -> Result<(), String> {
        let mut random = Random::of(case);
        let scene = &SCENES[(case % SCENES.len() as u64) as usize];
        let hostile = Hostile::of(&mut random);
        let place = workplace("names");
        Self::play(scene, &hostile, &place)
            .map_err(|why| format!("{} called {:?}: {why}", scene.name, hostile.texts()))?;
        let _ = fs::remove_dir_all(place.path(""));
        Ok(())
    }

    fn defects(&self) -> Vec<(&'static str, Result<(), String>)> {
        let said =
            |stdout: &str| is_fit_for_a_terminal(&Ended { code: 0, stdout: stdout.to_owned(), stderr: String::new() });
        let placed = |folders: [&str; 2]| {
            let place = workplace("names");
            place.write("labels.csv", "path,class\nnoise_0.pgm,a\nrings_0.pgm,A\n");
            for (image, folder) in ["noise_0.pgm", "rings_0.pgm"].iter().zip(folders) {
                let bytes = fs::read(place.path("images").join(image)).unwrap();
                place.write(&format!("out/{folder}/{image}"), bytes);
            }
            is_told_apart(&place)
        };
        let escaped = || {
            let place = workplace("names");
            let before = Around::of(&place);
            place.write("escaped.png", "");
            if Around::of(&place) == before { Ok(()) } else { Err("it came outside its folder".to_owned()) }
        };
        vec![
            ("an escape sequence", said("Run \u{1b}[2J")),
            ("a mark that turns the direction", said("\u{202e}gnp.exe")),
            ("two classes in one folder", placed(["a", "a"])),
            ("a file beside its folder", escaped()),
        ]
    }
}
