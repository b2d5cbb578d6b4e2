//! Which image a row of a label table means.
//!
//! People move folders, rename drives and write tables elsewhere, so a path is compared after resolving it: `.` and `..`,
//! `\` and drive letters, symbolic links, the two ways Unicode writes `ä`, and letter case where nothing else tells.
//! A row never labels an image by likeness alone:
//!
//! 1. An id decides by itself: where no image has it, the row is for other images.
//! 2. A path below the root of the images means the file there, an absolute one the file it leads to.
//! 3. A file of that name beside the table is what the table speaks of: where it is none of the images, nor equal to one,
//!    the row is for other images.
//! 4. A shorter name, such as the bare file name, must mean one image alone.
//! 5. A longer path, as from another machine, means the image whose whole path it ends in, where what stands before it ends
//!    in the name of the images' folder, or is the same in the whole table and the path has folders in common.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use crate::data::path_text::{to_path, to_text};
use crate::data::{ImageId, Manifest};

/// Why a row of a table labels nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// No image is called like that.
    Absent,
    /// Several different images are.
    Ambiguous,
    /// The row carries the id of another image.
    OtherContent,
    /// The row speaks of a file in another folder.
    OtherFolder,
}

/// What a row of a table says of the image it means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NamedImage {
    /// Its content hash.
    pub id: Option<ImageId>,
    /// Its path or file name as written.
    pub name: Option<String>,
    /// Whether the name may be a bare one from any folder, and not a path from the root.
    pub bare: bool,
}

impl fmt::Display for NamedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.id) {
            (Some(name), _) => f.write_str(name),
            (None, Some(id)) => id.fmt(f),
            (None, None) => Ok(()),
        }
    }
}

/// The images that the rows of a table mean.
pub(super) struct MatchedRows {
    /// Per row of the table: rows of the manifest, all of equal bytes, at least one.
    pub found: Vec<Result<Vec<usize>, Mismatch>>,
    /// What stands before the images' paths in all of the table, where the images' folder is called otherwise.
    pub below: Option<String>,
}

/// Finds the images that `rows` of the table in `table_folder` mean.
pub(super) fn match_rows(rows: &[&NamedImage], table_folder: &Path, manifest: &Manifest) -> MatchedRows {
    let index = ImageIndex::new(manifest, table_folder);
    let looked: Vec<Looked> = rows.iter().map(|row| index.look(row)).collect();
    let mut prefixes: BTreeMap<&[String], bool> = BTreeMap::new();
    for prefixed in &looked {
        if let Looked::Prefixed { prefix, images } = prefixed {
            *prefixes.entry(prefix).or_insert(true) &= images.iter().all(|&row| index.paths[row].len() > 1);
        }
    }
    // Of several folders of the images' name the one that agrees with it furthest up.
    let common = |prefix: &[String]| {
        let tail = |root: &Vec<String>| root.iter().rev().zip(prefix.iter().rev()).take_while(|(a, b)| a == b).count();
        index.roots.iter().map(tail).max().unwrap_or(0)
    };
    let best = prefixes.keys().map(|prefix| common(prefix)).max().unwrap_or(0);
    let of_best: Vec<&[String]> = prefixes.keys().copied().filter(|prefix| common(prefix) == best).collect();
    let direct = looked.iter().any(|looked| matches!(looked, Looked::Found(_)));
    let trusted: Option<&[String]> = match (best, of_best.as_slice(), prefixes.len()) {
        (1.., [one], _) => Some(*one),
        (0, [one], 1) if prefixes[one] && !direct => Some(*one),
        _ => None,
    };
    let below = trusted.filter(|_| best == 0).map(|prefix| prefix.join("/"));
    let trusted = trusted.map(<[String]>::to_vec);
    let found = looked.into_iter().map(|looked| match looked {
        Looked::Found(images) => Ok(images),
        Looked::Mismatch(why) => Err(why),
        Looked::Prefixed { prefix, images } if Some(&prefix) == trusted.as_ref() => Ok(images),
        Looked::Prefixed { .. } => Err(Mismatch::OtherFolder),
    });
    MatchedRows { found: found.collect(), below }
}

