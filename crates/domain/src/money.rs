//! Money, without floating point.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in millionths of a US dollar.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroUsd(pub u64);

impl MicroUsd {
    /// From dollars as a tool reports them. Negative and non-finite amounts count as nothing.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped just before
    pub fn from_dollars(dollars: f64) -> Self {
        let micro = (dollars * 1_000_000.0).round();
        if micro.is_finite() && micro > 0.0 {
            Self(micro.min(1e15) as u64)
        } else {
            Self(0)
        }
    }

    /// This amount plus another (saturating).
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// How much this amount exceeds `other`; nothing when it does not.
    #[must_use]
    pub const fn beyond(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Dollars and cents, rounded: `$0.84`.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.0.saturating_add(5_000) / 10_000;
        write!(f, "${}.{:02}", cents / 100, cents % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::MicroUsd;

    #[test]
    fn rounds_and_clamps() {
        assert_eq!(MicroUsd::from_dollars(0.00894), MicroUsd(8940));
        assert_eq!(MicroUsd::from_dollars(-1.0), MicroUsd(0));
        assert_eq!(MicroUsd::from_dollars(f64::NAN), MicroUsd(0));
        assert_eq!(MicroUsd(845_000).to_string(), "$0.85");
        assert_eq!(MicroUsd(844_999).to_string(), "$0.84");
    }
}
