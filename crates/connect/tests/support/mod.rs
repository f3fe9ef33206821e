//! The sample files, and what is in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The samples of one folder of `events/connect/`: name without `.json`, text.
pub(crate) fn samples(folder: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../events/connect")
        .join(folder);
    let sample = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        assert_eq!(
            path.extension().and_then(|e| e.to_str()),
            Some("json"),
            "{} is no sample",
            path.display()
        );
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    std::fs::read_dir(folder).unwrap().map(sample).collect()
}

/// Whatever looks like a telephone number with a `+`: seven digits or more.
#[allow(dead_code, reason = "each test binary uses its own part of this module")]
pub(crate) fn telephone_numbers(text: &str) -> BTreeSet<String> {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let numbers = text
        .split('+')
        .skip(1)
        .map(digits)
        .filter(|digits| digits.len() >= 7);
    numbers.map(|digits| format!("+{digits}")).collect()
}

/// The last characters of an id, which are the ones that differ between samples.
#[allow(dead_code, reason = "each test binary uses its own part of this module")]
pub(crate) fn short(id: &str) -> String {
    let tail = id.rsplit('-').next().unwrap_or(id);
    tail.trim_start_matches('0').to_owned()
}

/// A one-line summary that says only what is there.
#[allow(dead_code, reason = "each test binary uses its own part of this module")]
pub(crate) struct Line {
    pub(crate) text: String,
}

#[allow(dead_code, reason = "each test binary uses its own part of this module")]
impl Line {
    pub(crate) fn new(text: String) -> Self {
        Self { text }
    }

    pub(crate) fn add(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.text.push_str(&format!("; {name} {value}"));
        }
    }

    /// A time of the day the samples play on without its date.
    pub(crate) fn add_time(&mut self, name: &str, time: Option<jiff::Timestamp>) {
        self.add(
            name,
            time.map(|time| time.to_string().trim_start_matches("2026-06-01T").to_owned()),
        );
    }

    pub(crate) fn add_map(&mut self, name: &str, map: &BTreeMap<String, String>) {
        let entries: Vec<_> = map
            .iter()
            .map(|(key, value)| format!("{key}={}", value.escape_debug()))
            .collect();
        self.add(
            name,
            (!entries.is_empty()).then(|| format!("{{{}}}", entries.join(", "))),
        );
    }

    pub(crate) fn add_routing(&mut self, routing: &[ringback_connect::RoutingCriteria]) {
        for criteria in routing {
            let steps: Vec<_> = criteria.steps.iter().map(step).collect();
            let index = criteria.index.map_or("-".to_owned(), |index| index.to_string());
            self.add(&format!("routing {index}"), Some(steps.join(", ")));
            self.add_time("since", criteria.activated_at);
        }
    }

    pub(crate) fn add_errors(&mut self, errors: &[ringback_connect::DecodeError]) {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        self.add("malformed", (!errors.is_empty()).then(|| errors.join(", ")));
    }
}

fn step(step: &ringback_connect::RoutingStep) -> String {
    let mut text = step.status.to_string();
    for agent in &step.agent_ids {
        text.push_str(&format!(" {}", short(agent)));
    }
    if let Some(seconds) = step.expiry_seconds {
        text.push_str(&format!(" {seconds}s"));
    }
    if let Some(time) = step.expires_at {
        text.push_str(&format!(
            " until {}",
            time.to_string().trim_start_matches("2026-06-01T")
        ));
    }
    text
}
