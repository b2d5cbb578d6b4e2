use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ndarray::{Array2, Axis};

use super::*;
use crate::features::{BatchExtractor, FeatureError, Features, Statistics};
use crate::images::{ScanOptions, scan};
use crate::progress::Silent;

/// Mean and standard deviation; counts what it is asked for.
#[derive(Clone, Default)]
struct Moments {
    name: &'static str,
    asked: Arc<AtomicUsize>,
    broken: Arc<AtomicBool>,
}

impl Features for Moments {
    fn columns(&self) -> Vec<String> {
        vec!["mean".to_owned(), "std".to_owned()]
    }

    fn fingerprint(&self) -> String {
        format!("moments {}", self.name)
    }
}

impl BatchExtractor for Moments {
    fn prepare(&self, image: Image) -> Image {
        image
    }

    fn extract(&self, images: &[Image]) -> Result<Array2<f32>, FeatureError> {
        if self.broken.load(Ordering::Relaxed) && self.asked.load(Ordering::Relaxed) >= 4 {
            return Err(FeatureError("out of order".to_owned()));
        }
        self.asked.fetch_add(images.len(), Ordering::Relaxed);
        let mut features = Array2::zeros((images.len(), 2));
        for (mut row, image) in features.axis_iter_mut(Axis(0)).zip(images) {
            let pixels = &image.pixels;
            row[0] = pixels.mean().unwrap_or_default();
            row[1] = pixels.std(0.0);
            if row[0] == 13.0 {
                row[1] = f32::NAN;
            }
        }
        Ok(features)
    }
}

impl Moments {
    fn extractor(&self) -> FeatureExtractor {
        FeatureExtractor::Network(Box::new(self.clone()))
    }
}

struct Bench {
    folder: tempfile::TempDir,
    moments: Moments,
}

impl Bench {
    fn new(images: u8) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap(), moments: Moments::default() };
        fs::create_dir(bench.images()).unwrap();
        (0..images).for_each(|value| bench.add(&format!("{value:03}.png"), 20 + value));
        bench
    }

    fn images(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join(".rails")
    }

    fn add(&self, name: &str, value: u8) {
        let image = image::GrayImage::from_fn(4, 3, |x, _| image::Luma([if x == 0 { value } else { 13 }]));
        let image = if value == 13 { image::GrayImage::from_pixel(4, 3, image::Luma([13])) } else { image };
        image.save(self.images().join(name)).unwrap();
    }

    fn manifest(&self) -> Manifest {
        scan(&self.images(), &ScanOptions::default(), &Silent).unwrap()
    }

    fn try_embed(&self, batch: usize) -> Result<ManifestEmbeddings, StoreError> {
        let batch = NonZeroUsize::new(batch).unwrap();
        let store = Store::open(&self.cache()).with_decoders(NonZeroUsize::new(3).unwrap());
        store.embed(&self.manifest(), &self.moments.extractor(), &DepthRange::default(), batch, &Silent)
    }

    fn embed(&self, batch: usize) -> ManifestEmbeddings {
        self.try_embed(batch).unwrap()
    }

    fn asked(&self) -> usize {
        self.moments.asked.swap(0, Ordering::Relaxed)
    }

    /// The only folder of parts.
    fn partition(&self) -> PathBuf {
        let mut folders = fs::read_dir(self.cache().join("embeddings")).unwrap();
        folders.next().unwrap().unwrap().path()
    }
}

#[test]
fn a_second_run_computes_nothing_and_new_images_cost_only_themselves() {
    let bench = Bench::new(7);
    let first = bench.embed(3);
    assert_eq!((first.computed, first.reused, bench.asked()), (7, 0, 7));
    assert_eq!(first.embeddings.values().row(2).to_vec(), [15.25, first.embeddings.values()[[2, 1]]]);
    let second = bench.embed(3);
    assert_eq!((second.computed, second.reused, bench.asked()), (0, 7, 0));
    assert_eq!(second.embeddings, first.embeddings);
    bench.add("0000.png", 200);
    bench.add("zzz.png", 201);
    let third = bench.embed(3);
    assert_eq!((third.computed, third.reused, bench.asked()), (2, 7, 2));
    assert_eq!(third.embeddings.ids(), bench.manifest().ids());
    fs::rename(bench.images().join("zzz.png"), bench.images().join("aaa.png")).unwrap();
    assert_eq!((bench.embed(3).computed, bench.asked()), (0, 0));
}

