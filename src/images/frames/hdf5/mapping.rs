//! Virtual data sets: pieced together from others, in this file or beside it.
//!
//! Reference: HDF5 RFC "Virtual Dataset", and `H5Dvirtual.c` where it is silent. Numbers are converted from the source's
//! type to the one asked for, as the library does, whatever the types between. A source that is missing is an error for
//! what it would fill, never zeros.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::rc::Rc;

use rust_hdf5::format::messages::virtual_mapping::{
    ParsedSourceName, VirtualMapping, VirtualMappingList, parse_source_name,
};
use rust_hdf5::format::selection::Selection;

use super::dataset::{Coverage, Dataset, Reading};
use super::file::{Files, Hdf5File};
use super::links::{Lost, other_file, resolve};
use super::selection::{Axes, Axis};
use super::target::{Target, for_each};
use super::{corrupt, object, translate, unsupported};
use crate::images::DecodeError;

/// A source that is a virtual data set itself, and so on.
const DEEPEST: usize = 16;
/// Sources of one numbered mapping.
const MOST_NUMBERED: u64 = 1_000_000;
/// Mappings of one frame that are compared with each other.
const MOST_COMPARED: usize = 500;
/// Numbers that may be missing in a row before a numbered mapping is at its end.
const LONGEST_GAP: u64 = 100;

/// The mappings of one virtual data set.
pub(super) struct VirtualLayout(Vec<Mapping>);

struct Mapping {
    file: String,
    dataset: String,
    taken: Axes,
    from: Selection,
    source: OnceCell<Result<Source, String>>,
}

/// The other end of a mapping.
struct Source {
    dataset: Rc<Dataset>,
    axes: Axes,
    /// Coordinates along the axis that grows.
    grown: Option<u64>,
}

impl VirtualLayout {
    /// The mappings at this place in the global heap. An axis of `shape` that grows ends where the sources do.
    pub fn read(
        files: &Files,
        file: &Rc<Hdf5File>,
        (address, index): (u64, u32),
        shape: &mut [u64],
    ) -> Result<Self, DecodeError> {
        if index == 0 {
            return Ok(Self(Vec::new()));
        }
        let Some(_guard) = files.deeper(DEEPEST) else { return Err(too_deep()) };
        let index = u16::try_from(index).map_err(|_| corrupt("a virtual data set's mappings".to_owned()))?;
        let bytes = object::heap_object(file, address, index)?;
        let list = VirtualMappingList::decode(&bytes, &file.context).map_err(|error| translate(&error))?;
        let mut mappings = Vec::with_capacity(list.mappings.len());
        let mut grows = Vec::new();
        for one in list.mappings {
            if one.virtual_selection == Selection::None {
                continue;
            }
            let taken = Axes::of(&one.virtual_selection, shape);
            let taken =
                taken.ok_or_else(|| unsupported("a virtual data set with an irregular selection".to_owned()))?;
            if taken.axes.len() != shape.len() {
                return Err(corrupt("a virtual data set's mapping of another rank".to_owned()));
            }
            grows.extend(taken.unlimited);
            expand(files, file, &one, taken, &mut mappings)?;
        }
        for d in grows {
            shape[d] = mappings.iter().map(|mapping| mapping.taken.axes[d].end()).max().unwrap_or(0);
        }
        if mappings.iter().any(|mapping| !mapping.taken.within(shape)) {
            return Err(corrupt("a virtual data set's mapping that lies outside of it".to_owned()));
        }
        Ok(Self(mappings))
    }

    /// How far along the first axis anything is mapped.
    pub fn end(&self) -> u64 {
        self.0.iter().map(|mapping| mapping.taken.axes[0].end()).max().unwrap_or(0)
    }

