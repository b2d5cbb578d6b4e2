//! Files and folders that appear whole, and what is left when they do not.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::leftovers::{FOLDER, LOCK, MOVING, sweep};
use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_fails_leaves_the_old_content_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    write(&path, b"old").unwrap();
    let failed = write_with(&path, |file| {
        file.write_all(b"half")?;
        Err(ErrorKind::StorageFull.into())
    });
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    write(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["a.txt"], "nothing temporary stays");
    assert!(write(&folder.path().join("no/such/folder"), b"").is_err());
}

#[test]
fn what_is_created_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    create(&path, b"first").unwrap();
    assert_eq!(create(&path, b"second").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"first");
    assert_eq!(names(folder.path()), ["a.txt"], "nothing temporary stays");
}

#[test]
fn who_was_killed_once_its_folder_was_there_is_swept_by_who_finds_it_there() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    fs::create_dir_all(target.join("a")).unwrap();
    fs::create_dir(home.path().join(".rails-0123456789abcdef.partial")).unwrap();
    assert_eq!(StagedFolder::check(&target).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(names(home.path()), ["out"]);
}

#[test]
fn what_is_there_already_is_known_by_its_content() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("out");
    let make = |image: &str| {
        let folder = StagedFolder::create_again(&target)?;
        fs::create_dir(folder.path().join("class"))?;
        fs::write(folder.path().join("class/a.png"), image)?;
        folder.finish()
    };
    make("pixels").unwrap();
    make("pixels").unwrap();
    assert_eq!(make("others").unwrap_err().kind(), ErrorKind::AlreadyExists);
    fs::write(target.join("class/b.png"), "added by a person").unwrap();
    assert_eq!(make("pixels").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(names(home.path()), ["out"]);
    assert_eq!(names(&target.join("class")), ["a.png", "b.png"]);
}

#[test]
fn files_that_belong_together_appear_once_all_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write(&path("a"), b"old").unwrap();
    let first = Prepared::new(&path("a"), |file| file.write_all(b"new")).unwrap();
    assert!(Prepared::new(&path("b"), |_| Err(ErrorKind::StorageFull.into())).is_err());
    assert_eq!(fs::read(path("a")).unwrap(), b"old", "nothing appears before all are there");
    let second = Prepared::new(&path("b"), |file| file.write_all(b"new")).unwrap();
    appear(vec![first, second]).unwrap();
    assert_eq!(names(folder.path()), ["a", "b"]);
    assert_eq!(fs::read(path("a")).unwrap(), b"new");
    drop(Prepared::new(&path("c"), |file| file.write_all(b"half")).unwrap());
    assert_eq!(names(folder.path()), ["a", "b"], "nothing temporary stays");
}

#[cfg(unix)]
#[test]
fn others_may_read_what_the_umask_allows() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    let path = folder.path().join("atomic");
    fs::write(&plain, b"").unwrap();
    write(&path, b"").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
}

#[test]
fn a_folder_appears_whole_or_not_at_all() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("deep/out");
    let staged = StagedFolder::create(&target).unwrap();
    write(&staged.path().join("a"), b"a").unwrap();
    assert!(!target.exists());
    assert_eq!(StagedFolder::create(&target).unwrap_err().kind(), ErrorKind::ResourceBusy);
    drop(staged);
    assert_eq!(names(&home.path().join("deep")), [""; 0]);

    let staged = StagedFolder::create(&target).unwrap();
    fs::create_dir(staged.path().join("class")).unwrap();
    write(&staged.path().join("class/a"), b"a").unwrap();
    // A file that is there is replaced, never written through: it may be a link to somebody's original.
    fs::hard_link(staged.path().join("class/a"), home.path().join("original")).unwrap();
    write(&staged.path().join("class/a"), b"b").unwrap();
    staged.finish().unwrap();
    assert_eq!((names(&home.path().join("deep")), names(&target)), (vec!["out".to_owned()], vec!["class".to_owned()]));
    assert_eq!(fs::read(home.path().join("original")).unwrap(), b"a");
    assert_eq!(StagedFolder::create(&target).unwrap_err().kind(), ErrorKind::AlreadyExists);
}

