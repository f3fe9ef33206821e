//! Ink.

use std::fmt::Write;

use super::layout::{Layout, Piece, Route};
use super::picture::{Block, LINE_HEIGHT, PADDING, Picture, SMALL_SIZE, TITLE_SIZE};
use super::text::{escape, width};
use super::words::Category;

const FONT: &str = "Inter, 'Segoe UI', system-ui, -apple-system, 'Helvetica Neue', Arial, sans-serif";
const PAPER: &str = "#fbfbf9";
const INK: &str = "#22272e";
const FAINT: &str = "#6b7280";
const LINE: &str = "#7d8590";
const BACK: &str = "#3f6fb5";
const ERROR: &str = "#b9605a";

/// The fill and the edge of a box.
fn colours(category: Category) -> (&'static str, &'static str) {
    match category {
        Category::Entry => ("#22272e", "#22272e"),
        Category::Speak => ("#e8f1fd", "#4a87d3"),
        Category::Ask => ("#f1ebfc", "#8860cf"),
        Category::Decide => ("#fdf4dc", "#cf9a1f"),
        Category::Set => ("#eef1f4", "#8592a0"),
        Category::Call => ("#e5f5ea", "#3f9a5f"),
        Category::Route => ("#fdebdf", "#d9773a"),
        Category::End => ("#f4e6e8", "#a8545f"),
        Category::Other => ("#f3f3f3", "#9a9a9a"),
    }
}

fn meaning(category: Category) -> &'static str {
    match category {
        Category::Entry => "",
        Category::Speak => "speaks",
        Category::Ask => "asks",
        Category::Decide => "decides",
        Category::Set => "sets",
        Category::Call => "calls out",
        Category::Route => "routes",
        Category::End => "ends",
        Category::Other => "other",
    }
}

pub(super) fn svg(picture: &Picture, layout: &Layout) -> String {
    let mut out = String::new();
    // Writing to a `String` never fails.
    let _ = write(picture, layout, &mut out);
    out
}

fn write(picture: &Picture, layout: &Layout, out: &mut String) -> std::fmt::Result {
    let legend = legend(picture);
    let page = layout
        .width
        .max(width(&legend.text, SMALL_SIZE) + 22.0 * legend.entries as f64 + 64.0);
    let shift = (page - layout.width) / 2.0;
    let height = layout.height + 34.0;
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page:.0} {height:.0}" width="{page:.0}" height="{height:.0}" font-family="{FONT}" role="img">"#
    )?;
    writeln!(out, "<title>{}</title>", escape(&picture.name))?;
    writeln!(out, "<defs>")?;
    for (name, colour) in [("line", LINE), ("back", BACK), ("error", ERROR)] {
        writeln!(
            out,
            r#"<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.6 L8 4 L0 7.4 Z" fill="{colour}"/></marker>"#
        )?;
    }
    writeln!(out, "</defs>")?;
    writeln!(
        out,
        r#"<rect width="{page:.0}" height="{height:.0}" fill="{PAPER}"/>"#
    )?;
    writeln!(out, r#"<g transform="translate({shift:.1} 0)">"#)?;
    // Errors lie below everything, labels above all lines.
    for is_error in [true, false] {
        for route in layout
            .routes
            .iter()
            .filter(|route| route.line.is_error == is_error)
        {
            line(route, out)?;
        }
    }
    for route in &layout.routes {
        label(route, out)?;
    }
    for (block, (x, y)) in picture.blocks.iter().zip(&layout.blocks) {
        draw_block(block, *x, *y, out)?;
    }
    writeln!(out, "</g>")?;
    legend.write(32.0, layout.height + 8.0, out)?;
    writeln!(out, "</svg>")
}

fn stroke(route: &Route) -> (&'static str, &'static str) {
    match (route.line.is_error, route.is_back) {
        (true, _) => ("error", ERROR),
        (false, true) => ("back", BACK),
        (false, false) => ("line", LINE),
    }
}

fn line(route: &Route, out: &mut String) -> std::fmt::Result {
    let (marker, colour) = stroke(route);
    let dash = if route.line.is_error {
        r#" stroke-dasharray="5 4" stroke-opacity="0.75""#
    } else {
        ""
    };
    let path = path(&route.pieces);
    let tooltip = escape(&route.line.tooltip);
    writeln!(
        out,
        r#"<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dash} marker-end="url(#{marker})"><title>{tooltip}</title></path>"#
    )
}

fn path(pieces: &[Piece]) -> String {
    let mut path = String::new();
    let mut before: Option<&Piece> = None;
    for piece in pieces {
        let Piece { x, from_y, to_y } = *piece;
        let _ = match before {
            None => write!(path, "M{x:.1} {from_y:.1}"),
            Some(last) if (last.x - x).abs() < 0.5 => write!(path, " L{x:.1} {from_y:.1}"),
            Some(last) => {
                let middle = f64::midpoint(last.to_y, from_y);
                write!(
                    path,
                    " C{:.1} {middle:.1} {x:.1} {middle:.1} {x:.1} {from_y:.1}",
                    last.x
                )
            }
        };
        if (to_y - from_y).abs() > 0.5 {
            let _ = write!(path, " L{x:.1} {to_y:.1}");
        }
        before = Some(piece);
    }
    path
}