    /// The files that are there of those it is pieced together from.
    pub fn sources(
        &self,
        files: &Files,
        holder: &Rc<Hdf5File>,
        seen: &mut HashSet<(usize, u64)>,
        sources: &mut Vec<PathBuf>,
    ) {
        for mapping in &self.0 {
            match mapping.source(files, holder) {
                Ok(source) => {
                    if source.dataset.place.file.number != holder.number {
                        sources.push(source.dataset.place.file.path.clone());
                    }
                    if seen.insert(source.dataset.place.key()) {
                        source.dataset.sources(files, seen, sources);
                    }
                }
                // A file without the data set still decides on what is read, once it has it.
                Err(_) => sources.extend(other_file(&holder.path, &mapping.file)),
            }
        }
    }

    /// Why not one source is there; `None` where any is.
    pub fn unreachable(&self, files: &Files, holder: &Rc<Hdf5File>) -> Option<String> {
        let mut why = self.0.iter().map(|mapping| mapping.source(files, holder).err());
        let first = why.next()??.to_owned();
        why.all(|why| why.is_some()).then_some(first)
    }

    /// Why a part of an array of so many numbers has no source; `None` where all of it has one.
    pub fn without_source(&self, files: &Files, holder: &Rc<Hdf5File>, numbers: u64) -> Option<String> {
        if let Some(why) = self.0.iter().find_map(|mapping| mapping.source(files, holder).err()) {
            return Some(why.to_owned());
        }
        let mapped = self.0.iter().try_fold(0_u64, |sum, mapping| sum.checked_add(mapping.taken.elements()?));
        (mapped? < numbers).then(|| "a part of it is mapped from nowhere".to_owned())
    }

    /// See [`Dataset::read`]; `dataset` is the one with this layout.
    pub fn read_part(
        &self,
        dataset: &Dataset,
        reading: &mut Reading<'_>,
        (start, count): (&[u64], &[u64]),
        target: &mut Target<'_>,
        found: &mut Coverage,
    ) -> Result<(), DecodeError> {
        let Some(_guard) = reading.files.deeper(DEEPEST) else { return Err(too_deep()) };
        let hits = self.0.iter().filter_map(|mapping| Some((mapping, mapping.ranges(start, count)?)));
        let hits: Vec<(&Mapping, Vec<(u64, u64)>)> = hits.collect();
        let numbers: u64 = count.iter().product();
        if dataset.has_fill() {
            dataset.gap(&vec![0; count.len()], count, target, &mut Coverage::default());
        }
        let mut marks = (!apart(&hits)).then(|| vec![0_u64; numbers.div_ceil(64) as usize]);
        let mut covered = 0;
        for (mapping, ranges) in hits {
            if let Some(marks) = &mut marks {
                mapping.mark(&ranges, start, count, marks)?;
            }
            match mapping.source(reading.files, &dataset.place.file) {
                Ok(source) => {
                    mapping.read(source, reading, &ranges, start, target, found)?;
                    covered += ranges.iter().map(|(low, high)| high - low).product::<u64>();
                }
                Err(_) if dataset.has_fill() => {}
                Err(why) => {
                    found.lost.get_or_insert_with(|| why.to_owned());
                }
            }
        }
        if covered < numbers && !dataset.has_fill() {
            found.lost.get_or_insert_with(|| "a part of it is mapped from nowhere".to_owned());
        }
        Ok(())
    }
}

/// Whether the boxes around what these mappings fill have nothing in common.
fn apart(hits: &[(&Mapping, Vec<(u64, u64)>)]) -> bool {
    if hits.len() > MOST_COMPARED {
        return false;
    }
    let bounds = |(mapping, ranges): &(&Mapping, Vec<(u64, u64)>)| -> Vec<(u64, u64)> {
        let axes = mapping.taken.axes.iter().zip(ranges);
        axes.map(|(axis, (low, high))| (axis.at(*low).0, axis.at(high - 1).0)).collect()
    };
    let boxes: Vec<Vec<(u64, u64)>> = hits.iter().map(bounds).collect();
    let apart = |a: &[(u64, u64)], b: &[(u64, u64)]| a.iter().zip(b).any(|(a, b)| a.1 < b.0 || b.1 < a.0);
    boxes.iter().enumerate().all(|(n, one)| boxes[..n].iter().all(|other| apart(one, other)))
}

