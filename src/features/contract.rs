//! The contract of feature extractors, present and future: columns, batches, threads, fingerprints.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::backbones::{BackboneName, Variant, seeded};
use crate::device::Device;
use crate::images::{DepthRange, Enhancement, Mask, Resize, Samples};

struct Case {
    /// The type that implements [`Statistics`] or [`BatchExtractor`].
    of: &'static str,
    extractor: FeatureExtractor,
}

/// Every extractor: each network, each hand-made block by itself, all of them, and after every enhancement.
fn all() -> Vec<Case> {
    let counts = Case { of: "FrameStatistics", extractor: FeatureExtractor::Counts(Box::new(FrameStatistics)) };
    let blocks = HandMadeBlock::ALL.iter().map(|&block| vec![block]).chain([HandMadeBlock::ALL.to_vec()]);
    let blocks = blocks.map(|blocks| FeatureExtractor::Shown(Box::new(HandMade::new(blocks))));
    let enhanced = Enhancement::all().into_iter().map(|enhancement| {
        let inner = HandMade::new(vec![HandMadeBlock::Missing, HandMadeBlock::Surface]);
        FeatureExtractor::Shown(Box::new(WithEnhancement::new(inner, vec![enhancement])))
    });
    let networks = BackboneName::ALL.iter().map(|&name| {
        let network = seeded::backbone(name, Variant::of(name)[0]);
        let layers = [name.default_layer().to_owned()];
        let features = BackboneFeatures::new(&network, &layers, Resize::default(), Device::Cpu).unwrap();
        FeatureExtractor::Network(Box::new(features))
    });
    [counts]
        .into_iter()
        .chain(blocks.map(|extractor| Case { of: "HandMade", extractor }))
        .chain(enhanced.map(|extractor| Case { of: "WithEnhancement", extractor }))
        .chain(networks.map(|extractor| Case { of: "BackboneFeatures", extractor }))
        .collect()
}

/// Grey and coloured images of several sizes, and one without any contrast.
fn images() -> Vec<Decoded> {
    let image = |height: usize, width: usize, channels: usize, step: usize| {
        let levels = (0..height * width * channels).map(|at| ((at * step + at / 7 * 3) % 256) as u8).collect();
        Decoded { height, width, channels, samples: Samples::U8(levels), mask: Mask::Camera }
    };
    vec![image(40, 50, 1, 3), image(64, 64, 3, 5), image(33, 20, 1, 11), image(24, 24, 1, 0)]
}

/// Bits of the features, an image a row; a network sees `batch` images at a time.
fn features(extractor: &FeatureExtractor, images: &[Decoded], batch: usize) -> Vec<Vec<u64>> {
    let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect();
    let show = |decoded: &Decoded| DepthRange::default().apply(decoded);
    match extractor {
        FeatureExtractor::Counts(statistics) => images.iter().map(|image| bits(statistics.measure(image))).collect(),
        FeatureExtractor::Shown(statistics) => {
            images.iter().map(|image| bits(statistics.measure(&show(image)))).collect()
        }
        FeatureExtractor::Network(network) => {
            let prepared: Vec<Image> = images.iter().map(|image| network.prepare(show(image))).collect();
            let batches = prepared.chunks(batch).map(|batch| network.extract(batch).unwrap());
            let rows =
                batches.flat_map(|features| features.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>());
            rows.map(|row| bits(row.into_iter().map(f64::from).collect())).collect()
        }
    }
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn the_same_image_gives_the_same_bits_in_any_batch_on_any_threads() {
    let images = images();
    for Case { of, extractor } in all() {
        let name = format!("{of} {}", extractor.features().fingerprint());
        let expected = with_threads(1, || features(&extractor, &images, images.len()));
        let width = extractor.features().columns().len();
        assert!(expected.iter().all(|row| row.len() == width), "{name}: a value per column");
        assert_eq!(expected.len(), images.len(), "{name}: a row per image");
        assert_eq!(with_threads(3, || features(&extractor, &images, images.len())), expected, "{name}: threads");
        assert_eq!(with_threads(3, || features(&extractor, &images, 1)), expected, "{name}: one by one");
        let backwards: Vec<Decoded> = images.iter().rev().cloned().collect();
        let mut again = features(&extractor, &backwards, 3);
        again.reverse();
        assert_eq!(again, expected, "{name}: other neighbours in the batch");
    }
}

#[test]
fn columns_have_names_of_their_own_and_fingerprints_differ() {
    let mut fingerprints = BTreeSet::new();
    for Case { of, extractor } in all() {
        let columns = extractor.features().columns();
        let distinct: BTreeSet<&String> = columns.iter().collect();
        assert!(!columns.is_empty() && distinct.len() == columns.len(), "{of}: {columns:?}");
        let fingerprint = extractor.features().fingerprint();
        assert!(
            fingerprints.insert(fingerprint.clone()),
            "{of}: another extractor has the fingerprint `{fingerprint}`"
        );
    }
}

#[test]
fn statistics_of_counts_are_finite_whatever_was_measured() {
    let frame =
        |samples: Samples| Decoded { height: 2, width: samples.len() / 2, channels: 1, samples, mask: Mask::Detector };
    let frames = [
        frame(Samples::U16(vec![u16::MAX; 6])),
        frame(Samples::U32(vec![0, u32::MAX - 1, 3, 0])),
        frame(Samples::F32(vec![f32::NAN, f32::INFINITY, -1.0, 2.5])),
        frame(Samples::U8(vec![0; 8])),
    ];
    for Case { of, extractor } in all() {
        let FeatureExtractor::Counts(statistics) = extractor else { continue };
        for frame in &frames {
            let values = statistics.measure(frame);
            assert!(values.iter().all(|value| value.is_finite()), "{of} of {:?}: {values:?}", frame.samples);
        }
    }
}

/// Every type of `src/features/` that implements one of the traits is among the cases.
#[test]
fn the_contract_covers_every_extractor() {
    fn collect(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("contract.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                let implementations = code.lines().filter(|line| line.starts_with("impl"));
                let named = implementations.filter_map(|line| {
                    let (before, of) = line.split_once(" for ")?;
                    let is_extractor = before.contains("Statistics<") || before.contains("BatchExtractor");
                    is_extractor.then(|| of.chars().take_while(|c| c.is_alphanumeric()).collect::<String>())
                });
                found.extend(named);
            }
        }
    }
    let mut found = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/features"), &mut found);
    let covered: BTreeSet<String> = all().iter().map(|case| case.of.to_owned()).collect();
    assert_eq!(found, covered, "`all` of the contract names every extractor");
}