fn label(route: &Route, out: &mut String) -> std::fmt::Result {
    let Some((x, y)) = route.label else { return Ok(()) };
    let (_, colour) = stroke(route);
    let colour = match colour {
        LINE if route.line.label.starts_with("also on ") => FAINT,
        LINE => INK,
        colour => colour,
    };
    let wide = width(&route.line.label, SMALL_SIZE) + 8.0;
    writeln!(
        out,
        r#"<rect x="{:.1}" y="{:.1}" width="{wide:.1}" height="16" rx="4" fill="{PAPER}" fill-opacity="0.92"/><text x="{x:.1}" y="{:.1}" font-size="{SMALL_SIZE}" fill="{colour}" text-anchor="middle">{}</text>"#,
        x - wide / 2.0,
        y - 8.0,
        y + 4.0,
        escape(&route.line.label)
    )
}

fn draw_block(block: &Block, x: f64, y: f64, out: &mut String) -> std::fmt::Result {
    let (fill, edge) = colours(block.category);
    let rounded = matches!(block.category, Category::Entry | Category::End);
    let radius = if rounded {
        (block.height / 2.0).min(20.0)
    } else {
        7.0
    };
    let dash = if block.reached {
        ""
    } else {
        r#" stroke-dasharray="3 3""#
    };
    let left = x - block.width / 2.0;
    writeln!(out, "<g><title>{}</title>", escape(&block.tooltip))?;
    writeln!(
        out,
        r#"<rect x="{left:.1}" y="{y:.1}" width="{:.1}" height="{:.1}" rx="{radius:.1}" fill="{fill}" stroke="{edge}" stroke-width="1.2"{dash}/>"#,
        block.width, block.height
    )?;
    let (anchor, text_x) = if rounded {
        ("middle", x)
    } else {
        ("start", left + PADDING)
    };
    let ink = if block.category == Category::Entry {
        "#ffffff"
    } else {
        INK
    };
    let mut baseline = y + PADDING + TITLE_SIZE - 2.0;
    let mut text = |text: &str, style: &str, colour: &str, out: &mut String| {
        let line = writeln!(
            out,
            r#"<text x="{text_x:.1}" y="{baseline:.1}" text-anchor="{anchor}" {style} fill="{colour}">{}</text>"#,
            escape(text)
        );
        baseline += LINE_HEIGHT + 0.5;
        line
    };
    text(
        &block.title,
        &format!(r#"font-size="{TITLE_SIZE}" font-weight="600""#),
        ink,
        out,
    )?;
    let small = format!(r#"font-size="{SMALL_SIZE}""#);
    let faint = if block.category == Category::Entry {
        "#c9cfd6"
    } else {
        FAINT
    };
    if let Some(name) = &block.name {
        text(name, &small, faint, out)?;
    }
    for detail in &block.detail {
        text(detail, &small, ink, out)?;
    }
    for note in &block.notes {
        text(
            &note.text(),
            &small,
            if note.is_error { ERROR } else { BACK },
            out,
        )?;
    }
    if let Some(mark) = &block.mark {
        let (x, y) = (left + block.width - 4.0, y + 4.0);
        writeln!(
            out,
            r##"<circle cx="{x:.1}" cy="{y:.1}" r="10" fill="{ERROR}"/><text x="{x:.1}" y="{:.1}" font-size="11" font-weight="700" fill="#ffffff" text-anchor="middle">{mark}</text>"##,
            y + 4.0
        )?;
    }
    writeln!(out, "</g>")
}

struct Legend {
    categories: Vec<Category>,
    notes: String,
    text: String,
    entries: usize,
}

/// Explains what the picture uses, and nothing else.
fn legend(picture: &Picture) -> Legend {
    let mut categories: Vec<Category> = picture
        .blocks
        .iter()
        .map(|block| block.category)
        .filter(|category| *category != Category::Entry)
        .collect();
    categories.sort();
    categories.dedup();
    let mut notes = Vec::new();
    if picture.blocks.iter().any(|block| block.mark.is_some()) {
        notes.push("“→ A” goes on at the block marked A");
    }
    if picture.blocks.iter().any(|block| !block.reached) {
        notes.push("dashed box: no way leads there");
    }
    let notes = notes.join("  ·  ");
    let names: Vec<&str> = categories.iter().map(|category| meaning(*category)).collect();
    let text = format!("{}{notes}", names.concat());
    Legend {
        entries: categories.len() + 1,
        categories,
        notes,
        text,
    }
}

impl Legend {
    fn write(&self, left: f64, y: f64, out: &mut String) -> std::fmt::Result {
        let mut x = left;
        for category in &self.categories {
            let (fill, edge) = colours(*category);
            let meaning = meaning(*category);
            writeln!(
                out,
                r#"<rect x="{x:.1}" y="{y:.1}" width="11" height="11" rx="3" fill="{fill}" stroke="{edge}"/><text x="{:.1}" y="{:.1}" font-size="{SMALL_SIZE}" fill="{FAINT}">{meaning}</text>"#,
                x + 16.0,
                y + 9.5
            )?;
            x += 16.0 + width(meaning, SMALL_SIZE) + 14.0;
        }
        writeln!(
            out,
            r#"<text x="{x:.1}" y="{:.1}" font-size="{SMALL_SIZE}" fill="{ERROR}">{}</text>"#,
            y + 9.5,
            escape(&self.notes)
        )
    }
}
