//! Finds the images below a folder, in one pass that reads each file once.
//!
//! Symbolic links are followed; hidden files and folders, and files without an image extension, are no business of
//! ours. What looks like an image and is none, or is one of a kind that we cannot read, is listed with the reason, and the
//! scan goes on. Runs, checkpoints, caches and other [output of the program](own_output) are passed over with a note that
//! counts them.

mod identity;

mod kinds;
mod remarks;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

pub use identity::{DataFiles, FileState};
pub use kinds::is_image_name;
use kinds::{is_of_format, refused_file, refused_folder};

use self::remarks::Remarks;
use super::decode::{format_name, left_out, read, read_header};
use super::frames::{self, Remark};
use super::tile_index::TileIndex;
use super::{DecodeError, Header, ImageError, NamingTemplate};
use crate::data::{FrameAddress, ImageId, ImageRecord, Manifest, Skipped, path_text};
use crate::files::{own_output, tiles_csv};
use crate::progress::{Event, Note, Observer, OwnOutput, Stage};

/// Why such a link is left out.
const LOOP: &str = "a symbolic link to a folder above itself";

/// Options of a scan beyond finding files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanOptions {
    /// Turns file names into fields.
    pub naming: Option<NamingTemplate>,
    /// Leave out files whose name the template does not match.
    pub naming_required: bool,
    /// Images are frames of series: each gets the fields `dataset` and `frame`. Those of files with many frames always
    /// do.
    pub series: bool,
    /// The data set that holds the frames, such as `entry/data/data`; found where absent.
    pub dataset: Option<String>,
}

/// All images below `root`, sorted by path; or those in the one file `root` is.
///
/// # Errors
/// When `root` does not exist or cannot be listed. Bad files end up in [`Manifest::skipped`].
pub fn scan(root: &Path, options: &ScanOptions, observer: &dyn Observer) -> Result<Manifest, ImageError> {
    let metadata = fs::metadata(root).map_err(|source| cannot_open(root, source))?;
    if !metadata.is_dir() {
        return scan_files(&[root.to_path_buf()], options, observer);
    }
    fs::read_dir(root).map_err(|source| cannot_open(root, source))?;
    let mut found = WalkedFiles::default();
    found.walk(root, root);
    Ok(found.read(root.to_path_buf(), options, observer))
}

/// Number of files below `folder` that a scan would look into, without opening them.
#[must_use]
pub fn count_images(folder: &Path) -> usize {
    let mut found = WalkedFiles::default();
    found.walk(folder, folder);
    found.files.len()
}

/// The given files, whatever their extension, and the images below the given folders; paths are relative to the
/// deepest folder that holds them all.
///
/// # Errors
/// When a file does not exist.
pub fn scan_files(paths: &[PathBuf], options: &ScanOptions, observer: &dyn Observer) -> Result<Manifest, ImageError> {
    let mut absolute = Vec::with_capacity(paths.len());
    for path in paths {
        let metadata = fs::metadata(path).map_err(|source| cannot_open(path, source))?;
        let full = std::path::absolute(path).map_err(|source| cannot_open(path, source))?;
        absolute.push((full, metadata.is_dir()));
    }
    let root = absolute
        .iter()
        .map(|(path, is_dir)| if *is_dir { path.clone() } else { parent(path) })
        .reduce(|a, b| a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect())
        .unwrap_or_default();
    let mut found = WalkedFiles::default();
    for (path, is_dir) in &absolute {
        if *is_dir {
            fs::read_dir(path).map_err(|source| cannot_open(path, source))?;
            found.walk(&root, path);
        } else {
            found.tile_indexes.extend(Some(parent(path).join(tiles_csv::FILE)).filter(|index| index.is_file()));
            found.files.insert(relative(&root, path), path.clone());
        }
    }
    found.tile_indexes.sort();
    found.tile_indexes.dedup();
    Ok(found.read(root, options, observer))
}

fn cannot_open(path: &Path, source: std::io::Error) -> ImageError {
    match source.kind() {
        std::io::ErrorKind::NotFound => ImageError::NotFound(path.to_path_buf()),
        _ => ImageError::Unreadable { path: path.to_path_buf(), source },
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}

/// As [`path_text`], with `/` between parts on every system.
fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().map(|part| path_text::to_text(part.as_os_str())).collect::<Vec<_>>().join("/")
}

