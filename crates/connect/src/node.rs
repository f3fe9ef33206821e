//! Reading a JSON document field by field, with the path at hand when a field is bad.
//!
//! Typed `serde` structs would be shorter, but one bad field would lose the document, aliases would have to name
//! every spelling, and their errors quote the value. Here a required field is an error; an optional field that
//! cannot be read counts as absent and leaves a note.

use std::cell::Cell;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::{DecodeError, Problem};
use crate::moment;

/// What can be read from a text field. The text is trimmed and not empty.
pub(crate) trait FromText: Sized {
    fn from_text(text: &str) -> Result<Self, Problem>;
}

impl FromText for String {
    fn from_text(text: &str) -> Result<Self, Problem> {
        Ok(text.to_owned())
    }
}

/// The optional fields that were there and could not be read.
#[derive(Default)]
pub(crate) struct Notes(Cell<Vec<DecodeError>>);

impl Notes {
    pub(crate) fn add(&self, error: DecodeError) {
        let mut errors = self.0.take();
        errors.push(error);
        self.0.set(errors);
    }

    pub(crate) fn into_inner(self) -> Vec<DecodeError> {
        self.0.into_inner()
    }
}

/// One object of the document.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    fields: &'a Map<String, Value>,
    path: String,
    notes: &'a Notes,
}

impl<'a> Node<'a> {
    /// The document itself.
    pub(crate) fn root(document: &'a Value, notes: &'a Notes) -> Result<Self, DecodeError> {
        match document {
            Value::Object(fields) => Ok(Self {
                fields,
                path: String::new(),
                notes,
            }),
            other => Err(DecodeError {
                path: "$".to_owned(),
                problem: wrong_type("an object", other),
            }),
        }
    }

