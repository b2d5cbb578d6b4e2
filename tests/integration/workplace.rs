//! A folder to run the program in, and one that is clustered, curated and trained once for all tests.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, OnceLock};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A working folder, kept after the test so that a failure can be looked into, and removed by the next test run.
pub struct Workplace {
    folder: PathBuf,
}

/// How the program ended and what it said.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Runs `command` to its end; fails the test where that takes more than five minutes.
    pub fn of(command: Command) -> Self {
        Self::wait(Self::begin(command))
    }

    /// Starts `command`, to be waited for.
    pub fn begin(mut command: Command) -> Child {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until `child` ends and collects what it says; fails the test where that takes more than five minutes.
    pub fn wait(child: Child) -> Self {
        let limit = Duration::from_mins(5);
        Self::within(child, limit).unwrap_or_else(|said| panic!("still running after {limit:?}\n--- stderr\n{said}"))
    }

    /// The same within `limit`.
    ///
    /// # Errors
    /// What it said on stderr until then, when it was killed.
    pub fn within(mut child: Child, limit: Duration) -> Result<Self, String> {
        fn reader(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                stream.read_to_end(&mut text).unwrap();
                String::from_utf8(text).unwrap_or_else(|raw| panic!("not UTF-8: {raw}"))
            })
        }
        let stdout = reader(child.stdout.take().unwrap());
        let stderr = reader(child.stderr.take().unwrap());
        let start = Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if start.elapsed() < limit => sleep(Duration::from_millis(5)),
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    return Err(stderr.join().unwrap());
                }
            }
        };
        Ok(Self { code: status.code().unwrap_or(-1), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() })
    }

    /// Fails the test, with all that was said, unless the exit code is `code`.
    #[track_caller]
    pub fn with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless stderr says all of `words`.
    #[track_caller]
    pub fn saying(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "nothing about `{word}` in\n{}", self.stderr);
        }
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }
}

/// Removes the working folders under `all` of test runs that have ended; another may be at work in the same checkout.
fn remove_ended(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        if !Path::new("/proc").join(entry.file_name()).exists() {
            // What stays is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Workplace {
    /// An empty one.
    pub fn new(name: &str) -> Self {
        static CLEAN: Once = Once::new();
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workplaces").join(env!("CARGO_CRATE_NAME"));
        CLEAN.call_once(|| remove_ended(&all));
        let folder =
            all.join(std::process::id().to_string()).join(format!("{name}-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// One with `per_texture` tiles of each of the three textures under datasets/surfaces, and their labels.csv.
    pub fn with_tiles(name: &str, per_texture: usize) -> Self {
        let place = Self::new(name);
        let from = repository().join("datasets/surfaces");
        let to = place.path("datasets/surfaces");
        fs::create_dir_all(&to).unwrap();
        fs::copy(from.join("tiles.csv"), to.join("tiles.csv")).unwrap();
        let mut labels = String::from("path,class\n");
        for texture in TEXTURES {
            let mut tiles: Vec<String> = names(&from).into_iter().filter(|name| name.starts_with(texture)).collect();
            tiles.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "png"));
            assert!(per_texture <= tiles.len());
            for tile in &tiles[..per_texture] {
                fs::copy(from.join(tile), to.join(tile)).unwrap();
                labels.extend(["\"", tile.as_str(), "\",", texture, "\n"]);
            }
        }
        fs::write(to.join("labels.csv"), labels).unwrap();
        place
    }

    /// A copy of the folder that was clustered, curated and trained once.
    pub fn trained(name: &str) -> Self {
        let place = Self::new(name);
        copy_folder(&trained().folder, &place.folder);
        place
    }

    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.join(relative)
    }

    pub fn write(&self, relative: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, relative: impl AsRef<Path>) -> String {
        let path = self.path(relative);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {}", path.display()))
    }

    /// Runs `rails` here.
    pub fn rails(&self, arguments: &[&str]) -> Ended {
        self.rails_with(arguments, &[])
    }

    /// Runs `rails` in the folder `below` of this one.
    pub fn rails_in(&self, below: &str, arguments: &[&str]) -> Ended {
        let mut command = self.command(&[]);
        command.current_dir(self.folder.join(below)).args(arguments);
        Ended::of(command)
    }

    /// Runs `rails` here with more variables in its environment.
    pub fn rails_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let mut command = self.command(&[]);
        command.args(arguments).envs(variables.iter().copied());
        Ended::of(command)
    }

    /// `rails` here, to be given arguments; run by the words of `before` where there are any.
    pub fn command(&self, before: &[&str]) -> Command {
        let words = [before, &[env!("CARGO_BIN_EXE_rails")]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(&self.folder).env("USER", "tester");
        command
    }

    /// The newest finished run of `kind`, relative to the working folder.
    pub fn newest(&self, kind: &str) -> String {
        let runs = names(&self.path("experiments/runs"));
        let run = runs.into_iter().rfind(|name| name.contains(&format!("-{kind}-"))).unwrap();
        format!("experiments/runs/{run}")
    }

    /// The rows of a CSV file by column name.
    pub fn table(&self, relative: impl AsRef<Path>) -> Vec<BTreeMap<String, String>> {
        table(&self.read(relative))
    }

    pub fn json(&self, relative: impl AsRef<Path>) -> serde_json::Value {
        serde_json::from_str(&self.read(relative)).unwrap()
    }
}

pub const TEXTURES: [&str; 3] = ["brick", "grass", "gravel"];

/// Arguments of a small, quick clustering.
pub const QUICK: [&str; 4] = ["--set", "cluster.kmeans.k=3", "--set", "report.examples=2"];

pub fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{error}: {}", folder.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The names of the folders in a folder, sorted.
pub fn folders(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter(|name| folder.join(name).is_dir()).collect()
}

/// The decisions that name every cluster of the newest run after the texture most of its tiles show.
pub fn names_by_majority(place: &Workplace) -> String {
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for row in place.table(format!("{}/images.csv", place.newest("cluster"))) {
        let texture = row["path"].rsplit('/').next().unwrap().split('_').next().unwrap().to_owned();
        *counts.entry(row["kmeans"].clone()).or_default().entry(texture).or_default() += 1;
    }
    let name = |textures: &BTreeMap<String, usize>| textures.iter().max_by_key(|(_, n)| **n).unwrap().0.clone();
    let line = |(cluster, textures): (&String, &BTreeMap<String, usize>)| {
        format!("{{\"decision\":\"name_cluster\",\"cluster\":{cluster},\"class\":\"{}\"}}\n", name(textures))
    };
    counts.iter().map(line).collect()
}

/// 20 tiles of each texture: clustered, named, trained on.
fn trained() -> &'static Workplace {
    static TRAINED: OnceLock<Workplace> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let place = Workplace::with_tiles("trained", 20);
        place.rails(&[&["cluster", "-q"], &QUICK[..]].concat()).with(0);
        place.write("decisions.jsonl", names_by_majority(&place));
        place.rails(&["curate", "--apply", "decisions.jsonl"]).with(0);
        place.rails(&["train", "-q", "--set", "classifier.hidden=[32]", "--set", "classifier.epochs=30"]).with(0);
        place
    })
}

pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}
