//! Where the images of a run lie, recorded so that it outlives a move of the project, of the run, or of neither.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// `images` of run.json: the root of the data set, two ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagesPlace {
    /// Right wherever the program is started, and where the run is copied elsewhere.
    pub absolute: PathBuf,
    /// From the run folder: right where images and runs move together. Absent between drives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_run: Option<PathBuf>,
}

impl ImagesPlace {
    /// The place of `root` as seen from `run`, which need not be there yet; `None` where `root` is not there.
    #[must_use]
    pub fn of(root: &Path, run: &Path) -> Option<Self> {
        // As it was given, with its links: they may lead elsewhere tomorrow and still be right.
        let absolute = std::path::absolute(root).ok()?;
        let parent = run.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let run = fs::canonicalize(parent).ok()?.join(run.file_name()?);
        let from_run = relative(&run, &fs::canonicalize(root).ok()?);
        Some(Self { absolute, from_run })
    }

    /// Places to look at, the likeliest first, for a run that lies at `run` now. `given` is the root as the run's command
    /// line had it: all that runs of earlier versions know.
    #[must_use]
    pub fn candidates(place: Option<&Self>, given: &Path, run: &Path) -> Vec<PathBuf> {
        let run = fs::canonicalize(run).unwrap_or_else(|_| run.to_owned());
        let recorded = place.into_iter().flat_map(|place| {
            let beside = place.from_run.as_ref().map(|from| run.join(from));
            beside.into_iter().chain([place.absolute.clone()])
        });
        // The working folder of an earlier version is one of those that the run lies in.
        let above = run.ancestors().skip(1).filter(|_| place.is_none() && given.is_relative());
        let all = recorded.chain([given.to_owned()]).chain(above.map(|folder| folder.join(given)));
        let mut seen = Vec::new();
        let mut found = Vec::new();
        for path in all {
            let Ok(real) = fs::canonicalize(&path) else { continue };
            if real.is_dir() && !seen.contains(&real) {
                // What was given is how people know it; the rest without `..` in the middle.
                found.push(if path == given { path } else { real.clone() });
                seen.push(real);
            }
        }
        found
    }
}

/// The way from the folder `from` to `to`, both absolute and without links.
fn relative(from: &Path, to: &Path) -> Option<PathBuf> {
    let (mut from, mut to) = (from.components().peekable(), to.components().peekable());
    let drives = |part: Option<&Component<'_>>| match part {
        Some(Component::Prefix(prefix)) => Some(prefix.as_os_str().to_owned()),
        _ => None,
    };
    if drives(from.peek()) != drives(to.peek()) {
        return None;
    }
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    let path: PathBuf = from.map(|_| Component::ParentDir).chain(to).collect();
    Some(if path.as_os_str().is_empty() { PathBuf::from(".") } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_two_folders() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).unwrap();
        assert_eq!(way("/p/experiments/runs/r", "/p/images"), Path::new("../../../images"));
        assert_eq!(way("/p/r", "/p/r/images"), Path::new("images"));
        assert_eq!(way("/p/r", "/"), Path::new("../.."));
        assert_eq!(way("/p/r", "/p/r"), Path::new("."));
    }

    #[test]
    fn images_are_looked_for_beside_the_moved_run_then_where_they_were() {
        let home = tempfile::tempdir().unwrap();
        let at = |path: &str| fs::canonicalize(home.path()).unwrap().join(path);
        for path in ["old/images", "old/runs/r"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        let place = ImagesPlace::of(&at("old/images"), &at("old/runs/r")).unwrap();
        assert_eq!(place.from_run.as_deref(), Some(Path::new("../../images")));
        let given = Path::new("a folder of that time");
        let look = |run: &str| ImagesPlace::candidates(Some(&place), given, &at(run));
        assert_eq!(look("old/runs/r"), [at("old/images")]);
        fs::create_dir_all(at("copied/r")).unwrap();
        assert_eq!(look("copied/r"), [at("old/images")]);
        fs::rename(at("old"), at("new")).unwrap();
        assert_eq!(look("new/runs/r"), [at("new/images")]);
        assert_eq!(look("copied/r"), [] as [PathBuf; 0]);
        let earlier = ImagesPlace::candidates(None, Path::new("images"), &at("new/runs/r"));
        assert_eq!(earlier, [at("new/images")]);
    }
}