#[test]
fn batch_size_and_threads_change_nothing() {
    let bench = Bench::new(11);
    let reference = bench.embed(1).embeddings;
    for batch in [2, 5, 64] {
        fs::remove_dir_all(bench.cache()).unwrap();
        assert_eq!(bench.embed(batch).embeddings, reference, "batches of {batch}");
    }
}

#[test]
fn duplicates_are_computed_once_and_stand_in_every_row() {
    let bench = Bench::new(3);
    bench.add("copy.png", 21);
    let embedded = bench.embed(2);
    assert_eq!((embedded.computed, bench.asked()), (3, 3));
    let values = embedded.embeddings.values();
    assert_eq!((values.nrows(), values.row(1)), (4, values.row(3)));
}

#[test]
fn failures_are_remembered_and_leave_the_rest_unharmed() {
    let bench = Bench::new(4);
    bench.add("nan.png", 13);
    let mut manifest = bench.manifest();
    // A header that promises more pixels than there are.
    fs::write(bench.images().join("bad.pgm"), b"P5 9 9 255\n123").unwrap();
    manifest = Manifest { records: bench.manifest().records, ..manifest };
    assert_eq!(manifest.records.len(), 6);
    for computed in [6, 0] {
        let embedded = bench.embed(2);
        assert_eq!((embedded.computed, embedded.rows.as_slice()), (computed, &[0, 1, 2, 3][..]));
        let failures: Vec<_> = embedded.failures.iter().map(|f| (f.path.as_str(), f.reason.as_str())).collect();
        assert_eq!(failures[0].0, "bad.pgm");
        assert!(failures[0].1.starts_with("truncated PNM image"), "{}", failures[0].1);
        assert_eq!(failures[1], ("nan.png", "its features are not finite numbers"));
        let aligned = embedded.align(&manifest);
        assert_eq!((aligned.ids(), aligned.skipped.len()), (embedded.embeddings.ids().to_vec(), 2));
    }
}

#[test]
fn a_file_that_is_gone_is_tried_again() {
    let bench = Bench::new(3);
    let manifest = bench.manifest();
    let hidden = bench.images().join("001.bak");
    fs::rename(bench.images().join("001.png"), &hidden).unwrap();
    let store = Store::open(&bench.cache());
    let embed = || {
        store.embed(&manifest, &bench.moments.extractor(), &DepthRange::default(), NonZeroUsize::MIN, &Silent).unwrap()
    };
    assert_eq!(embed().failures[0].reason, "file not found");
    bench.add("001.png", 99);
    assert_eq!(embed().failures[0].reason, "the file changed after it was scanned");
    fs::rename(&hidden, bench.images().join("001.png")).unwrap();
    let last = embed();
    assert_eq!((last.failures.len(), last.computed, last.reused), (0, 1, 2));
}

#[test]
fn what_a_killed_process_leaves_is_ignored_and_swept_away() {
    let bench = Bench::new(5);
    let reference = bench.embed(2).embeddings;
    let partition = bench.partition();
    let part = fs::read(partition.join("part-00000.parquet")).unwrap();
    fs::write(partition.join("part-00001.parquet"), &part[..part.len() / 2]).unwrap();
    fs::write(partition.join("part-00002.parquet.tmp"), b"torn").unwrap();
    fs::write(partition.join("_COMMIT.json.tmp"), b"{").unwrap();
    bench.asked();
    assert_eq!((bench.embed(2).embeddings, bench.asked()), (reference.clone(), 0));
    let mut names: Vec<_> = fs::read_dir(&partition).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".lock", "_COMMIT.json", "part-00000.parquet"]);
    // A part that the commit lists but the disk lost half of is computed again.
    fs::write(partition.join("part-00000.parquet"), &part[..part.len() / 2]).unwrap();
    assert_eq!((bench.embed(2).embeddings, bench.asked()), (reference, 5));
}

