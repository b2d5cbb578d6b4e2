//! The sheet of a figure: its title, a remark under it, and the area that is left.

use super::canvas::{Canvas, Rect};
use super::style::{FAINT_INK, MARGIN, SMALL, TITLE};
use super::text::TextStyle;

/// A white sheet with room of `width` × `height` for the plot below the title; the sheet is as much larger.
/// An empty `remark` takes no room.
pub(super) fn page(width: i32, height: i32, title: &str, remark: &str) -> (Canvas, Rect) {
    let heading = MARGIN / 2 + 56 + if remark.is_empty() { 0 } else { 36 };
    let mut canvas = Canvas::new(width + 2 * MARGIN, height + heading + MARGIN);
    let sheet = canvas.area();
    let style = TextStyle::size(TITLE).bold();
    canvas.text(&style.fit(title, sheet.w - 2 * MARGIN), (MARGIN, MARGIN / 2 + 24), style);
    let style = TextStyle::size(SMALL).ink(FAINT_INK);
    canvas.text(&style.fit(remark, sheet.w - 2 * MARGIN), (MARGIN, MARGIN / 2 + 64), style);
    (canvas, sheet.without(MARGIN, heading, MARGIN, MARGIN))
}

/// Says in the middle of an empty plot that there is nothing to show.
pub(super) fn nothing(canvas: &mut Canvas, area: Rect) {
    canvas.text("no data", area.centre(), TextStyle::size(SMALL).ink(FAINT_INK).centred());
}
