//! The most that recipes, bundles and settings may ask for: numbers beyond are slips of the pen, or worse, and would be
//! answered by hours of work or by an allocation that no machine grants. One place, each with its reason.
//!
//! A field is bounded where it is read: `#[serde(deserialize_with = "bounds::clusters")]`.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Numbers that a recipe writes in one place.
pub trait Numbers {
    /// The largest of them; 0 where there are none.
    fn largest(&self) -> u64;
}

impl Numbers for usize {
    fn largest(&self) -> u64 {
        *self as u64
    }
}

impl Numbers for NonZeroUsize {
    fn largest(&self) -> u64 {
        self.get() as u64
    }
}

impl Numbers for NonZeroU32 {
    fn largest(&self) -> u64 {
        u64::from(self.get())
    }
}

impl<T: Numbers> Numbers for Option<T> {
    fn largest(&self) -> u64 {
        self.as_ref().map_or(0, T::largest)
    }
}

impl<T: Numbers> Numbers for Vec<T> {
    fn largest(&self) -> u64 {
        self.iter().map(T::largest).max().unwrap_or(0)
    }
}

macro_rules! bounds {
    ($($(#[$reason:meta])* $name:ident <= $most:literal;)+) => {
        $(
            $(#[$reason])*
            ///
            /// # Errors
            #[doc = concat!("Where a number is larger than ", stringify!($most), ", or is none.")]
            pub fn $name<'de, D: Deserializer<'de>, T: Deserialize<'de> + Numbers>(text: D) -> Result<T, D::Error> {
                up_to($most, T::deserialize(text)?)
            }
        )+

        /// Every bound by name.
        #[cfg(test)]
        const ALL: &[(&str, u64)] = &[$((stringify!($name), $most)),+];
    };
}

bounds! {
    /// Clusters of a clustering: each is drawn, listed and gets a folder, and a range of numbers is tried one by one.
    clusters <= 10_000;
    /// Images that make an image dense or a group a cluster, or that vote on it: no more than anybody has.
    neighbours <= 10_000_000;
    /// Starts, of which the best counts: each takes as long as the first.
    starts <= 10_000;
    /// Passes and steps of a fit: most end long before.
    passes <= 1_000_000;
    /// Images per step through a network, which holds the activations of all of them.
    images_per_step <= 4096;
    /// Rows of features per step of training or clustering.
    rows_per_step <= 1_048_576;
    /// Epochs of a training, each of which is recorded.
    epochs <= 100_000;
    /// Units of a hidden layer: two layers of as many take a gibibyte with their gradients.
    units <= 8192;
    /// Features that a projection keeps: eight times those of the widest network.
    components <= 16_384;
    /// Parts that images are divided into, each of which is trained without.
    folds <= 1000;
    /// Altered versions of each image that are kept.
    views <= 1000;
    /// Patches along a side: more than pixels that a screen shows.
    slices <= 10_000;
    /// Images side by side in a picture, or shown of a cluster.
    shown <= 1000;
    /// Rows and columns of tiles, and rounds of looking at them again.
    tiles_around <= 10_000;
    /// Megabytes of a cache: a mebi of them are a tebibyte.
    megabytes <= 1_048_576;
}

/// Numbers of clusters in tables of runs are below this: what is listed by number must fit in memory.
pub const CLUSTER_NUMBERS: u32 = 1_000_000;

/// `numbers` where none is larger than `most`.
fn up_to<T: Numbers, E: Error>(most: u64, numbers: T) -> Result<T, E> {
    match numbers.largest() {
        largest if largest > most => {
            Err(E::custom(format!("`{largest}` is out of range: expected a number up to {most}")))
        }
        _ => Ok(numbers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Recipe {
        #[serde(deserialize_with = "clusters")]
        k: NonZeroUsize,
        #[serde(default, deserialize_with = "units")]
        hidden: Vec<NonZeroUsize>,
        #[serde(default, deserialize_with = "views")]
        views: Option<NonZeroUsize>,
    }

    #[test]
    fn what_is_beyond_is_refused_with_the_range() {
        let read = toml::from_str::<Recipe>("k = 10000\nhidden = [8192, 1]\nviews = 1000").unwrap();
        assert_eq!((read.k.get(), read.hidden.len(), read.views.map_or(0, NonZeroUsize::get)), (10_000, 2, 1000));
        for (text, told) in [
            ("k = 10001", "`10001` is out of range: expected a number up to 10000"),
            ("k = 1\nhidden = [1, 4294967295]", "`4294967295` is out of range: expected a number up to 8192"),
            ("k = 1\nviews = 9223372036854775807", "`9223372036854775807` is out of range"),
        ] {
            let error = toml::from_str::<Recipe>(text).err().unwrap();
            assert!(error.message().contains(told), "{error}");
            assert!(error.span().is_some_and(|span| span.start >= 4), "{error:?}");
        }
        assert!(serde_json::from_str::<Recipe>(r#"{"k": 99999999}"#).is_err());
        assert!(ALL.iter().all(|(_, most)| *most <= 10_000_000));
    }
}
