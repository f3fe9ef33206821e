//! Where everything goes.
//!
//! Blocks stand in layers, each below all that lead to it, and between two layers of blocks there is one for the
//! labels. A line passes through one waypoint in every layer on its way, so that no box and no label is ever in
//! its path. The order within the layers and the horizontal places come from `rust-sugiyama`; as every edge it is
//! given goes from a layer to the next, its own layers can be no others than these. Its places are the same every
//! time, though the list of them is not in the same order; sizes, layers and lines are none of its business.

use std::collections::BTreeMap;

use rust_sugiyama::configure::{Config, RankingType};
use rust_sugiyama::from_vertices_and_edges;

use super::picture::{Line, Picture, SMALL_SIZE};
use super::text::width;

const GAP_X: f64 = 26.0;
const GAP_Y: f64 = 18.0;
const LABEL_HEIGHT: f64 = 18.0;
const BARE_WAYPOINT: f64 = 6.0;
const MARGIN: f64 = 32.0;
/// Beyond this the flow is no picture any more; the service takes 250 blocks.
const MAX_VERTICES: usize = 6000;

pub(super) struct Layout {
    /// The middle of each block's upper edge.
    pub(super) blocks: Vec<(f64, f64)>,
    pub(super) routes: Vec<Route>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The way of one line, from its source to its target.
pub(super) struct Route {
    pub(super) line: Line,
    pub(super) is_back: bool,
    /// Straight pieces, from top to bottom or the other way; between them the line bends.
    pub(super) pieces: Vec<Piece>,
    pub(super) label: Option<(f64, f64)>,
}

#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) x: f64,
    pub(super) from_y: f64,
    pub(super) to_y: f64,
}

/// A box, a label or a waypoint.
struct Vertex {
    layer: usize,
    width: f64,
    height: f64,
    x: f64,
}

/// A line with its waypoints, from the upper block down.
struct Chain {
    line: Line,
    upper: usize,
    lower: usize,
    waypoints: Vec<usize>,
    labelled: Option<usize>,
}

pub(super) fn layout(picture: &Picture) -> Layout {
    let mut lines = picture.lines.clone();
    // A block that is only named stands below the last one that names it.
    let ghosts_from = lines.len();
    lines.extend(picture.named.iter().map(|(from, to)| Line::ghost(*from, *to)));
    let (back, order) = circles(picture.blocks.len(), &lines);
    let ranks = ranks(picture.blocks.len(), &lines, &back, &order);

    let mut vertices: Vec<Vertex> = picture
        .blocks
        .iter()
        .zip(&ranks)
        .map(|(block, rank)| Vertex {
            layer: 2 * rank,
            width: block.width,
            height: block.height,
            x: 0.0,
        })
        .collect();
    let mut edges: Vec<(u32, u32)> = Vec::new();
    let mut chains: Vec<Chain> = Vec::new();
    for (line, is_back) in lines.into_iter().zip(&back) {
        let (upper, lower) = if *is_back {
            (line.to, line.from)
        } else {
            (line.from, line.to)
        };
        chains.push(chain(line, upper, lower, *is_back, &mut vertices, &mut edges));
    }
    place(&mut vertices, &edges);
    separate(&mut vertices);
    chains.truncate(ghosts_from);
    finish(picture, &vertices, chains)
}

/// Which lines close a circle, and the blocks so that all other lines lead forward.
pub(super) fn circles(blocks: usize, lines: &[Line]) -> (Vec<bool>, Vec<usize>) {
    let mut ways: Vec<Vec<(usize, usize)>> = vec![Vec::new(); blocks];
    for (number, line) in lines.iter().enumerate() {
        if let Some(ways) = ways.get_mut(line.from) {
            ways.push((number, line.to));
        }
    }
    let mut back = vec![false; lines.len()];
    let mut order = Vec::with_capacity(blocks);
    let mut begun = vec![false; blocks];
    let mut done = vec![false; blocks];
    for root in 0..blocks {
        let mut stack: Vec<(usize, usize)> = Vec::new();
        if begun.get(root) == Some(&false) {
            stack.push((root, 0));
        }
        while let Some((block, next)) = stack.pop() {
            if let Some(begun) = begun.get_mut(block) {
                *begun = true;
            }
            let Some((number, to)) = ways.get(block).and_then(|ways| ways.get(next)).copied() else {
                order.push(block);
                if let Some(done) = done.get_mut(block) {
                    *done = true;
                }
                continue;
            };
            stack.push((block, next + 1));
            if begun.get(to) == Some(&false) {
                stack.push((to, 0));
            } else if done.get(to) == Some(&false)
                && let Some(back) = back.get_mut(number)
            {
                *back = true;
            }
        }
    }
    order.reverse();
    (back, order)
}

