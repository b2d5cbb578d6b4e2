//! Golden files to spoil: images and frames of every format read, and a working folder of version 0.1.0.

use std::fs;
use std::path::{Path, PathBuf};

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