fn too_deep() -> DecodeError {
    unsupported(format!("virtual data sets of others, more than {DEEPEST} deep"))
}

/// Adds the mappings that one of the file stands for: one, or as many as it has numbered sources.
fn expand(
    files: &Files,
    holder: &Rc<Hdf5File>,
    one: &VirtualMapping,
    taken: Axes,
    mappings: &mut Vec<Mapping>,
) -> Result<(), DecodeError> {
    let name = |name: &str| parse_source_name(name).map_err(|error| translate(&error));
    let (file, dataset): (ParsedSourceName, ParsedSourceName) =
        (name(&one.source_file_name)?, name(&one.source_dset_name)?);
    let mapping = |number: u64, taken: Axes| Mapping {
        file: file.build(number),
        dataset: dataset.build(number),
        taken,
        from: one.source_selection.clone(),
        source: OnceCell::new(),
    };
    if taken.unlimited.is_none() {
        mappings.push(mapping(0, taken));
        return Ok(());
    }
    if file.nsubs() + dataset.nsubs() == 0 {
        let mut mapping = mapping(0, taken);
        let grown = match mapping.source(files, holder) {
            Ok(source) => source.grown,
            Err(_) => None,
        };
        mapping.taken.end_after(grown.unwrap_or(0));
        mappings.push(mapping);
        return Ok(());
    }
    let mut missing = Vec::new();
    let mut any = false;
    for number in 0..MOST_NUMBERED {
        let Some(block) = taken.block(number) else { break };
        let mapping = mapping(number, block);
        if mapping.source(files, holder).is_ok() {
            any = true;
            // Those before it are missing, and not the end.
            mappings.append(&mut missing);
            mappings.push(mapping);
            continue;
        }
        missing.push(mapping);
        if missing.len() > LONGEST_GAP as usize {
            break;
        }
    }
    if !any {
        mappings.extend(missing.into_iter().next());
    }
    Ok(())
}

impl Mapping {
    fn source(&self, files: &Files, holder: &Rc<Hdf5File>) -> Result<&Source, &str> {
        self.source.get_or_init(|| self.open(files, holder)).as_ref().map_err(String::as_str)
    }

    fn open(&self, files: &Files, holder: &Rc<Hdf5File>) -> Result<Source, String> {
        let lost = |lost: Lost| format!("it is mapped from `{}` of {lost}", self.dataset);
        let damaged = |error: DecodeError| format!("it is mapped from `{}` of `{}`: {error}", self.dataset, self.file);
        let file = if self.file == "." {
            Rc::clone(holder)
        } else {
            let path = other_file(&holder.path, &self.file).ok_or_else(|| lost(Lost::File(self.file.clone())))?;
            files.open(&path).map_err(damaged)?
        };
        let missing = |lost: Lost| match lost {
            Lost::Name(_) => format!("it is mapped from `{}`, which is not in `{}`", self.dataset, self.file),
            Lost::File(file) => format!("it is mapped from `{}` of `{file}`, which is missing", self.dataset),
            Lost::Damaged(error) => damaged(error),
        };
        let place = resolve(files, &file, &self.dataset).map_err(missing)?;
        let header = place.header().map_err(damaged)?;
        let dataset = Dataset::open(files, &place, &header).map_err(damaged)?;
        let axes = Axes::of(&self.from, &dataset.shape).filter(|axes| axes.axes.len() == dataset.shape.len());
        let mut axes = axes.ok_or_else(|| format!("it is mapped from an irregular selection of `{}`", self.dataset))?;
        let grown = axes.unlimited.map(|d| axes.axes[d].below(dataset.shape[d]));
        axes.end_after(grown.unwrap_or(0));
        // All of a source that is shorter or longer than it was: as much as is mapped, from its start.
        let lengths: Vec<u64> = self.taken.axes.iter().map(Axis::length).collect();
        if self.from == Selection::All && axes.elements() != self.taken.elements() && lengths.len() == axes.axes.len() {
            axes = Axes::of(&self.from, &lengths).unwrap_or(axes);
        }
        Ok(Source { dataset, axes, grown })
    }

