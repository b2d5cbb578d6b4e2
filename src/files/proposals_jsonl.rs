//! `proposals.jsonl`: names for clusters that a program proposes, as decisions that `rails curate --apply` takes.

use std::io;
use std::path::Path;

use serde_json::json;

use crate::atomic_file;

/// Its name in a run folder.
pub const FILE: &str = "proposals.jsonl";

/// Writes a decision per cluster of `method`: its number and the class it is to be named.
///
/// # Errors
/// When the disk refuses.
pub fn write<'a>(path: &Path, method: &str, names: impl IntoIterator<Item = (usize, &'a str)>) -> io::Result<()> {
    let line = |(cluster, class): (usize, &str)| {
        json!({ "decision": "name_cluster", "method": method, "cluster": cluster, "class": class }).to_string() + "\n"
    };
    atomic_file::write(path, names.into_iter().map(line).collect::<String>().as_bytes())
}
