//! A way in for one person's browser: a private file that sends it on to the page.
//!
//! The URL holds the secret, and everybody on the machine can read what a program is started with. So the browser is
//! given the file, which nobody else can read.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The file, in a folder of its own; both are gone when this is dropped.
pub(super) struct Doorway {
    _folder: TempDir,
    file: PathBuf,
}

impl Doorway {
    /// Leads to `url`, which has nothing in it that means something in HTML.
    pub fn to(url: &str) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("rails-");
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
            builder.permissions(PermissionsExt::from_mode(0o700));
            options.mode(0o600);
        }
        let folder = builder.tempdir()?;
        // The browser may be started elsewhere.
        let file = std::path::absolute(folder.path().join("open.html"))?;
        let page = format!(
            "<!doctype html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta http-equiv=\"refresh\" content=\"0; url={url}\">\n<title>rails</title>\n\
             <p><a href=\"{url}\">Go on to the page</a>\n"
        );
        options.open(&file)?.write_all(page.as_bytes())?;
        Ok(Self { _folder: folder, file })
    }

    pub fn file(&self) -> &Path {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_private_and_goes() {
        let doorway = Doorway::to("http://127.0.0.1:1/?token=0").unwrap();
        let file = doorway.file().to_owned();
        let folder = file.parent().unwrap().to_owned();
        assert!(
            file.is_absolute() && std::fs::read_to_string(&file).unwrap().contains("url=http://127.0.0.1:1/?token=0")
        );
        #[cfg(unix)]
        for (path, mode) in [(&file, 0o600), (&folder, 0o700)] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
        }
        drop(doorway);
        assert!(!folder.exists());
    }
}