    /// The indices along every axis that lie in a window; `None` where none does.
    fn ranges(&self, start: &[u64], count: &[u64]) -> Option<Vec<(u64, u64)>> {
        let axes = self.taken.axes.iter().zip(start.iter().zip(count));
        let ranges: Vec<(u64, u64)> =
            axes.map(|(axis, (start, count))| (axis.below(*start), axis.below(start + count))).collect();
        ranges.iter().all(|(low, high)| low < high).then_some(ranges)
    }

    /// Notes what this mapping fills of a window.
    ///
    /// # Errors
    /// When another one fills it too.
    fn mark(&self, ranges: &[(u64, u64)], start: &[u64], count: &[u64], marks: &mut [u64]) -> Result<(), DecodeError> {
        let counts: Vec<u64> = ranges.iter().map(|(low, high)| high - low).collect();
        let mut twice = false;
        for_each(&counts, |place| {
            let at = (0..place.len())
                .fold(0, |at, d| at * count[d] + self.taken.axes[d].at(ranges[d].0 + place[d]).0 - start[d]);
            let (word, bit) = (&mut marks[(at / 64) as usize], 1 << (at % 64));
            twice |= *word & bit != 0;
            *word |= bit;
        });
        if twice { Err(unsupported("a virtual data set whose sources lie over each other".to_owned())) } else { Ok(()) }
    }

    /// Reads what lies at these indices into `target`, whose axes start at `start`.
    fn read(
        &self,
        source: &Source,
        reading: &mut Reading<'_>,
        ranges: &[(u64, u64)],
        start: &[u64],
        target: &mut Target<'_>,
        found: &mut Coverage,
    ) -> Result<(), DecodeError> {
        if source.axes.elements() != self.taken.elements() {
            return Err(corrupt(format!("as many numbers are not in `{}` as are mapped from it", self.dataset)));
        }
        match self.aligned(source) {
            Some(pairs) => self.read_aligned(source, &pairs, reading, ranges, start, target, found),
            None => self.read_rows(source, reading, ranges, start, target, found),
        }
    }

