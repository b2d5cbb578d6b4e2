//! Dependencies point one way. Read from the sources: every path into the crate outside comments and tests, resolved to
//! where it leads from the crate's root, whether it is written `crate::…`, `super::…`, or in a group of imports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::workplace::repository;

/// From the top to the bottom; a module names only modules of the layers below its own.
const LAYERS: [&[&str]; 13] = [
    &["main"],
    &["cli"],
    &["commands"],
    &["review", "explore"],
    &["workflow"],
    &["runs"],
    &["recipes"],
    &["evaluation"],
    &["curation", "training", "report", "separation", "detector_frames"],
    &["features", "clusterers", "reducers", "outliers", "embeddings", "linear_model"],
    &["backbones", "pairwise", "metrics", "images", "server"],
    &["files"],
    &["device", "data", "memory", "progress", "atomic_file"],
];

/// Modules of one layer that name each other all the same, each with its reason.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    ("embeddings", "features", "the store asks a FeatureExtractor for what it lacks, and knows none by name"),
    ("metrics", "pairwise", "silhouettes of all labellings come from one pass of the distance kernel"),
];

/// Modules whose own modules form no circle.
const WITHOUT_CIRCLES: [&str; 4] = ["commands", "workflow", "evaluation", "training"];

/// The modules of `training`, each naming only those before it.
const TRAINING: [&str; 10] = [
    "error",
    "split",
    "training_set",
    "fitting",
    "neighbours",
    "classifiers",
    "train",
    "confidence",
    "augment",
    "finetune",
];

