//! Depth policy: how a recipe chooses the brightness scale.

use serde::{Deserialize, Serialize};

use super::CountsPolicy;

/// How a recipe wants brightness to be scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BrightnessPolicy {
    /// Which counts are black and white.
    pub depth: DepthPolicy,
    /// Which numbers are counts.
    pub counts: CountsPolicy,
}

impl From<DepthPolicy> for BrightnessPolicy {
    fn from(depth: DepthPolicy) -> Self {
        Self { depth, counts: CountsPolicy::Auto }
    }
}

/// How raw counts become brightness: `auto`, `full` or `{ low = 100, high = 4000 }`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "DepthPolicyToml", into = "DepthPolicyToml")]
pub enum DepthPolicy {
    /// Percentiles 0.1 to 99.9 over the whole data set.
    #[default]
    Auto,
    /// All that the format can hold: `0..=65535`; for floats, the smallest to the largest value of the data set.
    Full,
    /// The same black and white, in raw counts, for every image of more than 8 bits.
    Fixed(Span),
}

/// Raw counts shown as black and as white; `low` below `high` where a person sets them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// This and below becomes 0.
    pub low: f32,
    /// This and above becomes 255.
    pub high: f32,
}

impl Span {
    /// Maps `low..=high` to `0.0..=255.0`; a range of no width is black.
    pub(super) fn scale(self) -> impl Fn(f32) -> f32 {
        let width = f64::from(self.high) - f64::from(self.low);
        let factor = if width > 0.0 { 255.0 / width } else { 0.0 };
        move |count| ((f64::from(count) - f64::from(self.low)) * factor).clamp(0.0, 255.0) as f32
    }
}

/// The policy as written in a file.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected `auto`, `full` or `{ low = 100, high = 4000 }`")]
enum DepthPolicyToml {
    Named(Name),
    Fixed(Span),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Auto,
    Full,
}

/// A fixed range that is none.
#[derive(Debug, thiserror::Error)]
#[error("`low = {low}, high = {high}` is no range: expected finite numbers, low below high")]
struct NotASpan {
    low: f32,
    high: f32,
}

impl TryFrom<DepthPolicyToml> for DepthPolicy {
    type Error = NotASpan;

    fn try_from(raw: DepthPolicyToml) -> Result<Self, NotASpan> {
        match raw {
            DepthPolicyToml::Named(Name::Auto) => Ok(Self::Auto),
            DepthPolicyToml::Named(Name::Full) => Ok(Self::Full),
            DepthPolicyToml::Fixed(Span { low, high }) if low.is_finite() && high.is_finite() && low < high => {
                Ok(Self::Fixed(Span { low, high }))
            }
            DepthPolicyToml::Fixed(Span { low, high }) => Err(NotASpan { low, high }),
        }
    }
}

impl From<DepthPolicy> for DepthPolicyToml {
    fn from(policy: DepthPolicy) -> Self {
        match policy {
            DepthPolicy::Auto => Self::Named(Name::Auto),
            DepthPolicy::Full => Self::Named(Name::Full),
            DepthPolicy::Fixed(span) => Self::Fixed(span),
        }
    }
}
