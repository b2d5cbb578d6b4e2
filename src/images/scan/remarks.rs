//! Remarks on files of frames, told once per kind and not once per file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::images::frames::Remark;
use crate::progress::{Note, Observer};

/// Remarks of a scan.
#[derive(Default)]
pub(super) struct Remarks {
    /// The files of each, in the order of the scan.
    of: BTreeMap<Remark, Vec<PathBuf>>,
    /// Files that are read through another one.
    sources: Vec<PathBuf>,
}

impl Remarks {
    pub fn add(&mut self, file: &Path, remarks: Vec<Remark>) {
        for remark in remarks {
            self.of.entry(remark).or_default().push(file.to_owned());
        }
    }

    pub fn source(&mut self, file: &Path) {
        self.sources.push(file.to_owned());
    }

    pub fn tell(self, observer: &dyn Observer) {
        for (remark, files) in self.of {
            let (n, first) = (files.len(), files[0].clone());
            observer.note(&match remark {
                Remark::Taken { dataset, passed_over } => Note::DatasetTaken { dataset, passed_over, files: n, first },
                Remark::Filled { dataset, why } => Note::FramesFilled { dataset, why, files: n, first },
                Remark::Unwritten { frames, declared } => Note::FramesUnwritten { frames, declared, files: n, first },
            });
        }
        if let Some(first) = self.sources.first().cloned() {
            observer.note(&Note::ReadThroughMaster { files: self.sources.len(), first });
        }
    }
}