#[test]
fn an_empty_folder_stays_the_folder_it_is() {
    let home = tempfile::tempdir().unwrap();
    let staged = StagedFolder::create(home.path()).unwrap();
    write(&staged.path().join("a"), b"a").unwrap();
    drop(staged);
    assert_eq!(names(home.path()), [""; 0]);
    let staged = StagedFolder::create(home.path()).unwrap();
    write(&staged.path().join("a"), b"a").unwrap();
    assert!(!home.path().join("a").exists());
    staged.finish().unwrap();
    assert_eq!(names(home.path()), ["a"]);
}

/// As a kill leaves it: nothing is dropped, but the locks are free.
fn killed(target: &Path) -> PathBuf {
    let staged = StagedFolder::create(target).unwrap();
    let partial = staged.path().parent().unwrap().to_owned();
    fs::write(staged.path().join("a"), b"half").unwrap();
    let copy = partial.with_file_name(format!("{PREFIX_OF_OTHERS}{FOLDER}"));
    fs::create_dir(&copy).unwrap();
    fs::rename(staged.path(), copy.join(staged.path().file_name().unwrap())).unwrap();
    File::create(copy.join(LOCK)).unwrap();
    copy
}

const PREFIX_OF_OTHERS: &str = ".rails-0123456789abcdef";

#[test]
fn what_the_dead_left_is_swept_and_what_the_living_make_is_not() {
    let home = tempfile::tempdir().unwrap();
    let dead = killed(&home.path().join("out"));
    let dead_file = home.path().join(format!("{PREFIX_OF_OTHERS}.tmp"));
    fs::write(&dead_file, b"half").unwrap();
    let alive_file = home.path().join(".rails-aaaaaaaaaaaaaaaa.tmp");
    let lock = File::create(&alive_file).unwrap();
    lock.lock().unwrap();
    let alive = StagedFolder::create(&home.path().join("alive")).unwrap();
    // Nobody's business, whatever they are called.
    let others = [".rails-version", ".rails-config", ".rails-0123456789abcdef.tmp.bak"];
    for name in &others {
        fs::write(home.path().join(name), b"mine").unwrap();
    }
    sweep(home.path());
    assert!(!dead.exists() && !dead_file.exists());
    assert!(alive.path().exists() && alive_file.exists());
    assert!(others.iter().all(|name| home.path().join(name).exists()));
}

#[test]
fn files_on_their_way_are_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let dead = killed(home.path());
    fs::write(dead.join(MOVING), br#"["a","b","../lost"]"#).unwrap();
    fs::write(home.path().join("b"), b"moved already").unwrap();
    let outside = home.path().parent().unwrap().join("lost");
    sweep(home.path());
    assert_eq!(names(home.path()), [""; 0], "{}", outside.display());
}

#[test]
fn paths_are_told_as_they_will_be() {
    let told = [
        ("no room: `out/.rails-0123456789abcdef.partial/run/a.csv`", "no room: `out/run/a.csv`"),
        ("`out/.rails-0123456789abcdef.partial/.inside/a.csv`: no", "`out/a.csv`: no"),
        ("`.rails/x` and `.rails-é` stay, .rails-", "`.rails/x` and `.rails-é` stay, .rails-"),
    ];
    for (text, shown) in told {
        assert_eq!(final_paths(text), shown);
    }
}

#[test]
fn a_refusal_is_known_also_as_a_cause() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot write")]
    struct Outer(#[source] io::Error);
    assert!(advice(&Outer(ErrorKind::StorageFull.into())).unwrap().starts_with("free some space"));
    assert!(advice(&io::Error::from(ErrorKind::ReadOnlyFilesystem)).unwrap().contains("only be read"));
    assert_eq!(advice(&Outer(ErrorKind::NotFound.into())), None);
    assert!(is_full(&Outer(ErrorKind::StorageFull.into())) && !is_full(&Outer(ErrorKind::NotFound.into())));
    assert!(is_full(&io::Error::from(ErrorKind::FileTooLarge)) && !is_full(&io::Error::from(ErrorKind::NotFound)));
}
