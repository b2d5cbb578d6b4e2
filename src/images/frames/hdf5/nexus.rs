//! What a file says of itself: which data set its author meant to be looked at.
//!
//! Reference: `NeXus` manual, "Associating plottable data using attributes". `default` leads from the root through an entry to
//! a group of data, whose `signal` names the data set. Before 2014 the data set itself carried `signal = 1`.

use rust_hdf5::format::object_header::ObjectHeader;

use super::file::{Files, Hdf5File};
use super::links::{Lost, Place, follow, is_dataset, links};
use super::object;

/// Steps from the root to the data.
const MOST_STEPS: usize = 8;

/// The data set that the file calls its signal.
pub(super) struct Signal {
    pub path: String,
    pub target: Result<Place, Lost>,
}

/// Follows `default` from the root; `None` where it does not lead to a signal.
pub(super) fn signal(files: &Files, root: &Place) -> Option<Signal> {
    let mut at = root.clone();
    let mut path = String::new();
    for _ in 0..MOST_STEPS {
        let header = at.header().ok()?;
        let all = links(&at.file, &header).ok()?;
        let step = match (signal_of(&at.file, &header), object::text(&at.file, &header, "default")) {
            (Some(name), _) => {
                let link = all.into_iter().find(|link| link.name == name);
                let target =
                    link.map_or_else(|| Err(Lost::Name(name.clone())), |link| follow(files, &at, &link.target));
                return Some(Signal { path: format!("{path}{name}"), target });
            }
            (None, Some(name)) => name,
            // Where the way ends in a group of old, one of its data sets says so itself.
            (None, None) if !path.is_empty() => {
                return all.into_iter().find_map(|link| {
                    let place = follow(files, &at, &link.target).ok()?;
                    let header = place.header().ok()?;
                    let marked = is_dataset(&header) && is_marked(&place.file, &header);
                    marked.then(|| Signal { path: format!("{path}{}", link.name), target: Ok(place) })
                });
            }
            (None, None) => return None,
        };
        for name in step.split('/').filter(|name| !name.is_empty()) {
            let header = at.header().ok()?;
            let link = links(&at.file, &header).ok()?.into_iter().find(|link| link.name == name)?;
            at = follow(files, &at, &link.target).ok()?;
            path = format!("{path}{name}/");
        }
    }
    None
}

/// The name of a group's signal.
pub(super) fn signal_of(file: &Hdf5File, group: &ObjectHeader) -> Option<String> {
    object::text(file, group, "signal").filter(|name| !name.is_empty())
}

/// Whether a data set says that it is the signal.
pub(super) fn is_marked(file: &Hdf5File, dataset: &ObjectHeader) -> bool {
    object::text(file, dataset, "signal").is_some_and(|mark| mark == "1")
}
