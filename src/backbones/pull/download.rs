//! Bytes to a `.part` file, going on where an earlier transfer stopped.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use ureq::http::StatusCode;

use super::FetchError;
use super::hub::{Hub, Remote};
use crate::progress::{Observer, RunningStage, Stage};

/// Progress is counted in megabytes.
const STEP: u64 = 1_000_000;

/// Makes `part` the whole file, of the right hash. As long as more bytes come, a broken transfer is taken up again.
pub(super) fn fetch(hub: &Hub, remote: &Remote, part: &Path, observer: &dyn Observer) -> Result<(), FetchError> {
    let on_disk = |source| FetchError::Io { path: part.to_owned(), source };
    std::fs::create_dir_all(part.parent().unwrap_or(Path::new("."))).map_err(on_disk)?;
    let file = OpenOptions::new().create(true).read(true).append(true).open(part).map_err(on_disk)?;
    file.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => FetchError::Busy,
        std::fs::TryLockError::Error(source) => on_disk(source),
    })?;
    let stage = observer.stage(Stage::Weights, remote.size.div_ceil(STEP) as usize);
    let mut transfer = Transfer { file, part, remote, stage, done: 0, hash: Sha256::new() };
    transfer.hash_what_is_there()?;
    while transfer.done < remote.size {
        let before = transfer.done;
        match transfer.request(hub) {
            Err(FetchError::BrokenOff { .. }) if transfer.done > before => {}
            outcome => outcome?,
        }
    }
    transfer.file.sync_all().map_err(on_disk)?;
    let found = hexadecimal(&transfer.hash.finalize());
    if found != remote.sha256 {
        std::fs::remove_file(part).map_err(on_disk)?;
        return Err(FetchError::WrongHash { found, expected: remote.sha256.clone() });
    }
    Ok(())
}

struct Transfer<'a> {
    file: File,
    part: &'a Path,
    remote: &'a Remote,
    stage: RunningStage<'a>,
    /// Bytes in the file and in the hash.
    done: u64,
    hash: Sha256,
}

impl Transfer<'_> {
    fn on_disk(&self) -> impl FnOnce(io::Error) -> FetchError {
        let path = self.part.to_owned();
        |source| FetchError::Io { path, source }
    }

    fn hash_what_is_there(&mut self) -> Result<(), FetchError> {
        if self.file.metadata().map_err(self.on_disk())?.len() > self.remote.size {
            return self.start_over();
        }
        self.file.seek(SeekFrom::Start(0)).map_err(self.on_disk())?;
        let mut buffer = vec![0; 1 << 18];
        loop {
            let n = self.file.read(&mut buffer).map_err(self.on_disk())?;
            if n == 0 {
                return Ok(());
            }
            self.take_in(&buffer[..n]);
        }
    }

    fn start_over(&mut self) -> Result<(), FetchError> {
        self.file.set_len(0).map_err(self.on_disk())?;
        self.done = 0;
        self.hash = Sha256::new();
        Ok(())
    }

    fn take_in(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        let before = self.done;
        self.done += bytes.len() as u64;
        let by = (self.done.div_ceil(STEP) - before.div_ceil(STEP)) as usize;
        if by > 0 {
            self.stage.advance(by);
        }
    }

    /// One request, read to its end.
    fn request(&mut self, hub: &Hub) -> Result<(), FetchError> {
        let response = hub.get(&self.remote.url, self.done)?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = response.headers().get("content-range").and_then(|range| range.to_str().ok());
                if !range.is_some_and(|range| range.starts_with(&format!("bytes {}-", self.done))) {
                    return Err(self.broken_off("it sends another part of the file"));
                }
            }
            // The store does not resume.
            StatusCode::OK => self.start_over()?,
            status => return Err(FetchError::Status(status.as_u16())),
        }
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 18];
        loop {
            let n = match body.read(&mut buffer) {
                Ok(n) => n,
                Err(error) => return Err(self.broken_off(&error.to_string())),
            };
            if n == 0 && self.done < self.remote.size {
                return Err(self.broken_off("it ended too early"));
            }
            if n == 0 {
                return Ok(());
            }
            if self.done + n as u64 > self.remote.size {
                self.start_over()?;
                return Err(self.broken_off("it sends more than it told of"));
            }
            self.file.write_all(&buffer[..n]).map_err(self.on_disk())?;
            self.take_in(&buffer[..n]);
        }
    }

    fn broken_off(&self, why: &str) -> FetchError {
        FetchError::BrokenOff { done: self.done, size: self.remote.size, why: why.to_owned() }
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
