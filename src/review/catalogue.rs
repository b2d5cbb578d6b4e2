//! The images of the run: paths, fields, places in the map, typicality. The page asks for them once.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::data::ImageId;
use crate::files::ImagesTable;
use crate::files::images_csv::{self, columns};
use crate::images::DepthRange;
use crate::workflow::{Curator, WorkflowError};

/// The images of a run; nothing in it changes while the page is open.
pub(super) struct Catalogue {
    /// The run's name, as decisions record it.
    pub run: String,
    /// The clustering that the page works on.
    pub method: String,
    pub table: Arc<ImagesTable>,
    /// Where the images lie.
    pub root: PathBuf,
    pub depth: DepthRange,
    /// How near each image is to the centre of its cluster among those of its cluster, `0..=1000`.
    pub typicality: Vec<u16>,
    /// The answer to `/api/images`.
    pub page: axum::body::Bytes,
    rows: HashMap<ImageId, Vec<usize>>,
}

#[derive(Serialize)]
struct ImagesAnswer<'a> {
    run: &'a str,
    methods: Vec<&'a String>,
    method: &'a str,
    fields: &'a [String],
    images: Images<'a>,
}

#[derive(Serialize)]
struct Images<'a> {
    id: Vec<ImageId>,
    path: Vec<&'a str>,
    fields: BTreeMap<&'a str, Vec<&'a str>>,
    x: &'a [Option<f32>],
    y: &'a [Option<f32>],
    typicality: &'a [u16],
}

impl Catalogue {
    /// `distances` are those of the images to the centres of their clusters of `method`.
    pub fn new(curator: &Curator, method: &str, distances: &[f32]) -> Result<Self, WorkflowError> {
        let (table, run) = (Arc::clone(curator.table()), curator.run());
        let typicality = typicality(&table, method, distances);
        let [x, y] = images_csv::read_numbers(&curator.folder().join(images_csv::FILE), [columns::X, columns::Y])?;
        let names = &run.dataset.field_names;
        let cell = |field: &BTreeMap<String, String>, name: &str| field.get(name).map_or("", String::as_str).to_owned();
        let cells: Vec<Vec<String>> =
            names.iter().map(|name| table.fields.iter().map(|fields| cell(fields, name)).collect()).collect();
        let fields = names.iter().zip(&cells).map(|(name, cells)| {
            let cells = cells.iter().map(String::as_str).collect();
            (name.as_str(), cells)
        });
        let page = ImagesAnswer {
            run: curator.name(),
            methods: curator.methods().iter().collect(),
            method,
            fields: names,
            images: Images {
                id: table.rows.iter().map(|row| row.id).collect(),
                path: table.rows.iter().map(|row| row.path.as_str()).collect(),
                fields: fields.collect(),
                x: &x,
                y: &y,
                typicality: &typicality,
            },
        };
        // Images never change while the page is open, so their answer is made once.
        let page = serde_json::to_vec(&page)?.into();
        let mut rows: HashMap<ImageId, Vec<usize>> = HashMap::with_capacity(table.rows.len());
        for (row, image) in table.rows.iter().enumerate() {
            rows.entry(image.id).or_default().push(row);
        }
        Ok(Self {
            run: curator.name().to_owned(),
            method: method.to_owned(),
            root: run.dataset.root.clone(),
            depth: run.features.depth,
            table,
            typicality,
            page,
            rows,
        })
    }

    /// Images of the run, copies counted.
    pub fn len(&self) -> usize {
        self.table.rows.len()
    }

    /// The rows of an image: several where files have equal bytes, none where the run lacks it.
    pub fn rows(&self, id: ImageId) -> &[usize] {
        self.rows.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Where the file of a row lies.
    pub fn file(&self, row: usize) -> PathBuf {
        self.root.join(&self.table.rows[row].path)
    }
}

/// Ranks within each cluster, spread over `0..=1000`; noise is typical of nothing.
fn typicality(table: &ImagesTable, method: &str, distances: &[f32]) -> Vec<u16> {
    let mut typicality = vec![0; table.rows.len()];
    let Some(clustering) = table.clusterings.get(method) else { return typicality };
    for cluster in clustering.ids() {
        let mut members: Vec<usize> = clustering.members(Some(cluster)).collect();
        members.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
        let last = members.len().saturating_sub(1).max(1);
        for (rank, row) in members.into_iter().enumerate() {
            typicality[row] = (1000 - 1000 * rank / last) as u16;
        }
    }
    typicality
}
