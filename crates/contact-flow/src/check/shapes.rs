//! Values against the shapes of the table.

use serde_json::{Map, Value};

use super::report::Problem;
use super::spec::{Class, Fields, Keys, Shape};
use super::values::{Kind, ROOTS, Root, has_placeholder, is_number, kind, nearest, references, text_of};
use super::wording::{
    EMPTY, Findings, at_least_one_of, bad_value, empty_attribute, missing_property, only_one_of,
    unknown_property,
};

/// Checks the properties of an object. `path` is the object's own.
pub(super) fn object(map: &Map<String, Value>, fields: &Fields, path: &str, findings: &mut Findings) {
    for field in fields.iter() {
        let place = format!("{path}.{}", field.name);
        match map.get(field.name) {
            Some(value) => shape(value, &field.shape, &place, findings),
            None if field.required => findings.add(missing_property(&place)),
            None => {}
        }
    }
    for name in map
        .keys()
        .filter(|name| !fields.iter().any(|field| field.name == *name))
    {
        let place = format!("{path}.{name}");
        let meant = nearest(
            name,
            fields
                .iter()
                .map(|field| field.name)
                .filter(|meant| !map.contains_key(*meant)),
        );
        // A slip of the pen is no property that merely is in no list.
        let problem = if fields.complete || meant.is_some() {
            unknown_property(&place)
        } else {
            let message = format!("The service may not know the property {name}");
            Problem::warning("unlisted-property", message, place)
        };
        findings.add(match meant {
            Some(meant) => problem.help(format!("did you mean {meant}?")),
            None => problem,
        });
    }
    for choice in fields.choices {
        let set: Vec<&str> = choice
            .names
            .iter()
            .copied()
            .filter(|name| map.contains_key(*name))
            .collect();
        match set.len() {
            0 if choice.required => findings.add(at_least_one_of(choice.names, path)),
            0 | 1 => {}
            _ if choice.several => {}
            _ => findings.add(only_one_of(&set, path)),
        }
    }
}

pub(super) fn shape(value: &Value, wanted: &Shape, path: &str, findings: &mut Findings) {
    match wanted {
        Shape::Object(fields) => match value {
            Value::Object(map) => object(map, fields, path, findings),
            _ => findings.add(bad_value("wrong-shape", path).help("an object belongs here")),
        },
        Shape::List(element) => match value {
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    shape(value, element, &format!("{path}[{index}]"), findings);
                }
            }
            _ => findings.add(bad_value("wrong-shape", path).help("a list belongs here")),
        },
        Shape::Map(element, keys_allowed) => match value {
            Value::Object(map) => {
                keys(map, *keys_allowed, path, findings);
                for (key, value) in map {
                    let place = format!("{path}.{key}");
                    if value.as_str() == Some("") && path.ends_with(".Parameters.Attributes") {
                        findings.add(empty_attribute(&place)); // The service has words of its own for these.
                    } else {
                        shape(value, element, &place, findings);
                    }
                }
            }
            _ => findings.add(bad_value("wrong-shape", path).help("an object belongs here")),
        },
        Shape::Free => no_empty_text(value, path, usize::MAX, findings),
        _ => match text_of(value) {
            Some(text) => {
                if !value.is_string() && !matches!(wanted, Shape::Number(..)) {
                    let message = "The console writes this value as a JSON string";
                    findings.add(Problem::warning("scalar-not-text", message, path));
                }
                scalar(&text, wanted, path, findings);
            }
            None => findings.add(bad_value("wrong-shape", path).help("a text belongs here")),
        },
    }
}

fn scalar(text: &str, wanted: &Shape, path: &str, findings: &mut Findings) {
    let class = match wanted {
        Shape::Text(class) | Shape::Like(class, ..) | Shape::Number(class, ..) => *class,
        _ => Class::Static,
    };
    if !class_allows(text, class, path, findings) || kind(text) != Kind::Static {
        return; // What a path or a placeholder will hold is not known here.
    }
    match wanted {
        Shape::Like(_, test, demand) if !test(text) => {
            findings.add(bad_value("value-out-of-range", path).help(format!("must be {demand}")));
        }
        Shape::OneOf(words) if !words.contains(&text) => {
            findings.add(bad_value("value-not-listed", path).help(format!("one of {}", words.join(", "))));
        }
        Shape::Bool if !["true", "false"].contains(&text.to_ascii_lowercase().as_str()) => {
            findings.add(bad_value("value-not-listed", path).help("one of True, False"));
        }
        Shape::Known(words) if !words.iter().any(|word| word.eq_ignore_ascii_case(text)) => {
            let message = format!("The value {text:?} is in no list: {} are", words.join(", "));
            findings.add(Problem::warning("unlisted-value", message, path));
        }
        Shape::Number(_, least, most) if !is_whole_within(text, *least, *most) => {
            let demand = match (*least, *most) {
                (i64::MIN, i64::MAX) => "a whole number".to_owned(),
                (least, i64::MAX) => format!("a whole number of at least {least}"),
                (least, most) => format!("a whole number from {least} to {most}"),
            };
            findings.add(bad_value("value-out-of-range", path).help(format!("must be {demand}")));
        }
        _ => {}
    }
}

fn is_whole_within(text: &str, least: i64, most: i64) -> bool {
    text.parse::<i64>()
        .is_ok_and(|number| (least..=most).contains(&number))
}

