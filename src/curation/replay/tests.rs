use super::*;

fn image(name: &str) -> ImageId {
    ImageId::of_bytes(name.as_bytes())
}

/// Clusters 0: a b c, 1: d e.
fn members(_: &str, cluster: ClusterId) -> Vec<ImageId> {
    let names: &[&str] = match cluster.0 {
        0 => &["a", "b", "c"],
        1 => &["d", "e"],
        _ => &[],
    };
    names.iter().map(|name| image(name)).collect()
}

fn outcome(lines: &[&str]) -> String {
    let entries: Vec<LogEntry> = (1..)
        .zip(lines)
        .map(|(seq, line)| LogEntry {
            seq,
            at: String::new(),
            by: String::new(),
            decision: serde_json::from_str::<Decision<String>>(line)
                .unwrap()
                .try_map(&mut |name| Ok::<_, ()>(image(&name)))
                .unwrap(),
        })
        .collect();
    let state = replay(&entries, &members);
    ["a", "b", "c", "d", "e"]
        .map(|name| {
            let id = image(name);
            let label = state.labels.get(&id).map_or("-", |label| &label.class);
            let removed = if state.removed.contains_key(&id) { "x" } else { "" };
            format!("{name}:{label}{removed}")
        })
        .join(" ")
}

const NAME_0: &str = r#"{"decision":"name_cluster","cluster":0,"class":"grass"}"#;
const NAME_1: &str = r#"{"decision":"name_cluster","cluster":1,"class":"stone"}"#;
const MOVE_A: &str = r#"{"decision":"move","images":["a"],"class":"stone"}"#;
const REMOVE_A: &str = r#"{"decision":"remove","images":["a"],"reason":"dark"}"#;
const RESTORE_A: &str = r#"{"decision":"restore","images":["a"]}"#;
const MERGE: &str = r#"{"decision":"merge_clusters","clusters":[1,0]}"#;

#[test]
fn an_image_beats_its_cluster_whatever_the_order() {
    assert_eq!(outcome(&[NAME_0, MOVE_A]), "a:stone b:grass c:grass d:- e:-");
    assert_eq!(outcome(&[MOVE_A, NAME_0]), "a:stone b:grass c:grass d:- e:-");
    assert_eq!(outcome(&[REMOVE_A, NAME_0]), "a:-x b:grass c:grass d:- e:-");
}

#[test]
fn removals_can_be_taken_back() {
    assert_eq!(outcome(&[NAME_0, REMOVE_A, RESTORE_A]), "a:grass b:grass c:grass d:- e:-");
    assert_eq!(outcome(&[MOVE_A, REMOVE_A, RESTORE_A]), "a:stone b:- c:- d:- e:-");
    assert_eq!(outcome(&[REMOVE_A, MOVE_A]), "a:stone b:- c:- d:- e:-");
}

#[test]
fn merged_clusters_share_the_latest_name() {
    assert_eq!(outcome(&[NAME_1, NAME_0, MERGE]), "a:grass b:grass c:grass d:grass e:grass");
    assert_eq!(outcome(&[MERGE, NAME_0]), "a:grass b:grass c:grass d:grass e:grass");
}

#[test]
fn split_parts_are_unnamed_until_named() {
    let split = r#"{"decision":"split_cluster","cluster":0,"into":{"7":["b"]}}"#;
    let name_7 = r#"{"decision":"name_cluster","cluster":7,"class":"fault"}"#;
    assert_eq!(outcome(&[NAME_0, split]), "a:grass b:- c:grass d:- e:-");
    assert_eq!(outcome(&[NAME_0, split, name_7]), "a:grass b:fault c:grass d:- e:-");
}

#[test]
fn undo_and_redo() {
    let undo = r#"{"decision":"undo","of":1}"#;
    let redo = r#"{"decision":"redo","of":1}"#;
    assert_eq!(outcome(&[NAME_0, undo]), "a:- b:- c:- d:- e:-");
    let undo_the_undo = r#"{"decision":"undo","of":2}"#;
    assert_eq!(outcome(&[NAME_0, undo, undo_the_undo]), "a:grass b:grass c:grass d:- e:-");
    assert_eq!(outcome(&[NAME_0, undo, redo]), "a:grass b:grass c:grass d:- e:-");
}

#[test]
fn another_runs_clusters_carry_over_as_their_images() {
    let carried = r#"{"decision":"name_cluster","run":"old","cluster":0,"class":"fault","members":{"0":["b","d"]}}"#;
    assert_eq!(outcome(&[carried]), "a:- b:fault c:- d:fault e:-");
    assert_eq!(outcome(&[carried, NAME_1]), "a:- b:fault c:- d:stone e:stone");
}
