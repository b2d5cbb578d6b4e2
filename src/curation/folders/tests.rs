use super::earlier_decisions::{deleted, moved_in};
use super::*;
use crate::files::cluster_metadata_json::{ClusterMetadata, FILE as METADATA_FILE, PlacedFile};

/// Two clusters of two images each, in folders as a run leaves them.
fn run_folder() -> (tempfile::TempDir, Vec<FolderImage>) {
    let home = tempfile::tempdir().unwrap();
    let mut images = Vec::new();
    for (cluster, names) in [(0, ["a", "b"]), (1, ["c", "d"])] {
        let folder = home.path().join(format!("cluster_{cluster}"));
        fs::create_dir(&folder).unwrap();
        let mut placed = Vec::new();
        for name in names {
            let id = ImageId::of_bytes(name.as_bytes());
            let file = folder.join(format!("{name}.png"));
            fs::write(&file, name).unwrap();
            images.push(FolderImage { id, cluster: Some(ClusterId(cluster)), source: file });
            placed.push(PlacedFile { file: format!("{name}.png"), id, path: format!("{name}.png") });
        }
        let metadata = ClusterMetadata {
            method: "kmeans".to_owned(),
            cluster: i64::from(cluster),
            size: 2,
            share: 0.5,
            silhouette: None,
            fields: BTreeMap::new(),
            files: placed,
        };
        fs::write(folder.join(METADATA_FILE), serde_json::to_vec(&metadata).unwrap()).unwrap();
    }
    (home, images)
}

fn edits(home: &Path, images: &[FolderImage], state: &Curation) -> FolderEdits {
    folder_edits(home, "run", "kmeans", images, &[], state, Emptied::Left).unwrap()
}

#[test]
fn an_untouched_folder_says_nothing() {
    let (home, images) = run_folder();
    assert_eq!(edits(home.path(), &images, &Curation::default()), FolderEdits::default());
}

