//! Every `--help`, word for word. After a change that is meant: `cargo insta review`, or `INSTA_UPDATE=always`.

use crate::workplace::Workplace;

#[test]
fn every_help() {
    let place = Workplace::new("help");
    let commands: [(&str, &[&str]); 17] = [
        ("rails", &[]),
        ("cluster", &["cluster"]),
        ("search", &["search"]),
        ("patches", &["patches"]),
        ("separate", &["separate"]),
        ("assign", &["assign"]),
        ("curate", &["curate"]),
        ("train", &["train"]),
        ("predict", &["predict"]),
        ("evaluate", &["evaluate"]),
        ("compare", &["compare"]),
        ("tile", &["tile"]),
        ("explore", &["explore"]),
        ("models", &["models"]),
        ("models_list", &["models", "list"]),
        ("models_import", &["models", "import"]),
        ("models_pull", &["models", "pull"]),
    ];
    for (name, arguments) in commands {
        let help = place.rails(&[arguments, &["--help"]].concat()).with(0);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, help.stdout);
        });
    }
}

#[test]
fn no_command_is_a_usage_error_that_shows_the_commands() {
    let place = Workplace::new("help");
    place.rails(&[]).with(2).saying(&["cluster", "curate", "train", "predict"]);
    place.rails(&["clutser"]).with(2).saying(&["cluster"]);
    assert!(place.rails(&["--version"]).with(0).stdout.starts_with("rails "));
}
