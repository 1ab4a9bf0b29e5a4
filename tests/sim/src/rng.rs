//! Chance that repeats: the same seed gives the same numbers, on every machine.

/// A stream of numbers from a seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The stream of a seed; streams of one seed for different purposes do not touch each other.
    #[must_use]
    pub const fn new(seed: u64, purpose: u64) -> Self {
        let mut rng = Self(seed ^ purpose.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        rng.bits(); // neighbouring seeds part at once
        rng
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        let high = (self.bits() as u128 * end as u128) >> 64;
        high as u64
    }

    /// An index below `end`.
    #[allow(clippy::cast_possible_truncation)] // below `end`, which is a usize
    pub const fn index(&mut self, end: usize) -> usize {
        self.below(end as u64) as usize
    }

    /// A number from `low` to `high`, both included.
    #[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss)] // spans of time, far below 2^63
    pub const fn range(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// True in `per_mille` of 1,000 cases.
    pub const fn chance(&mut self, per_mille: u16) -> bool {
        per_mille > 0 && self.below(1000) < per_mille as u64
    }

    /// One of them.
    pub const fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() {
            return None;
        }
        Some(&all[self.index(all.len())])
    }
}

/// Mixes a number into a hash.
#[must_use]
pub const fn mix(hash: u64, value: u64) -> u64 {
    let z = (hash.rotate_left(5) ^ value).wrapping_mul(0x517C_C1B7_2722_0A95);
    z ^ (z >> 29)
}

/// Mixes bytes into a hash.
#[must_use]
pub fn mix_bytes(mut hash: u64, bytes: &[u8]) -> u64 {
    for part in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..part.len()].copy_from_slice(part);
        hash = mix(hash, u64::from_le_bytes(word));
    }
    mix(hash, bytes.len() as u64)
}