#[test]
fn renames_moves_and_deletions_become_decisions() {
    let (home, images) = run_folder();
    let at = |path: &str| home.path().join(path);
    fs::rename(at("cluster_0"), at("grass")).unwrap();
    fs::rename(at("cluster_1/c.png"), at("grass/renamed.png")).unwrap();
    fs::remove_file(at("cluster_1/d.png")).unwrap();
    fs::create_dir_all(at("_removed/too dark")).unwrap();
    fs::rename(at("grass/b.png"), at("_removed/too dark/b.png")).unwrap();
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| images[i].id);
    let done = edits(home.path(), &images, &Curation::default());
    assert!(done.open.is_empty(), "{:?}", done.open);
    let lines: Vec<String> = done.decisions.iter().map(|d| serde_json::to_string(d).unwrap()).collect();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(lines[0].contains(r#""cluster":0,"class":"grass""#));
    assert_eq!(
        done.decisions[1],
        Decision::Move { images: vec![c], class: "grass".to_owned(), reason: Some(moved_in("kmeans")) }
    );
    assert_eq!(done.decisions[2], Decision::Remove { images: vec![d], reason: Some(deleted("kmeans")) });
    assert_eq!(done.decisions[3], Decision::Remove { images: vec![b], reason: Some("too dark".to_owned()) });
    let _ = a;
}

#[test]
fn what_is_in_the_log_is_not_decided_twice() {
    let (home, images) = run_folder();
    let at = |path: &str| home.path().join(path);
    fs::rename(at("cluster_0"), at("cluster_0_grass")).unwrap();
    fs::rename(at("cluster_1/c.png"), at("cluster_0_grass/c.png")).unwrap();
    fs::remove_file(at("cluster_1/d.png")).unwrap();
    let first = edits(home.path(), &images, &Curation::default());
    assert_eq!(first.decisions.len(), 3);
    let entries: Vec<super::super::LogEntry> = (1..)
        .zip(first.decisions)
        .map(|(seq, decision)| super::super::LogEntry { seq, at: String::new(), by: String::new(), decision })
        .collect();
    let state = super::super::replay(&entries, &|_, _| Vec::new());
    assert_eq!(edits(home.path(), &images, &state).decisions, []);
}

#[test]
fn another_methods_folders_do_not_take_it_back() {
    let (home, images) = run_folder();
    fs::rename(home.path().join("cluster_0"), home.path().join("cluster_0_grass")).unwrap();
    let entries: Vec<super::super::LogEntry> = [
        Decision::Remove { images: vec![images[0].id], reason: Some(deleted("dbscan")) },
        Decision::Move { images: vec![images[1].id], class: "stone".to_owned(), reason: Some(moved_in("dbscan")) },
    ]
    .into_iter()
    .zip(1..)
    .map(|(decision, seq)| super::super::LogEntry { seq, at: String::new(), by: String::new(), decision })
    .collect();
    let state = super::super::replay(&entries, &|_, _| Vec::new());
    let done = edits(home.path(), &images, &state).decisions;
    assert!(matches!(done.as_slice(), [Decision::NameCluster { .. }]), "{done:?}");
}

#[test]
fn a_move_into_a_nameless_cluster_waits_for_its_name() {
    let (home, images) = run_folder();
    fs::rename(home.path().join("cluster_1/c.png"), home.path().join("cluster_0/c.png")).unwrap();
    let done = edits(home.path(), &images, &Curation::default());
    assert!(done.decisions.is_empty());
    assert!(done.open[0].contains("1 images were moved into `cluster_0`"), "{:?}", done.open);
}

#[test]
fn an_emptied_folder_is_no_removal_of_each_image_unless_somebody_says_so() {
    let (home, images) = run_folder();
    let edits =
        |emptied| folder_edits(home.path(), "run", "kmeans", &images, &[], &Curation::default(), emptied).unwrap();
    for name in ["a", "b"] {
        fs::remove_file(home.path().join(format!("cluster_0/{name}.png"))).unwrap();
    }
    for _ in ["emptied", "deleted"] {
        let left = edits(Emptied::Left);
        assert_eq!(left.decisions, []);
        assert!(left.open[0].contains("none of the 2 images of `kmeans/cluster_0`"), "{:?}", left.open);
        let removed = edits(Emptied::Removed).decisions;
        assert!(matches!(removed.as_slice(), [Decision::Remove { images, .. }] if images.len() == 2), "{removed:?}");
        let _ = fs::remove_dir_all(home.path().join("cluster_0"));
    }
    fs::remove_file(home.path().join("cluster_1/d.png")).unwrap();
    assert_eq!(edits(Emptied::Left).decisions.len(), 1, "one of two is a decision");
}

#[cfg(unix)]
#[test]
fn links_to_folders_are_not_followed() {
    let (home, images) = run_folder();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir(elsewhere.path().join("grass")).unwrap();
    fs::rename(home.path().join("cluster_1/c.png"), elsewhere.path().join("grass/c.png")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("grass"), home.path().join("grass")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), home.path().join("cluster_0/more")).unwrap();
    let found = edits(home.path(), &images, &Curation::default());
    assert_eq!(found.open.len(), 2, "{:?}", found.open);
    assert!(found.open.iter().all(|open| open.contains("is a link to a folder")));
    assert!(
        found.decisions.iter().all(|decision| matches!(decision, Decision::Remove { .. })),
        "{:?}",
        found.decisions
    );
}

#[test]
fn what_the_run_put_nowhere_is_missed_by_nobody() {
    let (home, mut images) = run_folder();
    let id = ImageId::of_bytes(b"gone before it could be placed");
    images.push(FolderImage { id, cluster: Some(ClusterId(0)), source: home.path().join("gone.png") });
    assert_eq!(edits(home.path(), &images, &Curation::default()), FolderEdits::default());
}
