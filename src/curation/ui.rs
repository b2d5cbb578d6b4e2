//! The files of the review page, embedded in the program: plain HTML, CSS and ES modules, without a build step.

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// Its name below `/ui/`.
    pub name: &'static str,
    /// What the browser is told it is.
    pub content_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// The page itself, served at `/`.
pub const INDEX: Asset =
    Asset { name: "index.html", content_type: "text/html; charset=utf-8", bytes: include_bytes!("ui/index.html") };

macro_rules! assets {
    ($($content_type:literal: $($name:literal)+;)+) => {
        &[$($(Asset { name: $name, content_type: $content_type, bytes: include_bytes!(concat!("ui/", $name)) }),+),+]
    };
}

/// What the page asks for below `/ui/`.
pub const ASSETS: &[Asset] = assets! {
    "text/css; charset=utf-8": "style.css" "panels.css" "grid.css" "map.css";
    "text/javascript; charset=utf-8":
        "main.js" "api.js" "state.js" "view.js" "selection.js" "dom.js" "colours.js"
        "grid.js" "tile.js" "thumbs.js" "pointer.js" "divider.js"
        "decide.js" "actions.js" "primary.js" "groups.js" "suggestions.js" "keys.js" "pick.js"
        "places.js" "clusters.js" "classes.js" "detail.js" "large.js" "heading.js" "tools.js" "session.js" "dialog.js" "help.js"
        "map.js" "scatter.js" "lasso.js" "colouring.js" "legend.js";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_is_named_is_there() {
        let names: Vec<&str> = ASSETS.iter().map(|asset| asset.name).collect();
        for asset in ASSETS.iter().chain([&INDEX]) {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            let mentioned = text.split('"').filter_map(|part| part.strip_prefix("./").or(part.strip_prefix("/ui/")));
            for name in mentioned {
                assert!(names.contains(&name), "{} asks for {name}", asset.name);
            }
        }
    }

    #[test]
    fn nothing_inline_and_nothing_from_elsewhere() {
        for asset in ASSETS.iter().chain([&INDEX]) {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            for forbidden in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "http://", "https://", "style=\""]
            {
                assert!(!text.contains(forbidden), "{} has `{forbidden}`", asset.name);
            }
        }
    }
}