/// Everything the walk came across, keyed by relative path.
#[derive(Default)]
struct WalkedFiles {
    files: BTreeMap<String, PathBuf>,
    skipped: Vec<Skipped>,
    tile_indexes: Vec<PathBuf>,
    /// What the program wrote itself, counted.
    own: BTreeMap<OwnOutput, usize>,
}

impl WalkedFiles {
    fn walk(&mut self, root: &Path, folder: &Path) {
        let visible = |entry: &DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
        let top = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
        let mut walk = WalkDir::new(folder).follow_links(true).into_iter().filter_entry(visible);
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {
                    let own = own_output::of_folder(entry.path());
                    let named =
                        |own: &OwnOutput| entry.depth() == 0 && own_output::is_read_where_named(*own, entry.path());
                    if let Some(own) = own.filter(|own| !named(own)) {
                        *self.own.entry(own).or_default() += 1;
                        walk.skip_current_dir();
                        continue;
                    }
                    // The walk knows loops below its start only: what leads above it would list everything twice.
                    let linked = entry.depth() > 0 && entry.path_is_symlink();
                    if linked && fs::canonicalize(entry.path()).is_ok_and(|target| top.starts_with(target)) {
                        self.skipped.push(Skipped { path: relative(root, entry.path()), reason: LOOP.to_owned() });
                        walk.skip_current_dir();
                    } else if let Some(reason) = refused_folder(entry.path()).filter(|_| entry.depth() > 0) {
                        self.skipped.push(Skipped { path: relative(root, entry.path()), reason: reason.to_owned() });
                        walk.skip_current_dir();
                    }
                }
                Ok(entry) if entry.file_name() == tiles_csv::FILE => self.tile_indexes.push(entry.into_path()),
                Ok(entry) if is_image_name(entry.path()) => {
                    self.files.insert(relative(root, entry.path()), entry.into_path());
                }
                Ok(entry) => {
                    if let Some(reason) = refused_file(entry.path()) {
                        self.skipped.push(Skipped { path: relative(root, entry.path()), reason });
                    }
                }
                Err(error) => self.skip(root, folder, &error),
            }
        }
        self.tile_indexes.sort();
    }

    fn skip(&mut self, root: &Path, folder: &Path, error: &walkdir::Error) {
        let path = error.path().unwrap_or(folder);
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let kind = error.io_error().map(std::io::Error::kind);
        let reason = match kind {
            _ if error.loop_ancestor().is_some() => LOOP.to_owned(),
            Some(std::io::ErrorKind::PermissionDenied) => "permission denied".to_owned(),
            Some(std::io::ErrorKind::NotFound) => "a symbolic link to nothing".to_owned(),
            _ => format!("cannot read: {error}"),
        };
        let other_file = path.extension().is_some() && !is_image_name(path) && !path.is_dir();
        if !hidden && !other_file {
            self.skipped.push(Skipped { path: relative(root, path), reason });
        }
    }

    fn read(mut self, root: PathBuf, options: &ScanOptions, observer: &dyn Observer) -> Manifest {
        let stage = observer.stage(Stage::Scan, self.files.len());
        let mut tiles = TileIndex::default();
        for index in &self.tile_indexes {
            tiles.add(index, observer);
        }
        let files: Vec<(String, PathBuf)> = std::mem::take(&mut self.files).into_iter().collect();
        let results: Vec<Result<Scanned, Skipped>> = files
            .into_par_iter()
            .map(|(path, file)| {
                let scanned = Scanned::read(&path, &file, &tiles, options);
                stage.advance(1);
                scanned.map_err(|error| Skipped { path, reason: error.to_string() })
            })
            .collect();
        // A master's frames lie in other files, which would give the same frames again.
        let sources: BTreeSet<PathBuf> = results
            .iter()
            .flatten()
            .flat_map(|scanned| &scanned.sources)
            .filter_map(|file| fs::canonicalize(file).ok())
            .collect();
        let mut manifest = Manifest { root, records: Vec::new(), skipped: self.skipped, unmatched: 0 };
        let mut remarks = Remarks::default();
        for result in results {
            if result.as_ref().is_ok_and(|scanned| scanned.is_plot) {
                *self.own.entry(OwnOutput::Plot).or_default() += 1;
                continue;
            }
            match result.and_then(|scanned| scanned.with_fields(options, &mut manifest.unmatched)) {
                Ok(scanned) if fs::canonicalize(&scanned.file).is_ok_and(|file| sources.contains(&file)) => {
                    remarks.source(&scanned.file);
                }
                Ok(scanned) => {
                    remarks.add(&scanned.file, scanned.remarks);
                    manifest.records.extend(scanned.records);
                }
                Err(skipped) => manifest.skipped.push(skipped),
            }
        }
        remarks.tell(observer);
        if !self.own.is_empty() {
            let found = self.own.into_iter().collect();
            observer.note(&Note::OwnOutputPassedOver { found, root: manifest.root.clone() });
        }
        manifest.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        for Skipped { path, reason } in &manifest.skipped {
            observer.on(Event::Skipped { path: Path::new(path), why: reason });
        }
        manifest
    }
}