/// The longest way from an entry to each block, with the lines that close a circle turned around.
fn ranks(blocks: usize, lines: &[Line], back: &[bool], order: &[usize]) -> Vec<usize> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); blocks];
    for (line, is_back) in lines.iter().zip(back) {
        let (upper, lower) = if *is_back {
            (line.to, line.from)
        } else {
            (line.from, line.to)
        };
        if let Some(below) = below.get_mut(upper) {
            below.push(lower);
        }
    }
    let mut ranks = vec![0; blocks];
    for upper in order {
        let least = ranks.get(*upper).map_or(0, |rank| rank + 1);
        for lower in below.get(*upper).into_iter().flatten() {
            if let Some(rank) = ranks.get_mut(*lower) {
                *rank = least.max(*rank);
            }
        }
    }
    ranks
}

fn chain(
    line: Line,
    upper: usize,
    lower: usize,
    is_back: bool,
    vertices: &mut Vec<Vertex>,
    edges: &mut Vec<(u32, u32)>,
) -> Chain {
    let layer = |vertices: &[Vertex], index: usize| vertices.get(index).map_or(0, |vertex| vertex.layer);
    let (first, end) = (layer(vertices, upper) + 1, layer(vertices, lower));
    // The label stands where the line leaves its block.
    let labelled_layer = if is_back { end.saturating_sub(1) } else { first };
    let mut waypoints = Vec::new();
    let mut labelled = None;
    let mut last = upper;
    let mut link = |from: usize, to: usize| {
        if let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(to)) {
            edges.push((from, to));
        }
    };
    for layer in first..end {
        let mut vertex = Vertex {
            layer,
            width: BARE_WAYPOINT,
            height: 0.0,
            x: 0.0,
        };
        if layer == labelled_layer && !line.label.is_empty() {
            vertex.width = width(&line.label, SMALL_SIZE) + 10.0;
            vertex.height = LABEL_HEIGHT;
            labelled = Some(waypoints.len());
        }
        waypoints.push(vertices.len());
        link(last, vertices.len());
        last = vertices.len();
        vertices.push(vertex);
    }
    link(last, lower);
    Chain {
        line,
        upper,
        lower,
        waypoints,
        labelled,
    }
}

/// Asks the library for the horizontal places.
fn place(vertices: &mut [Vertex], edges: &[(u32, u32)]) {
    if vertices.len() > MAX_VERTICES {
        return; // All at zero: `separate` puts them side by side.
    }
    let config = Config {
        minimum_length: 1,
        vertex_spacing: GAP_X,
        ranking_type: RankingType::MinimizeEdgeLength,
        // Swapping neighbours pays in the pictures that people look at, and is slow in the others.
        transpose: vertices.len() < 1200,
        ..Config::default()
    };
    let sizes = vertices
        .iter()
        .zip(0_u32..)
        .map(|(vertex, id)| (id, (vertex.width, vertex.height.max(1.0))));
    let mut parts: Vec<BTreeMap<usize, f64>> =
        from_vertices_and_edges(&sizes.collect::<Vec<_>>(), edges, &config)
            .into_iter()
            .map(|(places, _, _)| places.into_iter().map(|(vertex, (x, _))| (vertex, x)).collect())
            .collect();
    parts.sort_by_key(|part| part.keys().next().copied());
    let mut right = 0.0;
    for part in parts {
        let half = |vertex: &usize| vertices.get(*vertex).map_or(0.0, |vertex| vertex.width / 2.0);
        let least = part
            .iter()
            .map(|(vertex, x)| x - half(vertex))
            .fold(f64::INFINITY, f64::min);
        let most = part
            .iter()
            .map(|(vertex, x)| x + half(vertex))
            .fold(f64::NEG_INFINITY, f64::max);
        let shift = right - least;
        for (vertex, x) in part {
            if let Some(vertex) = vertices.get_mut(vertex) {
                vertex.x = x + shift;
            }
        }
        right += most - least + 2.0 * GAP_X;
    }
}

/// Makes sure that nothing in a layer overlaps, whatever the library said.
fn separate(vertices: &mut [Vertex]) {
    let mut layers: BTreeMap<usize, Vec<&mut Vertex>> = BTreeMap::new();
    for vertex in vertices {
        layers.entry(vertex.layer).or_default().push(vertex);
    }
    for layer in layers.values_mut() {
        layer.sort_by(|a, b| a.x.total_cmp(&b.x));
        let mut free = f64::NEG_INFINITY;
        for vertex in layer {
            vertex.x = vertex.x.max(free + vertex.width / 2.0);
            free = vertex.x + vertex.width / 2.0 + 4.0;
        }
    }
}

