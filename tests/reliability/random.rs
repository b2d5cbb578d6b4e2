//! Random choices that a number fixes on every machine.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random numbers of one case.
pub struct Random(ChaCha8Rng);

impl Random {
    pub fn of(case: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(case))
    }

    /// Below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.random_range(0..n)
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn of_list<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    pub fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// Numbers at which formats break.
const EDGES: [u64; 12] =
    [0, 1, 2, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, u64::MAX / 2, u64::MAX];

/// `bytes` with one to four things about them changed, as disks, networks, editors and attackers do it.
pub fn mutated(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(4) {
        // Headers are short, and most of what can go wrong stands in them.
        let reach = if random.one_in(2) { bytes.len().min(512) } else { bytes.len() };
        if reach == 0 {
            bytes = random.bytes(64);
            continue;
        }
        let at = random.below(reach);
        let end = (at + 1 + random.below(64)).min(bytes.len());
        match random.below(10) {
            0 | 1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = random.byte(),
            3 => bytes.truncate(at),
            4 => bytes[at..end].fill(if random.one_in(2) { 0 } else { 0xff }),
            5 => drop(bytes.drain(at..end)),
            6 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            7 => {
                let n = 1 + random.below(64);
                let noise = random.bytes(n);
                bytes.splice(at..at, noise);
            }
            8 => number(&mut bytes[at..], random),
            _ => decimal(&mut bytes, at, random),
        }
    }
    bytes
}

/// Puts a number at which formats break over the beginning of `bytes`, in one of the usual widths and orders.
fn number(bytes: &mut [u8], random: &mut Random) {
    let width = (*random.of_list(&[2, 4, 8])).min(bytes.len());
    let value = *random.of_list(&EDGES);
    let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
    bytes[..width].copy_from_slice(if random.one_in(2) { &little[..width] } else { &big[8 - width..] });
}

/// Replaces the digits at or after `at` by another number, as texts hold it.
fn decimal(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|from| at + from) else { return };
    let end = bytes[start..].iter().position(|byte| !byte.is_ascii_digit()).map_or(bytes.len(), |n| start + n);
    let other = match random.below(5) {
        0 => "-1".to_owned(),
        1 => "1e999".to_owned(),
        2 => "nan".to_owned(),
        _ => random.of_list(&EDGES).to_string(),
    };
    bytes.splice(start..end, other.into_bytes());
}