/// A row by itself.
enum Looked {
    Found(Vec<usize>),
    Mismatch(Mismatch),
    /// The whole path of `images` stands behind `prefix`.
    Prefixed {
        prefix: Vec<String>,
        images: Vec<usize>,
    },
}

/// The images by all that a table may call them.
struct ImageIndex<'a> {
    manifest: &'a Manifest,
    table_folder: &'a Path,
    by_id: HashMap<ImageId, Vec<usize>>,
    /// By the hash of the file, for images that are files.
    by_content: HashMap<ImageId, Vec<usize>>,
    /// By the whole path from the root, in lower case.
    by_path: HashMap<String, Vec<usize>>,
    /// By the last part, in lower case.
    by_file: HashMap<String, Vec<usize>>,
    /// Parts of each image's path, letter case kept.
    paths: Vec<Vec<String>>,
    /// The root as it is given and as it resolves, in parts in lower case.
    roots: Vec<Vec<String>>,
    real_root: Option<PathBuf>,
}

impl<'a> ImageIndex<'a> {
    fn new(manifest: &'a Manifest, table_folder: &'a Path) -> Self {
        let real_root = fs::canonicalize(&manifest.root).ok();
        let given = std::path::absolute(&manifest.root).ok();
        let roots = given.iter().chain(&real_root).map(|root| folded(&Parts::of(&to_text(root)).names)).collect();
        let paths: Vec<Vec<String>> = manifest.records.iter().map(|record| Parts::of(&record.path).names).collect();
        let mut index = Self {
            manifest,
            table_folder,
            by_id: HashMap::new(),
            by_content: HashMap::new(),
            by_path: HashMap::new(),
            by_file: HashMap::new(),
            paths,
            roots,
            real_root,
        };
        for (row, record) in manifest.records.iter().enumerate() {
            let parts = folded(&index.paths[row]);
            index.by_id.entry(record.id).or_default().push(row);
            if let Some(content) = record.content_id() {
                index.by_content.entry(content).or_default().push(row);
            }
            index.by_path.entry(parts.join("/")).or_default().push(row);
            index.by_file.entry(parts.last().cloned().unwrap_or_default()).or_default().push(row);
        }
        index
    }

    fn look(&self, named: &NamedImage) -> Looked {
        if let Some(id) = named.id {
            let images = self.by_id.get(&id).cloned();
            return images.map_or(Looked::Mismatch(Mismatch::OtherContent), Looked::Found);
        }
        let Some(name) = &named.name else { return Looked::Mismatch(Mismatch::Absent) };
        let parts = Parts::of(name);
        if parts.absolute {
            return self.absolute(name).unwrap_or_else(|| self.longer(&parts.names));
        }
        let bare = named.bare && parts.names.len() == 1;
        let below_root = if bare || parts.up > 0 { Vec::new() } else { self.at(&parts.names) };
        let beside = self.table_folder.join(to_path(&slashes(name)));
        if beside.is_file()
            && let Some(looked) = self.lies_at(&beside, below_root.first().copied())
        {
            return looked;
        }
        if !below_root.is_empty() {
            return self.one(below_root);
        }
        let from_here = to_path(&slashes(name));
        if !bare && let Some(images) = self.real(&from_here) {
            return Looked::Found(images);
        }
        let shorter = self.ending_in(&parts.names);
        if shorter.is_empty() { self.longer(&parts.names) } else { self.one(shorter) }
    }

    /// The image an absolute path leads to; `None` where it leads nowhere on this machine.
    fn absolute(&self, name: &str) -> Option<Looked> {
        let file = to_path(&slashes(name));
        // Before it is resolved, since the file itself may be a link to elsewhere.
        let absolute = [std::path::absolute(&self.manifest.root).ok(), self.real_root.clone()];
        let below = absolute.iter().flatten().find_map(|root| {
            let root = Parts::of(&to_text(root)).names;
            Parts::of(name).names.strip_prefix(root.as_slice()).map(<[String]>::to_vec)
        });
        let images = below.map(|below| self.at(&below)).unwrap_or_default();
        if !images.is_empty() {
            return Some(self.one(images));
        }
        file.is_file().then(|| self.lies_at(&file, None).unwrap_or(Looked::Mismatch(Mismatch::OtherFolder)))
    }

