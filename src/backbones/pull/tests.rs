//! Whole pulls against a server on this machine.

use std::path::PathBuf;
use std::sync::Mutex;

use safetensors::{Dtype, tensor::TensorView};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::server::{Reply, Server};
use super::*;
use crate::backbones::{Architecture, Backbone, weights};
use crate::progress::{Event, Silent, Stage};

/// VGG-16's first block: a small file that imports.
fn file() -> Vec<u8> {
    let architecture = Architecture::of(BackboneName::Vgg16, Variant::Torchvision);
    let block = architecture.up_to(&["block1_conv2".to_owned()]).unwrap();
    let tensors: Vec<_> = block
        .convs()
        .flat_map(weights::tensors_of)
        .map(|(name, shape)| {
            let bytes: Vec<u8> = (0..shape.iter().product::<usize>()).flat_map(|i| (i as f32).to_le_bytes()).collect();
            (name, shape, bytes)
        })
        .collect();
    let views =
        tensors.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    super::download::hexadecimal(&Sha256::digest(bytes))
}

/// The hub's answer about a file, on its way to the store.
fn told(size: usize, sha256: &str) -> Reply {
    let headers = vec![
        ("location", "/store/blob".to_owned()),
        ("x-linked-size", size.to_string()),
        ("x-linked-etag", format!("\"{sha256}\"")),
        ("content-length", "0".to_owned()),
    ];
    Reply { status: 302, headers, body: Vec::new() }
}

fn moved(to: &str) -> Reply {
    let headers = vec![("location", to.to_owned()), ("content-length", "0".to_owned())];
    Reply { status: 307, headers, body: Vec::new() }
}

fn status(status: u16) -> Reply {
    Reply { status, headers: vec![("content-length", "0".to_owned())], body: Vec::new() }
}

/// The store's answer to a range; `n` bytes really come.
fn bytes(file: &[u8], from: usize, n: usize) -> Reply {
    let headers = vec![
        ("content-length", (file.len() - from).to_string()),
        ("content-range", format!("bytes {from}-{}/{}", file.len() - 1, file.len())),
    ];
    let body = file[from..file.len().min(from + n)].to_vec();
    Reply { status: if from > 0 { 206 } else { 200 }, headers, body }
}

fn pull_from(server: &Server, checkpoints: &TempDir) -> Result<ImportedNetwork, PullError> {
    pull(BackboneName::Vgg16, None, &Hub::at(&server.endpoint).unwrap(), checkpoints.path(), &Silent)
}

fn parts(checkpoints: &TempDir) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(checkpoints.path()).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "part")).collect()
}

/// The paths asked for and the ranges, after the first request for the description.
fn gets(server: &Server) -> Vec<(String, Option<String>)> {
    let requests = server.requests();
    assert_eq!(requests[0].method, "HEAD");
    assert_eq!(requests[0].path, "/timm/vgg16.tv_in1k/resolve/main/model.safetensors");
    let gets = requests.into_iter().filter(|request| request.method == "GET");
    gets.map(|request| (request.path, request.range)).collect()
}

/// Adds up what it is told.
#[derive(Default)]
struct Counter(Mutex<(usize, usize, Vec<String>)>);

impl Observer for Counter {
    fn on(&self, event: Event<'_>) {
        let mut told = self.0.lock().unwrap();
        match event {
            Event::Started { stage: Stage::Weights, total } => told.0 = total,
            Event::Advanced { by } => told.1 += by,
            Event::Note(note) => told.2.push(note.to_string()),
            _ => {}
        }
    }
}

#[test]
fn a_file_is_fetched_checked_and_imported() {
    let (file, checkpoints, counter) = (file(), TempDir::new().unwrap(), Counter::default());
    let script = vec![told(file.len(), &sha256(&file)), moved("/store/blob"), bytes(&file, 0, file.len())];
    let server = Server::start(script);
    let hub = Hub::at(&server.endpoint).unwrap();
    let imported = pull(BackboneName::Vgg16, None, &hub, checkpoints.path(), &counter).unwrap();
    assert_eq!((imported.variant, imported.layers), (Variant::Torchvision, vec!["block1_conv2".to_owned()]));
    assert_eq!(imported.path, checkpoints.path().join("vgg16.safetensors"));
    assert_eq!(Backbone::load(BackboneName::Vgg16, checkpoints.path()).unwrap().hash(), imported.hash);
    assert_eq!(gets(&server)[1], ("/store/blob".to_owned(), None));
    assert!(parts(&checkpoints).is_empty());
    let (total, done, notes) = counter.0.into_inner().unwrap();
    assert_eq!((total, done), (1, 1));
    assert!(notes[0].contains("0.2 MB") && notes[0].contains("/timm/vgg16.tv_in1k/"), "{notes:?}");
}

