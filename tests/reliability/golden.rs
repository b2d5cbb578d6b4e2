//! Golden files to spoil: images and frames of every format read, and a working folder of version 0.1.0.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workplace::{Ended, Workplace, copy_folder, names, repository};

/// The files of `folder` in the repository, by name, without scripts and what was expected of them.
pub fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = repository().join(folder);
    let is_data = |name: &String| {
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
        folder.join(name).is_file() && !matches!(extension, Some("py" | "json"))
    };
    names(&folder)
        .into_iter()
        .filter(is_data)
        .map(|name| (name.clone(), fs::read(folder.join(&name)).unwrap()))
        .collect()
}

/// A copy of the working folder with runs and checkpoints.
pub fn workplace(name: &str) -> Workplace {
    let place = Workplace::new(name);
    copy_folder(&repository().join("tests/golden/formats/workplace"), &place.path(""));
    place
}

/// The run or checkpoint under `parent` whose name has `word` in it, relative to `place`.
pub fn named(place: &Workplace, parent: &str, word: &str) -> String {
    let found = names(&place.path(parent)).into_iter().find(|name| name.contains(word));
    format!("{parent}/{}", found.unwrap_or_else(|| panic!("nothing called {word} under {parent}")))
}

/// Memory that a command may map at most, in KiB: what it holds and what its threads set aside.
const MOST_MEMORY: u64 = 4 << 20;

/// `rails` in `place`, to be given arguments, which aborts where it takes more memory than small inputs warrant.
pub fn bounded(place: &Workplace) -> Command {
    place.command(&["sh", "-c", &format!("ulimit -v {MOST_MEMORY}; exec \"$@\""), "sh"])
}

/// `text` word by word, with the folders of `place` in it.
pub fn words(place: &Workplace, text: &str) -> Vec<String> {
    text.split(' ').map(|part| word(place, part)).collect()
}

/// `text`, where `run:NAME` and `checkpoint:NAME` stand for folders of `place`, with or without a path behind.
pub fn word(place: &Workplace, text: &str) -> String {
    let folder = |parent: &str, rest: &str| {
        let (name, file) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        named(place, parent, name) + file
    };
    match text.split_once(':') {
        Some(("run", rest)) => folder("experiments/runs", rest),
        Some(("checkpoint", rest)) => folder("checkpoints", rest),
        _ => text.to_owned(),
    }
}

/// All files below `folder`, relative to it.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            found.extend(below(&path).into_iter().map(|inner| Path::new(&name).join(inner)));
        } else {
            found.push(name.into());
        }
    }
    found
}

/// The program ended by itself with a code that means something, and met no bug.
///
/// # Errors
/// What it did instead.
pub fn ended_well(ended: &Ended) -> Result<(), String> {
    let last = ended.stderr.lines().last().unwrap_or_default();
    if ended.stderr.contains("panicked") {
        let where_it_did = ended.stderr.lines().find(|line| line.contains("panicked")).unwrap_or_default();
        return Err(format!("a bug: {where_it_did}"));
    }
    match ended.code {
        0 | 3 => Ok(()),
        1 | 2 if ended.stderr.contains("error: ") => Ok(()),
        1 | 2 => Err(format!("code {} without a word of why: {last}", ended.code)),
        code => Err(format!("ended with {code}: {last}")),
    }
}
