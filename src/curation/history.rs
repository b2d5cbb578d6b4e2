//! Undo and redo as every editor has them, read from the log alone: so they work across restarts.
//!
//! A batch, lines of one time and one hand, was decided in one go and goes and comes as one. Undo takes back
//! the last batch that still counts; redo brings back what the last undo took; a new decision ends what can be redone.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Decision, LogEntry, undone};

/// The numbers of the decisions that undo takes back, latest first; empty where there is nothing left.
#[must_use]
pub fn undoable(entries: &[LogEntry]) -> Vec<u64> {
    let undone = undone(entries);
    let counting = |batch: &[LogEntry]| -> Vec<u64> {
        let counts = |entry: &&LogEntry| is_own(entry) && !undone.contains(&entry.seq);
        batch.iter().rev().filter(counts).map(|entry| entry.seq).collect()
    };
    let batches: Vec<&[LogEntry]> = batches(entries).collect();
    batches.into_iter().rev().map(counting).find(|batch| !batch.is_empty()).unwrap_or_default()
}

/// The numbers of the decisions that redo brings back, earliest first; empty where there is nothing.
#[must_use]
pub fn redoable(entries: &[LogEntry]) -> Vec<u64> {
    // Undos before the last decision of its own cannot be redone any more.
    let last_own = batches(entries).filter(|batch| batch.iter().any(is_own)).last();
    let last_own = last_own.and_then(<[LogEntry]>::last).map_or(0, |entry| entry.seq);
    let start = entries.partition_point(|entry| entry.seq <= last_own);
    let own: BTreeSet<u64> = entries.iter().filter(|entry| is_own(entry)).map(|entry| entry.seq).collect();

    let mut taken: Vec<BTreeSet<u64>> = Vec::new();
    let mut before = undone(&entries[..start]);
    let mut end = start;
    for batch in batches(&entries[start..]) {
        end += batch.len();
        let after = undone(&entries[..end]);
        for earlier in &mut taken {
            earlier.retain(|seq| after.contains(seq));
        }
        taken.retain(|earlier| !earlier.is_empty());
        let gone: BTreeSet<u64> = after.difference(&before).filter(|seq| own.contains(seq)).copied().collect();
        if !gone.is_empty() {
            taken.push(gone);
        }
        before = after;
    }
    taken.pop().into_iter().flatten().collect()
}

/// The time of a decision taken now, RFC 3339 in UTC to the millisecond: later than every one in the log, so that it
/// starts a batch of its own.
#[must_use]
pub fn next_instant(entries: &[LogEntry]) -> String {
    let last = entries.last().and_then(|entry| entry.at.parse::<Timestamp>().ok());
    let now = Timestamp::now().as_millisecond();
    let at = last.map_or(now, |last| now.max(last.as_millisecond().saturating_add(1)));
    Timestamp::from_millisecond(at).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

pub(super) fn batches(entries: &[LogEntry]) -> impl Iterator<Item = &[LogEntry]> {
    entries.chunk_by(|a, b| a.at == b.at && a.by == b.by)
}

fn is_own(entry: &LogEntry) -> bool {
    !matches!(entry.decision, Decision::Undo { .. } | Decision::Redo { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An action of a person.
    #[derive(Debug, Clone)]
    enum Step {
        Decide(usize),
        Undo,
        Redo,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![2 => (1..4_usize).prop_map(Step::Decide), 3 => Just(Step::Undo), 2 => Just(Step::Redo)];
        proptest::collection::vec(step, 0..40)
    }

    fn append(log: &mut Vec<LogEntry>, decisions: Vec<Decision>) {
        let at = next_instant(log);
        for decision in decisions {
            log.push(LogEntry { seq: log.len() as u64 + 1, at: at.clone(), by: "me".to_owned(), decision });
        }
    }

    fn own() -> Decision {
        Decision::Restore { images: Vec::new() }
    }

    fn counting(log: &[LogEntry]) -> Vec<u64> {
        let undone = undone(log);
        log.iter().filter(|entry| is_own(entry) && !undone.contains(&entry.seq)).map(|entry| entry.seq).collect()
    }

    proptest! {
        /// Two stacks, as an editor in memory keeps them, are the reference.
        #[test]
        fn the_log_alone_tells_what_two_stacks_would(steps in steps()) {
            let (mut log, mut done, mut taken) = (Vec::new(), Vec::<Vec<u64>>::new(), Vec::<Vec<u64>>::new());
            for step in steps {
                match step {
                    Step::Decide(n) => {
                        let first = log.len() as u64 + 1;
                        append(&mut log, vec![own(); n]);
                        done.push((first..first + n as u64).collect());
                        taken.clear();
                    }
                    Step::Undo => {
                        let mut batch = undoable(&log);
                        append(&mut log, batch.iter().map(|&of| Decision::Undo { of }).collect());
                        batch.reverse();
                        let expected = done.pop();
                        prop_assert_eq!(&batch, &expected.clone().unwrap_or_default());
                        taken.extend(expected);
                    }
                    Step::Redo => {
                        let batch = redoable(&log);
                        append(&mut log, batch.iter().map(|&of| Decision::Redo { of }).collect());
                        let expected = taken.pop();
                        prop_assert_eq!(&batch, &expected.clone().unwrap_or_default());
                        done.extend(expected);
                    }
                }
                prop_assert_eq!(counting(&log), done.concat());
            }
        }
    }

    #[test]
    fn undos_of_other_programs_fit_in() {
        let mut log = Vec::new();
        append(&mut log, vec![own(), own()]);
        append(&mut log, vec![own()]);
        append(&mut log, vec![Decision::Undo { of: 1 }]);
        assert_eq!((undoable(&log), redoable(&log)), (vec![3], vec![1]));
        append(&mut log, vec![Decision::Undo { of: 4 }]);
        assert_eq!((undoable(&log), redoable(&log)), (vec![3], vec![]), "the undo itself was undone");
        append(&mut log, vec![Decision::Undo { of: 3 }]);
        assert_eq!((undoable(&log), redoable(&log)), (vec![2, 1], vec![3]));
    }

    #[test]
    fn times_only_grow() {
        let mut log = Vec::new();
        for _ in 0..50 {
            append(&mut log, vec![own()]);
        }
        assert!(log.is_sorted_by(|a: &LogEntry, b| a.at < b.at));
        log[49].at = "2999-01-01T00:00:00Z".to_owned();
        assert_eq!(next_instant(&log), "2999-01-01T00:00:00.001Z");
    }
}
