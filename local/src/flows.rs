//! The flows as files: the shipped ones, built into the binary, and whatever a path names.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// A flow's text and the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowFile {
    /// The file's name without `.json`.
    pub stem: String,
    /// What it holds.
    pub text: String,
}

impl FlowFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read; the error names it.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        Ok(Self { stem, text })
    }

    /// The names of its placeholders, `${Name}`.
    pub fn placeholders(&self) -> BTreeSet<String> {
        self.text
            .split("${")
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name.to_owned())
            .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()))
            .collect()
    }

    /// The placeholder by which other flows name this one: `give-up.json` is `GiveUpFlowArn`.
    pub fn placeholder(&self) -> String {
        format!("{}FlowArn", pascal(&self.stem))
    }
}

/// The flows of `infra/flows`.
pub fn shipped() -> Vec<FlowFile> {
    [
        (
            "agent-whisper",
            include_str!("../../infra/flows/agent-whisper.json"),
        ),
        ("give-up", include_str!("../../infra/flows/give-up.json")),
        ("inbound", include_str!("../../infra/flows/inbound.json")),
        ("plan-queue", include_str!("../../infra/flows/plan-queue.json")),
        ("survey", include_str!("../../infra/flows/survey.json")),
    ]
    .into_iter()
    .map(|(stem, text)| FlowFile {
        stem: stem.to_owned(),
        text: text.to_owned(),
    })
    .collect()
}

/// The parameters that flows may use as placeholders, as CloudFormation describes them.
///
/// # Errors
/// When `infra/flow-parameters.json` is not an object.
pub fn parameters() -> Result<Map<String, Value>> {
    serde_json::from_str(include_str!("../../infra/flow-parameters.json"))
        .context("infra/flow-parameters.json")
}

/// `give-up` is `GiveUp`.
pub fn pascal(kebab: &str) -> String {
    kebab
        .split(['-', '_', ' '])
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>())
                .unwrap_or_default()
        })
        .collect()
}