#[test]
fn an_extractor_that_fails_keeps_what_was_done() {
    let bench = Bench::new(10);
    bench.moments.broken.store(true, Ordering::Relaxed);
    let error = bench.try_embed(2).unwrap_err();
    assert!(matches!(error, StoreError::Extract(_)));
    bench.moments.broken.store(false, Ordering::Relaxed);
    assert_eq!((bench.embed(2).reused, bench.asked()), (4, 10));
}

#[test]
fn another_extractor_or_another_brightness_has_its_own_place() {
    let mut bench = Bench::new(2);
    bench.embed(2);
    bench.moments.name = "newer";
    assert_eq!(bench.embed(2).computed, 2);
    let span = Some(crate::images::Span { low: 0.0, high: 9.0 });
    let depth = DepthRange { bits16: span, bits32: None, ..DepthRange::default() };
    let store = Store::open(&bench.cache());
    let embedded =
        store.embed(&bench.manifest(), &bench.moments.extractor(), &depth, NonZeroUsize::MIN, &Silent).unwrap();
    assert_eq!(embedded.computed, 2);
}

/// The level of the first pixel, and its share of nothing where it is above 21.
struct FirstLevel;

impl Features for FirstLevel {
    fn columns(&self) -> Vec<String> {
        vec!["level".to_owned(), "odd".to_owned()]
    }

    fn fingerprint(&self) -> String {
        "first level".to_owned()
    }
}

impl Statistics<Image> for FirstLevel {
    fn measure(&self, image: &Image) -> Vec<f64> {
        let level = f64::from(image.pixels[[0, 0, 0]]);
        vec![level, if level > 21.0 { f64::NAN } else { 1.0 }]
    }
}

#[test]
fn statistics_that_are_not_finite_become_0_and_are_counted_again_from_the_store() {
    let bench = Bench::new(4);
    let extractor = FeatureExtractor::Shown(Box::new(FirstLevel));
    let store = Store::open(&bench.cache());
    let embed = || {
        let batch = NonZeroUsize::MIN;
        store.embed(&bench.manifest(), &extractor, &DepthRange::default(), batch, &Silent).unwrap()
    };
    for computed in [4, 0] {
        let done = embed();
        assert_eq!((done.computed, done.replaced), (computed, 2));
        let expected = [[20.0, 1.0], [21.0, 1.0], [22.0, 0.0], [23.0, 0.0]];
        assert_eq!(done.embeddings.values(), ndarray::aview2(&expected));
    }
    let commit = fs::read_to_string(bench.partition().join("_COMMIT.json")).unwrap();
    assert!(commit.contains("\"columns\": 3"), "two columns and the count of what was replaced: {commit}");
}

#[test]
fn keys_of_stores_on_disk_stay_while_files_are_read_alike() {
    let key = |fingerprint: &str, columns| key(&Commit::new(fingerprint.to_owned(), DepthRange::default(), columns));
    assert_eq!(key("frame statistics 1", 12), "5b1d897d88a35052868f7d95b3edc80a");
    assert_eq!(key("hand-made 1 statistics", 8), "bd7c1018d3d5c31fecc53d1e0d7dfcd0");
}

#[test]
fn two_at_once_take_turns() {
    let bench = Bench::new(20);
    let computed: Vec<usize> = thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| bench.embed(4).computed)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!((computed.iter().sum::<usize>(), bench.asked()), (20, 20));
}

#[test]
fn no_images_are_no_problem_and_no_place_is_an_error_with_a_hint() {
    let bench = Bench::new(0);
    assert_eq!(bench.embed(4).embeddings.values().dim(), (0, 2));
    fs::remove_dir_all(bench.cache()).unwrap();
    fs::write(bench.cache(), b"a file where the folder should be").unwrap();
    assert!(bench.try_embed(4).unwrap_err().to_string().starts_with("cannot write the embedding store"));
    let full = StoreError::Write { path: "x".into(), source: std::io::ErrorKind::StorageFull.into() };
    assert!(full.hint().unwrap().contains("what was embedded so far is kept"));
}
