//! What a text in a flow is: static, a placeholder for the deployment to fill in, a JSONPath, or a mixture.

use serde_json::Value;

/// A JSONPath of the Flow language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JsonPath<'a> {
    /// The first name, for example `Attributes`.
    pub(super) root: &'a str,
    /// What follows it, with the dot or bracket; empty for a bare root.
    pub(super) rest: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Empty,
    Static,
    /// Static, but the content is known only after deployment.
    Placeholder,
    Path(JsonPath<'a>),
    /// Text with JSONPaths in it, or something that only begins like one.
    Mixed,
}

pub(super) fn kind(text: &str) -> Kind<'_> {
    if text.is_empty() {
        return Kind::Empty;
    }
    if let Some(path) = whole_path(text) {
        return Kind::Path(path);
    }
    if references(text).next().is_some() || text.starts_with("$.") {
        return Kind::Mixed;
    }
    if has_placeholder(text) {
        Kind::Placeholder
    } else {
        Kind::Static
    }
}

/// The text of a scalar as the console would write it.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        _ => None,
    }
}

/// Whether a deployment tool fills something in here: CloudFormation's `${Name}` (but not its escape `${!Name}`),
/// `{{name}}`, `%Name%` or `%%NAME%%`.
pub(super) fn has_placeholder(text: &str) -> bool {
    let name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_.:-/ &*".contains(c))
    };
    let between = |open: &str, close: &str| {
        text.match_indices(open).any(|(at, _)| {
            text.get(at + open.len()..)
                .and_then(|rest| rest.split_once(close))
                .is_some_and(|(inner, _)| name(inner.trim()))
        })
    };
    let percent = || {
        text.split('%').skip(1).any(|inner| {
            inner.starts_with(|c: char| c.is_ascii_alphabetic())
                && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        }) && text.matches('%').count() >= 2
    };
    between("${", "}") || between("{{", "}}") || percent()
}

/// Every JSONPath in a text, wherever it stands.
pub(super) fn references(text: &str) -> impl Iterator<Item = JsonPath<'_>> {
    text.match_indices("$.").filter_map(|(at, _)| {
        let after = text.get(at + 2..)?;
        let root_len = after
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(after.len());
        let (root, rest) = after.split_at_checked(root_len)?;
        if !root.starts_with(char::is_alphabetic) {
            return None;
        }
        let rest_len = rest
            .find(|c: char| !(c.is_alphanumeric() || "_-.[]':".contains(c)))
            .unwrap_or(rest.len());
        Some(JsonPath {
            root,
            rest: rest.get(..rest_len)?.trim_end_matches('.'),
        })
    })
}

/// The path, if the text is one and nothing else: `$.Root`, then `.name` or `['any name']` or `[0]`, repeatedly.
fn whole_path(text: &str) -> Option<JsonPath<'_>> {
    let after = text.strip_prefix("$.")?;
    let root_len = after
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(after.len());
    let (root, rest) = after.split_at_checked(root_len)?;
    if !root.starts_with(char::is_alphabetic) {
        return None;
    }
    let mut left = rest;
    while !left.is_empty() {
        left = if let Some(bracket) = left.strip_prefix('[') {
            let (inner, after) = bracket.split_once(']')?;
            let quoted = inner.len() > 2
                && ['\'', '"']
                    .iter()
                    .any(|quote| inner.starts_with(*quote) && inner.ends_with(*quote));
            if !quoted && (inner.is_empty() || !inner.chars().all(|c| c.is_ascii_digit())) {
                return None;
            }
            after
        } else {
            let segment = left.strip_prefix('.')?;
            let end = segment.find(['.', '[']).unwrap_or(segment.len());
            let (name, after) = segment.split_at_checked(end)?;
            // A placeholder may stand for a name.
            let plain = !name.contains(|c: char| c.is_whitespace() || "$\"']{}<>".contains(c));
            if name.is_empty() || !(plain || has_placeholder(name)) {
                return None;
            }
            after
        };
    }
    Some(JsonPath { root, rest })
}