/// The records of a file: one image, or all its frames.
struct Scanned {
    file: PathBuf,
    /// At least one.
    records: Vec<ImageRecord>,
    /// Other files that its frames lie in.
    sources: Vec<PathBuf>,
    /// Whether the program drew it.
    is_plot: bool,
    remarks: Vec<Remark>,
}

impl Scanned {
    fn read(path: &str, file: &Path, tiles: &TileIndex, options: &ScanOptions) -> Result<Self, DecodeError> {
        let tile = tiles.get(file);
        let record = |id, path: String, header: Header, fields, content| ImageRecord {
            id,
            path,
            width: header.width,
            height: header.height,
            bit_depth: header.bit_depth,
            fields,
            tile: tile.map(|(_, origin)| origin),
            content,
        };
        let dataset = options.dataset.as_deref();
        let Some(stack) = frames::open(file, dataset)? else {
            let bytes = read(file)?;
            let content = ImageId::of_bytes(&bytes);
            let id = tile.map_or(content, |(id, _)| id);
            let fields = if options.series { series_fields(path) } else { BTreeMap::new() };
            let records = vec![record(id, path.to_owned(), read_header(&bytes)?, fields, tile.map(|_| content))];
            let is_plot = own_output::is_plot(&bytes);
            let other = format_name(&bytes).filter(|format| !is_of_format(file, format)).map(Remark::NamedOtherwise);
            let remarks = left_out(&bytes).map(Remark::InPart).into_iter().chain(other).collect();
            return Ok(Self { file: file.to_owned(), records, sources: Vec::new(), is_plot, remarks });
        };
        let dataset = dataset.filter(|_| stack.has_datasets());
        let (sources, remarks) = (stack.sources(), stack.remarks());
        let id = frames::identity(file, &sources)?;
        let frame = |index| {
            let address = FrameAddress { file: path_text::to_path(path), dataset: dataset.map(str::to_owned), index };
            let address = address.to_string();
            let fields = series_fields(&address);
            record(id.frame(index), address, stack.header(), fields, None)
        };
        let records = (0..stack.len()).map(frame).collect();
        Ok(Self { file: file.to_owned(), records, sources, is_plot: false, remarks })
    }

    /// With what the file's name says.
    fn with_fields(mut self, options: &ScanOptions, unmatched: &mut usize) -> Result<Self, Skipped> {
        let Some(naming) = &options.naming else { return Ok(self) };
        let stem = self.file.file_stem().map(path_text::to_text).unwrap_or_default();
        match naming.fields(&stem) {
            Some(fields) => self.records.iter_mut().for_each(|record| record.fields.extend(fields.clone())),
            None if options.naming_required => {
                let path = self.records.swap_remove(0).path;
                return Err(Skipped { path, reason: format!("the name does not match `{naming}`") });
            }
            None => *unmatched += self.records.len(),
        }
        Ok(self)
    }
}

/// Which series an image belongs to, and its number there.
fn series_fields(path: &str) -> BTreeMap<String, String> {
    let (dataset, frame) = frames::place_in_series(path);
    let frame = frame.map(|frame| ("frame".to_owned(), frame.to_string()));
    std::iter::once(("dataset".to_owned(), dataset)).chain(frame).collect()
}

#[cfg(test)]
mod tests;
