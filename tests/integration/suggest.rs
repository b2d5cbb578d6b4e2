//! `rails curate --suggest`, and the weights and propagated labels of labels.csv

use serde_json::Value;

use crate::review::fresh;
use crate::workplace::{Workplace, names_by_majority};

fn suggestions(place: &Workplace, run: &str) -> Vec<Value> {
    let printed = place.rails(&["curate", run, "--suggest", "3"]).with(0).stdout;
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_to_look_at_next_is_said_without_the_page() {
    let (place, run) = fresh("suggest");
    let first = suggestions(&place, &run);
    assert_eq!(first.len(), 3);
    assert_eq!((first[0]["kind"].as_str(), first[0]["method"].as_str()), (Some("name_cluster"), Some("review")));
    let images = first[0]["images"].as_array().unwrap();
    assert_eq!(images.len(), first[0]["rows"].as_array().unwrap().len());
    assert!(images.iter().all(|path| place.path(format!("datasets/surfaces/{}", path.as_str().unwrap())).is_file()));

    let name = format!(
        "{{\"decision\":\"name_cluster\",\"method\":\"review\",\"cluster\":{},\"class\":\"first\"}}\n",
        first[0]["cluster"]
    );
    place.write("name.jsonl", name);
    place.rails(&["curate", &run, "--apply", "name.jsonl"]).with(0);
    assert_ne!(suggestions(&place, &run)[0]["cluster"], first[0]["cluster"], "it has a name now");
}

#[test]
fn labels_carry_where_they_come_from_and_how_far_they_are_trusted() {
    let (place, run) = fresh("suggest");
    let names = names_by_majority(&place);
    place.write("names.jsonl", names.lines().take(2).collect::<Vec<_>>().join("\n") + "\n");
    place.write("move.jsonl", "{\"decision\":\"move\",\"images\":[\"brick_1,1.png\"],\"class\":\"brick\"}\n");
    place.rails(&["curate", &run, "--apply", "names.jsonl"]).with(0);
    place.rails(&["curate", &run, "--apply", "move.jsonl"]).with(0);
    let table = || place.table(format!("{run}/curation/labels.csv"));
    let decided = table();
    for row in &decided {
        let weight: f64 = row["weight"].parse().unwrap();
        match row["source"].as_str() {
            "moved" => assert_eq!((row["path"].as_str(), weight), ("brick_1,1.png", 1.0)),
            source => assert!(source == "named cluster" && weight > 0.0 && weight < 0.5, "{row:?}"),
        }
    }
    place.rails(&["curate", &run, "--propagate", "0"]).with(0);
    let all = table();
    assert_eq!(all.len(), 60);
    assert_eq!(all.iter().filter(|row| row["source"] == "propagated").count(), 60 - decided.len());
    place.rails(&["curate", &run, "--propagate", "1.5"]).with(2).saying(&["1.5", "0 to 1"]);
    place.rails(&["curate", &run, "--no-propagate"]).with(0);
    assert_eq!(table(), decided);
}
