//! A flow as a picture.

mod layout;
mod picture;
mod svg;
mod text;
mod words;

use crate::Flow;

/// Draws a flow as an SVG document that stands alone: one box for each block, from the entry downwards.
///
/// The same flow always gives the same text. Errors are dashed; where most errors lead to one block, that block
/// gets a letter, and the others name it instead of drawing lines to it. Identifiers and all parameters' texts are
/// escaped.
pub fn draw(flow: &Flow) -> String {
    let picture = picture::Picture::of(flow);
    let layout = layout::layout(&picture);
    svg::svg(&picture, &layout)
}
