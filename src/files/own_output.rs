//! The program's own output, known by what lies in it: no scan takes it for images.
//!
//! A run is known by its `run.json`, a checkpoint by its `bundle.json`, a cache by what the store leaves in it or by a
//! [cache directory tag](https://bford.info/cachedir/), images that were sorted, kept or exported by [`FILE`], and a plot
//! by the software its PNG names. Files of the same names by other programs hide nothing.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::atomic_file;
use crate::progress::OwnOutput;

/// The file that marks a folder of images that were sorted, kept or exported.
pub const FILE: &str = "rails-output.json";

/// PNG's chunk `Software: rails` with length and CRC: it stands in every plot right behind the header.
pub const PNG_SOFTWARE: &[u8] = b"\0\0\0\x0etEXtSoftware\0rails\xef\x98\xcd\xc9";
/// Bytes of a PNG file before its second chunk: the signature and `IHDR`.
pub const PNG_HEADER: usize = 8 + 25;

const CACHE_TAG: &str = "CACHEDIR.TAG";
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// What the program left in `folder`; `None` for a folder of somebody else.
#[must_use]
pub fn of_folder(folder: &Path) -> Option<OwnOutput> {
    let has_keys = |file: &str, keys: &[&str]| {
        let document = fs::read(folder.join(file)).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        document.is_some_and(|document| keys.iter().all(|key| document.get(key).is_some()))
    };
    if has_keys("run.json", &["command", "recipe", "dataset", "features"]) || is_unfinished_run(folder) {
        Some(OwnOutput::Run)
    } else if has_keys("bundle.json", &["format", "classes", "features"]) {
        Some(OwnOutput::Checkpoint)
    } else if is_cache(folder) {
        Some(OwnOutput::Cache)
    } else {
        has_keys(FILE, &["command"]).then_some(OwnOutput::Sorted)
    }
}

/// Whether `bytes` are those of a plot.
#[must_use]
pub fn is_plot(bytes: &[u8]) -> bool {
    bytes.get(PNG_HEADER..).is_some_and(|rest| rest.starts_with(PNG_SOFTWARE))
}

/// Whether images in such a folder are still images where somebody names the folder itself.
#[must_use]
pub fn is_read_where_named(own: OwnOutput, folder: &Path) -> bool {
    match own {
        OwnOutput::Run | OwnOutput::Checkpoint => false,
        // Whoever works in a folder that some program calls a cache knows it.
        OwnOutput::Cache => !is_store(folder),
        OwnOutput::Sorted | OwnOutput::Plot => true,
    }
}

/// Marks `folder`, which is made where it is not there, as images that `command` wrote.
///
/// # Errors
/// When the disk refuses.
pub fn mark(folder: &Path, command: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mark = serde_json::json!({ "command": command, "version": env!("CARGO_PKG_VERSION") });
    atomic_file::write(&folder.join(FILE), &serde_json::to_vec_pretty(&mark)?)
}

/// Makes the folder `cache` and marks it as one, for backups and other programs too; one with something in it stays as it
/// is.
///
/// # Errors
/// When the disk refuses.
pub fn make_cache(cache: &Path) -> io::Result<()> {
    // A process that was killed in between left it empty, or with the mark in the making.
    let begun = |entry: fs::DirEntry| atomic_file::is_leftover(&entry.file_name().to_string_lossy());
    if fs::read_dir(cache).is_ok_and(|entries| !entries.flatten().all(begun)) {
        return Ok(());
    }
    fs::create_dir_all(cache)?;
    let why = b"\n# Features and thumbnails that rails keeps between runs; they can be removed and are made anew.\n";
    atomic_file::write(&cache.join(CACHE_TAG), &[CACHE_SIGNATURE, why].concat())
}

fn is_cache(folder: &Path) -> bool {
    let tagged = || fs::read(folder.join(CACHE_TAG)).is_ok_and(|text| text.starts_with(CACHE_SIGNATURE));
    is_store(folder) || tagged()
}

/// Caches of before had no tag.
fn is_store(folder: &Path) -> bool {
    let partitions = fs::read_dir(folder.join("embeddings")).into_iter().flatten().flatten();
    partitions.take(100).any(|partition| partition.path().join("_COMMIT.json").is_file())
}

/// `20260101_120000-cluster-images.partial`, which has no run.json yet.
fn is_unfinished_run(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let Some((time, _)) = name.strip_suffix(".partial").and_then(|name| name.split_once('-')) else { return false };
    time.len() == 15
        && time.bytes().enumerate().all(|(at, byte)| if at == 8 { byte == b'_' } else { byte.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_known_by_what_lies_in_them_and_not_by_their_names() {
        let home = tempfile::tempdir().unwrap();
        let folder = |path: &str, file: &str, content: &[u8]| {
            let folder = home.path().join(path);
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
            of_folder(&folder)
        };
        let run = br#"{"command":"cluster","recipe":{},"dataset":{},"features":{}}"#;
        assert_eq!(folder("anything", "run.json", run), Some(OwnOutput::Run));
        assert_eq!(folder("20260101_120000-cluster-a.partial", "plots/a.png", b""), Some(OwnOutput::Run));
        let bundle = br#"{"format":3,"classes":[],"features":{}}"#;
        assert_eq!(folder("mine", "bundle.json", bundle), Some(OwnOutput::Checkpoint));
        assert_eq!(folder("kept", "embeddings/1a/_COMMIT.json", b"{}"), Some(OwnOutput::Cache));
        assert_eq!(folder("tagged", CACHE_TAG, CACHE_SIGNATURE), Some(OwnOutput::Cache));
        for (path, file) in [("runs", "run.json"), ("checkpoints", "bundle.json"), ("experiments", FILE)] {
            assert_eq!(folder(path, file, br#"{"name":"of another program"}"#), None, "{path}");
            assert_eq!(folder(path, file, b"not JSON"), None, "{path}");
        }
        assert_eq!(folder("holiday.partial", "a.png", b""), None);
        assert_eq!(folder("embeddings", "notes.txt", b""), None);
    }

    #[test]
    fn what_is_marked_is_known() {
        let home = tempfile::tempdir().unwrap();
        let cache = home.path().join("a/cache");
        make_cache(&cache).unwrap();
        assert_eq!(of_folder(&cache), Some(OwnOutput::Cache));
        assert!(is_read_where_named(OwnOutput::Cache, &cache), "a tag may be another program's");
        let killed = home.path().join("killed");
        fs::create_dir(&killed).unwrap();
        fs::write(killed.join(".rails-0123456789abcdef.tmp"), b"half").unwrap();
        make_cache(&killed).unwrap();
        let left: Vec<_> = fs::read_dir(&killed).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [CACHE_TAG], "marked by the next process, and swept");
        mark(home.path(), "predict").unwrap();
        assert_eq!(of_folder(home.path()), Some(OwnOutput::Sorted));
    }
}