    /// Which axis of the source goes with each axis here that has more than one coordinate; `None` where shapes differ.
    fn aligned(&self, source: &Source) -> Option<Vec<Option<usize>>> {
        let mut others = (0..source.axes.axes.len()).filter(|d| source.axes.axes[*d].length() != 1);
        let mut pairs = Vec::with_capacity(self.taken.axes.len());
        for axis in &self.taken.axes {
            if axis.length() == 1 {
                pairs.push(None);
                continue;
            }
            let other = others.next().filter(|d| source.axes.axes[*d].length() == axis.length())?;
            pairs.push(Some(other));
        }
        others.next().is_none().then_some(pairs)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one read")]
    fn read_aligned(
        &self,
        source: &Source,
        pairs: &[Option<usize>],
        reading: &mut Reading<'_>,
        ranges: &[(u64, u64)],
        start: &[u64],
        target: &mut Target<'_>,
        found: &mut Coverage,
    ) -> Result<(), DecodeError> {
        let pieces: Vec<Vec<Piece>> = (0..pairs.len())
            .map(|d| match pairs[d] {
                Some(other) => pieces(&self.taken.axes[d], &source.axes.axes[other], ranges[d]),
                None => vec![Piece { to: self.taken.axes[d].at(0).0, step: 1, from: 0, length: 1 }],
            })
            .collect();
        let counts: Vec<u64> = pieces.iter().map(|pieces| pieces.len() as u64).collect();
        let mut outcome = Ok(());
        for_each(&counts, |place| {
            if outcome.is_err() {
                return;
            }
            let mut from: Vec<u64> = source.axes.axes.iter().map(|axis| axis.at(0).0).collect();
            let mut count = vec![1; from.len()];
            let mut strides = vec![0; from.len()];
            let mut offset = target.offset;
            for (d, pieces) in pieces.iter().enumerate() {
                let piece = &pieces[place[d] as usize];
                offset += (piece.to - start[d]) as usize * target.strides[d];
                if let Some(other) = pairs[d] {
                    from[other] = piece.from;
                    count[other] = piece.length;
                    strides[other] = target.strides[d] * piece.step as usize;
                }
            }
            let mut part = Target { bytes: &mut *target.bytes, asked: target.asked, strides, offset };
            outcome = source.dataset.read(reading, &from, &count, &mut part, found);
        });
        outcome
    }

    /// Row by row, where the shapes of the two selections differ.
    fn read_rows(
        &self,
        source: &Source,
        reading: &mut Reading<'_>,
        ranges: &[(u64, u64)],
        start: &[u64],
        target: &mut Target<'_>,
        found: &mut Coverage,
    ) -> Result<(), DecodeError> {
        let (Some((last, outer)), Some(step)) = (ranges.split_last(), target.strides.last().copied()) else {
            return Ok(());
        };
        let d = outer.len();
        let axis = &self.taken.axes[d];
        let counts: Vec<u64> = outer.iter().map(|(low, high)| high - low).collect();
        let mut outcome = Ok(());
        for_each(&counts, |place| {
            let mut row = 0;
            let mut offset = target.offset;
            for (d, place) in place.iter().enumerate() {
                let index = outer[d].0 + place;
                row = row * self.taken.axes[d].length() + index;
                offset += (self.taken.axes[d].at(index).0 - start[d]) as usize * target.strides[d];
            }
            let mut index = last.0;
            while index < last.1 && outcome.is_ok() {
                let (to, run) = axis.at(index);
                let (from, other) = source.element(row * axis.length() + index);
                let length = run.min(other).min(last.1 - index);
                let mut count = vec![1; from.len()];
                let mut strides = vec![0; from.len()];
                if let (Some(count), Some(stride)) = (count.last_mut(), strides.last_mut()) {
                    (*count, *stride) = (length, step);
                }
                let offset = offset + (to - start[d]) as usize * step;
                let mut part = Target { bytes: &mut *target.bytes, asked: target.asked, strides, offset };
                outcome = source.dataset.read(reading, &from, &count, &mut part, found);
                index += length;
            }
        });
        outcome
    }
}

impl Source {
    /// Where the element of this rank lies, and how many follow it in its row, itself included.
    fn element(&self, rank: u64) -> (Vec<u64>, u64) {
        let axes = &self.axes.axes;
        let mut place = vec![0; axes.len()];
        let (mut rest, mut run) = (rank, 1);
        for d in (0..axes.len()).rev() {
            let length = axes[d].length().max(1);
            let (at, follow) = axes[d].at(rest % length);
            place[d] = at;
            if d + 1 == axes.len() {
                run = follow;
            }
            rest /= length;
        }
        (place, run)
    }
}

/// Coordinates along one axis that go from the source to the target in one read.
struct Piece {
    to: u64,
    /// From one to the next in the target.
    step: u64,
    from: u64,
    length: u64,
}

/// The indices of `range`, cut where either side has a gap.
fn pieces(taken: &Axis, from: &Axis, range: (u64, u64)) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut index = range.0;
    while index < range.1 {
        let ((to, mut run), (from, other)) = (taken.at(index), from.at(index));
        let mut step = 1;
        if let Axis::Regular { stride, block: 1, .. } = taken {
            (run, step) = (range.1 - index, *stride);
        }
        let length = run.min(other).min(range.1 - index);
        pieces.push(Piece { to, step, from, length });
        index += length;
    }
    pieces
}