/// What is known of a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// A value by itself.
    Leaf,
    /// Holds values; the names are open.
    Space,
    /// Holds these values and no others.
    Names(&'static [&'static str]),
    /// In exports, but in no list.
    Undocumented,
}

const ENDPOINT: Root = Root::Names(&["Address", "Type", "DisplayName"]);

/// The roots of AWS's list of contact attributes (`connect-attrib-list`).
pub(super) const ROOTS: &[(&str, Root)] = &[
    ("ContactId", Root::Leaf),
    ("InitialContactId", Root::Leaf),
    ("PreviousContactId", Root::Leaf),
    ("RelatedContactId", Root::Leaf),
    ("Task", Root::Space),
    ("Channel", Root::Leaf),
    ("InstanceARN", Root::Leaf),
    ("InitiationMethod", Root::Leaf),
    ("AwsRegion", Root::Leaf),
    ("LanguageCode", Root::Leaf),
    ("CustomerId", Root::Leaf),
    ("Name", Root::Leaf),
    ("Description", Root::Leaf),
    ("TextToSpeechVoiceId", Root::Leaf),
    ("StoredCustomerInput", Root::Leaf),
    ("Tags", Root::Space),
    ("References", Root::Space),
    ("CustomerEndpoint", ENDPOINT),
    ("SystemEndpoint", ENDPOINT),
    ("Queue", Root::Names(&["Name", "ARN", "OutboundCallerId"])),
    (
        "Agent",
        Root::Names(&["UserName", "FirstName", "LastName", "ARN"]),
    ),
    ("Attributes", Root::Space),
    ("FlowAttributes", Root::Space),
    ("External", Root::Space),
    ("LambdaInvocation", Root::Names(&["ResultData", "InvocationId"])),
    ("Metrics", Root::Names(&["Queue", "Agents", "Contact"])),
    ("Lex", Root::Space),
    ("Modules", Root::Names(&["Input", "Result", "ResultData"])),
    ("Loop", Root::Space),
    ("Views", Root::Space),
    ("Customer", Root::Space),
    ("Case", Root::Space),
    ("Media", Root::Space),
    ("MediaStreams", Root::Space),
    ("SegmentAttributes", Root::Space),
    ("Wisdom", Root::Space),
    ("DataTables", Root::Space),
    ("DataTableList", Root::Space),
    ("Email", Root::Space),
    ("Capabilities", Root::Space),
    ("AdditionalEmailRecipients", Root::Space),
    ("CallbackNumber", Root::Undocumented),
    ("CustomerCallBackPhoneNumber", Root::Undocumented),
];

impl<'a> JsonPath<'a> {
    pub(super) fn known(&self) -> Option<Root> {
        ROOTS
            .iter()
            .find(|(name, _)| *name == self.root)
            .map(|(_, root)| *root)
    }

    /// Whether it names a value and not a space of values.
    pub(super) fn has_leaf(&self) -> bool {
        !self.rest.is_empty() || matches!(self.known(), Some(Root::Leaf | Root::Undocumented) | None)
    }

    /// The name after the root, if it is a plain one.
    pub(super) fn second(&self) -> Option<&'a str> {
        let after = self.rest.strip_prefix('.')?;
        after.split(['.', '[']).next()
    }
}

pub(super) fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(f64::is_finite)
}

pub(super) fn is_dtmf(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || ",*#".contains(c))
}

/// One key of a telephone.
pub(super) fn is_key(text: &str) -> bool {
    text.len() == 1 && text != "," && is_dtmf(text)
}

pub(super) fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.chars().all(|c| c.is_ascii_digit())
    })
}

pub(super) fn is_proficiency(text: &str) -> bool {
    text.parse::<f64>()
        .is_ok_and(|level| (1.0..=5.0).contains(&level))
}

/// The candidate that a misspelt name was probably meant to be.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_ascii_lowercase();
    candidates
        .map(|candidate| (distance(&lower, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 5).clamp(1, 4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (to, window) in b.iter().zip(row.windows(2)) {
            let (diagonal, above) = match window {
                [diagonal, above] => (*diagonal, *above),
                _ => continue,
            };
            let left = next.last().copied().unwrap_or(i + 1);
            next.push((diagonal + usize::from(from != *to)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
