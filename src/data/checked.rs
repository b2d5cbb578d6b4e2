//! Numbers that are valid by type, so that a recipe with a bad one is refused where it is read.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

/// A value outside its allowed range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{value}` is out of range: expected {range}")]
pub struct OutOfRange {
    value: f64,
    range: &'static str,
}

/// `N` by type: a count or size that stands in the source, above 0 or it does not compile.
#[must_use]
pub const fn nonzero<const N: usize>() -> NonZeroUsize {
    const { NonZeroUsize::new(N).expect("a number above 0") }
}

macro_rules! checked_number {
    ($(#[$doc:meta])* $name:ident, $range:literal, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// `None` where `value` is out of range.
            #[must_use]
            pub const fn new(value: f64) -> Option<Self> {
                let allowed: bool = $check(value);
                if allowed { Some(Self(value)) } else { None }
            }

            /// A number that stands in the source: in `const { … }` a bad one does not compile.
            ///
            /// # Panics
            /// When `value` is out of range.
            #[must_use]
            pub const fn constant(value: f64) -> Self {
                Self::new(value).expect($range)
            }

            /// The plain number.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfRange;

            fn try_from(value: f64) -> Result<Self, OutOfRange> {
                Self::new(value).ok_or(OutOfRange { value, range: $range })
            }
        }

        impl From<$name> for f64 {
            fn from(number: $name) -> f64 {
                number.0
            }
        }
    };
}

checked_number!(
    /// A finite number above 0.
    Positive,
    "a finite number above 0",
    above_0
);
checked_number!(
    /// A finite number of at least 0.
    NonNegative,
    "a finite number of at least 0",
    at_least_0
);
checked_number!(
    /// A number in `0.0..=1.0`.
    Fraction,
    "a number from 0 to 1",
    up_to_1
);
checked_number!(
    /// A number in `0.0..1.0`: a share that leaves something.
    BelowOne,
    "a number from 0 to below 1",
    below_1
);

const fn above_0(v: f64) -> bool {
    v.is_finite() && v > 0.0
}

const fn at_least_0(v: f64) -> bool {
    v.is_finite() && v >= 0.0
}

const fn up_to_1(v: f64) -> bool {
    v >= 0.0 && v <= 1.0
}

const fn below_1(v: f64) -> bool {
    v >= 0.0 && v < 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_what_they_say() {
        assert!(Positive::try_from(0.0).is_err());
        assert!(Positive::try_from(f64::NAN).is_err());
        assert!(Positive::try_from(f64::INFINITY).is_err());
        assert!(NonNegative::try_from(0.0).is_ok() && NonNegative::try_from(-0.1).is_err());
        assert!(Fraction::try_from(1.0).is_ok());
        assert!(Fraction::try_from(1.1).is_err());
        assert!(BelowOne::try_from(0.0).is_ok() && BelowOne::try_from(1.0).is_err());
        assert_eq!(
            (const { Fraction::constant(0.5) }.get(), Fraction::new(f64::NAN), nonzero::<3>().get()),
            (0.5, None, 3)
        );
        let message = Fraction::try_from(2.0).unwrap_err().to_string();
        assert_eq!(message, "`2` is out of range: expected a number from 0 to 1");
    }
}