fn finish(picture: &Picture, vertices: &[Vertex], chains: Vec<Chain>) -> Layout {
    let layers = vertices
        .iter()
        .map(|vertex| vertex.layer)
        .max()
        .map_or(0, |layer| layer + 1);
    let mut heights = vec![0.0_f64; layers];
    for vertex in vertices {
        if let Some(height) = heights.get_mut(vertex.layer) {
            *height = height.max(vertex.height);
        }
    }
    let mut tops = Vec::with_capacity(layers);
    let mut y = MARGIN;
    for height in &heights {
        tops.push(y);
        y += height + GAP_Y;
    }
    let height = y - GAP_Y + MARGIN;
    let left = vertices
        .iter()
        .map(|vertex| vertex.x - vertex.width / 2.0)
        .fold(f64::INFINITY, f64::min);
    let right = vertices
        .iter()
        .map(|vertex| vertex.x + vertex.width / 2.0)
        .fold(0.0, f64::max);
    let left = if left.is_finite() { left } else { 0.0 };
    let x = |index: usize| vertices.get(index).map_or(0.0, |vertex| vertex.x - left + MARGIN);
    let top = |index: usize| {
        vertices
            .get(index)
            .and_then(|vertex| tops.get(vertex.layer))
            .copied()
            .unwrap_or_default()
    };
    let layer_height = |index: usize| {
        vertices
            .get(index)
            .and_then(|vertex| heights.get(vertex.layer))
            .copied()
            .unwrap_or_default()
    };
    let bottom = |index: usize| top(index) + vertices.get(index).map_or(0.0, |vertex| vertex.height);

    let lower_ends = ends(&chains, vertices, |chain| {
        (chain.upper, chain.waypoints.first().copied())
    });
    let upper_ends = ends(&chains, vertices, |chain| {
        (chain.lower, chain.waypoints.last().copied())
    });
    let routes = chains
        .into_iter()
        .zip(lower_ends.into_iter().zip(upper_ends))
        .map(|(chain, (out, into))| {
            let mut pieces = Vec::with_capacity(chain.waypoints.len() + 2);
            let at = bottom(chain.upper);
            // Boxes of a layer differ in height; the line goes straight down past the taller ones.
            let below = top(chain.upper) + layer_height(chain.upper);
            pieces.push(Piece {
                x: x(chain.upper) + out,
                from_y: at,
                to_y: below,
            });
            pieces.extend(chain.waypoints.iter().map(|index| Piece {
                x: x(*index),
                from_y: top(*index),
                to_y: top(*index) + layer_height(*index),
            }));
            let at = top(chain.lower);
            pieces.push(Piece {
                x: x(chain.lower) + into,
                from_y: at,
                to_y: at,
            });
            let is_back = chain.line.from == chain.lower;
            if is_back {
                pieces.reverse();
                for piece in &mut pieces {
                    std::mem::swap(&mut piece.from_y, &mut piece.to_y);
                }
            }
            let label = chain
                .labelled
                .and_then(|number| chain.waypoints.get(number))
                .map(|index| (x(*index), top(*index) + layer_height(*index) / 2.0));
            Route {
                line: chain.line,
                is_back,
                pieces,
                label,
            }
        });
    let routes = routes.collect();
    let blocks = (0..picture.blocks.len())
        .map(|index| (x(index), top(index)))
        .collect();
    Layout {
        blocks,
        routes,
        width: right - left + 2.0 * MARGIN,
        height,
    }
}

/// Spreads the ends of lines along the side of a box, in the order in which they come.
fn ends(chains: &[Chain], vertices: &[Vertex], end: impl Fn(&Chain) -> (usize, Option<usize>)) -> Vec<f64> {
    let mut sides: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    for (number, chain) in chains.iter().enumerate() {
        let (block, waypoint) = end(chain);
        let x = waypoint
            .and_then(|index| vertices.get(index))
            .map_or(0.0, |vertex| vertex.x);
        sides.entry(block).or_default().push((x, number));
    }
    let mut offsets = vec![0.0; chains.len()];
    for (block, mut side) in sides {
        side.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let room = vertices
            .get(block)
            .map_or(0.0, |vertex| vertex.width - 40.0)
            .max(0.0);
        let count = side.len() as f64;
        let step = (room / count).min(22.0);
        for (place, (_, number)) in side.into_iter().enumerate() {
            if let Some(offset) = offsets.get_mut(number) {
                *offset = (place as f64 - (count - 1.0) / 2.0) * step;
            }
        }
    }
    offsets
}
