//! Documents at the edges: what comes in is checked field by field, what is stored is read leniently.

use ringback_connect::phone::E164;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::model::{Alias, Order, Person, Shop};
use crate::rules::Rules;

/// What is wrong with a document: where, and what would be right. Never the value itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, for example `hours.weekly.monday`.
    pub path: String,
    /// What it must be, as the end of the sentence "`path` …".
    pub message: String,
}

impl Problem {
    /// A problem of a field.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.path, self.message)
    }
}

/// A document of the directory.
pub trait Document: Serialize + DeserializeOwned {
    /// Fields without which it says nothing; the first is its id.
    const REQUIRED: &'static [&'static str];
    /// The other fields but `version`.
    const OPTIONAL: &'static [&'static str];

    /// The operator's id.
    fn id(&self) -> &str;

    /// What its types cannot say.
    fn problems(&self) -> Vec<Problem>;
}

/// Reads a document that somebody sent. A document without a version gets `version`.
///
/// # Errors
/// Every problem there is, each with its field.
pub fn read<T: Document>(document: &Value, version: u64) -> Result<T, Vec<Problem>> {
    let Value::Object(fields) = document else {
        return Err(vec![Problem::new("the document", "must be an object")]);
    };
    let mut problems: Vec<_> = fields
        .keys()
        .filter(|key| *key != "version" && !T::REQUIRED.contains(&key.as_str()))
        .filter(|key| !T::OPTIONAL.contains(&key.as_str()))
        .map(|key| Problem::new(shortened(key), "is no field of this document"))
        .collect();
    let missing = |field: &&&str| fields.get(**field).is_none_or(Value::is_null);
    problems.extend(
        T::REQUIRED
            .iter()
            .filter(missing)
            .map(|field| Problem::new(*field, "is missing")),
    );
    if !problems.is_empty() {
        return Err(problems);
    }
    // Every field that cannot be read is said, not only the first.
    let mut left = fields.clone();
    let mut problems = Vec::new();
    let document: T = loop {
        match decoded(&left, version) {
            Ok(document) => break document,
            Err(problem) => {
                let field = problem.path.split(['.', '[']).next().unwrap_or_default();
                if left.remove(field).is_none() {
                    // It lacks a field without which nothing more can be said.
                    problems.extend(Some(problem).filter(|_| problems.is_empty()));
                    return Err(problems);
                }
                problems.push(problem);
            }
        }
    };
    problems.extend(document.problems());
    if problems.is_empty() {
        Ok(document)
    } else {
        Err(problems)
    }
}

const RULES_FIELDS: [&str; 4] = ["version", "places", "rules", "plans"];

/// Reads rules that somebody sent, and checks that they are fit to be kept. Without a version they get `version`.
///
/// # Errors
/// Every problem there is, each with its field.
pub fn read_rules(document: &Value, version: u64) -> Result<Rules, Vec<Problem>> {
    let Value::Object(fields) = document else {
        return Err(vec![Problem::new("the document", "must be an object")]);
    };
    // `null` counts as left out, but not where no field is.
    let unknown = fields
        .iter()
        .filter(|(field, value)| value.is_null() && !RULES_FIELDS.contains(&field.as_str()));
    let unknown: Vec<_> = unknown
        .map(|(field, _)| Problem::new(shortened(field), "is no field of this document"))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let rules: Rules = decoded(fields, version).map_err(|problem| vec![problem])?;
    rules.check().map(|()| rules)
}

fn decoded<T: DeserializeOwned>(fields: &Map<String, Value>, version: u64) -> Result<T, Problem> {
    let mut fields = fields.clone();
    fields.retain(|_, value| !value.is_null());
    let version = fields.entry("version").or_insert(version.into());
    if !version.as_u64().is_some_and(is_version) {
        return Err(Problem::new("version", "must be a whole number from 1"));
    }
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let path = error.path().to_string();
        let message = plain(error.inner());
        // Hours are checked as a whole, and say themselves where they are wrong: `weekly.monday[0]: ends …`.
        match message.split_once(": ") {
            Some((inner, message)) if path.ends_with("hours") => {
                Problem::new(format!("{path}.{inner}"), message)
            }
            _ => Problem::new(path, message),
        }
    })
}

/// Whether it can be a version. There is room above the greatest, so that whatever is stored can be deleted.
pub(crate) fn is_version(version: u64) -> bool {
    (1..=u64::MAX / 2).contains(&version)
}

/// serde's words without the value they may quote: `invalid type: string "…", expected u64` is `must be u64`.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // The last one: the value, which stands before it, may hold the word too.
    match text.rsplit_once("expected ") {
        Some((before, expected)) if before.starts_with("unknown field") => {
            format!("has a field it cannot have; it can have {expected}")
        }
        Some((before, expected)) if before.starts_with("invalid ") => format!("must be {expected}"),
        _ if text.starts_with("unknown variant") => "is none of its words".to_owned(),
        _ if text.starts_with("missing field") => text.replace('`', ""),
        // Ours quote nothing; whoever else quotes something may quote a value.
        _ if text.contains(['"', '`']) => "has another form".to_owned(),
        _ => text,
    }
}