#[test]
fn a_cut_transfer_goes_on_where_it_stopped() {
    let (file, checkpoints) = (file(), TempDir::new().unwrap());
    // Cut twice; the second request follows at once, and then the hub is gone.
    let server = Server::start(vec![
        told(file.len(), &sha256(&file)),
        bytes(&file, 0, 50_000),
        moved("/store/blob"),
        bytes(&file, 50_000, 30_000),
    ]);
    let error = pull_from(&server, &checkpoints).unwrap_err();
    assert!(matches!(error, PullError::Fetch { .. }), "{error}");
    let ranges: Vec<_> = gets(&server).into_iter().map(|(_, range)| range).collect();
    let from_50_000 = Some("bytes=50000-".to_owned());
    assert_eq!(ranges, [None, from_50_000.clone(), from_50_000], "a redirect keeps the range");
    assert_eq!(std::fs::metadata(&parts(&checkpoints)[0]).unwrap().len(), 80_000);

    // Another day.
    let server = Server::start(vec![told(file.len(), &sha256(&file)), bytes(&file, 80_000, file.len())]);
    let imported = pull_from(&server, &checkpoints).unwrap();
    assert_eq!(gets(&server)[0].1.as_deref(), Some("bytes=80000-"));
    assert_eq!(imported.layers, ["block1_conv2"]);
    assert!(parts(&checkpoints).is_empty());
}

#[test]
fn a_transfer_that_brings_nothing_new_ends() {
    let (file, checkpoints) = (file(), TempDir::new().unwrap());
    let stuck = bytes(&file, 50_000, 0);
    let server = Server::start(vec![told(file.len(), &sha256(&file)), bytes(&file, 0, 50_000), stuck]);
    let error = pull_from(&server, &checkpoints).unwrap_err();
    assert!(error.to_string().contains(&format!("after 50000 of {} bytes", file.len())), "{error}");
    assert!(error.hint().unwrap().contains("`rails models pull vgg16` again"));
}

#[test]
fn a_store_that_cannot_resume_sends_all_again() {
    let (file, checkpoints) = (file(), TempDir::new().unwrap());
    let all = bytes(&file, 0, file.len());
    let server = Server::start(vec![told(file.len(), &sha256(&file)), bytes(&file, 0, 9), all]);
    assert_eq!(pull_from(&server, &checkpoints).unwrap().layers, ["block1_conv2"]);
}

#[test]
fn a_wrong_hash_is_refused() {
    let (file, checkpoints) = (file(), TempDir::new().unwrap());
    let other = sha256(b"other");
    let server = Server::start(vec![told(file.len(), &other), bytes(&file, 0, file.len())]);
    let error = pull_from(&server, &checkpoints).unwrap_err();
    let PullError::Fetch { why: FetchError::WrongHash { found, expected }, .. } = &error else { panic!("{error}") };
    assert_eq!((found, expected), (&sha256(&file), &other));
    assert_eq!(std::fs::read_dir(checkpoints.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn more_bytes_than_told_are_refused() {
    let (file, checkpoints) = (file(), TempDir::new().unwrap());
    let server = Server::start(vec![told(file.len() - 1, &sha256(&file)), bytes(&file, 0, file.len())]);
    let error = pull_from(&server, &checkpoints).unwrap_err().to_string();
    assert!(error.contains("more than it told of"), "{error}");
}

#[test]
fn the_hub_may_have_renamed_the_repository() {
    let (file, checkpoints) = (file(), TempDir::new().unwrap());
    let script = vec![moved("/new/name"), told(file.len(), &sha256(&file)), bytes(&file, 0, file.len())];
    let server = Server::start(script);
    pull_from(&server, &checkpoints).unwrap();
    assert_eq!(server.requests()[1].path, "/new/name");
}

#[test]
fn a_hub_without_file_or_hash_says_so() {
    let elsewhere = moved("https://store.example/blob");
    for (reply, complaint) in
        [(status(404), "status 404"), (status(200), "SHA-256"), (told(9, "abc"), "SHA-256"), (elsewhere, "SHA-256")]
    {
        let mut script = vec![reply];
        script.extend(vec![status(200); 9]);
        let error = pull_from(&Server::start(script), &TempDir::new().unwrap()).unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
    }
}

#[test]
fn without_a_connection_it_says_what_to_do() {
    let error = pull_from(&Server::start(Vec::new()), &TempDir::new().unwrap()).unwrap_err();
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.contains("/timm/vgg16.tv_in1k/resolve/main/model.safetensors"), "{hint}");
    assert!(hint.contains("`rails models import FILE --as vgg16 --variant torchvision`"), "{hint}");
}

#[test]
fn a_file_of_another_network_is_not_imported() {
    let (file, checkpoints) = (b"no weights".to_vec(), TempDir::new().unwrap());
    let server = Server::start(vec![told(file.len(), &sha256(&file)), bytes(&file, 0, file.len())]);
    let error = pull_from(&server, &checkpoints).unwrap_err();
    assert!(matches!(error, PullError::Import(_)), "{error}");
    assert!(!BackboneName::Vgg16.file_in(checkpoints.path()).exists());
}

#[test]
fn what_the_hub_does_not_have_is_not_asked_for() {
    let hub = Hub::at("https://hub.invalid").unwrap();
    let checkpoints = TempDir::new().unwrap();
    let ask = |name, variant| pull(name, variant, &hub, checkpoints.path(), &Silent).unwrap_err();
    let error = ask(BackboneName::EfficientnetLite0, None);
    assert!(matches!(error, PullError::Embedded(_)) && error.hint().is_some(), "{error}");
    let error = ask(BackboneName::Resnet50, Some(Variant::Caffe));
    assert!(matches!(error, PullError::NoSuchVariant { offered: "torchvision", .. }), "{error}");
}
