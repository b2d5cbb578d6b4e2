//! What the machine has free for this process, and what the process holds.
//!
//! Linux tells both under /proc and /sys; the smallest of what is available, of what the control groups of this process
//! leave, and of its address space counts. Other systems are taken to have [`UNKNOWN`].

use std::fs;
use std::path::{Path, PathBuf};

/// Free memory where the system does not tell.
const UNKNOWN: u64 = 8 << 30;

/// Bytes that are free for this process, about.
pub(super) fn free() -> u64 {
    let limits = [available(), control_groups(), address_space()];
    limits.into_iter().flatten().min().unwrap_or(UNKNOWN)
}

/// Bytes of memory that this process holds; 0 where the system does not tell.
pub(super) fn taken() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    kilobytes(&status, "VmRSS:").unwrap_or(0)
}

/// `MemAvailable`, which counts caches that can be dropped.
fn available() -> Option<u64> {
    kilobytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// The value of a line such as `MemAvailable:   23850256 kB`, in bytes.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key))?;
    value.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// Half of the limit of `ulimit -v`: address space is reserved ahead of use, by every thread.
fn address_space() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let soft: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(soft / 2)
}

/// The least that any control group above this process leaves.
fn control_groups() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    groups.lines().filter_map(group_folder).flat_map(|(root, path)| left_in(&root, &path)).min()
}

/// Where the kernel shows the memory group of a line of /proc/self/cgroup: the root of its tree, and the path in it.
fn group_folder(line: &str) -> Option<(PathBuf, PathBuf)> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    let root = match controllers {
        "" => "/sys/fs/cgroup", // version 2, all controllers in one tree
        list if list.split(',').any(|controller| controller == "memory") => "/sys/fs/cgroup/memory",
        _ => return None,
    };
    Some((root.into(), path.trim_start_matches('/').into()))
}

/// What `path` and each group above it leave. In a container the path is often that of the host, and only the root is
/// there.
fn left_in(root: &Path, path: &Path) -> Vec<u64> {
    path.ancestors().filter_map(|path| left_of(&root.join(path))).collect()
}

fn left_of(group: &Path) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    // `max` where there is no limit, which is no number.
    let limit = number("memory.max").or_else(|| number("memory.limit_in_bytes"))?;
    let used = number("memory.current").or_else(|| number("memory.usage_in_bytes"))?;
    // Files that were read count as used until somebody needs the room.
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let cached = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.parse().ok()).unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(cached)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_both_versions_bound_it() {
        let root = tempfile::tempdir().unwrap();
        let write = |group: &str, files: &[(&str, &str)]| {
            let folder = root.path().join(group);
            fs::create_dir_all(&folder).unwrap();
            for (name, text) in files {
                fs::write(folder.join(name), text).unwrap();
            }
        };
        write(
            "a",
            &[("memory.max", "1000\n"), ("memory.current", "300\n"), ("memory.stat", "anon 1\ninactive_file 50\n")],
        );
        write("a/b", &[("memory.max", "max\n"), ("memory.current", "300\n")]);
        write("old", &[("memory.limit_in_bytes", "800"), ("memory.usage_in_bytes", "900")]);
        assert_eq!(left_in(root.path(), Path::new("a/b")), [750]);
        assert_eq!(left_in(root.path(), Path::new("old")), [0]);
        assert_eq!(left_in(root.path(), Path::new("not/here")), [] as [u64; 0]);
    }

    #[test]
    fn lines_of_groups_are_understood() {
        let both = |line: &str| group_folder(line).map(|(root, path)| root.join(path));
        assert_eq!(both("0::/user.slice/x"), Some("/sys/fs/cgroup/user.slice/x".into()));
        assert_eq!(both("4:cpu,memory:/a"), Some("/sys/fs/cgroup/memory/a".into()));
        assert_eq!(both("3:cpuset:/"), None);
        assert_eq!(both("rubbish"), None);
    }

    #[test]
    fn numbers_of_the_kernel_are_read() {
        assert_eq!(kilobytes("MemTotal: 5 kB\nMemAvailable:   23 kB\n", "MemAvailable:"), Some(23 * 1024));
        assert_eq!(kilobytes("", "VmRSS:"), None);
        if cfg!(target_os = "linux") {
            assert!(taken() > 0 && free() > 0 && available().is_some());
        }
    }
}
