//! A batch that comes again: whoever was killed after it was written gives the same file once more, and it must not be
//! decided twice.

use super::history::batches;
use super::{Decision, LogEntry, replay};
use crate::data::{ClusterId, ImageId};

/// How many earlier batches of the same size are looked at.
const LOOKED_AT: usize = 8;

/// Whether the log has these decisions as one batch already, and they would change nothing if they came once more.
///
/// `lines` are how many; `read` says what they are where the log before them is the answer's argument, as numbers of undos
/// depend on it, `None` where they do not fit there.
pub fn is_repeated(
    entries: &[LogEntry],
    lines: usize,
    members: &dyn Fn(&str, ClusterId) -> Vec<ImageId>,
    read: impl Fn(&[LogEntry]) -> Option<Vec<Decision>>,
) -> bool {
    let mut start = 0;
    let mut same_size = Vec::new();
    for batch in batches(entries) {
        if batch.len() == lines {
            same_size.push((start, batch));
        }
        start += batch.len();
    }
    let known = same_size.into_iter().rev().take(LOOKED_AT).find(|(start, batch)| {
        let decisions = read(&entries[..*start]);
        decisions.is_some_and(|decisions| batch.iter().map(|entry| &entry.decision).eq(&decisions))
    });
    known.is_some_and(|(_, batch)| {
        // Which line says it makes no difference.
        let state = |entries: &[LogEntry]| {
            let mut state = replay(entries, members);
            state.labels.values_mut().for_each(|label| label.seq = 0);
            state
        };
        state(entries) == state(&[entries, &once_more(batch, entries)].concat())
    })
}

/// `batch` at the end of the log; its undos of its own lines follow them.
fn once_more(batch: &[LogEntry], entries: &[LogEntry]) -> Vec<LogEntry> {
    let (Some(first), Some(last)) = (batch.first(), entries.last()) else { return Vec::new() };
    let moved = |seq: u64| last.seq + 1 + seq - first.seq;
    let own = |of: u64| if of >= first.seq { moved(of) } else { of };
    let decision = |decision: &Decision| match *decision {
        Decision::Undo { of } => Decision::Undo { of: own(of) },
        Decision::Redo { of } => Decision::Redo { of: own(of) },
        ref other => other.clone(),
    };
    batch
        .iter()
        .map(|entry| LogEntry { seq: moved(entry.seq), decision: decision(&entry.decision), ..entry.clone() })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn log(batches: &[&[Decision]]) -> Vec<LogEntry> {
        let mut entries = Vec::new();
        for (at, batch) in batches.iter().enumerate() {
            for decision in *batch {
                let seq = entries.len() as u64 + 1;
                let (at, by) = (format!("2026-01-01T00:00:0{at}.000Z"), "me".to_owned());
                entries.push(LogEntry { seq, at, by, decision: decision.clone() });
            }
        }
        entries
    }

    fn moved(image: &str, class: &str) -> Decision {
        Decision::Move { images: vec![ImageId::of_bytes(image.as_bytes())], class: class.to_owned(), reason: None }
    }

    fn repeated(batches: &[&[Decision]], again: &[Decision]) -> bool {
        is_repeated(&log(batches), again.len(), &|_, _| Vec::new(), |_| Some(again.to_vec()))
    }

    #[test]
    fn a_batch_comes_again_where_it_is_known_and_changes_nothing() {
        let batch = [moved("a", "grass"), moved("b", "brick")];
        assert!(!repeated(&[], &batch));
        assert!(repeated(&[&batch], &batch));
        assert!(repeated(&[&batch, &[moved("c", "brick")]], &batch), "others decided elsewhere meanwhile");
        assert!(!repeated(&[&batch, &[moved("a", "brick")]], &batch), "it would be decided anew");
        assert!(!repeated(&[&batch[..1], &batch[1..]], &batch), "the parts were decided by themselves");
        assert!(!repeated(&[&batch[..1]], &batch), "only a part is there");
        assert!(!repeated(&[&batch], &[moved("a", "grass"), moved("b", "gravel")]));
        assert!(!repeated(&[&batch, &[Decision::Undo { of: 2 }]], &batch), "a line of it was taken back");
    }

    #[test]
    fn undos_and_splits_come_again_too() {
        let batch = [moved("a", "grass"), Decision::Undo { of: 1 }];
        assert!(repeated(&[&batch], &batch));
        let split = Decision::SplitCluster {
            cluster: ClusterId(1),
            into: BTreeMap::from([(super::super::ClusterKey(ClusterId(7)), vec![ImageId::of_bytes(b"a")])]),
            method: Some("kmeans".to_owned()),
            run: Some("run".to_owned()),
            members: BTreeMap::new(),
        };
        assert!(repeated(&[std::slice::from_ref(&split)], std::slice::from_ref(&split)));
    }
}
