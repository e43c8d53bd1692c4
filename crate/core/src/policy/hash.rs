//! A small, fast hash for short texts that the policy's author chose: no defence against chosen
//! collisions is needed there, and the default one costs several times as much.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A [`HashMap`] with keys that come from a policy.
pub(super) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

#[derive(Default)]
pub(super) struct Quick(u64);

/// An odd number without pattern: 2^64 divided by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(FACTOR);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.add(
                word.iter()
                    .fold(0, |sum, &byte| (sum << 8) | u64::from(byte)),
            );
        }
        let rest = words
            .remainder()
            .iter()
            .fold(1, |sum, &byte| (sum << 8) | u64::from(byte));
        self.add(rest);
    }

    fn write_u8(&mut self, _: u8) {
        // What a text ends with; the last word of `write` tells lengths apart already.
    }

    fn write_u32(&mut self, number: u32) {
        self.add(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        // Tables look at the upper and at the lower bits: the multiplication mixed only the upper ones well.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::Hash;

    #[test]
    fn similar_texts_differ() {
        let mut seen = HashSet::new();
        for number in 0..20_000 {
            for text in [
                format!("class{number}_"),
                format!("-gpu{number}"),
                "a".repeat(number % 100) + &number.to_string(),
            ] {
                let mut hasher = Quick::default();
                text.hash(&mut hasher);
                seen.insert((text, hasher.finish()));
            }
        }
        let hashes: HashSet<u64> = seen.iter().map(|(_, hash)| *hash).collect();
        assert!(
            seen.len() - hashes.len() < 3,
            "{} of {}",
            hashes.len(),
            seen.len()
        );
        let buckets: HashSet<u64> = hashes.iter().map(|hash| hash % (1 << 18)).collect();
        assert!(
            buckets.len() > hashes.len() * 8 / 10,
            "{} of {}",
            buckets.len(),
            hashes.len()
        );
    }
}
