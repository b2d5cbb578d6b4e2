//! Sections of report.html, written for readers who know their images and not machine learning.

use super::tables;
use crate::evaluation::{Confidence, Evaluation, NovelClass};
use crate::files::per_class_csv;
use crate::report::{PageBlock, PageSection};

/// A paragraph.
pub(super) fn text(sentence: impl Into<String>) -> PageBlock {
    PageBlock::Paragraph(sentence.into())
}

fn strings(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| (*column).to_owned()).collect()
}

/// The outcome in two sentences and a table.
pub(super) fn headline(part: &str, evaluation: &Evaluation, novel_classes: &[NovelClass]) -> PageSection {
    let (total, right) = (evaluation.confusion.total(), evaluation.correct());
    let Some(accuracy) = evaluation.scores.accuracy else {
        return PageSection { title: "In short".into(), blocks: vec![text("No image was kept apart to judge by.")] };
    };
    let range = evaluation.intervals.get("accuracy").map_or_else(String::new, |interval| {
        format!(
            " With other images of the same kind, expect between {} and {} (95 % interval).",
            percent(interval.low),
            percent(interval.high)
        )
    });
    let mut blocks =
        vec![text(format!("Of {total} {part} images, {right} were called right: {}.{range}", percent(accuracy)))];
    let images: usize = novel_classes.iter().map(|class| class.images).sum();
    if let (Some(with_novel), true) = (evaluation.accuracy_with_novel(images), images > 0) {
        blocks.push(text(format!(
            "{images} more images show classes that the classifier never learned. It cannot be right on them; they are \
             left out of all scores and listed below. Counted as errors they would bring the share to {}.",
            percent(with_novel)
        )));
    }
    let rows = evaluation.scores.named().into_iter().map(|score| {
        let interval = evaluation.intervals.get(score.key).map(|i| format!("{:.4} – {:.4}", i.low, i.high));
        let (name, meaning) = (score.name.to_owned(), score.meaning.to_owned());
        vec![name, format!("{:.4}", score.value), interval.unwrap_or_default(), meaning]
    });
    blocks.push(PageBlock::Table {
        caption:
            "All scores. The 95 % interval tells how far chance alone may move a score (1000 bootstrap resamples; where \
             all of them are alike, Wilson's for the accuracy)."
                .to_owned(),
        columns: strings(&["score", "value", "95 % interval", "what it tells"]),
        rows: rows.collect(),
    });
    PageSection { title: "In short".into(), blocks }
}

/// Precision, recall and F1 of each class.
pub(super) fn classes(classes: &[String], evaluation: &Evaluation) -> PageSection {
    let columns = per_class_csv::COLUMNS.map(str::to_owned).to_vec();
    let rows = tables::per_class(classes, evaluation).into_iter().map(Vec::from).collect();
    let how = "Precision: of the images called this class, the share that is. Recall: of the images of this class, the \
               share that was found. F1 joins the two. A low recall means the class is overlooked, a low precision that \
               others are mistaken for it.";
    PageSection {
        title: "Class by class".into(),
        blocks: vec![text(how), PageBlock::Table { caption: String::new(), columns, rows }],
    }
}

/// A table per name field; none without fields.
pub(super) fn fields(evaluation: &Evaluation) -> Option<PageSection> {
    if evaluation.fields.is_empty() {
        return None;
    }
    let mut blocks = vec![text(
        "What the file names tell apart: a value whose interval lies below the overall accuracy does worse than chance \
         explains. Intervals are wide where there are few images.",
    )];
    for (field, rows) in &evaluation.fields {
        let cells = rows.iter().map(|row| {
            let interval = row.interval.map(|i| format!("{} – {}", percent(i.low), percent(i.high)));
            let value = if row.value.is_empty() { "(none)" } else { &row.value };
            let accuracy = percent(row.accuracy());
            vec![
                value.to_owned(),
                row.images.to_string(),
                row.right.to_string(),
                accuracy,
                interval.unwrap_or_default(),
            ]
        });
        blocks.push(PageBlock::Table {
            caption: format!("Accuracy by {field}"),
            columns: strings(&[field, "images", "right", "accuracy", "95 % interval"]),
            rows: cells.collect(),
        });
    }
    Some(PageSection { title: "Fields of the file names".into(), blocks })
}

/// The calibration error in words.
pub(super) fn calibration_error(confidence: &Confidence) -> Vec<PageBlock> {
    let (Some(ece), Some(chance)) = (confidence.ece, confidence.ece_by_chance) else { return Vec::new() };
    let comparison = if confidence.is_compatible() == Some(true) {
        "so the confidences can be taken at their word, as far as so many images can tell"
    } else {
        "so the confidences are off by more than chance"
    };
    let mut blocks = vec![text(format!(
        "Confidence and the share that is right differ by {} on average (ECE). With as many images, perfect confidences \
         would differ by up to {} in 95 % of cases by chance alone, {comparison}.",
        percent(ece),
        percent(chance)
    ))];
    blocks.push(text(match confidence.ece_before {
        Some(before) if confidence.temperature != 1.0 => format!(
            "Before calibration the difference was {}. Confidences are {} by a temperature of {:.3}, chosen on images \
             that the classifier had not learned; few judged images may not show the gain.",
            percent(before),
            if confidence.temperature > 1.0 { "lowered" } else { "raised" },
            confidence.temperature
        ),
        _ => "No calibration temperature is applied: these are the classifier's confidences as they are.".to_owned(),
    }));
    blocks
}

/// A table of novel classes.
pub(super) fn novel_classes(classes: &[NovelClass]) -> Option<PageSection> {
    if classes.is_empty() {
        return None;
    }
    let rows = classes.iter().map(|class| {
        let taken: Vec<String> = class.taken_for.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let unknown = class.called_unknown.map(|count| count.to_string()).unwrap_or_default();
        vec![class.class.clone(), class.images.to_string(), unknown, taken.join(", "), percent(class.mean_confidence)]
    });
    let how = "The truth names these classes, the classifier never learned them. A high mean confidence means that it \
               does not notice that they are new; those called `unknown` are noticed: they are novel, or lie between the \
               classes it knows.";
    let table = PageBlock::Table {
        caption: String::new(),
        columns: strings(&["class", "images", "called unknown", "otherwise taken for", "mean confidence"]),
        rows: rows.collect(),
    };
    Some(PageSection { title: "Novel classes".into(), blocks: vec![text(how), table] })
}

/// The lines that make the run again.
pub(super) fn settings(lines: &[String]) -> PageSection {
    let table = PageBlock::Table {
        caption: "The recipe in full, with every default".to_owned(),
        columns: strings(&["settings"]),
        rows: lines.iter().map(|line| vec![line.clone()]).collect(),
    };
    PageSection { title: "Settings".into(), blocks: vec![table] }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
