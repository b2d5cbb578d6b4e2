//! Names of classes and files as the world has them: in tables of any program, in folders, in bytes that are no text.

use std::collections::BTreeMap;
use std::fs;

use crate::workplace::{QUICK, TEXTURES, Workplace, folders, names};

/// 12 tiles of each texture.
fn tiles(name: &str) -> Workplace {
    Workplace::with_tiles(name, 12)
}

const FAST: [&str; 6] = ["-q", "--images", "datasets/surfaces", "--set", "classifier.kind=linear", "--json"];

/// labels.csv with the classes called otherwise.
fn called(place: &Workplace, classes: [&str; 3]) -> String {
    let mut table = String::from("path,class\n");
    for row in place.table("datasets/surfaces/labels.csv") {
        let at = TEXTURES.iter().position(|texture| row["class"] == *texture).unwrap();
        table.extend(["\"", row["path"].as_str(), "\",\"", classes[at], "\"\n"]);
    }
    table
}

#[test]
fn tables_of_any_program_are_read_and_others_say_what_is_wrong() {
    let place = tiles("tables");
    let labels = called(&place, TEXTURES);
    let utf_16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    for (name, table) in [
        ("semicolon", labels.replace("\",\"", "\";\"").replace("path,", "path;").into_bytes()),
        ("sep", format!("sep=\t\r\n{}", labels.replace("\",\"", "\"\t\"").replace("path,", "Path\t")).into_bytes()),
        ("utf16", utf_16(&labels.replace("class", "Category"))),
        ("cr", labels.replace('\n', "\r").into_bytes()),
        ("ragged", (labels.replace("\"\n", "\",\n") + ",\n\n,\n").into_bytes()),
    ] {
        let file = format!("{name}.csv");
        place.write(&file, table);
        let trained = place.rails(&[&["train", &file], &FAST[..]].concat()).with(0).json();
        assert_eq!(trained["classes"][0][0], "brick", "{name}: {}", trained["classes"]);
    }
    let train = |name: &str, table: &str| {
        place.write(name, table);
        place.rails(&["train", name, "--images", "datasets/surfaces", "--set", "classifier.kind=linear"])
    };
    train("kind.csv", &labels.replace("class", "kind")).with(1).saying(&["`path`, `kind`", "looked for", "`label`"]);
    train("unknown.csv", &called(&place, ["brick", "unknown", "gravel"])).with(1).saying(&["line 14: `unknown`"]);
    train("newline.csv", &called(&place, ["a\nb", "grass", "gravel"])).with(1).saying(&["line 2: `a\\nb` is no class"]);
    train("unquoted.csv", &labels.replace('"', "")).with(1).saying(&["3 cells for 2 columns", "double quotes"]);
    let ended = train("nan.csv", &called(&place, ["NaN", "grass", "gravel"])).with(0);
    ended.saying(&["12 rows of `nan.csv` have no class", "`NaN` stands for an empty cell"]);
    let ended = train("case.csv", &called(&place, ["Grass", "grass", "gravel "])).with(0);
    ended.saying(&["`Grass`, `grass` are different classes"]);
}

#[test]
fn classes_that_differ_have_folders_that_differ_and_come_back() {
    let place = tiles("class-folders");
    let classes = ["a/b", "A:b", "a:b"];
    place.write("labels.csv", called(&place, classes));
    place.rails(&[&["train", "labels.csv"], &FAST[..]].concat()).with(0);
    let sorted = ["predict", "datasets/surfaces", "--keep-all", "--sort-into", "sorted", "--json"];
    place.rails(&[&["-q"], &sorted[..]].concat()).with(0);
    assert_eq!(folders(&place.path("sorted")), ["%41%3Ab", "a%2Fb", "a%3Ab"]);

    place.rails(&[&["cluster", "datasets/surfaces", "-q"], &QUICK[..]].concat()).with(0);
    let imported = place.rails(&["curate", "--import", "sorted", "--json"]).with(0).json();
    let counts: BTreeMap<String, usize> = serde_json::from_value(imported["imported"]["classes"].clone()).unwrap();
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["A:b", "a/b", "a:b"]);
    place.write(
        "removal.jsonl",
        "{\"decision\":\"remove\",\"images\":[\"brick_1,1.png\"],\"reason\":\"../too\\ndark\"}",
    );
    let status = place.rails(&["curate", "--apply", "removal.jsonl"]).with(0).stdout;
    assert!(status.contains("removed: ../too\\ndark"), "{status}");
    let exported = place.rails(&["curate", "--export", "out", "--json"]).with(0).json();
    for (class, folder) in [("a/b", "a%2Fb"), ("A:b", "%41%3Ab"), ("a:b", "a%3Ab")] {
        let images = names(&place.path("out").join(folder)).len();
        assert_eq!(exported["classes"][class], images, "{class}");
    }
    assert_eq!(names(&place.path("out/_removed")), ["%2E.%2Ftoo%0Adark"]);
    place.rails(&["train", "out", "-q", "--set", "classifier.kind=linear"]).with(0);

    fs::create_dir(place.path("out/unknown")).unwrap();
    fs::copy(place.path("datasets/surfaces/brick_1,2.png"), place.path("out/unknown/x.png")).unwrap();
    place.rails(&["train", "out"]).with(1).saying(&["`unknown` is reserved", "rename the folder"]);
}

