//! Amounts of memory as people write and read them.

use std::fmt;

/// A number of bytes; shown as `34 GB`, in powers of 1000 with two figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
        let (mut value, mut unit) = (self.0 as f64, "bytes");
        for larger in units {
            // What would be rounded to 1000 is one of the larger unit.
            if value < 999.5 {
                break;
            }
            (value, unit) = (value / 1000.0, larger);
        }
        if value < 9.95 && unit != "bytes" { write!(f, "{value:.1} {unit}") } else { write!(f, "{value:.0} {unit}") }
    }
}

/// Factors of the units people write; a bare number counts GiB.
const UNITS: [(&str, u64); 14] = [
    ("", 1 << 30),
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("t", 1 << 40),
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
];

/// `1.5GiB` and the like; `None` for what is no size.
pub(super) fn parse(text: &str) -> Option<Bytes> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim().to_ascii_lowercase();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let bytes = number * *factor as f64;
    (bytes.is_finite() && bytes < u64::MAX as f64).then_some(Bytes(bytes as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_in_two_figures() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (9_940_000, "9.9 MB"),
            (9_960_000, "10 MB"),
            (999_600_000, "1.0 GB"),
            (34_400_000_000, "34 GB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), shown);
        }
    }
}
