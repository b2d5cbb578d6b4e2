//! Identity of a file: whether it still is the image it was when it was scanned.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::data::{FrameAddress, ImageId, PatchAddress, part_of, path_text};
use crate::files::tiles_csv;
use crate::images::tile_index::TileIndex;
use crate::images::{DecodeError, frames};
use crate::progress::Silent;

/// The state of an image's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// There, and what it was.
    Same,
    /// There, but another image by now, or nothing that can be read.
    Replaced,
    /// Not there.
    Gone,
}

/// The files of a data set, looked at one by one; reads each `tiles.csv` once.
#[derive(Debug)]
pub struct DataFiles<'a> {
    root: &'a Path,
    tiles: Mutex<HashMap<PathBuf, TileIndex>>,
}

impl<'a> DataFiles<'a> {
    /// Those below `root`.
    #[must_use]
    pub fn new(root: &'a Path) -> Self {
        Self { root, tiles: Mutex::default() }
    }

    /// Looks whether the image `id` still lies at `path`. `content` is the hash of its file where that is not the id, as
    /// for tiles; where nobody noted it, a tile counts as what its `tiles.csv` says.
    ///
    /// A file behind a symbolic link that leads out of the root counts by its bytes alone. Of a frame or patch only the file is
    /// looked for, since to hash it may take minutes.
    #[must_use]
    pub fn state(&self, path: &str, id: ImageId, content: Option<ImageId>) -> FileState {
        let place = self.root.join(path_text::to_path(path));
        if let Some(file) = part_of(&place) {
            return if file.is_file() { FileState::Same } else { FileState::Gone };
        }
        // A device may be read for ever.
        let bytes = fs::metadata(&place).ok().filter(fs::Metadata::is_file).and_then(|_| fs::read(&place).ok());
        let Some(bytes) = bytes else {
            return if place.exists() { FileState::Replaced } else { FileState::Gone };
        };
        let is_listed = || is_below(self.root, &place) && self.of_tile(&place) == Some(id);
        if ImageId::of_bytes(&bytes) == content.unwrap_or(id) || (content.is_none() && is_listed()) {
            FileState::Same
        } else {
            FileState::Replaced
        }
    }

    /// Whether the frame or patch `id` still lies at `path`, by the bytes of its file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_part(&self, path: &str, id: ImageId) -> Result<bool, DecodeError> {
        Ok(self.id_at(&self.root.join(path_text::to_path(path)))? == id)
    }

    fn id_at(&self, place: &Path) -> Result<ImageId, DecodeError> {
        if let Some(patch) = PatchAddress::parse(place) {
            return Ok(self.id_at(&patch.image)?.tile(patch.place()));
        }
        if let Some(FrameAddress { file, dataset, index }) = FrameAddress::parse(place) {
            let sources = frames::open(&file, dataset.as_deref())?.map(|stack| stack.sources()).unwrap_or_default();
            return Ok(frames::identity(&file, &sources)?.frame(index));
        }
        let bytes = fs::read(place)?;
        Ok(self.of_tile(place).unwrap_or_else(|| ImageId::of_bytes(&bytes)))
    }

    /// The id that the `tiles.csv` beside `file` gives it.
    fn of_tile(&self, file: &Path) -> Option<ImageId> {
        let folder = file.parent()?;
        let mut known = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        let tiles = known.entry(folder.to_owned()).or_insert_with(|| {
            let (mut tiles, index) = (TileIndex::default(), folder.join(tiles_csv::FILE));
            if index.is_file() {
                tiles.add(&index, &Silent);
            }
            tiles
        });
        tiles.get(file).map(|(id, _)| id)
    }
}

fn is_below(root: &Path, file: &Path) -> bool {
    let [root, file] = [root, file].map(fs::canonicalize);
    root.is_ok_and(|root| file.is_ok_and(|file| file.starts_with(root)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_bytes() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("a.png"), b"a").unwrap();
        let state = |path: &str, id: &[u8], content: Option<&[u8]>| {
            DataFiles::new(&root).state(path, ImageId::of_bytes(id), content.map(ImageId::of_bytes))
        };
        assert_eq!(state("a.png", b"a", None), FileState::Same);
        assert_eq!(state("a.png", b"tile", Some(b"a")), FileState::Same);
        assert_eq!(state("a.png", b"b", None), FileState::Replaced);
        assert_eq!(state("a.png", b"a", Some(b"b")), FileState::Replaced);
        assert_eq!(state("b.png", b"a", None), FileState::Gone);
        assert_eq!(state("b.h5#1", b"a", None), FileState::Gone);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_root_counts_by_its_bytes_alone() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(home.path().join("secret"), b"s").unwrap();
        std::os::unix::fs::symlink(home.path().join("secret"), root.join("secret")).unwrap();
        assert_eq!(DataFiles::new(&root).state("secret", ImageId::of_bytes(b"a"), None), FileState::Replaced);
        assert_eq!(DataFiles::new(&root).state("secret", ImageId::of_bytes(b"s"), None), FileState::Same);
        fs::write(home.path().join("tiles.csv"), "path,id,parent,row,column\n").unwrap();
        assert_eq!(
            DataFiles::new(&root).state("secret", ImageId::of_bytes(b"s"), Some(ImageId::of_bytes(b"t"))),
            FileState::Replaced
        );
    }
}
