//! Dependencies point one way. Read from the sources: every `crate::<module>` outside comments and tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::workplace::repository;

/// From the top to the bottom; a module names only modules of the layers below its own.
const LAYERS: [&[&str]; 10] = [
    &["main"],
    &["cli"],
    &["commands"],
    &["review", "explore"],
    &["workflow"],
    &["runs"],
    &["curation", "training", "report", "separation", "detector_frames"],
    &["features", "clusterers", "reducers", "outliers", "embeddings", "linear_model"],
    &["backbones", "pairwise", "metrics", "images", "server"],
    &["device", "data", "progress", "atomic_file"],
];

/// Modules of one layer that name each other all the same, each with its reason.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    ("embeddings", "features", "the store asks a FeatureExtractor for what it lacks, and knows none by name"),
    ("metrics", "pairwise", "silhouettes of all labellings come from one pass of the distance kernel"),
];

#[test]
fn dependencies_point_one_way() {
    let mut used: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        let from = module_of(&source.path);
        for to in source.names() {
            if to != from && from != "lib" {
                used.entry((from.clone(), to)).or_default().insert(source.path.display().to_string());
            }
        }
    }
    assert!(used.contains_key(&("cli".to_owned(), "commands".to_owned())), "the sources were not read");
    let layer = |module: &str| {
        let found = LAYERS.iter().position(|layer| layer.contains(&module));
        found.unwrap_or_else(|| panic!("`{module}` is in no layer: write it into LAYERS"))
    };
    for ((from, to), files) in &used {
        let excepted = EXCEPTIONS.iter().any(|(a, b, _)| (a, b) == (&from.as_str(), &to.as_str()));
        assert!(
            layer(from) < layer(to) || excepted,
            "`{from}` must not name `{to}`, which is not below it: {}",
            files.iter().cloned().collect::<Vec<_>>().join(", ")
        );
    }
    for (from, to, _) in EXCEPTIONS {
        assert!(used.contains_key(&(from.to_owned(), to.to_owned())), "{from} → {to} is an exception no more");
    }
}

#[test]
fn each_crate_of_the_outside_has_its_place() {
    for (name, places) in [
        ("clap", &["src/cli/"][..]),
        ("indicatif", &["src/cli/"]),
        ("comfy_table", &["src/cli/"]),
        ("println!", &["src/cli/"]),
        ("print!", &["src/cli/"]),
        ("burn::backend", &["src/device.rs"]),
        ("burn_cuda", &[]),
        ("plotters", &["src/report/"]),
        ("rust_hdf5", &["src/images/frames/"]),
        ("axum", &["src/server/", "src/review/", "src/explore/"]),
        ("tokio", &["src/server/", "src/review/"]),
        ("unsafe {", &["src/pairwise/", "src/backbones/native/", "src/device.rs"]),
        ("unsafe fn", &["src/pairwise/", "src/backbones/native/"]),
    ] {
        for source in sources() {
            let path = source.path.display().to_string();
            let allowed = places.iter().any(|place| path.starts_with(place));
            assert!(allowed || !mentions(&source.code, name), "`{name}` has no place in {path}");
        }
    }
}

/// A file without its comments and tests.
struct Source {
    /// From the repository's root.
    path: PathBuf,
    code: String,
}

impl Source {
    /// Top-level modules that the code names.
    fn names(&self) -> BTreeSet<String> {
        let depth = self.path.components().count() - 1 - usize::from(self.path.ends_with("mod.rs"));
        // From `src/a/mod.rs` and `src/a.rs` the crate is `super`, from `src/a/b.rs` it is `super::super`.
        let prefixes = ["crate::".to_owned(), "super::".repeat(depth)];
        let mut names = BTreeSet::new();
        for prefix in prefixes {
            for (at, _) in self.code.match_indices(&prefix) {
                let deeper = self.code[..at].ends_with("super::") || self.code[..at].ends_with("crate::");
                if !deeper && !is_word_end(&self.code[..at]) {
                    names.extend(first_names(&self.code[at + prefix.len()..]));
                }
            }
        }
        if self.path.ends_with("main.rs") {
            names.insert("cli".to_owned());
        }
        let modules: BTreeSet<&str> = LAYERS.iter().flat_map(|layer| layer.iter().copied()).collect();
        let is_module = |name: &String| modules.contains(name.as_str()) || repository().join("src").join(name).is_dir();
        names.retain(is_module);
        names
    }
}

/// `a::b` names a; `{a::b, c, self}` names a and c.
fn first_names(path: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(list) = path.strip_prefix('{') else { return vec![word(path)] };
    let mut names = Vec::new();
    let (mut depth, mut fresh) = (0, true);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                names.push(word(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn is_word_end(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Whether `code` has `name` as words of its own.
fn mentions(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| !is_word_end(&code[..at]))
}

/// `src/cli/mod.rs` is `cli`, `src/device.rs` is `device`.
fn module_of(path: &Path) -> String {
    let below = path.components().nth(1).unwrap();
    Path::new(below.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned()
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut tests = BTreeSet::new();
    collect(&repository().join("src"), &mut sources, &mut tests);
    sources.retain(|source| !tests.contains(&source.path.with_extension("")));
    sources
}

/// Reads the sources below `folder`; `tests` are the modules, without extension, that only tests have.
fn collect(folder: &Path, sources: &mut Vec<Source>, tests: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources, tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(repository()).unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let home = match relative.file_stem().unwrap().to_str() {
                Some("mod" | "lib" | "main") => relative.parent().unwrap().to_owned(),
                _ => relative.with_extension(""),
            };
            tests.extend(test_modules(&text).map(|name| home.join(name)));
            sources.push(Source { path: relative, code: strip(&text) });
        }
    }
}

/// `mod x;` right after `#[cfg(test)]`.
fn test_modules(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[cfg(test)]").skip(1).filter_map(|after| {
        let declaration = after.trim_start().lines().next()?;
        declaration.strip_prefix("mod ")?.strip_suffix(';')
    })
}

/// Leaves out comments, `#[cfg(test)]` items in braces, and the module declarations of test files.
fn strip(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = lines.join("\n");
    let mut kept = String::new();
    let mut parts = code.split("#[cfg(test)]");
    kept += parts.next().unwrap_or_default();
    for part in parts {
        // rustfmt closes an item at the indentation it began with.
        let indent: String = kept.chars().rev().take_while(|c| *c == ' ').collect();
        let end = match part.find(['{', ';']) {
            Some(at) if part[at..].starts_with(';') => Some(at + 1),
            _ => part.find(&format!("\n{indent}}}")).map(|at| at + indent.len() + 2),
        };
        kept += &part[end.unwrap_or(part.len())..];
    }
    kept
}
