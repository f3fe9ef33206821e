//! The words in which the table of actions is written.

use serde_json::{Map, Value};

use super::FlowKind;

/// One row: what the service demands of an action of a type.
pub(super) struct ActionSpec {
    pub(super) kind: &'static str,
    /// For types whose rules depend on their parameters there are several rows; the first that applies counts.
    pub(super) when: fn(&Map<String, Value>) -> bool,
    pub(super) flows: Flows,
    pub(super) exit: Exit,
    pub(super) parameters: Fields,
    pub(super) conditions: Conditions,
    pub(super) errors: Errors,
}

/// The kinds of flow in which an action is legal. Modules may hold anything, as they run in their caller's kind;
/// campaign flows are not described anywhere and are not judged.
#[derive(Clone, Copy)]
pub(super) struct Flows {
    pub(super) legal: u16,
    /// Whether other kinds are refused; otherwise only one page says so.
    pub(super) strict: bool,
}

impl Flows {
    pub(super) const fn only(legal: u16) -> Self {
        Self { legal, strict: true }
    }

    pub(super) const fn by_the_page(legal: u16) -> Self {
        Self { legal, strict: false }
    }

    pub(super) fn allow(self, kind: FlowKind) -> bool {
        match kind {
            FlowKind::Module if self.legal != MODULE => true,
            FlowKind::Campaign => true,
            _ => self.legal & bit(kind) != 0,
        }
    }

    pub(super) fn names(self) -> String {
        let names: Vec<_> = FlowKind::ALL
            .into_iter()
            .filter(|kind| self.legal & bit(*kind) != 0)
            .map(FlowKind::name)
            .collect();
        names.join(", ")
    }
}

const fn bit(kind: FlowKind) -> u16 {
    1 << (kind as u16)
}

/// The letters of the action pages: I inbound, T transfers, Q customer queue, W whispers, OW outbound whisper.
pub(super) const I: u16 = bit(FlowKind::ContactFlow);
pub(super) const T: u16 = bit(FlowKind::AgentTransfer) | bit(FlowKind::QueueTransfer);
pub(super) const Q: u16 = bit(FlowKind::CustomerQueue);
pub(super) const OW: u16 = bit(FlowKind::OutboundWhisper);
pub(super) const W: u16 = bit(FlowKind::CustomerWhisper) | bit(FlowKind::AgentWhisper) | OW;
pub(super) const H: u16 = bit(FlowKind::CustomerHold) | bit(FlowKind::AgentHold);
pub(super) const MODULE: u16 = bit(FlowKind::Module);
pub(super) const EVERYWHERE: Flows = Flows::only(I | T | Q | W | H | MODULE);

/// How a contact leaves an action.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// `NextAction` is required.
    Next,
    /// `NextAction` may be left out.
    MayEnd,
    /// The flow ends here; transitions are refused.
    Ends,
}

/// The properties of an object.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// In parts, so that rows can share some.
    pub(super) parts: &'static [&'static [Field]],
    /// Properties of which at most one may be defined.
    pub(super) choices: &'static [Choice],
    /// Whether the list is known to be complete; if it is not, an unknown property is only worth a warning.
    pub(super) complete: bool,
}

impl Fields {
    pub(super) const fn complete(parts: &'static [&'static [Field]]) -> Self {
        Self {
            parts,
            choices: &[],
            complete: true,
        }
    }

    pub(super) const fn among_others(parts: &'static [&'static [Field]]) -> Self {
        Self {
            parts,
            choices: &[],
            complete: false,
        }
    }

    pub(super) const fn choose(self, choices: &'static [Choice]) -> Self {
        Self { choices, ..self }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'static Field> {
        self.parts.iter().copied().flatten()
    }
}

#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub(super) names: &'static [&'static str],
    /// Whether one of them must be there.
    pub(super) required: bool,
    /// Whether several may be there.
    pub(super) several: bool,
}

pub(super) const fn exactly_one(names: &'static [&'static str]) -> Choice {
    Choice {
        names,
        required: true,
        several: false,
    }
}

pub(super) const fn at_most_one(names: &'static [&'static str]) -> Choice {
    Choice {
        names,
        required: false,
        several: false,
    }
}

pub(super) const fn at_least_one(names: &'static [&'static str]) -> Choice {
    Choice {
        names,
        required: true,
        several: true,
    }
}

pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

pub(super) const fn req(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        required: true,
        shape,
    }
}

pub(super) const fn opt(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        required: false,
        shape,
    }
}

/// Where a value may come from: the three classes of the "parameter restrictions" page, and the one of `Compare`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Static,
    /// Static, or one JSONPath that is the whole value.
    StaticOrPath,
    /// One JSONPath with a leaf, never static.
    Path,
    /// Text with JSONPaths anywhere in it.
    Mixed,
}

/// What a value must look like.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text(Class),
    /// Static text that a test accepts, and what the test demands.
    Like(Class, fn(&str) -> bool, &'static str),
    /// One of these static words.
    OneOf(&'static [&'static str]),
    /// These are the known words, in whatever case; others are worth a warning.
    Known(&'static [&'static str]),
    /// `"True"` or `"False"`, static.
    Bool,
    /// A whole number within bounds.
    Number(Class, i64, i64),
    /// Text by key.
    Map(&'static Shape, Keys),
    Object(Fields),
    List(&'static Shape),
    /// Anything but empty text.
    Free,
}

/// What the keys of a [`Shape::Map`] may be.
#[derive(Clone, Copy)]
pub(super) enum Keys {
    Any,
    /// No `$` and no `.`, as a JSONPath could not name them.
    Plain,
    /// Not beginning with `aws:`, and at most six.
    Tags,
    /// Exactly one, out of these.
    OneOf(&'static [&'static str]),
}

pub(super) const STATIC: Shape = Shape::Text(Class::Static);
pub(super) const VALUE: Shape = Shape::Text(Class::StaticOrPath);
pub(super) const PATH: Shape = Shape::Text(Class::Path);
pub(super) const TEXT: Shape = Shape::Text(Class::Mixed);

/// The ways out that depend on a result.
#[derive(Clone, Copy)]
pub(super) enum Conditions {
    None,
    /// Any operator with any operand.
    Any,
    /// `Equals` with any operand, for example the name of an intent.
    Equals,
    /// `Equals` with each of the first and any of the second.
    Results(&'static [&'static str], &'static [&'static str]),
    /// At least one comparison with these operators and operands that pass the test.
    Numbers(&'static [&'static str], fn(&str) -> bool),
}

#[derive(Clone, Copy)]
pub(super) struct Errors {
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
}

impl Errors {
    pub(super) const NONE: Self = Self::all(&[]);

    pub(super) const fn all(required: &'static [&'static str]) -> Self {
        Self {
            required,
            optional: &[],
        }
    }

    pub(super) const fn maybe(optional: &'static [&'static str]) -> Self {
        Self {
            required: &[],
            optional,
        }
    }

    pub(super) const fn or_maybe(self, optional: &'static [&'static str]) -> Self {
        Self { optional, ..self }
    }
}

impl ActionSpec {
    /// A row for an action with a way on, legal everywhere, without parameters, conditions and errors.
    pub(super) const fn of(kind: &'static str) -> Self {
        Self {
            kind,
            when: |_| true,
            flows: EVERYWHERE,
            exit: Exit::Next,
            parameters: Fields::complete(&[]),
            conditions: Conditions::None,
            errors: Errors::NONE,
        }
    }
}