    /// The image that lies at `file`, which is there: by its place, else by its bytes. `None` where it is the image
    /// `expected` after all.
    fn lies_at(&self, file: &Path, expected: Option<usize>) -> Option<Looked> {
        if let Some(images) = self.real(file) {
            return Some(Looked::Found(images));
        }
        let same = fs::read(file).ok().and_then(|bytes| self.by_content.get(&ImageId::of_bytes(&bytes)));
        let Some(same) = same else { return Some(Looked::Mismatch(Mismatch::OtherFolder)) };
        let is_expected = expected.is_some_and(|row| same.contains(&row));
        (!is_expected).then(|| Looked::Found(same.clone()))
    }

    /// The images whose file is `file`, links followed.
    fn real(&self, file: &Path) -> Option<Vec<usize>> {
        let real = fs::canonicalize(file).ok()?;
        if let Some(below) = self.real_root.as_ref().and_then(|root| real.strip_prefix(root).ok()) {
            let images = self.at(&Parts::of(&to_text(below)).names);
            if !images.is_empty() {
                return Some(images);
            }
        }
        // The images may be links themselves.
        let last = folded(&Parts::of(&to_text(&real)).names).pop()?;
        let is = |row: &usize| {
            let file = self.manifest.file(&self.manifest.records[*row]);
            fs::canonicalize(file).is_ok_and(|file| file == real)
        };
        let images: Vec<usize> = self.by_file.get(&last)?.iter().copied().filter(is).collect();
        (!images.is_empty()).then_some(images)
    }

    /// The images whose path from the root is `names`: in this letter case, else in any.
    fn at(&self, names: &[String]) -> Vec<usize> {
        let found = self.by_path.get(&folded(names).join("/"));
        self.nearest(found.into_iter().flatten().copied().collect(), names)
    }

    /// The images whose path ends in `names`.
    fn ending_in(&self, names: &[String]) -> Vec<usize> {
        let wanted = folded(names);
        let Some(last) = wanted.last() else { return Vec::new() };
        let candidates = self.by_file.get(last).into_iter().flatten().copied();
        let found = candidates.filter(|&row| folded(&self.paths[row]).ends_with(&wanted)).collect();
        self.nearest(found, names)
    }

    /// Those of `found` that end in `names` in this very letter case, where there are any.
    fn nearest(&self, found: Vec<usize>, names: &[String]) -> Vec<usize> {
        let exact: Vec<usize> = found.iter().copied().filter(|&row| self.paths[row].ends_with(names)).collect();
        if exact.is_empty() { found } else { exact }
    }

    /// The image whose whole path stands at the end of `names`.
    fn longer(&self, names: &[String]) -> Looked {
        let ends = (1..names.len()).map(|at| (at, self.at(&names[at..])));
        match ends.into_iter().find(|(_, images)| !images.is_empty()) {
            None => Looked::Mismatch(Mismatch::Absent),
            Some((at, images)) => match self.one(images) {
                Looked::Found(images) => Looked::Prefixed { prefix: folded(&names[..at]), images },
                other => other,
            },
        }
    }

    /// One image, though maybe in several copies; several are none.
    fn one(&self, images: Vec<usize>) -> Looked {
        let ids: BTreeSet<ImageId> = images.iter().map(|&row| self.manifest.records[row].id).collect();
        if ids.len() == 1 { Looked::Found(images) } else { Looked::Mismatch(Mismatch::Ambiguous) }
    }
}

/// A path in parts, whatever system wrote it.
struct Parts {
    /// Without `.` and `..`, composed (NFC).
    names: Vec<String>,
    absolute: bool,
    /// `..` at the front.
    up: usize,
}

impl Parts {
    fn of(text: &str) -> Self {
        let text = slashes(text);
        let bytes = text.as_bytes();
        let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && &bytes[1..3] == b":/";
        let mut parts = Self { names: Vec::new(), absolute: drive || text.starts_with('/'), up: 0 };
        for part in text.split('/').skip(usize::from(drive)) {
            match part {
                "" | "." => {}
                ".." => parts.up += usize::from(parts.names.pop().is_none()),
                name => parts.names.push(name.nfc().collect()),
            }
        }
        parts
    }
}

fn slashes(text: &str) -> String {
    text.replace('\\', "/")
}

fn folded(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}