#[test]
fn dependencies_point_one_way() {
    let mut used: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        let Some(from) = source.module().into_iter().next() else { continue };
        for path in source.paths() {
            let to = &path[0];
            if *to != from && is_module(to) {
                used.entry((from.clone(), to.clone())).or_default().insert(source.path.display().to_string());
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
fn no_command_names_another() {
    let mut commands = BTreeSet::new();
    for source in sources() {
        let module = source.module();
        let [first, command, ..] = module.as_slice() else { continue };
        if first != "commands" {
            continue;
        }
        commands.insert(command.clone());
        for path in source.paths() {
            let [first, named, ..] = path.as_slice() else { continue };
            let own = [command.as_str(), "error", "CommandError"].contains(&named.as_str());
            assert!(
                first != "commands" || own,
                "the command `{command}` must not name `{}`: what commands share belongs into `workflow`: {}",
                path.join("::"),
                source.path.display()
            );
        }
    }
    assert!(commands.len() > 10 && commands.contains("train"), "the commands were not read: {commands:?}");
}

#[test]
fn modules_of_a_module_form_no_circle() {
    for top in WITHOUT_CIRCLES {
        let mut names = second_level(top);
        // Whoever names nobody that is left is on no circle; what remains when all such are gone is one.
        while let Some(leaf) = names.iter().find(|(_, named)| named.is_empty()).map(|(name, _)| name.clone()) {
            names.remove(&leaf);
            for named in names.values_mut() {
                named.remove(&leaf);
            }
        }
        assert!(names.is_empty(), "modules of `{top}` name each other in a circle: {names:?}");
    }
}

#[test]
fn modules_of_training_name_only_those_before() {
    let place = |module: &str| {
        let found = TRAINING.iter().position(|known| *known == module);
        found.unwrap_or_else(|| panic!("`training::{module}` has no place: write it into TRAINING"))
    };
    let names = second_level("training");
    assert!(names["finetune"].contains("augment"), "the sources were not read: {names:?}");
    for (from, named) in &names {
        for to in named {
            assert!(place(to) < place(from), "`training::{from}` must not name `{to}`, which comes after it");
        }
    }
}

/// For each module of `top` the other modules of `top` that it names, directly or by what `top` re-exports of them.
fn second_level(top: &str) -> BTreeMap<String, BTreeSet<String>> {
    let all: Vec<Source> =
        sources().into_iter().filter(|source| source.module().first().is_some_and(|m| m == top)).collect();
    let modules: BTreeSet<String> = all.iter().filter_map(|source| source.module().get(1).cloned()).collect();
    let root = all.iter().find(|source| source.module().len() == 1).expect("a mod.rs");
    let mut home: BTreeMap<String, String> = modules.iter().map(|module| (module.clone(), module.clone())).collect();
    for path in root.re_exports() {
        if let [module, .., item] = path.as_slice() {
            home.entry(item.clone()).or_insert_with(|| module.clone());
        }
    }
    let mut names: BTreeMap<String, BTreeSet<String>> =
        modules.iter().map(|module| (module.clone(), BTreeSet::new())).collect();
    for source in &all {
        let module = source.module();
        let Some(from) = module.get(1) else { continue };
        for path in source.paths() {
            if let [first, named, ..] = path.as_slice()
                && first == top
                && let Some(to) = home.get(named).filter(|to| *to != from)
            {
                names.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    names
}

/// Whether `name` is a module at the crate's root, and no item there.
fn is_module(name: &str) -> bool {
    let known = LAYERS.iter().any(|layer| layer.contains(&name));
    known || repository().join("src").join(name).is_dir()
}

#[test]
fn paths_are_resolved_from_the_root_of_the_crate() {
    let source = |path: &str, code: &str| Source { path: path.into(), code: code.to_owned() };
    let paths = |path: &str, code: &str| source(path, code).paths().iter().map(|p| p.join("::")).collect::<Vec<_>>();
    let code =
        "use crate::runs::{RunDir, sweep::{self, Variant}};\nuse super::page;\nlet x = super::super::Context::new();";
    let expected =
        ["commands::Context::new", "commands::train::page", "runs::RunDir", "runs::sweep", "runs::sweep::Variant"];
    assert_eq!(paths("src/commands/train/output.rs", code), expected);
    assert_eq!(
        paths("src/commands/train/mod.rs", "use super::{CommandError, evaluate::*};"),
        ["commands", "commands::CommandError", "commands::evaluate"]
    );
    assert_eq!(paths("src/device.rs", "pub(crate) fn my_super::x() -> crate::data::Id<u8> {}"), ["data::Id"]);
    let root = source(
        "src/workflow/mod.rs",
        "mod run;\npub(crate) use run::{Run, RunInputs as Inputs};\npub use error::Error;",
    );
    let found: Vec<_> = root.re_exports().iter().map(|p| p.join("::")).collect();
    assert_eq!(found, ["error::Error", "run::Run", "run::RunInputs"]);
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
        ("hyper", &["src/server/"]),
        ("hyper_util", &["src/server/"]),
        ("csv::Writer", &["src/files/csv_table.rs"]),
        ("csv::Reader", &["src/files/"]),
        ("ArrowWriter", &["src/files/parquet_table.rs", "src/embeddings/"]),
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
    /// `src/a/b.rs` and `src/a/b/mod.rs` are a, b; lib.rs is the root.
    fn module(&self) -> Vec<String> {
        let below = self.path.strip_prefix("src").unwrap().with_extension("");
        let mut parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if ["mod", "lib"].contains(&parts.last().map_or("", String::as_str)) {
            parts.pop();
        }
        parts
    }

    /// Every path that the code names, from the crate's root.
    fn paths(&self) -> BTreeSet<Vec<String>> {
        let mut found = BTreeSet::new();
        for start in ["crate::", "super::", "self::"] {
            for (at, _) in self.code.match_indices(start) {
                let before = &self.code[..at];
                if is_word_end(before) || before.ends_with("::") {
                    continue;
                }
                let mut rest = &self.code[at..];
                let mut base = if start == "crate::" { Vec::new() } else { self.module() };
                while let Some(outer) = rest.strip_prefix("super::") {
                    base.pop();
                    rest = outer;
                }
                tree(rest.trim_start_matches("crate::").trim_start_matches("self::"), &base, &mut found);
            }
        }
        // The binary names the library by its name.
        if self.path.ends_with("main.rs") {
            found.insert(vec!["cli".to_owned()]);
        }
        found.retain(|path| !path.is_empty());
        found
    }

    /// Re-exports: names that the module offers from its own modules, as in `use run::{Run, RunInputs}`, seen from
    /// here.
    fn re_exports(&self) -> BTreeSet<Vec<String>> {
        let mut found = BTreeSet::new();
        for line in ["pub use ", "pub(crate) use ", "pub(super) use "] {
            for (at, _) in self.code.match_indices(line) {
                tree(&self.code[at + line.len()..], &[], &mut found);
            }
        }
        found
    }
}

/// Puts the paths of a tree of imports, `a::b` or `a::{b, c::*}`, into `found`; the answer is how long it is.
fn tree(text: &str, base: &[String], found: &mut BTreeSet<Vec<String>>) -> usize {
    if let Some(group) = text.strip_prefix('{') {
        let mut at = 0;
        while let Some(next) = group[at..].chars().next().filter(|next| *next != '}') {
            at += if next.is_whitespace() || next == ',' {
                next.len_utf8()
            } else {
                tree(&group[at..], base, found).max(1)
            };
        }
        return at + 2;
    }
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let path: Vec<String> = base.iter().cloned().chain(Some(word.clone())).collect();
    if word.is_empty() || word == "self" {
        found.insert(base.to_vec());
        return word.len();
    }
    if let Some(deeper) = text[word.len()..].strip_prefix("::") {
        return word.len() + 2 + tree(deeper, &path, found);
    }
    found.insert(path);
    // `a as b` names a.
    word.len()
        + text[word.len()..].find([',', '}', ';']).filter(|_| text[word.len()..].starts_with(" as ")).unwrap_or(0)
}

fn is_word_end(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Whether `code` has `name` as words of its own.
fn mentions(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| !is_word_end(&code[..at]))
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
