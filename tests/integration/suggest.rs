//! `rails curate --suggest`, and the weights and propagated labels of labels.csv

use serde_json::{Value, json};

use crate::review::fresh;
use crate::served::Served;
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

#[test]
fn the_page_writes_the_labels_that_the_command_line_writes() {
    let (place, run) = fresh("suggest");
    place.rails(&["curate", &run, "--propagate", "0.2"]).with(0);
    let served = Served::start(&place, &run);
    let clusters = served.state()["cluster"].as_array().unwrap().clone();
    let other = clusters.iter().find(|cluster| **cluster != clusters[0]).unwrap();
    let name = |cluster: &Value, class: &str| json!({ "decision": "name_cluster", "method": "review", "cluster": cluster, "class": class });
    served.decide(&[name(&clusters[0], "brick"), name(other, "stone")]).with(200);
    assert_eq!(served.interrupt(), Some(0));
    let labels = format!("{run}/curation/labels.csv");
    let by_page = place.read(&labels);
    assert!(by_page.contains(",propagated,") && by_page.contains(",named cluster,"), "{by_page}");
    place.rails(&["curate", &run, "--propagate", "0.2"]).with(0);
    assert_eq!(place.read(&labels), by_page);
}
