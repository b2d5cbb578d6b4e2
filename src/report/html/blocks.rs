//! Blocks as HTML.

use std::io::{self, Write};

use serde_json::json;

use super::encode::{base64, escape, json as script_json};
use super::{GalleryImage, InteractiveScatter, PageBlock, ScatterLayout, atlas};
use crate::report::style::{NOISE, group_colour};

/// Writes `block` to `out`; `id` is unique on the page.
pub(super) fn write(out: &mut dyn Write, block: &PageBlock, id: &str) -> io::Result<()> {
    match block {
        PageBlock::Paragraph(text) => writeln!(out, "<p>{}</p>", escape(text)),
        PageBlock::Plot { png, caption } => plot(out, png, caption),
        PageBlock::Table { caption, columns, rows } => table(out, caption, columns, rows),
        PageBlock::Gallery { title, images } => gallery(out, title, images),
        PageBlock::Scatter(scatter) => interactive(out, scatter, id),
    }
}

fn plot(out: &mut dyn Write, png: &[u8], caption: &str) -> io::Result<()> {
    // The header of a PNG file holds width and height at bytes 16 and 20.
    let side = |at: usize| png.get(at..at + 4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let (width, height) = (side(16).div_ceil(2), side(20).div_ceil(2));
    let (caption, data) = (escape(caption), base64(png));
    writeln!(
        out,
        "<figure class=\"plot\"><img width=\"{width}\" height=\"{height}\" alt=\"{caption}\" \
         src=\"data:image/png;base64,{data}\"><figcaption>{caption}</figcaption></figure>"
    )
}

fn table(out: &mut dyn Write, caption: &str, columns: &[String], rows: &[Vec<String>]) -> io::Result<()> {
    writeln!(out, "<div class=\"table\"><table>")?;
    if !caption.is_empty() {
        writeln!(out, "<caption>{}</caption>", escape(caption))?;
    }
    write!(out, "<thead><tr>")?;
    for column in columns {
        write!(out, "<th><button type=\"button\">{}</button></th>", escape(column))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for row in rows {
        write!(out, "<tr>")?;
        for column in 0..columns.len() {
            write!(out, "<td>{}</td>", escape(row.get(column).map_or("", String::as_str)))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn gallery(out: &mut dyn Write, title: &str, images: &[GalleryImage]) -> io::Result<()> {
    if !title.is_empty() {
        writeln!(out, "<h3>{}</h3>", escape(title))?;
    }
    writeln!(out, "<div class=\"gallery\">")?;
    for GalleryImage { jpeg, caption } in images {
        let (caption, data) = (escape(caption), base64(jpeg));
        writeln!(
            out,
            "<figure><img loading=\"lazy\" alt=\"{caption}\" src=\"data:image/jpeg;base64,{data}\">\
             <figcaption title=\"{caption}\">{caption}</figcaption></figure>"
        )?;
    }
    writeln!(out, "</div>")
}

/// The data of a scatter plot stands in scripts of type JSON and text that `page.js` reads; sheets are decoded only
/// when the pointer first meets one of their images.
fn interactive(out: &mut dyn Write, scatter: &InteractiveScatter, id: &str) -> io::Result<()> {
    let layouts: Vec<_> = scatter
        .layouts
        .iter()
        .map(|layout| json!({"name": layout.name, "axes": layout.axes, "points": base64(&quantised(layout))}))
        .collect();
    let groupings: Vec<_> = scatter
        .groupings
        .iter()
        .map(|(name, groups)| {
            let none = groups.len().min(0xFFFE);
            let of = groups.of().iter().flat_map(|group| (group.unwrap_or(none).min(none) as u16).to_le_bytes());
            let colours: Vec<_> = (0..groups.len()).map(group_colour).collect();
            json!({"name": name, "groups": groups.names(), "rest": groups.rest(), "colours": colours,
                   "of": base64(&of.collect::<Vec<u8>>())})
        })
        .collect();
    let cells = scatter.atlas.cells().iter().flat_map(|cell| cell.unwrap_or(u32::MAX).to_le_bytes());
    let data = json!({
        "layouts": layouts, "groupings": groupings, "noise": NOISE, "names": scatter.names, "edge": scatter.atlas.edge(),
        "side": atlas::SIDE, "cells": base64(&cells.collect::<Vec<u8>>()),
    });
    writeln!(out, "<div class=\"scatter\" id=\"{id}\"><noscript>This plot needs JavaScript.</noscript></div>")?;
    writeln!(out, "<script type=\"application/json\" id=\"{id}-data\">{}</script>", script_json(&data))?;
    for (i, sheet) in scatter.atlas.sheets().map_err(io::Error::other)?.iter().enumerate() {
        writeln!(out, "<script type=\"text/plain\" id=\"{id}-sheet{i}\">{}</script>", base64(sheet))?;
    }
    Ok(())
}

/// Little-endian `u16` pairs over the extent of the layout, 65535 for a point that is not finite.
fn quantised(layout: &ScatterLayout) -> Vec<u8> {
    let finite = || layout.points.iter().filter(|point| point.iter().all(|v| v.is_finite()));
    let mut bytes = Vec::with_capacity(layout.points.len() * 4);
    let range = [0, 1].map(|axis| {
        let values = || finite().map(move |point| f64::from(point[axis]));
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    });
    for point in &layout.points {
        let shown = point.iter().all(|v| v.is_finite());
        for (value, (low, high)) in point.iter().zip(range) {
            let share = if high > low { (f64::from(*value) - low) / (high - low) } else { 0.5 };
            let step = if shown { (share * 65_534.0).round() as u16 } else { u16::MAX };
            bytes.extend(step.to_le_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_span_the_range_and_lost_ones_are_marked() {
        let points = vec![[0.0, 5.0], [f32::NAN, 1.0], [2.0, 5.0], [1.0, 5.0]];
        let layout = ScatterLayout { name: String::new(), axes: [String::new(), String::new()], points };
        let steps: Vec<u16> = quantised(&layout).chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
        assert_eq!(steps, [0, 32767, 65535, 65535, 65534, 32767, 32767, 32767]);
    }
}
