//! What is in the picture: boxes, and lines between them, before anything has a place.

use std::collections::BTreeMap;

use crate::{Action, Flow};

use super::layout::circles;
use super::text::{cut, width, wrap};
use super::words::{Category, condition_label, detail, error_label, is_uuid, title};

pub(super) const TITLE_SIZE: f64 = 13.0;
pub(super) const SMALL_SIZE: f64 = 11.0;
pub(super) const LINE_HEIGHT: f64 = 15.0;
pub(super) const BOX_WIDTH: f64 = 216.0;
pub(super) const PADDING: f64 = 12.0;
const LABEL_WIDTH: f64 = 190.0;
/// From so many errors on, a block is named where they happen instead of drawn lines to.
const BUSY: usize = 3;

#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) title: String,
    /// The identifier, unless it is one that only a machine can love.
    pub(super) name: Option<String>,
    pub(super) detail: Vec<String>,
    /// Errors that lead to a busy block, or nowhere.
    pub(super) notes: Vec<Note>,
    pub(super) category: Category,
    /// The letter by which notes call a busy block.
    pub(super) mark: Option<String>,
    pub(super) tooltip: String,
    pub(super) reached: bool,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A way out that is told and not drawn.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) label: String,
    /// With the arrow; it stays whole when the label is cut.
    pub(super) target: String,
    pub(super) is_error: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: String,
    pub(super) tooltip: String,
    pub(super) is_error: bool,
}

#[derive(Debug, Default)]
pub(super) struct Picture {
    /// The flow's name, or what a flow without one is called.
    pub(super) name: String,
    /// The entry first, then the blocks in the document's order.
    pub(super) blocks: Vec<Block>,
    pub(super) lines: Vec<Line>,
    /// Blocks that are only named, with one that names them: no line, but a hint where to stand.
    pub(super) named: Vec<(usize, usize)>,
}

impl Line {
    /// A line that is never drawn.
    pub(super) fn ghost(from: usize, to: usize) -> Self {
        Self {
            from,
            to,
            label: String::new(),
            tooltip: String::new(),
            is_error: false,
        }
    }
}

impl Picture {
    pub(super) fn of(flow: &Flow) -> Self {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, action) in flow.actions.iter().enumerate() {
            numbers.entry(action.identifier.as_str()).or_insert(index + 1);
        }
        let mut picture = Self {
            name: flow_name(flow).unwrap_or("Contact flow").to_owned(),
            blocks: vec![entry(flow)],
            ..Self::default()
        };
        if let Some(start) = numbers.get(flow.start_action.as_str()) {
            let (label, tooltip) = (String::new(), String::new());
            picture.lines.push(Line {
                from: 0,
                to: *start,
                label,
                tooltip,
                is_error: false,
            });
        }
        for (index, action) in flow.actions.iter().enumerate() {
            let mut block = block(action);
            for (target, label, is_error) in ways(action) {
                match numbers.get(target.as_str()) {
                    Some(to) => picture.lines.push(Line {
                        from: index + 1,
                        to: *to,
                        tooltip: format!("{} → {}: {label}", action.identifier, target),
                        label,
                        is_error,
                    }),
                    None => {
                        let target = cut(&format!("→ missing “{target}”"), SMALL_SIZE, LABEL_WIDTH / 2.0);
                        block.notes.push(Note {
                            label: or_next(&label),
                            target,
                            is_error: true,
                        });
                    }
                }
            }
            picture.blocks.push(block);
        }
        picture.mark_reached();
        picture.name_busy_blocks();
        for block in &mut picture.blocks {
            block.measure();
        }
        picture
    }

    fn mark_reached(&mut self) {
        let mut left = vec![0];
        while let Some(index) = left.pop() {
            let Some(block) = self.blocks.get_mut(index).filter(|block| !block.reached) else {
                continue;
            };
            block.reached = true;
            left.extend(
                self.lines
                    .iter()
                    .filter(|line| line.from == index)
                    .map(|line| line.to),
            );
        }
    }

    /// Most flows send all errors to one or two blocks, and long ones lead back to a menu from everywhere. Drawn,
    /// these lines would hide all the others.
    fn name_busy_blocks(&mut self) {
        let (back, _) = circles(self.blocks.len(), &self.lines);
        let is_heavy = |line: &Line, is_back: bool| (line.is_error || is_back) && line.from != line.to;
        let mut weight = vec![0; self.blocks.len()];
        for (line, is_back) in self.lines.iter().zip(&back) {
            if let Some(weight) = weight.get_mut(line.to).filter(|_| is_heavy(line, *is_back)) {
                *weight += 1;
            }
        }
        let busy: Vec<usize> = (0..weight.len())
            .filter(|to| weight.get(*to).is_some_and(|w| *w >= BUSY))
            .collect();
        let mut kept = Vec::new();
        let mut named = BTreeMap::new();
        for (line, is_back) in std::mem::take(&mut self.lines).into_iter().zip(back) {
            match busy
                .iter()
                .position(|to| *to == line.to && is_heavy(&line, is_back))
            {
                Some(number) => {
                    self.note(&line, format!("→ {}", letter(number)));
                    if !is_back {
                        named.insert(line.to, line.from);
                    }
                }
                // A line from a block to itself would need a way around it.
                None if line.from == line.to => {
                    self.note(&line, "↺".to_owned());
                }
                None => {
                    let label = cut(&line.label, SMALL_SIZE, LABEL_WIDTH);
                    kept.push(Line { label, ..line });
                }
            }
        }
        self.lines = kept;
        named.retain(|to, _| !self.lines.iter().any(|line| line.to == *to));
        self.named = named.into_iter().map(|(to, from)| (from, to)).collect();
        for (number, to) in busy.into_iter().enumerate() {
            if let Some(block) = self.blocks.get_mut(to) {
                block.mark = Some(letter(number));
            }
        }
    }

    fn note(&mut self, line: &Line, target: String) {
        if let Some(block) = self.blocks.get_mut(line.from) {
            let label = or_next(&line.label);
            block.notes.push(Note {
                label,
                target,
                is_error: line.is_error,
            });
        }
    }
}

