//! Labels: the classes that people give images.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ClassName, ImageId};

/// Position of a class in [`Labels::classes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassId(pub usize);

/// A class per image and the ordered list of class names.
///
/// Every id in `by_image` is a position in `classes`; names are unique and sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    classes: Vec<String>,
    by_image: BTreeMap<ImageId, ClassId>,
}

impl Labels {
    /// From image and class name; the last word on an image counts.
    pub fn from_names(pairs: impl IntoIterator<Item = (ImageId, ClassName)>) -> Self {
        let named: BTreeMap<ImageId, String> = pairs.into_iter().map(|(id, class)| (id, class.into())).collect();
        let classes: Vec<String> =
            named.values().cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        let by_image = named
            .into_iter()
            .map(|(id, class)| (id, ClassId(classes.partition_point(|known| *known < class))))
            .collect();
        Self { classes, by_image }
    }

    /// Class names, sorted.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The class of an image, `None` where nobody named it.
    #[must_use]
    pub fn get(&self, id: ImageId) -> Option<ClassId> {
        self.by_image.get(&id).copied()
    }

    /// The name of the class of an image.
    #[must_use]
    pub fn name(&self, id: ImageId) -> Option<&str> {
        self.get(id).map(|class| self.classes[class.0].as_str())
    }

    /// Number of labelled images, exact duplicates counted once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_image.len()
    }

    /// Whether nothing is labelled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_image.is_empty()
    }

    /// Image and class, by id.
    pub fn iter(&self) -> impl Iterator<Item = (ImageId, ClassId)> + '_ {
        self.by_image.iter().map(|(id, class)| (*id, *class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_sorted_and_the_last_word_counts() {
        let [a, b] = [ImageId::of_bytes(b"a"), ImageId::of_bytes(b"b")];
        let pairs = [(a, "stone"), (b, "grass"), (a, "gravel")];
        let labels = Labels::from_names(pairs.map(|(id, class)| (id, ClassName::parse(class).unwrap())));
        assert_eq!(labels.classes(), ["grass", "gravel"]);
        assert_eq!(labels.name(a), Some("gravel"));
        assert_eq!(labels.get(b), Some(ClassId(0)));
        assert_eq!(labels.len(), 2);
    }
}
