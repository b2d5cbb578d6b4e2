//! Names that tell an image that we read, one that we cannot, or a folder of thumbnails that other programs made.

use std::path::Path;

use crate::data::FrameAddress;

/// Extensions of images that we read, and the format that each stands for.
const EXTENSIONS: [(&str, &str); 24] = [
    ("png", "PNG"),
    ("apng", "PNG"),
    ("jpg", "JPEG"),
    ("jpeg", "JPEG"),
    ("jpe", "JPEG"),
    ("jfif", "JPEG"),
    ("bmp", "BMP"),
    ("dib", "BMP"),
    ("tif", "TIFF"),
    ("tiff", "TIFF"),
    ("webp", "WebP"),
    ("gif", "GIF"),
    ("pgm", "PNM"),
    ("ppm", "PNM"),
    ("pnm", "PNM"),
    ("pbm", "PNM"),
    ("cbf", "CBF"),
    ("edf", "EDF"),
    ("npy", "npy"),
    ("h5", "HDF5"),
    ("hdf5", "HDF5"),
    ("hdf", "HDF5"),
    ("nxs", "HDF5"),
    ("nx", "HDF5"),
];

/// Extensions of images that we cannot read, by what they are.
const UNREAD: [(&str, &[&str]); 9] = [
    ("HEIC", &["heic", "heif", "hif"]),
    ("AVIF", &["avif", "avifs"]),
    ("JPEG XL", &["jxl"]),
    ("JPEG 2000", &["jp2", "j2k", "jpf", "jpx", "jpc"]),
    (
        "raw camera",
        &[
            "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "kdc", "mef", "mos", "mrw", "nef",
            "nrw", "orf", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f",
        ],
    ),
    ("microscope", &["czi", "lif", "lsm", "nd2", "ndpi", "oib", "oif", "svs", "vsi", "dm3", "dm4", "mrc", "ser"]),
    ("DICOM", &["dcm", "dicom"]),
    ("FITS", &["fits", "fit", "fts"]),
    ("other", &["exr", "hdr", "ico", "jps", "mpo", "npz", "pcx", "pfm", "psd", "qoi", "tga", "xcf"]),
];

/// Folders that other programs keep beside the pictures, and what for.
const FOLDERS: [(&str, &str); 5] = [
    ("@eaDir", "thumbnails that a Synology disk station keeps"),
    ("__MACOSX", "what macOS adds to an archive"),
    ("#recycle", "a recycle bin"),
    ("$RECYCLE.BIN", "a recycle bin"),
    ("lost+found", "what a file system check leaves"),
];

/// Whether the extension is one of an image file that we read, maybe packed by gzip.
#[must_use]
pub fn is_image_name(path: &Path) -> bool {
    FrameAddress::extension(path).is_some_and(|extension| EXTENSIONS.iter().any(|(known, _)| *known == extension))
}

/// Whether the name of an image says that it is of this format, or says nothing.
pub(super) fn is_of_format(path: &Path, format: &str) -> bool {
    let extension = FrameAddress::extension(path).unwrap_or_default();
    EXTENSIONS.iter().find(|(known, _)| *known == extension).is_none_or(|(_, named)| *named == format)
}

/// Why a file that looks like an image is none that we read; `None` where it looks like something else.
pub(super) fn refused_file(path: &Path) -> Option<String> {
    let extension = FrameAddress::extension(path)?;
    let (kind, _) = UNREAD.iter().find(|(_, extensions)| extensions.contains(&extension.as_str()))?;
    Some(format!("{kind} image (.{extension}): cannot be read; convert it to PNG or TIFF"))
}

/// Why nothing in a folder is looked at.
pub(super) fn refused_folder(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?;
    FOLDERS.iter().find(|(known, _)| name == *known).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_read() {
        for name in ["a.JPG", "a.jfif", "a.jpe", "a.edf.gz", "a.cbf.GZ", "x.nxs"] {
            assert!(is_image_name(Path::new(name)), "{name}");
        }
        for name in ["a.txt", "a.gz", "Thumbs.db", "png", "a.heic", "a.txt.gz"] {
            assert!(!is_image_name(Path::new(name)), "{name}");
        }
        let reason = refused_file(Path::new("b/IMG_1.HEIC")).unwrap();
        assert_eq!(reason, "HEIC image (.heic): cannot be read; convert it to PNG or TIFF");
        assert!(refused_file(Path::new("a.NEF")).unwrap().starts_with("raw camera image"));
        assert_eq!((refused_file(Path::new("a.txt")), refused_file(Path::new("a.png"))), (None, None));
        assert!(refused_folder(Path::new("b/@eaDir")).is_some() && refused_folder(Path::new("b/eaDir")).is_none());
        assert!(is_of_format(Path::new("a.jpg"), "JPEG") && !is_of_format(Path::new("a.jpg"), "PNG"));
    }
}