impl Note {
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.label, self.target)
    }
}

impl Block {
    fn measure(&mut self) {
        let inner = BOX_WIDTH - 2.0 * PADDING;
        for note in &mut self.notes {
            let room = inner - width(&note.target, SMALL_SIZE) - width(" ", SMALL_SIZE);
            note.label = cut(&note.label, SMALL_SIZE, room);
        }
        let lines = usize::from(self.name.is_some()) + self.detail.len() + self.notes.len();
        self.height = 2.0 * PADDING + TITLE_SIZE + lines as f64 * LINE_HEIGHT;
        if matches!(self.category, Category::Entry | Category::End) {
            let notes: Vec<String> = self.notes.iter().map(Note::text).collect();
            let widest = self
                .name
                .iter()
                .chain(&self.detail)
                .chain(&notes)
                .map(|line| width(line, SMALL_SIZE));
            let widest = widest.fold(width(&self.title, TITLE_SIZE), f64::max);
            self.width = (widest + 4.0 * PADDING).clamp(96.0, BOX_WIDTH);
        }
    }
}

fn letter(number: usize) -> String {
    match u8::try_from(number) {
        Ok(number) if number < 26 => char::from(b'A' + number).to_string(),
        _ => number.to_string(),
    }
}

fn or_next(label: &str) -> String {
    if label.is_empty() {
        "next".to_owned()
    } else {
        label.to_owned()
    }
}

fn flow_name(flow: &Flow) -> Option<&str> {
    let name = flow.metadata.get("name").and_then(serde_json::Value::as_str);
    name.filter(|name| !name.trim().is_empty())
}

fn entry(flow: &Flow) -> Block {
    let name = flow_name(flow);
    Block {
        title: "Entry".to_owned(),
        name: name.map(|name| cut(name, SMALL_SIZE, BOX_WIDTH - 2.0 * PADDING)),
        detail: Vec::new(),
        notes: Vec::new(),
        category: Category::Entry,
        mark: None,
        tooltip: "A contact enters here".to_owned(),
        reached: false,
        width: BOX_WIDTH,
        height: 0.0,
    }
}

fn block(action: &Action) -> Block {
    let (title, category) = title(action);
    let inner = BOX_WIDTH - 2.0 * PADDING;
    let identifier = action.identifier.as_str();
    let detail = detail(action);
    Block {
        title: cut(&title, TITLE_SIZE * 1.06, inner), // bold is wider
        name: (!is_uuid(identifier)).then(|| cut(identifier, SMALL_SIZE, inner)),
        tooltip: format!("{} {}\n{detail}", action.kind, action.identifier),
        detail: wrap(&detail, SMALL_SIZE, inner, 2),
        notes: Vec::new(),
        category,
        mark: None,
        reached: false,
        width: BOX_WIDTH,
        height: 0.0,
    }
}

/// The ways out of a block, one for each target: its name, what leads there, and whether only errors do.
fn ways(action: &Action) -> Vec<(String, String, bool)> {
    struct Way<'a> {
        to: &'a str,
        has_next: bool,
        results: Vec<String>,
        errors: Vec<String>,
    }
    let mut ways: Vec<Way> = Vec::new();
    let transitions = &action.transitions;
    let conditions = transitions.conditions.iter().map(|branch| {
        let operand = branch.condition.operands.first().map(|operand| match operand {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let label = condition_label(
            &action.kind,
            &branch.condition.operator,
            operand.as_deref().unwrap_or_default(),
        );
        (branch.next_action.as_str(), Some((label, false)))
    });
    let next = transitions.next_action.iter().map(|to| (to.as_str(), None));
    let errors = transitions.errors.iter().map(|branch| {
        (
            branch.next_action.as_str(),
            Some(error_label(&action.kind, &branch.error_type)),
        )
    });
    for (to, label) in next.chain(conditions).chain(errors) {
        if !ways.iter().any(|way| way.to == to) {
            ways.push(Way {
                to,
                has_next: false,
                results: Vec::new(),
                errors: Vec::new(),
            });
        }
        let Some(way) = ways.iter_mut().find(|way| way.to == to) else {
            continue;
        };
        match label {
            None => way.has_next = true,
            Some((label, true)) => way.errors.push(label),
            Some((label, false)) => way.results.push(label),
        }
    }
    let is_conditional = !transitions.conditions.is_empty();
    let label = |way: Way| {
        let mut parts: Vec<String> = Vec::new();
        let mut equals = false;
        for result in way.results {
            // "= 1, 2, 3" for "= 1, = 2, = 3".
            match result.strip_prefix("= ") {
                Some(operand) if equals => parts.push(operand.to_owned()),
                operand => {
                    equals = operand.is_some();
                    parts.push(result);
                }
            }
        }
        // `NextAction` of a block with conditions only repeats one of its other ways.
        let is_error = parts.is_empty() && !way.errors.is_empty() && (!way.has_next || is_conditional);
        match (
            is_error || is_conditional || !parts.is_empty(),
            way.errors.is_empty(),
        ) {
            (_, true) => {}
            (true, false) => parts.extend(way.errors),
            (false, false) => parts.push(format!("also on {}", way.errors.join(", "))),
        }
        (way.to.to_owned(), parts.join(", "), is_error)
    };
    ways.into_iter().map(label).collect()
}