fn shortened(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Reads a document that was stored, maybe by another version of this: what cannot be read of it is left out.
///
/// The names of the fields that were left out come with it; none if not even the required ones can be read.
pub(crate) fn read_leniently<T: Document>(document: Value) -> Option<(T, Vec<&'static str>)> {
    if let Ok(whole) = serde_json::from_value(document.clone()) {
        return Some((whole, Vec::new()));
    }
    let Value::Object(fields) = document else {
        return None;
    };
    let mut kept: Map<String, Value> = Map::new();
    let mut lost = Vec::new();
    kept.insert(
        "version".to_owned(),
        fields.get("version").and_then(Value::as_u64).unwrap_or(0).into(),
    );
    for required in T::REQUIRED {
        if let Some(value) = fields.get(*required) {
            kept.insert((*required).to_owned(), value.clone());
        }
    }
    let mut document: T = serde_json::from_value(Value::Object(kept.clone())).ok()?;
    for optional in T::OPTIONAL {
        let Some(value) = fields.get(*optional) else {
            continue;
        };
        kept.insert((*optional).to_owned(), value.clone());
        match serde_json::from_value(Value::Object(kept.clone())) {
            Ok(more) => document = more,
            Err(_) => {
                kept.remove(*optional);
                lost.push(*optional);
            }
        }
    }
    Some((document, lost))
}

/// Letters, digits and `-._~`: an id stands in paths of the API and must neither be nor need to hide anything.
pub(crate) fn opaque(path: &str, id: &str) -> Option<Problem> {
    let fits = (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    (!fits).then(|| Problem::new(path, "must be 1 to 128 letters, digits, -, ., _ or ~"))
}

fn longer(path: &str, text: &str, limit: usize) -> Option<Problem> {
    (text.chars().count() > limit).then(|| Problem::new(path, format!("is longer than {limit} characters")))
}

fn word(path: impl Into<String>, text: &str) -> Option<Problem> {
    let fits = (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (!fits).then(|| Problem::new(path, "must be 1 to 40 letters, digits, - or _"))
}

/// BCP 47, as far as rules look at it: a language of two or three letters and more subtags.
fn language(text: &str) -> Option<Problem> {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    let fits = (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags
            .all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    (!fits).then(|| Problem::new("language", "must be a language tag such as de or en-GB"))
}

impl Document for Person {
    const REQUIRED: &'static [&'static str] = &["customerId"];
    const OPTIONAL: &'static [&'static str] = &["name", "kind", "language", "tags", "shopId", "contacts"];

    fn id(&self) -> &str {
        &self.customer_id
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = opaque("customerId", &self.customer_id).into_iter().collect();
        problems.extend(longer("name", &self.name, 500));
        problems.extend(self.language.as_deref().and_then(language));
        problems.extend(self.shop_id.as_deref().and_then(|id| opaque("shopId", id)));
        let tags = self.tags.iter().enumerate();
        problems.extend(tags.filter_map(|(index, tag)| word(format!("tags[{index}]"), tag)));
        for (path, many) in [("tags", self.tags.len()), ("contacts", self.contacts.len())] {
            if many > 20 {
                problems.push(Problem::new(path, "has more than 20 entries"));
            }
        }
        for (index, contact) in self.contacts.iter().enumerate() {
            if self.contacts.iter().take(index).any(|earlier| earlier == contact) {
                problems.push(Problem::new(format!("contacts[{index}]"), "is there twice"));
            }
        }
        problems
    }
}

impl Document for Order {
    const REQUIRED: &'static [&'static str] = &["orderId", "placedAt"];
    const OPTIONAL: &'static [&'static str] = &["customerId", "contact", "shopId", "title", "businessType"];

    fn id(&self) -> &str {
        &self.order_id
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = opaque("orderId", &self.order_id).into_iter().collect();
        problems.extend(
            self.customer_id
                .as_deref()
                .and_then(|id| opaque("customerId", id)),
        );
        problems.extend(self.shop_id.as_deref().and_then(|id| opaque("shopId", id)));
        problems.extend(longer("title", &self.title, 200));
        problems.extend(
            self.business_type
                .as_deref()
                .and_then(|text| word("businessType", text)),
        );
        if self.customer_id.is_none() && self.contact.is_none() {
            problems.push(Problem::new(
                "customerId",
                "is missing, and so is contact: one of them says whose order it is",
            ));
        }
        problems
    }
}

impl Document for Shop {
    const REQUIRED: &'static [&'static str] = &["shopId"];
    const OPTIONAL: &'static [&'static str] = &["name", "phone", "channel", "businessType", "hours"];

    fn id(&self) -> &str {
        &self.shop_id
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = opaque("shopId", &self.shop_id).into_iter().collect();
        problems.extend(longer("name", &self.name, 500));
        if self
            .phone
            .as_deref()
            .is_some_and(|number| E164::parse(number).is_err())
        {
            problems.push(Problem::new(
                "phone",
                "must be a number in E.164, for example +14155550121",
            ));
        }
        problems.extend(self.channel.as_deref().and_then(|text| word("channel", text)));
        problems.extend(
            self.business_type
                .as_deref()
                .and_then(|text| word("businessType", text)),
        );
        problems
    }
}

impl Document for Alias {
    const REQUIRED: &'static [&'static str] = &["aliasId", "contact", "to"];
    const OPTIONAL: &'static [&'static str] = &[];

    fn id(&self) -> &str {
        &self.alias_id
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = opaque("aliasId", &self.alias_id).into_iter().collect();
        if self.contact == self.to {
            problems.push(Problem::new("to", "is the contact point itself"));
        }
        problems
    }
}
