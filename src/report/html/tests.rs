//! Tests of the page: whole, escaped, and closed to the network.

use ndarray::Array3;

use super::*;
use crate::data::Clustering;
use crate::images::Image;
use crate::report::{ConfusionPlot, jpeg, thumbnail};

fn page() -> String {
    let evil = "<script>alert('\"&')</script>{{js}}";
    let image = Image { pixels: Array3::from_elem((8, 8, 1), 77.0) };
    let mut atlas = Atlas::new(3);
    atlas.add(0, &image).unwrap();
    let counts = ndarray::array![[3, 1], [0, 4]];
    let names = [evil.to_owned(), "b".to_owned()];
    let plot = ConfusionPlot { title: evil, names: &names, counts: &counts };
    let clusters = Grouping::clusters(&Clustering::by_number(&[Some(0), None, Some(1)]));
    let points = vec![[0.0, 1.0], [f32::NAN, 0.0], [2.0, 2.0]];
    let layout = ScatterLayout { name: evil.into(), axes: [evil.into(), "y".into()], points };
    let scatter = InteractiveScatter {
        layouts: vec![layout],
        groupings: vec![(evil.into(), clusters)],
        names: vec![evil.into(), "b".into(), "c".into()],
        atlas,
    };
    let thumb = jpeg(&thumbnail(&image, 64), 80).unwrap();
    let mut report = Report::new(evil);
    report.fact(evil, evil);
    report.section(evil, vec![PageBlock::Paragraph(evil.into()), PageBlock::figure(&plot, evil).unwrap()]);
    let rows = vec![vec![evil.into()], vec!["1".into(), "2".into(), "cut".into()]];
    let table = PageBlock::Table { caption: evil.into(), columns: vec![evil.into(), "b".into()], rows };
    let gallery =
        PageBlock::Gallery { title: evil.into(), images: vec![GalleryImage { jpeg: thumb, caption: evil.into() }] };
    report.section("all", vec![table, gallery, PageBlock::Scatter(scatter)]);
    let mut page = Vec::new();
    report.render(&mut page).unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn everything_is_escaped() {
    let page = page();
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains("alert('\""));
    assert!(page.contains("&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;{{js}}"));
    assert_eq!(page.matches("function scatter(root)").count(), 1, "text of the data is no placeholder");
    let opened = page.matches("<script").count();
    assert_eq!((opened, page.matches("</script>").count()), (3, 3), "page.js, the data, one sheet");
}

#[test]
fn nothing_is_asked_of_the_network() {
    let page = page();
    for outside in ["http:", "https:", "//cdn", "@import", "src=\"/", "url(h", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.matches(" src=\"").count() == page.matches(" src=\"data:image/").count());
}

#[test]
fn contents_lead_to_every_section() {
    let page = page();
    for i in 0..2 {
        assert!(page.contains(&format!("href=\"#s{i}\"")) && page.contains(&format!("<section id=\"s{i}\">")));
    }
}

#[test]
fn an_empty_report_is_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let mut report = Report::new("");
    let scatter = InteractiveScatter { layouts: vec![], groupings: vec![], names: vec![], atlas: Atlas::new(0) };
    let gallery = PageBlock::Gallery { title: String::new(), images: vec![] };
    let table = PageBlock::Table { caption: String::new(), columns: vec![], rows: vec![vec![]] };
    let plot = PageBlock::Plot { png: vec![], caption: String::new() };
    report.section("", vec![gallery, table, plot, PageBlock::Scatter(scatter)]);
    report.write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("<!doctype html>") && text.trim_end().ends_with("</html>"));
}