/// Whether a text is of a class, and its roots exist.
fn class_allows(text: &str, class: Class, path: &str, findings: &mut Findings) -> bool {
    let problem = match (kind(text), class) {
        (Kind::Empty, _) => bad_value("empty-value", path).help(EMPTY),
        (Kind::Static | Kind::Placeholder, Class::Path) => {
            bad_value("static-value", path).help("only a JSONPath is taken here, like $.Attributes.name")
        }
        (Kind::Static | Kind::Placeholder, _) => return true,
        (Kind::Mixed, Class::Mixed) => return known_roots(text, path, findings),
        (Kind::Mixed, Class::StaticOrPath | Class::Path) => {
            bad_value("embedded-path", path).help("a JSONPath must be the whole value here")
        }
        (Kind::Path(_) | Kind::Mixed, Class::Static) => {
            bad_value("dynamic-value", path).help("only a static value is taken here")
        }
        (Kind::Path(_), Class::Mixed) => return known_roots(text, path, findings),
        (Kind::Path(found), Class::StaticOrPath | Class::Path) => match found.known() {
            None => with_nearest_root(bad_value("unknown-root", path), found.root),
            Some(_) if class == Class::Path && !found.has_leaf() => bad_value("path-without-leaf", path)
                .help(format!(
                    "$.{} is a whole space of values; name one of them",
                    found.root
                )),
            Some(_) => return known_roots(text, path, findings),
        },
    };
    findings.add(problem);
    false
}

/// Warns of JSONPaths that name nothing.
fn known_roots(text: &str, path: &str, findings: &mut Findings) -> bool {
    for found in references(text) {
        let root = found.root;
        match found.known() {
            None => {
                let message = format!("$.{root} does not exist");
                findings.add(with_nearest_root(
                    Problem::warning("unknown-root", message, path),
                    root,
                ));
            }
            Some(Root::Undocumented) => {
                let message = format!("$.{root} is in exports, but in no list of attributes");
                findings.add(Problem::warning("undocumented-root", message, path));
            }
            Some(Root::Names(names)) => {
                if let Some(name) = found.second().filter(|name| !names.contains(name)) {
                    let message = format!("$.{root}.{name} is in no list of attributes");
                    let help = format!("$.{root} has {}", names.join(", "));
                    findings.add(Problem::warning("unknown-attribute", message, path).help(help));
                }
            }
            Some(Root::Leaf | Root::Space) => {}
        }
    }
    true
}

fn with_nearest_root(problem: Problem, root: &str) -> Problem {
    match nearest(root, ROOTS.iter().map(|(name, _)| *name)) {
        Some(meant) => problem.help(format!("did you mean $.{meant}?")),
        None => problem.help(format!("there is no $.{root}")),
    }
}

fn keys(map: &Map<String, Value>, allowed: Keys, path: &str, findings: &mut Findings) {
    match allowed {
        Keys::Any => {}
        Keys::Plain => {
            for key in map.keys().filter(|key| key.contains(['$', '.'])) {
                let help = "no $ and no . in a name, or no JSONPath can read it";
                findings.add(unknown_property(&format!("{path}.{key}")).help(help));
            }
        }
        Keys::Tags => {
            if map.len() > 6 {
                findings.add(Problem::error(
                    "too-many-tags",
                    "More than 6 tags in Parameters.Tags",
                    path,
                ));
            }
            for key in map.keys().filter(|key| key.starts_with("aws:")) {
                findings.add(unknown_property(&format!("{path}.{key}")).help("aws: is reserved"));
            }
        }
        Keys::OneOf(names) => {
            if map.len() != 1 {
                findings.add(bad_value("not-one-entry", path).help("exactly one entry, one block each"));
            }
            for key in map.keys().filter(|key| !names.contains(&key.as_str())) {
                let meant = nearest(key, names.iter().copied());
                let help = meant.map_or_else(
                    || format!("one of {}", names.join(", ")),
                    |meant| format!("did you mean {meant}?"),
                );
                findings.add(unknown_property(&format!("{path}.{key}")).help(help));
            }
        }
    }
}

/// Looks for empty texts and unknown roots where no shape is known. Texts deeper than `depth` are only worth a
/// warning: a live call refused an empty one in a view's data, and exports have them further down in it.
pub(super) fn no_empty_text(value: &Value, path: &str, depth: usize, findings: &mut Findings) {
    match value {
        Value::String(text) if text.is_empty() && depth == 0 => {
            // Views have many of them: one is enough.
            let is_same =
                |earlier: &Problem| earlier.rule == "empty-value" && earlier.action == findings.action;
            if !findings.problems.iter().any(is_same) {
                let message = "The service refused an empty text less deep than this one";
                findings.add(Problem::warning("empty-value", message, path).help(EMPTY));
            }
        }
        Value::String(text) => {
            class_allows(text, Class::Mixed, path, findings);
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                no_empty_text(
                    value,
                    &format!("{path}[{index}]"),
                    depth.saturating_sub(1),
                    findings,
                );
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                no_empty_text(value, &format!("{path}.{key}"), depth.saturating_sub(1), findings);
            }
        }
        _ => {}
    }
}

/// An operand that no comparison of numbers can ever be true of.
pub(super) fn never_a_number(text: &str) -> bool {
    !is_number(text) && !has_placeholder(text) && !matches!(kind(text), Kind::Path(_))
}
