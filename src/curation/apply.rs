//! Application of decisions in JSON lines: images are found, clusters checked, and the log grows.
//!
//! A file is taken whole or not at all, so that a slip in line 40 does not leave 39 decisions behind.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{ClusterKey, Decision, LogEntry, replay};
use crate::data::{ClassName, ClusterId, ImageId};

/// Why a file of decisions is refused; nothing of it was applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ApplyError {
    /// Counted from 1.
    pub line: usize,
    message: String,
}

/// The run and the log that decisions apply to.
pub struct Request<'a> {
    /// The run's folder name.
    pub run: &'a str,
    /// The run's clustering methods; the first is meant where a line names none.
    pub methods: &'a [String],
    /// Lines that are in the log already.
    pub entries: &'a [LogEntry],
    /// The image of a path or id, `None` where the run has no such image.
    pub find: &'a dyn Fn(&str) -> Option<ImageId>,
    /// The images of a cluster of this run; empty where there is none.
    pub members: &'a dyn Fn(&str, ClusterId) -> Vec<ImageId>,
    /// The images of a cluster of another run.
    pub foreign: &'a ForeignMembers<'a>,
}

/// The images of a cluster by run, method and number, or why they cannot be found.
pub type ForeignMembers<'a> = dyn Fn(&str, &str, ClusterId) -> Result<Vec<ImageId>, String> + 'a;

/// Reads decisions, one JSON object a line; empty lines are passed over. `seq`, `at` and `by` of a copied log are
/// dropped, and its undos follow their decisions to the new numbers.
///
/// # Errors
/// [`ApplyError`] names the first line that cannot be taken.
pub fn parse_requests(text: &str, request: &Request<'_>) -> Result<Vec<Decision>, ApplyError> {
    let first = request.entries.last().map_or(1, |entry| entry.seq + 1);
    let mut renumbered = BTreeMap::new();
    let mut decisions: Vec<Decision> = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let seq = first + decisions.len() as u64;
        let decision = parse(text, seq, &mut renumbered)
            .and_then(|decision| request.resolve(decision, &decisions, first))
            .map_err(|message| ApplyError { line, message })?;
        decisions.push(decision);
    }
    Ok(decisions)
}

fn parse(text: &str, seq: u64, renumbered: &mut BTreeMap<u64, u64>) -> Result<Decision<String>, String> {
    let mut object: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("not a JSON object ({error})"))?;
    object.remove("at");
    object.remove("by");
    let own = object.remove("seq").map(|seq| seq.as_u64().ok_or("`seq` is not a whole number")).transpose()?;
    if matches!(object.get("decision").and_then(Value::as_str), Some("undo" | "redo")) {
        let of = match object.get("of") {
            Some(of) => of.as_u64().map(|old| renumbered.get(&old).copied().unwrap_or(old)),
            None => own.map(|old| renumbered.get(&old).copied().unwrap_or(old)),
        };
        object.insert("of".to_owned(), of.ok_or("`seq` must say which decision is meant")?.into());
    } else if let Some(own) = own {
        renumbered.insert(own, seq);
    }
    serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())
}

