//! A decision in words, for the people who took it.

use std::fmt;

use super::Decision;

impl<I> fmt::Display for Decision<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameCluster { cluster, class, .. } => write!(f, "cluster {cluster} named `{class}`"),
            Self::MergeClusters { clusters, .. } => {
                let clusters: Vec<String> = clusters.iter().map(ToString::to_string).collect();
                write!(f, "clusters {} merged", clusters.join(", "))
            }
            Self::SplitCluster { cluster, into, .. } => {
                let images = into.values().map(Vec::len).sum();
                let parts: Vec<String> = into.keys().map(|key| key.0.to_string()).collect();
                let plural = if parts.len() == 1 { "" } else { "s" };
                let parts = parts.join(", ");
                write!(f, "cluster {cluster} split: {} into cluster{plural} {parts}", counted(images))
            }
            Self::Move { images, class, .. } => write!(f, "{} moved to `{class}`", counted(images.len())),
            Self::Remove { images, reason } => {
                write!(f, "{} removed", counted(images.len()))?;
                reason.as_ref().map_or(Ok(()), |reason| write!(f, " ({reason})"))
            }
            Self::Restore { images } => write!(f, "{} given back", counted(images.len())),
            Self::Accept { images, class } => {
                write!(f, "{} accepted", counted(images.len()))?;
                class.as_ref().map_or(Ok(()), |class| write!(f, " as `{class}`"))
            }
            Self::Undo { of } => write!(f, "decision {of} undone"),
            Self::Redo { of } => write!(f, "decision {of} redone"),
        }
    }
}

fn counted(images: usize) -> String {
    if images == 1 { "1 image".to_owned() } else { format!("{images} images") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_read_well() {
        let said = |line: &str| serde_json::from_str::<Decision<String>>(line).unwrap().to_string();
        for (line, sentence) in [
            (r#"{"decision":"name_cluster","cluster":3,"class":"gravel"}"#, "cluster 3 named `gravel`"),
            (r#"{"decision":"merge_clusters","clusters":[1,4]}"#, "clusters 1, 4 merged"),
            (
                r#"{"decision":"split_cluster","cluster":1,"into":{"7":["a","b"]}}"#,
                "cluster 1 split: 2 images into cluster 7",
            ),
            (r#"{"decision":"move","images":["a"],"class":"x"}"#, "1 image moved to `x`"),
            (r#"{"decision":"remove","images":["a","b"],"reason":"blurred"}"#, "2 images removed (blurred)"),
            (r#"{"decision":"remove","images":["a"]}"#, "1 image removed"),
            (r#"{"decision":"accept","images":["a"],"class":"x"}"#, "1 image accepted as `x`"),
        ] {
            assert_eq!(said(line), sentence);
        }
    }
}
