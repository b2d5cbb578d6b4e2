//! Puts images into folders: as hard links where possible, so that a million images cost no space.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::RunError;
use crate::data::{ImageId, LONGEST_NAME, PatchAddress, file_key, path_text, shortened};
use crate::images::{decode, extension_of, save_image};

/// How an image gets into a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Placement {
    /// A hard link, else a symbolic link, else a copy.
    #[default]
    Link,
    /// Always a copy.
    Copy,
}

/// How many images were placed, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// Hard links.
    pub hard_links: usize,
    /// Symbolic links.
    pub symbolic_links: usize,
    /// Copies.
    pub copies: usize,
}

/// Fills one folder; names that are taken get the image's short id.
#[derive(Debug)]
pub struct Placer {
    folder: PathBuf,
    taken: HashSet<String>,
    how: Placement,
    placed: Placed,
}

impl Placer {
    /// Makes the folder, which may exist already; files in it are never replaced.
    ///
    /// # Errors
    /// When it cannot be made or listed.
    pub fn new(folder: &Path, how: Placement) -> Result<Self, RunError> {
        fs::create_dir_all(folder).map_err(RunError::at(folder))?;
        let taken = fs::read_dir(folder)
            .map_err(RunError::at(folder))?
            .flatten()
            .map(|entry| file_key(&path_text::to_text(entry.file_name())))
            .collect();
        Ok(Self { folder: folder.to_owned(), taken, how, placed: Placed::default() })
    }

    /// Places `source`, a file or the address of a patch; the answer is its name in the folder, in the form of [`path_text`].
    ///
    /// # Errors
    /// When it can be neither linked nor copied.
    pub fn place(&mut self, source: &Path, id: ImageId) -> Result<String, RunError> {
        if let Some(patch) = PatchAddress::parse(source) {
            return self.cut_out(source, &patch, id);
        }
        let name = self.free_name(source, id);
        let target = self.folder.join(path_text::to_path(&name));
        let linked = self.how == Placement::Link && self.link(source, &target);
        if !linked {
            copy(source, &target)?;
            self.placed.copies += 1;
        }
        Ok(name)
    }

    /// Writes a patch as an image of its own, `wafer_64,0.png` by the left and top of its place.
    fn cut_out(&mut self, source: &Path, patch: &PatchAddress, id: ImageId) -> Result<String, RunError> {
        let pixels = decode(source).map_err(|error| RunError::at(source)(io::Error::other(error)))?;
        let stem = path_text::to_text(patch.image.file_stem().unwrap_or_default());
        let stem = shortened(&stem, LONGEST_NAME);
        let name = format!("{stem}_{},{}.{}", patch.left, patch.top, extension_of(&pixels));
        let name = self.free_name(&path_text::to_path(&name), id);
        let target = self.folder.join(path_text::to_path(&name));
        save_image(&pixels, &target).map_err(|error| RunError::at(&target)(io::Error::other(error)))?;
        self.placed.copies += 1;
        Ok(name)
    }

    /// How many images were placed so far.
    #[must_use]
    pub fn placed(&self) -> Placed {
        self.placed
    }

    fn link(&mut self, source: &Path, target: &Path) -> bool {
        // A link to a symbolic link would break with it.
        let Ok(source) = fs::canonicalize(source) else { return false };
        if fs::hard_link(&source, target).is_ok() {
            self.placed.hard_links += 1;
            return true;
        }
        if symlink(&source, target).is_ok() {
            self.placed.symbolic_links += 1;
            return true;
        }
        false
    }

    /// `name.png`, `name_1a2b3c4d.png` where that is taken, then numbered; letter case does not tell files apart.
    fn free_name(&mut self, source: &Path, id: ImageId) -> String {
        let text = |part: Option<&OsStr>| path_text::to_text(part.unwrap_or_default());
        let (stem, short) = (text(source.file_stem()), id.short());
        let extension = source.extension().map(|extension| format!(".{}", text(Some(extension)))).unwrap_or_default();
        // Behind a name that is as long as names can be there is no room for an id.
        let room = LONGEST_NAME.saturating_sub(extension.len()).max(16);
        let cut = shortened(&stem, room);
        let numbered = (2..).map(|n| format!("{cut}_{short}_{n}{extension}"));
        let candidates = [text(source.file_name()), format!("{cut}_{short}{extension}")];
        let mut name = String::new();
        for candidate in candidates.into_iter().chain(numbered) {
            if self.taken.insert(file_key(&candidate)) {
                name = candidate;
                break;
            }
        }
        name
    }
}

impl Placed {
    /// All of them.
    #[must_use]
    pub fn total(self) -> usize {
        self.hard_links + self.symbolic_links + self.copies
    }
}

impl std::ops::AddAssign for Placed {
    fn add_assign(&mut self, other: Self) {
        self.hard_links += other.hard_links;
        self.symbolic_links += other.symbolic_links;
        self.copies += other.copies;
    }
}

#[cfg(unix)]
fn symlink(source: &Path, target: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(source, target)
}

#[cfg(windows)]
fn symlink(source: &Path, target: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(source, target)
}

/// Never through an existing file: that may be a link to somebody's original.
fn copy(source: &Path, target: &Path) -> Result<(), RunError> {
    let mut from = fs::File::open(source).map_err(RunError::at(source))?;
    let mut to = fs::OpenOptions::new().write(true).create_new(true).open(target).map_err(RunError::at(target))?;
    io::copy(&mut from, &mut to).map_err(RunError::at(target))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_get_the_short_id() {
        let home = tempfile::tempdir().unwrap();
        let sources = ["one", "two", "two again"].map(|folder| {
            let folder = home.path().join(folder);
            fs::create_dir(&folder).unwrap();
            let file = folder.join("a.png");
            fs::write(&file, folder.to_string_lossy().as_bytes()).unwrap();
            file
        });
        let ids = [ImageId::of_bytes(b"1"), ImageId::of_bytes(b"2"), ImageId::of_bytes(b"2")];
        let mut placer = Placer::new(&home.path().join("out"), Placement::Link).unwrap();
        let names: Vec<String> = sources.iter().zip(ids).map(|(file, id)| placer.place(file, id).unwrap()).collect();
        let short = ids[1].short();
        assert_eq!(names, ["a.png".to_owned(), format!("a_{short}.png"), format!("a_{short}_2.png")]);
        assert_eq!(placer.placed(), Placed { hard_links: 3, ..Placed::default() });
    }

    #[test]
    fn longest_names_and_names_that_are_no_text_stay_apart() {
        let home = tempfile::tempdir().unwrap();
        let long = format!("{}.png", "x".repeat(251));
        let sources = ["one", "two"].map(|folder| {
            fs::create_dir(home.path().join(folder)).unwrap();
            let file = home.path().join(folder).join(&long);
            fs::write(&file, folder).unwrap();
            file
        });
        let mut placer = Placer::new(&home.path().join("out"), Placement::Link).unwrap();
        let names = sources.each_ref().map(|file| placer.place(file, ImageId::of_bytes(b"1")).unwrap());
        assert_eq!(names[0], long);
        assert!(names[1].len() <= 255 && names[1].ends_with(&format!("_{}.png", ImageId::of_bytes(b"1").short())));
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let latin = home.path().join(OsStr::from_bytes(b"gr\xE4s.png"));
            fs::write(&latin, b"").unwrap();
            let name = placer.place(&latin, ImageId::of_bytes(b"2")).unwrap();
            assert_eq!(name, "gr\u{FFFD}E4s.png");
            assert!(home.path().join("out").join(OsStr::from_bytes(b"gr\xE4s.png")).is_file());
        }
    }
}
