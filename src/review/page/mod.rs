//! The files of the review page, embedded in the program: plain HTML, CSS and ES modules, without a build step.

mod definitions;

pub(super) use definitions::{DEFINITIONS, label_source_code};

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asset {
    /// Its name below `/ui/`.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    pub bytes: &'static [u8],
}

/// The page itself, served at `/`.
pub(super) const INDEX: Asset =
    Asset { name: "index.html", content_type: "text/html; charset=utf-8", bytes: include_bytes!("index.html") };

/// The media type of a module.
pub(super) const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! assets {
    ($($content_type:expr => $($name:literal)+;)+) => {
        &[$($(Asset { name: $name, content_type: $content_type, bytes: include_bytes!($name) }),+),+]
    };
}

/// The files below `/ui/`, beside `definitions.js` and the server's `token.js`.
pub(super) const ASSETS: &[Asset] = assets! {
    "text/css; charset=utf-8" => "style.css" "dialogs.css" "panels.css" "grid.css" "map.css";
    JAVASCRIPT =>
        "main.js" "api.js" "load.js" "state.js" "selection.js" "dom.js" "colours.js"
        "view.js" "members.js" "order.js" "captions.js"
        "grid.js" "tile.js" "thumbs.js" "pointer.js" "divider.js"
        "decide.js" "actions.js" "primary.js" "enter.js" "groups.js" "suggestions.js" "keys.js" "pick.js"
        "places.js" "clusters.js" "classes.js" "detail.js" "large.js" "heading.js" "tools.js" "session.js" "dialog.js" "help.js"
        "map.js" "map_canvas.js" "map_pointer.js" "scatter.js" "lasso.js" "gestures.js" "colouring.js" "legend.js";
};

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
        ASSETS.iter().chain([&INDEX]).map(|asset| (asset.name, std::str::from_utf8(asset.bytes).unwrap()))
    }

    #[test]
    fn every_file_that_is_named_is_there() {
        let names: Vec<&str> = ASSETS.iter().map(|asset| asset.name).chain(["definitions.js", "token.js"]).collect();
        for (asset, text) in texts() {
            let mentioned = text.split('"').filter_map(|part| part.strip_prefix("./").or(part.strip_prefix("/ui/")));
            for name in mentioned {
                assert!(names.contains(&name), "{asset} asks for {name}");
            }
        }
    }

    #[test]
    fn nothing_inline_and_nothing_from_elsewhere() {
        for (asset, text) in texts() {
            for forbidden in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "http://", "https://", "style=\""]
            {
                assert!(!text.contains(forbidden), "{asset} has `{forbidden}`");
            }
        }
    }
}
