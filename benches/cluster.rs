//! Our side of `benches/peers/cluster.py`: does one stage at a time, when told, and says how long it took.
//!
//! usage: `cluster FEATURES.npy WORK_DIR`, then stage names on stdin, one a line. For each, the seconds it took come
//! back on stdout, and its answer lies in `WORK_DIR` as little-endian numbers. `memory` gives the peak in bytes.

use std::io::{self, BufRead, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

use ndarray::Array2;
use rails::clusterers::{Clusterer, Counts, Dbscan, DbscanGrid, KMeans, KMeansAlgorithm};
use rails::data::Clustering;
use rails::metrics::{silhouettes, stability};
use rails::outliers::Lof;
use rails::pairwise::Neighbours;
use rails::progress::Silent;
use rails::reducers::{Reduction, Tsne};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [features, work_dir] = arguments.as_slice() else {
        println!("usage: cluster FEATURES.npy WORK_DIR (see benches/peers/cluster.py)");
        return Ok(());
    };
    let (x, work_dir) = (read_npy(Path::new(features))?, Path::new(work_dir));
    for stage in io::stdin().lock().lines() {
        let answer = if stage.as_deref().is_ok_and(|stage| stage == "memory") {
            peak_memory()? as f64
        } else {
            run(&stage?, &x, work_dir)?
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}

/// Does `stage`, writes its answer, and returns the seconds that the work alone took.
fn run(stage: &str, x: &Array2<f32>, work_dir: &Path) -> Result<f64, Failure> {
    match stage {
        "dbscan" => {
            let dbscan = Dbscan::default();
            let (clustering, seconds) = timed(|| dbscan.cluster(x.view(), 0));
            write(work_dir, "dbscan", clustering?.signed().iter().flat_map(|label| label.to_le_bytes()))?;
            Ok(seconds)
        }
        "dbscan_grid" => {
            let grid = DbscanGrid::default();
            let (fits, seconds) = timed(|| grid.fit(x.view()));
            let labels = fits.iter().flat_map(|fit| fit.clustering.signed());
            write(work_dir, "dbscan_grid", labels.flat_map(i64::to_le_bytes))?;
            Ok(seconds)
        }
        "silhouettes" => {
            let clusterings = read_labels(&work_dir.join("labels.i64"), x.nrows())?;
            let clusterings: Vec<&Clustering> = clusterings.iter().collect();
            let (found, seconds) = timed(|| silhouettes(x.view(), &clusterings));
            let values = found.iter().flatten().flat_map(|found| &found.per_image);
            write(work_dir, "silhouettes", values.flat_map(|value| value.unwrap_or(f32::NAN).to_le_bytes()))?;
            Ok(seconds)
        }
        "knn" => {
            let (found, seconds) = timed(|| Neighbours::with_self(x.view(), 15));
            write(work_dir, "knn_indices", found.indices().iter().flat_map(|index| index.to_le_bytes()))?;
            write(work_dir, "knn_distances", found.distances().iter().flat_map(|distance| distance.to_le_bytes()))?;
            Ok(seconds)
        }
        "lof" => {
            let (found, seconds) = timed(|| Lof::default().score(x.view()));
            write(work_dir, "lof", found.factors.iter().flat_map(|factor| factor.to_le_bytes()))?;
            Ok(seconds)
        }
        "pca" => {
            let recipe = Reduction { l2: false, ..Reduction::default() };
            let (fitted, seconds) = timed(|| recipe.fit_transform(x.view(), 0));
            let (projection, reduced) = fitted?;
            let ratios = projection.explained_variance_ratio().unwrap_or_default();
            write(work_dir, "pca_ratios", ratios.iter().flat_map(|ratio| ratio.to_le_bytes()))?;
            write(work_dir, "pca", reduced.iter().flat_map(|value| value.to_le_bytes()))?;
            Ok(seconds)
        }
        "kmeans" | "mini_batch" => {
            let algorithm = if stage == "kmeans" { KMeansAlgorithm::Lloyd } else { KMeansAlgorithm::MiniBatch };
            let recipe = KMeans { algorithm, ..KMeans::default() };
            let (fits, seconds) = timed(|| recipe.sweep(x.view(), 42, &Silent));
            write(work_dir, stage, fits?.iter().flat_map(|fit| fit.inertia.to_le_bytes()))?;
            Ok(seconds)
        }
        "stability" => {
            let recipe = KMeans { k: Counts::One(NonZeroUsize::new(8).ok_or("8 is not 0")?), ..KMeans::default() };
            let (fits, seconds) = timed(|| (0..5).map(|seed| recipe.cluster(x.view(), seed)).collect::<Vec<_>>());
            let fits = fits.into_iter().collect::<Result<Vec<Clustering>, _>>()?;
            write(work_dir, stage, stability(&fits).unwrap_or(f64::NAN).to_le_bytes().into_iter())?;
            Ok(seconds)
        }
        "tsne" => {
            let (layout, seconds) = timed(|| Tsne::default().layout(x.view(), 42, &Silent));
            write(work_dir, "tsne", layout?.kl_divergence.to_le_bytes().into_iter())?;
            Ok(seconds)
        }
        unknown => Err(format!("unknown stage `{unknown}`").into()),
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed().as_secs_f64())
}

fn write(work_dir: &Path, name: &str, bytes: impl Iterator<Item = u8>) -> io::Result<()> {
    fs::write(work_dir.join(name), bytes.collect::<Vec<u8>>())
}

/// Reads a C-ordered `<f4` matrix.
fn read_npy(path: &Path) -> Result<Array2<f32>, Failure> {
    let bytes = fs::read(path)?;
    let header_len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let (header, values) = bytes[10..].split_at(header_len);
    let header = std::str::from_utf8(header)?;
    if !header.contains("'<f4'") || !header.contains("'fortran_order': False") {
        return Err("expected a C-ordered float32 matrix".into());
    }
    let shape = header.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')')).ok_or("no shape")?.0;
    let shape: Vec<usize> = shape.split(',').map(|side| side.trim().parse()).collect::<Result<_, _>>()?;
    let values = values.chunks_exact(4).map(|value| f32::from_le_bytes([value[0], value[1], value[2], value[3]]));
    Ok(Array2::from_shape_vec((shape[0], shape[1]), values.collect())?)
}

/// Reads clusterings of `n` rows each, one after the other, -1 for noise.
fn read_labels(path: &Path, n: usize) -> Result<Vec<Clustering>, Failure> {
    let bytes = fs::read(path)?;
    let labels: Vec<Option<u32>> =
        bytes.chunks_exact(8).map(|label| u32::try_from(i64::from_le_bytes(label.try_into().ok()?)).ok()).collect();
    Ok(labels.chunks_exact(n).map(Clustering::by_number).collect())
}

#[cfg(target_os = "linux")]
fn peak_memory() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(peak.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

#[cfg(not(target_os = "linux"))]
fn peak_memory() -> Result<u64, Failure> {
    Err("peak memory is read on Linux only".into())
}
