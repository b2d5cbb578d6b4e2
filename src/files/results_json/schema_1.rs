//! Results of the first schema under the names of today: some metrics were called otherwise, a recipe said by which sections
//! it had what its classifier was, and its `[features]` were one table for all kinds.

use serde_json::{Map, Value, json};

use super::{Results, SCHEMA};

/// `results` as they would be written today. What cannot be read stays as it is.
pub(super) fn upgraded(mut results: Results) -> Results {
    SCHEMA.clone_into(&mut results.schema);
    rename(&mut results.metrics, "reject", "rejection");
    if let Some(Value::Object(rejection)) = results.metrics.get_mut("rejection") {
        rename(rejection, "never_learned", "novel_classes");
    }
    if let Some(Value::Object(areas)) = results.metrics.get_mut("risk_coverage_area") {
        rename(areas, "by_unfamiliarity", "by_novelty");
    }
    if let Value::Object(config) = &mut results.config {
        classifier(config);
        // Of slices and tiles nothing but their enhancement is chosen.
        let chosen = !config.contains_key("patches") && !config.contains_key("separate");
        if let Some(Value::Object(old)) = config.get_mut("features") {
            *old = if chosen { features(old) } else { part_of(old, &["enhance"]) };
        }
    }
    results
}

/// A section `linear` or `knn` said that the classifier is one; `mlp` was always there.
fn classifier(config: &mut Map<String, Value>) {
    let mut sections = ["mlp", "linear", "knn"].map(|kind| (kind, config.remove(kind)));
    sections.reverse();
    let chosen = sections.into_iter().find_map(|(kind, section)| match section {
        Some(Value::Object(section)) => Some((kind, section)),
        _ => None,
    });
    if let Some((kind, mut section)) = chosen {
        section.insert("kind".to_owned(), kind.into());
        config.insert("classifier".to_owned(), Value::Object(section));
    }
}

/// `frame` stood for raw counts; a network that weighed 0 left hand-made blocks alone.
fn features(old: &Map<String, Value>) -> Map<String, Value> {
    let kind = |kind: &str, keys: &[&str]| {
        let mut section = part_of(old, keys);
        section.insert("kind".to_owned(), kind.into());
        section
    };
    if let Some(statistics) = old.get("frame").filter(|statistics| !statistics.is_null()) {
        let mut frame = kind("frame", &[]);
        frame.insert("statistics".to_owned(), statistics.clone());
        return frame;
    }
    let weight = old.get("network").filter(|weight| !weight.is_null()).cloned().unwrap_or_else(|| json!(1.0));
    let blocks = old.get("hand_made").and_then(Value::as_object).filter(|blocks| !blocks.is_empty());
    if weight.as_f64() == Some(0.0) {
        let mut hand_made = kind("hand_made", &["enhance"]);
        let blocks = blocks.map_or_else(|| json!({ "statistics": 1.0 }), |blocks| Value::Object(blocks.clone()));
        hand_made.insert("blocks".to_owned(), blocks);
        return hand_made;
    }
    let mut network = kind("network", &["backbone", "layers", "weights", "resize", "batch_size", "enhance"]);
    if let Some(blocks) = blocks {
        let mut beside = blocks.clone();
        beside.insert("network".to_owned(), weight);
        network.insert("hand_made".to_owned(), Value::Object(beside));
    }
    network
}

fn part_of(map: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    map.iter()
        .filter(|(key, _)| keys.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn rename(map: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = map.remove(from) {
        map.insert(to.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &Value, metrics: &Value) -> Results {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        let created = "2025-01-01T00:00:00Z";
        let old = json!({ "schema": "rails.results/1", "kind": "train", "name": "old", "created": created,
            "config": config, "metrics": metrics });
        std::fs::write(&path, old.to_string()).unwrap();
        Results::read(&path).unwrap()
    }

    #[test]
    fn metrics_have_the_names_of_today() {
        let metrics = json!({ "reject": { "keep": 0.9, "never_learned": { "images": 3 } }, "accuracy": 0.5,
            "risk_coverage_area": { "by_unfamiliarity": 0.01, "by_confidence": 0.02 } });
        let flat: Vec<_> = read(&Value::Null, &metrics).flat_metrics().into_keys().collect();
        let today = [
            "accuracy",
            "rejection.keep",
            "rejection.novel_classes.images",
            "risk_coverage_area.by_confidence",
            "risk_coverage_area.by_novelty",
        ];
        assert_eq!(flat, today);
    }

    #[test]
    fn recipes_have_the_keys_of_today() {
        let network = json!({ "backbone": "resnet50", "layers": [], "enhance": ["clahe"], "batch_size": 32 });
        let with = |keys: Value| {
            let mut features = network.clone();
            features.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
            json!({ "features": features })
        };
        let today = |keys: Value| with(keys)["features"].clone();
        for (old, now) in [
            (json!({ "mlp": { "hidden": [4] } }), json!({ "classifier": { "kind": "mlp", "hidden": [4] } })),
            (
                json!({ "mlp": { "hidden": [4] }, "linear": { "l2": 0.1 } }),
                json!({ "classifier": { "kind": "linear", "l2": 0.1 } }),
            ),
            (json!({ "mlp": {}, "knn": { "k": 3 } }), json!({ "classifier": { "kind": "knn", "k": 3 } })),
            (with(json!({})), json!({ "features": today(json!({ "kind": "network" })) })),
            (
                with(json!({ "hand_made": { "missing": 2.0 } })),
                json!({ "features":
                    today(json!({ "kind": "network", "hand_made": { "network": 1.0, "missing": 2.0 } })) }),
            ),
            (
                with(json!({ "network": 0.0, "hand_made": { "missing": 2.0 } })),
                json!({ "features": { "kind": "hand_made", "enhance": ["clahe"], "blocks": { "missing": 2.0 } } }),
            ),
            (
                with(json!({ "frame": "mean_flux" })),
                json!({ "features": { "kind": "frame", "statistics": "mean_flux" } }),
            ),
            (
                json!({ "patches": {}, "features": { "layers": [], "enhance": [] } }),
                json!({ "patches": {}, "features": { "enhance": [] } }),
            ),
        ] {
            assert_eq!(read(&old, &json!({})).config, now, "{old}");
        }
    }
}