#[test]
fn a_folder_called_none_is_a_class_all_the_way() {
    let place = tiles("none");
    let run = place.rails(&[&["cluster", "datasets/surfaces", "-q", "--json"], &QUICK[..]].concat()).with(0).json();
    let clusters = place.path(run["run"].as_str().unwrap()).join("clusters/kmeans");
    fs::rename(clusters.join("cluster_0"), clusters.join("none")).unwrap();
    fs::rename(clusters.join("cluster_1"), clusters.join("NA")).unwrap();
    place.rails(&["curate", "--from-folders"]).with(0);
    let trained = place.rails(&["train", "-q", "--set", "classifier.kind=linear", "--json"]).with(0).json();
    assert_eq!((&trained["classes"][0][0], &trained["classes"][1][0]), (&"NA".into(), &"none".into()));
}

#[cfg(unix)]
#[test]
fn file_names_that_are_no_text_or_too_long_go_all_the_way() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let place = tiles("bytes");
    let data = place.path("datasets/surfaces");
    fs::remove_file(data.join("tiles.csv")).unwrap();
    let rename = |from: &str, folder: &str, to: &[u8]| {
        fs::create_dir_all(data.join(folder)).unwrap();
        fs::rename(data.join(from), data.join(folder).join(OsStr::from_bytes(to))).unwrap();
    };
    rename("brick_1,1.png", "", b"gr\xE4s.png");
    rename("brick_1,2.png", "", b"gr\xE5s.png");
    rename("brick_1,3.png", "", b"=a\nb\x1B[31m.png");
    let long = format!("{}.png", "x".repeat(251));
    rename("grass_1,1.png", "one", long.as_bytes());
    rename("grass_1,2.png", "two", long.as_bytes());
    let odd = ["gr\u{FFFD}E4s.png", "gr\u{FFFD}E5s.png", "'=a\u{FFFD}0Ab\u{FFFD}1B[31m.png"];

    let run = place.rails(&[&["cluster", "datasets/surfaces", "-q", "--json"], &QUICK[..]].concat()).with(0).json();
    let run = run["run"].as_str().unwrap();
    let listed: Vec<String> =
        place.table(format!("{run}/images.csv")).into_iter().map(|row| row["path"].clone()).collect();
    assert_eq!(listed.len(), 36);
    assert!(odd.iter().all(|name| listed.iter().any(|path| path == name)), "{listed:?}");

    let name =
        |(cluster, class)| format!("{{\"decision\":\"name_cluster\",\"cluster\":{cluster},\"class\":\"{class}\"}}\n");
    let mut decisions: String = ["a", "b", "c"].into_iter().enumerate().map(name).collect();
    decisions += "{\"decision\":\"move\",\"images\":[\"gr\u{FFFD}E4s.png\"],\"class\":\"b\"}\n";
    place.write("decisions.jsonl", decisions);
    place.rails(&["curate", "--apply", "decisions.jsonl"]).with(0);
    place.rails(&["train", "-q", "--set", "classifier.kind=linear"]).with(0);
    let predict = ["predict", "datasets/surfaces", "-q", "--output", "p.csv", "--sort-into", "sorted", "--keep-all"];
    place.rails(&predict).with(0);
    assert_eq!(place.table("p.csv").iter().filter(|row| row["path"].contains('\u{FFFD}')).count(), 3);
    place.rails(&["curate", "--export", "out"]).with(0);
    for folder in ["sorted", "out"] {
        let mut found: Vec<Vec<u8>> = Vec::new();
        for class in folders(&place.path(folder)) {
            for entry in fs::read_dir(place.path(folder).join(class)).unwrap() {
                found.push(entry.unwrap().file_name().as_bytes().to_vec());
            }
        }
        assert_eq!(found.len(), 36, "{folder}");
        for name in [&b"gr\xE4s.png"[..], b"gr\xE5s.png", b"=a\nb\x1B[31m.png", long.as_bytes()] {
            assert!(found.iter().any(|file| file == name), "{folder}: {}", name.escape_ascii());
        }
    }
    place.rails(&["curate", "--export", "coco", "--format", "coco"]).with(0);
    let coco = place.json("coco/labels.json");
    let images = coco["images"].as_array().unwrap();
    assert_eq!(images.len(), 36);
    assert!(images.iter().any(|image| image["file_name"] == odd[0]));
    // Labels by name, as any program reads them from our tables.
    place.rails(&["curate", "--export", "csv", "--format", "csv"]).with(0);
    let imported = place.rails(&["curate", "--import", "csv/labels.csv", "--json"]).with(0).json();
    let counts: BTreeMap<String, usize> = serde_json::from_value(imported["imported"]["classes"].clone()).unwrap();
    let unmatched = imported["imported"]["unmatched"].as_array().unwrap().len();
    assert_eq!((counts.values().sum::<usize>(), unmatched), (36, 0));
}

#[cfg(unix)]
#[test]
fn names_do_nothing_to_the_terminal() {
    let place = tiles("terminal-names");
    place.write("datasets/surfaces/bad\u{1b}[31m\nerror: no.png", "no image");
    let ended = place.rails(&[&["cluster", "datasets/surfaces", "-v"], &QUICK[..]].concat()).with(3);
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stderr.contains("\nerror: no"), "{}", ended.stderr);
    let ended = place.rails(&["cluster", "no\u{1b}[31m\nerror: such"]).with(1);
    assert!(ended.stderr.contains(r"no\u{1b}[31m\nerror: such"), "{}", ended.stderr);
}
