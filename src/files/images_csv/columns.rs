//! Columns of `images.csv`: the name and the kind of cells of each. Whoever adds one adds it here.

use ndarray::ArrayView2;

use crate::data::Clustering;
use crate::files::TableError;

/// Content hash.
pub const ID: &str = "id";
/// Relative to the data set's root.
pub const PATH: &str = "path";
/// Hash of the file's bytes, for images whose id is another: tiles.
pub const CONTENT: &str = "content_id";
/// Local outlier factor.
const OUTLIER: &str = "outlier";
/// Position in the map.
pub const X: &str = "x";
/// Position in the map.
pub const Y: &str = "y";
/// The defect label as a word.
const DEFECT: &str = "defect";
/// How unlike the tiles around a tile is that no layer took.
const INCONSISTENCY: &str = "inconsistency";

/// The column of distances to the centres of the clusters of `method`.
#[must_use]
pub fn distance(method: &str) -> String {
    format!("{method}_distance")
}

fn silhouette(method: &str) -> String {
    format!("{method}_silhouette")
}

/// Columns that a clustering by `methods` may write.
pub fn of_clustering<'a>(methods: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = String> {
    let of_method = |method: &'a str| [method.to_owned(), distance(method), silhouette(method)];
    methods.into_iter().flat_map(of_method).chain([OUTLIER, X, Y].map(str::to_owned))
}

/// A name field becomes a column too, so none may be called like one of `columns`, or like id, path and content.
///
/// # Errors
/// [`TableError::FieldClash`] names the field.
pub fn check_fields(fields: &[String], columns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<(), TableError> {
    let clash = |column: &str| fields.iter().find(|field| *field == column).cloned();
    let own = [ID, PATH, CONTENT].into_iter().find_map(clash);
    match own.or_else(|| columns.into_iter().find_map(|column| clash(column.as_ref()))) {
        Some(name) => Err(TableError::FieldClash { name }),
        None => Ok(()),
    }
}

/// A column of `images.csv` after id, path and name fields: one cell per image.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Such as `kmeans_distance`.
    pub name: String,
    /// In manifest order; empty where there is no value.
    pub cells: Vec<String>,
}

impl Column {
    /// Cluster numbers of a method, -1 for noise.
    #[must_use]
    pub fn clusters(method: &str, clustering: &Clustering) -> Self {
        Self { name: method.to_owned(), cells: clustering.signed().iter().map(i64::to_string).collect() }
    }

    /// Distances to the centres of the clusters of `method`.
    pub fn distance(method: &str, values: impl IntoIterator<Item = f32>) -> Self {
        Self::numbers(distance(method), values.into_iter().map(Some))
    }

    /// Silhouettes in the clusters of `method`, in `-1.0..=1.0`.
    pub fn silhouette(method: &str, values: impl IntoIterator<Item = Option<f32>>) -> Self {
        Self::numbers(silhouette(method), values)
    }

    /// Local outlier factors, around 1 for inliers.
    pub fn outlier(factors: impl IntoIterator<Item = f32>) -> Self {
        Self::numbers(OUTLIER.to_owned(), factors.into_iter().map(Some))
    }

    /// Positions in the map, shape `[n_images, 2]`.
    #[must_use]
    pub fn positions(points: ArrayView2<'_, f32>) -> [Self; 2] {
        [(X, 0), (Y, 1)].map(|(name, at)| Self::numbers(name.to_owned(), points.column(at).iter().copied().map(Some)))
    }

    /// Defect labels as words.
    #[must_use]
    pub fn defect(labels: impl IntoIterator<Item = String>) -> Self {
        Self { name: DEFECT.to_owned(), cells: labels.into_iter().collect() }
    }

    /// Clusters of a layer; empty where a tile did not come to it.
    #[must_use]
    pub fn layer(key: &str, cells: Vec<String>) -> Self {
        Self { name: format!("{key}_cluster"), cells }
    }

    /// Inconsistencies.
    pub fn inconsistency(scores: impl IntoIterator<Item = Option<f32>>) -> Self {
        Self::numbers(INCONSISTENCY.to_owned(), scores)
    }

    /// A feature by its own name.
    pub fn feature(name: &str, values: impl IntoIterator<Item = Option<f32>>) -> Self {
        Self::numbers(name.to_owned(), values)
    }

    /// A feature as it was measured for comparing a tile with those around, beside the one of the same name.
    pub fn context_feature(name: &str, values: impl IntoIterator<Item = Option<f32>>) -> Self {
        Self::numbers(format!("context_{name}"), values)
    }

    /// `None` and NaN become empty cells.
    fn numbers(name: String, values: impl IntoIterator<Item = Option<f32>>) -> Self {
        let cell = |value: Option<f32>| value.filter(|v| !v.is_nan()).map(|v| v.to_string()).unwrap_or_default();
        Self { name, cells: values.into_iter().map(cell).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_field_is_not_called_like_a_column() {
        let clash = |field: &str, methods: &[&str]| match check_fields(
            &["crystal".to_owned(), field.to_owned()],
            of_clustering(methods.iter().copied()),
        ) {
            Err(TableError::FieldClash { name }) => Some(name),
            other => other.map(|()| None).unwrap(),
        };
        for field in ["id", "path", "x", "outlier", "kmeans", "kmeans_distance", "kmeans_silhouette"] {
            assert_eq!(clash(field, &["dbscan", "kmeans"]).as_deref(), Some(field));
        }
        assert_eq!(clash("kmeans", &["dbscan"]), None, "a column that is not written");
        assert_eq!(clash("y1", &["kmeans"]), None);
    }
}