impl Request<'_> {
    /// Fills in what the line left open and checks the rest. `before` stands in the same file, from number `first` on.
    fn resolve(&self, mut decision: Decision<String>, before: &[Decision], first: u64) -> Result<Decision, String> {
        if let Some(class) = decision.class_mut() {
            *class = ClassName::parse(class).map_err(|error| error.to_string())?.into();
        }
        let mut missing = Vec::new();
        let mut find = |name: String| {
            // A log of another run may speak of images this one lacks; they wait in the log for a run that has them.
            let id = (self.find)(&name).or_else(|| name.parse().ok());
            if id.is_none() {
                missing.push(name);
            }
            Ok::<Option<ImageId>, String>(id)
        };
        let mut found =
            decision.try_map(&mut find)?.try_map(&mut |id| id.ok_or(())).map_err(|()| match missing.len() {
                1 => format!("the run has no image `{}`", missing[0]),
                n => format!("the run has no image `{}` (nor {} others named here)", missing[0], n - 1),
            })?;
        let clusters = found.clusters();
        match &mut found {
            Decision::NameCluster { method, run, members, .. }
            | Decision::MergeClusters { method, run, members, .. }
            | Decision::SplitCluster { method, run, members, .. } => {
                self.place(method, run, members, &clusters, before)?;
            }
            Decision::Undo { of } | Decision::Redo { of } => {
                let known = self.entries.iter().any(|entry| entry.seq == *of)
                    || (first..first + before.len() as u64).contains(of);
                if !known {
                    return Err(format!("there is no decision {of}"));
                }
            }
            Decision::Accept { images, class: class @ None } => *class = Some(self.common_class(images, before)?),
            Decision::Move { .. } | Decision::Remove { .. } | Decision::Restore { .. } | Decision::Accept { .. } => {}
        }
        if let Decision::SplitCluster { method: Some(method), run: Some(run), into, .. } = &found {
            for ClusterKey(part) in into.keys() {
                let there = run == self.run && !(self.members)(method, *part).is_empty();
                if there || self.was_split_off(run, method, *part, before) {
                    return Err(format!("cluster {part} exists: choose another number"));
                }
            }
        }
        if let Decision::MergeClusters { clusters, .. } = &found
            && clusters.len() < 2
        {
            return Err("a merge needs at least two clusters".to_owned());
        }
        Ok(found)
    }

    /// Says which run's clusters are meant and that they exist; another run's come with their images.
    fn place(
        &self,
        method: &mut Option<String>,
        run: &mut Option<String>,
        members: &mut BTreeMap<ClusterKey, Vec<ImageId>>,
        clusters: &[ClusterId],
        before: &[Decision],
    ) -> Result<(), String> {
        let run = run.get_or_insert_with(|| self.run.to_owned());
        if run != self.run {
            let method = method.as_deref().ok_or("a decision of another run must name its method")?;
            for cluster in clusters {
                if !members.contains_key(&ClusterKey(*cluster)) && !self.was_split_off(run, method, *cluster, before) {
                    members.insert(ClusterKey(*cluster), (self.foreign)(run, method, *cluster)?);
                }
            }
            return Ok(());
        }
        members.clear();
        let default = self.methods.first().ok_or("the run has no clustering")?;
        let method = method.get_or_insert_with(|| default.clone());
        if !self.methods.contains(method) {
            return Err(format!("the run has no clustering `{method}`, only {}", self.methods.join(", ")));
        }
        for cluster in clusters {
            if (self.members)(method, *cluster).is_empty() && !self.was_split_off(self.run, method, *cluster, before) {
                return Err(format!("there is no cluster {cluster} in {method}"));
            }
        }
        Ok(())
    }

    fn was_split_off(&self, run: &str, method: &str, cluster: ClusterId, before: &[Decision]) -> bool {
        self.entries.iter().map(|entry| &entry.decision).chain(before).any(|decision| {
            matches!(decision, Decision::SplitCluster { method: m, run: r, into, .. }
                if r.as_deref() == Some(run) && m.as_deref() == Some(method) && into.contains_key(&ClusterKey(cluster)))
        })
    }

    /// The one class that all `images` have after everything decided so far.
    fn common_class(&self, images: &[ImageId], before: &[Decision]) -> Result<String, String> {
        let first = self.entries.last().map_or(1, |entry| entry.seq + 1);
        let new = (first..).zip(before).map(|(seq, decision)| LogEntry {
            seq,
            at: String::new(),
            by: String::new(),
            decision: decision.clone(),
        });
        let entries: Vec<LogEntry> = self.entries.iter().cloned().chain(new).collect();
        let state = replay(&entries, self.members);
        let mut classes = images.iter().map(|image| state.labels.get(image).map(|label| &label.class));
        let first = classes.next().ok_or("no images named")?.ok_or("an image without a class cannot be accepted")?;
        if classes.any(|class| class != Some(first)) {
            return Err("the images have different classes; accept them class by class".to_owned());
        }
        Ok(first.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str) -> ImageId {
        ImageId::of_bytes(name.as_bytes())
    }

    fn parse_all(text: &str) -> Result<Vec<Decision>, ApplyError> {
        let members = |method: &str, cluster: ClusterId| match (method, cluster.0) {
            ("kmeans", 0) => vec![image("a"), image("b")],
            ("kmeans", 1) => vec![image("c")],
            _ => Vec::new(),
        };
        let foreign = |run: &str, _: &str, _: ClusterId| match run {
            "old" => Ok(vec![image("c")]),
            _ => Err(format!("there is no run `{run}`")),
        };
        parse_requests(
            text,
            &Request {
                run: "new",
                methods: &["kmeans".to_owned(), "dbscan".to_owned()],
                entries: &[],
                find: &|name| ["a", "b", "c"].contains(&name).then(|| image(name)),
                members: &members,
                foreign: &foreign,
            },
        )
    }

    fn refused(text: &str) -> String {
        parse_all(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_left_open_is_filled_in() {
        let decisions = parse_all(r#"{"decision":"name_cluster","cluster":0,"class":"gravel"}"#).unwrap();
        let Decision::NameCluster { method, run, .. } = &decisions[0] else { panic!() };
        assert_eq!((method.as_deref(), run.as_deref()), (Some("kmeans"), Some("new")));

        let lines = "{\"decision\":\"name_cluster\",\"cluster\":0,\"class\":\"gravel\"}\n\n\
                     {\"decision\":\"accept\",\"images\":[\"a\"]}";
        let decisions = parse_all(lines).unwrap();
        assert_eq!(decisions[1].class(), Some("gravel"));

        let decisions = parse_all(r#"{"decision":"move","images":["a"],"class":" gra\u0308s "}"#).unwrap();
        assert_eq!(decisions[0].class(), Some("gräs"), "trimmed and composed");
    }

    #[test]
    fn another_runs_cluster_comes_with_its_images() {
        let line = r#"{"decision":"name_cluster","run":"old","method":"kmeans","cluster":9,"class":"gravel"}"#;
        let Decision::NameCluster { members, .. } = &parse_all(line).unwrap()[0] else { panic!() };
        assert_eq!(members[&ClusterKey(ClusterId(9))], [image("c")]);
        assert_eq!(refused(&line.replace("old", "lost")), "line 1: there is no run `lost`");
    }

    #[test]
    fn undos_of_a_copied_log_follow_their_decisions() {
        let lines = "{\"seq\":7,\"at\":\"t\",\"by\":\"me\",\"decision\":\"move\",\"images\":[\"a\"],\"class\":\"x\"}\n\
                     {\"seq\":8,\"at\":\"t\",\"by\":\"me\",\"decision\":\"undo\",\"of\":7}";
        assert_eq!(parse_all(lines).unwrap()[1], Decision::Undo { of: 1 });
        let lines = "{\"decision\":\"move\",\"images\":[\"a\"],\"class\":\"x\"}\n{\"decision\":\"undo\",\"seq\":1}";
        assert_eq!(parse_all(lines).unwrap()[1], Decision::Undo { of: 1 });
    }

    #[test]
    fn slips_are_told_with_their_line() {
        assert!(refused("\n{").starts_with("line 2: not a JSON object"));
        assert_eq!(
            refused(r#"{"decision":"move","images":["a","z"],"class":"x"}"#),
            "line 1: the run has no image `z`"
        );
        assert_eq!(
            refused(r#"{"decision":"name_cluster","cluster":5,"class":"x"}"#),
            "line 1: there is no cluster 5 in kmeans"
        );
        assert!(refused(r#"{"decision":"move","images":["a"],"class":"x","colour":1}"#).contains("colour"));
        assert!(refused(r#"{"decision":"move","images":["a"],"class":"../x\ny"}"#).contains("no class name"));
        assert_eq!(refused(r#"{"decision":"undo","seq":4}"#), "line 1: there is no decision 4");
        assert!(refused(r#"{"decision":"accept","images":["a"]}"#).contains("without a class"));
    }
}