    /// The field's value. Absent and `null` are the same to every caller, for Connect sends either.
    ///
    /// The name is looked up as documented first, then in any case.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        let present = |value: &&Value| !value.is_null();
        self.fields.get(name).filter(present).or_else(|| {
            let same = |key: &str| key.eq_ignore_ascii_case(name);
            self.fields
                .iter()
                .find(|(key, value)| same(key) && !value.is_null())
                .map(|(_, value)| value)
        })
    }

    /// A required object.
    pub(crate) fn required_node(&self, name: &str) -> Result<Node<'a>, DecodeError> {
        match self.value(name) {
            None => Err(self.error(name, Problem::Missing)),
            Some(Value::Object(fields)) => Ok(self.child(name, fields)),
            Some(other) => Err(self.error(name, wrong_type("an object", other))),
        }
    }

    /// A required text, read as `T`.
    pub(crate) fn required<T: FromText>(&self, name: &str) -> Result<T, DecodeError> {
        self.parse(name)?
            .ok_or_else(|| self.error(name, Problem::Missing))
    }

    /// A required point in time.
    pub(crate) fn required_time(&self, name: &str) -> Result<Timestamp, DecodeError> {
        self.read_time(name)?
            .ok_or_else(|| self.error(name, Problem::Missing))
    }

    /// An optional text, read as `T`.
    pub(crate) fn optional<T: FromText>(&self, name: &str) -> Option<T> {
        self.noting(self.parse(name))
    }

    /// An optional point in time.
    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        self.noting(self.read_time(name))
    }

    /// An optional object. An empty one is as good as none.
    pub(crate) fn node(&self, name: &str) -> Option<Node<'a>> {
        match self.value(name)? {
            Value::Object(fields) if fields.is_empty() => None,
            Value::Object(fields) => Some(self.child(name, fields)),
            other => {
                self.note(name, wrong_type("an object", other));
                None
            }
        }
    }

    /// An optional list of objects. A lone object is a list of one; `null` elements are passed over.
    pub(crate) fn nodes(&self, name: &str) -> Vec<Node<'a>> {
        match self.value(name) {
            None => Vec::new(),
            Some(Value::Object(fields)) => vec![self.child(name, fields)],
            Some(Value::Array(elements)) => {
                let elements = elements
                    .iter()
                    .enumerate()
                    .filter(|(_, element)| !element.is_null());
                elements
                    .filter_map(|(index, element)| self.element(&format!("{name}[{index}]"), element))
                    .collect()
            }
            Some(other) => {
                self.note(name, wrong_type("an array or an object", other));
                Vec::new()
            }
        }
    }

    /// An optional list of texts. A lone text is a list of one.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let elements = match self.value(name) {
            None => return Vec::new(),
            Some(Value::Array(elements)) => elements.as_slice(),
            Some(lone) => std::slice::from_ref(lone),
        };
        let text = |(index, element): (usize, &Value)| match element {
            Value::Null => None,
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            other => {
                self.note(&format!("{name}[{index}]"), wrong_type("a string", other));
                None
            }
        };
        elements.iter().enumerate().filter_map(text).collect()
    }

    /// An optional whole number, not negative. A number written as text or with a zero fraction is one too.
    pub(crate) fn whole(&self, name: &str) -> Option<u64> {
        let value = self.value(name)?;
        let number = match value {
            Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole_of)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.note(name, wrong_type("a whole number", value));
        }
        number
    }

    /// An optional map of user-defined names to texts. Numbers and booleans become their text, `null` values are left
    /// out, and so are lists and objects, which Connect does not allow there. Keys are kept exactly as they are.
    pub(crate) fn texts_by_key(&self, name: &str) -> BTreeMap<String, String> {
        let entry = |(key, value): (&String, &Value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
                Value::Null => return None,
                other => {
                    // The key is the customer's own word and may be personal, so the path ends before it.
                    self.note(name, wrong_type("a map of texts", other));
                    return None;
                }
            };
            Some((key.clone(), text))
        };
        self.node(name)
            .map(|map| map.fields.iter().filter_map(entry).collect())
            .unwrap_or_default()
    }

    /// An optional map of user-defined names to anything.
    pub(crate) fn values_by_key(&self, name: &str) -> BTreeMap<String, Value> {
        let entries = |map: Node<'a>| {
            map.fields
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        self.node(name).map(entries).unwrap_or_default()
    }

    /// Whatever is there, or `null`.
    pub(crate) fn anything(&self, name: &str) -> Value {
        self.value(name).cloned().unwrap_or_default()
    }

    /// The result of an optional read: an error becomes a note.
    pub(crate) fn noting<T>(&self, result: Result<Option<T>, DecodeError>) -> Option<T> {
        result.unwrap_or_else(|error| {
            self.notes.add(error);
            None
        })
    }

    fn parse<T: FromText>(&self, name: &str) -> Result<Option<T>, DecodeError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => match text.trim() {
                "" => Ok(None),
                text => T::from_text(text)
                    .map(Some)
                    .map_err(|problem| self.error(name, problem)),
            },
            Some(other) => Err(self.error(name, wrong_type("a string", other))),
        }
    }

    fn read_time(&self, name: &str) -> Result<Option<Timestamp>, DecodeError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        moment::read(value).map_err(|problem| self.error(name, problem))
    }

    fn element(&self, name: &str, element: &'a Value) -> Option<Node<'a>> {
        match element {
            Value::Object(fields) => Some(self.child(name, fields)),
            other => {
                self.note(name, wrong_type("an object", other));
                None
            }
        }
    }

    fn child(&self, name: &str, fields: &'a Map<String, Value>) -> Node<'a> {
        Node {
            fields,
            path: self.path_of(name),
            notes: self.notes,
        }
    }

    fn note(&self, name: &str, problem: Problem) {
        self.notes.add(self.error(name, problem));
    }

    fn error(&self, name: &str, problem: Problem) -> DecodeError {
        DecodeError {
            path: self.path_of(name),
            problem,
        }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

fn whole_of(number: f64) -> Option<u64> {
    // Beyond 2^53 a float no longer tells neighbouring whole numbers apart.
    let exact = (0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    exact.then_some(number as u64)
}

fn wrong_type(expected: &'static str, found: &Value) -> Problem {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Problem::Type { expected, found }
}
