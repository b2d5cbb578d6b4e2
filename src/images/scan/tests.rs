use std::sync::Mutex;

use super::*;
use crate::progress::Silent;

fn grey(path: &Path, value: u8) {
    image::GrayImage::from_pixel(3, 2, image::Luma([value])).save(path).unwrap();
}

fn paths(manifest: &Manifest) -> Vec<&str> {
    manifest.records.iter().map(|record| record.path.as_str()).collect()
}

#[test]
fn finds_images_and_says_what_is_wrong_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("b/.hidden")).unwrap();
    grey(&at("b/dale_7_x_C.png"), 1);
    grey(&at("B.PNG"), 1);
    grey(&at("b/.hidden/no.png"), 2);
    grey(&at("right.png"), 3);
    fs::rename(at("right.png"), at("png_named.jpg")).unwrap();
    fs::write(at("empty.png"), b"").unwrap();
    fs::write(at("text.tif"), b"not pixels").unwrap();
    fs::write(at("notes.txt"), b"ignored").unwrap();
    fs::create_dir(at("folder.png")).unwrap();
    let naming = Some("{tenant}_{sid}_{name}_C".parse().unwrap());
    let manifest =
        scan(folder.path(), &ScanOptions { naming, naming_required: false, ..ScanOptions::default() }, &Silent)
            .unwrap();
    assert_eq!(paths(&manifest), ["B.PNG", "b/dale_7_x_C.png", "png_named.jpg"]);
    assert_eq!(manifest.records[1].fields["tenant"], "dale");
    assert_eq!((manifest.records[0].width, manifest.records[0].height, manifest.records[0].bit_depth), (3, 2, 8));
    assert_eq!((manifest.unmatched, manifest.duplicates()), (2, 1));
    let skipped: Vec<_> = manifest.skipped.iter().map(|s| (s.path.as_str(), s.reason.as_str())).collect();
    assert_eq!(skipped, [("empty.png", "empty file"), ("text.tif", "not an image: unknown content")]);
}

#[test]
fn names_can_be_required() {
    let folder = tempfile::tempdir().unwrap();
    grey(&folder.path().join("a_1.png"), 1);
    grey(&folder.path().join("plain.png"), 2);
    let naming = Some("{tenant}_{sid}".parse().unwrap());
    let manifest =
        scan(folder.path(), &ScanOptions { naming, naming_required: true, ..ScanOptions::default() }, &Silent).unwrap();
    assert_eq!(paths(&manifest), ["a_1.png"]);
    assert_eq!(manifest.skipped[0].reason, "the name does not match `{tenant}_{sid}`");
    assert_eq!(manifest.unmatched, 0);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    grey(&elsewhere.path().join("linked.png"), 1);
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("link")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("gone.png", folder.path().join("dangling.png")).unwrap();
    let manifest = scan(folder.path(), &ScanOptions::default(), &Silent).unwrap();
    assert_eq!(paths(&manifest), ["link/linked.png"]);
    let skipped: Vec<_> = manifest.skipped.iter().map(|s| (s.path.as_str(), s.reason.as_str())).collect();
    let expected =
        [("dangling.png", "a symbolic link to nothing"), ("loop", "a symbolic link to a folder above itself")];
    assert_eq!(skipped, expected);
}

#[test]
fn a_file_or_several_are_welcome_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("a/b")).unwrap();
    let (one, two) = (folder.path().join("a/one.png"), folder.path().join("a/b/two.png"));
    grey(&one, 1);
    grey(&two, 2);
    let single = scan(&one, &ScanOptions::default(), &Silent).unwrap();
    assert_eq!((paths(&single), single.root.ends_with("a")), (vec!["one.png"], true));
    let both = scan_files(&[two, one], &ScanOptions::default(), &Silent).unwrap();
    assert_eq!(paths(&both), ["b/two.png", "one.png"]);
    let missing = scan(Path::new("nowhere/at/all"), &ScanOptions::default(), &Silent).unwrap_err();
    assert_eq!(missing.to_string(), "no such file or folder: `nowhere/at/all`");
}

#[test]
fn a_broken_line_of_tiles_csv_is_a_warning() {
    struct Warnings(Mutex<usize>);
    impl Observer for Warnings {
        fn on(&self, event: Event<'_>) {
            if let Event::Warning(_) = event {
                *self.0.lock().unwrap() += 1;
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    grey(&folder.path().join("a_1,1.png"), 1);
    grey(&folder.path().join("a_1,2.png"), 1);
    let (parent, id) = (ImageId::of_bytes(b"parent"), ImageId::of_bytes(b"parent").tile([0, 0, 8, 8]));
    let table =
        format!("path,id,parent,row,column\n\"a_1,1.png\",{id},{parent},1,1\n\"a_1,2.png\",oops,{parent},1,2\n");
    fs::write(folder.path().join("tiles.csv"), table).unwrap();
    let warnings = Warnings(Mutex::new(0));
    let manifest = scan(folder.path(), &ScanOptions::default(), &warnings).unwrap();
    assert_eq!(*warnings.0.lock().unwrap(), 1);
    assert_eq!(manifest.records[0].id, id);
    assert_eq!(manifest.records[0].tile.unwrap().parent, parent);
    assert_eq!(manifest.records[1].tile, None);
}
