//! `rails models`

use crate::workplace::Workplace;

#[test]
fn the_default_network_is_there_and_the_others_say_what_they_need() {
    let place = Workplace::new("models");
    let listed = place.rails(&["models", "list"]).with(0).stdout;
    for word in ["efficientnet-lite0", "embedded", "resnet50", "conv4_block6_out", "vgg16", "rails models import"] {
        assert!(listed.contains(word), "no `{word}` in\n{listed}");
    }
    let rows = place.rails(&["models", "list", "--json"]).with(0).json();
    assert_eq!(rows.as_array().unwrap().len(), 3);

    std::fs::create_dir_all(place.path("datasets/some")).unwrap();
    crate::pictures::fill(&place.path("datasets/some"), 3, 16);
    let missing = place.rails(&["cluster", "--set", "features.backbone=resnet50"]).with(1);
    missing.saying(&["resnet50", "rails models import"]);
    place.rails(&["cluster", "--set", "features.layers=[\"conv9\"]"]).with(2).saying(&["conv9", "`stage1`"]);
}

#[test]
fn files_that_are_no_weights_are_refused() {
    let place = Workplace::new("models");
    place.rails(&["models", "import", "lost.pth", "--as", "resnet50"]).with(1).saying(&["lost.pth"]);
    place.write("text.pth", "not weights");
    place
        .rails(&["models", "import", "text.pth", "--as", "resnet50"])
        .with(1)
        .saying(&["not a weights file", "hint: "]);
    let other = crate::workplace::repository().join("checkpoints/efficientnet-lite0.safetensors");
    let other = place.rails(&["models", "import", other.to_str().unwrap(), "--as", "vgg16"]).with(1);
    assert!(!other.stderr.contains("panicked"), "{}", other.stderr);
    place.rails(&["models", "import", "text.pth", "--as", "alexnet"]).with(2).saying(&["resnet50"]);
    assert!(!place.path("checkpoints").exists() || crate::workplace::names(&place.path("checkpoints")).is_empty());
}
