//! One word per thing: no retired word of docs/words.md in help texts, messages, pages and documents.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workplace::{Workplace, repository};

/// Retired words that stay in a file, each with its reason.
const EXCEPTIONS: [(&str, &str, &str); 1] =
    [("src/files/results_json/schema_1.rs", "by_unfamiliarity", "a key of `rails.results/1`, read and renamed")];

#[test]
fn no_help_has_a_retired_word() {
    let place = Workplace::new("words");
    let top = place.rails(&["--help"]).with(0).stdout;
    let mut commands: Vec<Vec<String>> = vec![Vec::new()];
    commands.extend(named(&top).into_iter().map(|name| vec![name]));
    commands.extend(["list", "import", "pull"].map(|name| vec!["models".to_owned(), name.to_owned()]));
    assert!(commands.len() > 15, "the commands were not read: {commands:?}");
    for command in commands {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = place.rails(&arguments).with(0).stdout;
        check(&format!("rails {}", arguments.join(" ")), &help);
    }
}

#[test]
fn no_message_has_a_retired_word() {
    let sources = files("src", &["rs"]);
    let tests: Vec<PathBuf> = sources.iter().flat_map(|path| test_modules(path)).collect();
    let mut n = 0;
    for path in sources.iter().filter(|path| !tests.contains(path)) {
        let source = fs::read_to_string(path).unwrap();
        for text in literals(without_tests(&source)) {
            n += 1;
            check(&short(path), text);
        }
    }
    assert!(n > 2000, "only {n} texts were found");
}

#[test]
fn no_page_and_no_document_has_a_retired_word() {
    let pages = files("src", &["html", "css", "js"]);
    assert!(pages.len() > 30, "the pages were not found");
    let documents = files("docs", &["md"]).into_iter().filter(|path| !path.ends_with("words.md"));
    for path in pages.into_iter().chain(documents).chain([repository().join("README.md")]) {
        check(&short(&path), &fs::read_to_string(&path).unwrap());
    }
}

#[test]
fn retired_words_are_found_where_they_are() {
    assert!(retired().len() > 20 && retired().contains(&"verdict".to_owned()), "{:?}", retired());
    assert_eq!(found("the Verdict is out"), ["verdict"]);
    assert_eq!(found("by_unfamiliarity"), ["unfamiliarity"]);
    assert_eq!(found("a grid of\n    features"), ["grid of features"]);
    assert_eq!(found("verdictless lessons"), ["lessons"]);
    let source = r##"let a = "x \" y"; // "no"
        /* "no" */ let b = 'c'; let c = '"'; let d = r#"z " z"#; fn f<'a>(g: &'a str) { "last" }"##;
    assert_eq!(literals(source), ["x \\\" y", "z \" z", "last"]);
    assert_eq!(without_tests("let a = 1;\n#[cfg(test)]\nmod tests {\n}"), "let a = 1;\n");
}

/// Fails where `text`, of `place`, has a retired word.
#[track_caller]
fn check(place: &str, text: &str) {
    let text = EXCEPTIONS
        .iter()
        .filter(|(file, ..)| *file == place)
        .fold(text.to_owned(), |text, (_, word, _)| text.replace(word, ""));
    let found = found(&text);
    assert!(found.is_empty(), "{place}: {found:?} is retired, docs/words.md says what to write instead, in: {text}");
}

/// The retired words in `text`.
fn found(text: &str) -> Vec<String> {
    let plain = text.to_lowercase();
    let words: Vec<&str> = plain.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let is_in = |retired: &String| {
        let retired: Vec<&str> = retired.split(' ').collect();
        words.windows(retired.len()).any(|some| some == retired)
    };
    retired().into_iter().filter(is_in).collect()
}

/// The words in backticks of the first column below «Retired» in docs/words.md.
fn retired() -> Vec<String> {
    let text = include_str!("../../docs/words.md");
    let (_, table) = text.split_once("## Retired").expect("a table of retired words");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    rows.flat_map(|cell| cell.split(", ").map(|word| word.trim_matches('`').to_owned())).collect()
}

/// The commands that the help of `rails` lists.
fn named(help: &str) -> Vec<String> {
    let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
    let first = lines.filter_map(|line| line.split_whitespace().next());
    let is_name = |word: &&str| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase());
    first.filter(is_name).map(str::to_owned).collect()
}

/// Files below `folder` of the repository with one of `endings`.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, endings, found);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&repository().join(folder), endings, &mut found);
    found.sort();
    found
}

/// The path from the repository, with `/`.
fn short(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap().to_string_lossy().replace('\\', "/")
}

/// The files of modules that `path` declares for tests only, as in `#[cfg(test)] mod golden;`.
fn test_modules(path: &Path) -> Vec<PathBuf> {
    let source = fs::read_to_string(path).unwrap();
    let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") => path.parent().unwrap().to_owned(),
        _ => path.with_extension(""),
    };
    let after = source.split("#[cfg(test)]\n").skip(1).filter_map(|rest| rest.lines().next());
    let names = after.filter_map(|line| line.trim_end().strip_suffix(';')?.split_once("mod ").map(|(_, name)| name));
    names.map(|name| folder.join(format!("{name}.rs"))).collect()
}

/// `source` up to its module of tests, which stands last.
fn without_tests(source: &str) -> &str {
    let is_tests = |at: &usize| {
        let line = source[*at..].lines().nth(1).unwrap_or_default();
        line.contains("mod ") && line.ends_with('{')
    };
    let end = source.match_indices("#[cfg(test)]").map(|(at, _)| at).find(is_tests);
    &source[..end.unwrap_or(source.len())]
}

/// The text of every string in Rust `source`, comments left out.
fn literals(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        let raw = rest.strip_prefix('r').map(|rest| rest.len() - rest.trim_start_matches('#').len());
        at += if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw.filter(|hashes| rest[1 + hashes..].starts_with('"')) {
            let open = hashes + 2;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = rest[open..].find(&close).map_or(rest.len(), |end| open + end);
            found.push(&rest[open..end]);
            (end + close.len()).min(rest.len())
        } else if rest.starts_with('"') {
            let end = closing(rest);
            found.push(&rest[1..end]);
            (end + 1).min(rest.len())
        } else if rest.starts_with('\'') {
            character(rest)
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
    }
    found
}

/// Where the string that `rest` begins with ends: the place of its closing quote.
fn closing(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// Length of the character, such as `'"'`, or the quote of the lifetime that `rest` begins with.
fn character(rest: &str) -> usize {
    if rest.starts_with("'\\") {
        return rest[3..].find('\'').map_or(1, |end| end + 4);
    }
    let length = rest[1..].chars().next().map_or(0, char::len_utf8);
    if rest[1 + length..].starts_with('\'') { length + 2 } else { 1 }
}
