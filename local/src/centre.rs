//! The call centre that calls come into: its queue, hours and agents, and the flows.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use ringback_contact_flow::run::{CallCentre, NamedFlow, substitute};
use serde_json::Value;

use crate::flows::{self, FlowFile};

/// The instance of the built-in call centre, of the stories and of the samples.
pub const INSTANCE_ARN: &str =
    "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000001";

/// The flow that calls come into unless another is asked for.
pub const INBOUND: &str = "inbound";

/// A call centre with the shipped flows, its placeholders filled in.
#[derive(Debug, Clone)]
pub struct Centre {
    /// What the runner needs of it.
    pub centre: CallCentre,
    /// What stands for the flows' placeholders.
    pub values: BTreeMap<String, String>,
}

impl Centre {
    /// The built-in call centre, or the one described by a JSON file of the same shape.
    ///
    /// # Errors
    /// When the description cannot be read; the error names the file.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let text = match file {
            None => include_str!("../centre.json").to_owned(),
            Some(file) => {
                std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?
            }
        };
        let name = file.map_or_else(
            || "the built-in call centre".to_owned(),
            |file| file.display().to_string(),
        );
        let centre: CallCentre = serde_json::from_str(&text).with_context(|| name.clone())?;
        let mut values = default_values()?;
        let queue = centre
            .queues
            .first()
            .ok_or_else(|| anyhow!("{name} has no queue"))?;
        values.insert("InstanceArn".to_owned(), centre.instance_arn.clone());
        values.insert("DefaultQueueArn".to_owned(), centre.queue_arn(&queue.id));
        let last_agent = format!(
            "arn:aws:lambda:{}:111122223333:function:last-agent",
            centre.region
        );
        values.insert("LastAgentFunctionArn".to_owned(), last_agent);
        let mut loaded = Self { centre, values };
        for shipped in flows::shipped() {
            loaded
                .values
                .insert(shipped.placeholder(), loaded.centre.flow_arn(&shipped.stem));
        }
        for shipped in flows::shipped() {
            loaded
                .install(&shipped)
                .with_context(|| format!("infra/flows/{}.json", shipped.stem))?;
        }
        Ok(loaded)
    }

    /// Puts a flow in, in the place of one of the same file name.
    ///
    /// # Errors
    /// When it is no flow, or has a placeholder that nobody fills.
    pub fn install(&mut self, file: &FlowFile) -> Result<()> {
        self.values
            .insert(file.placeholder(), self.centre.flow_arn(&file.stem));
        let text = substitute(&file.text, &self.values)?;
        let flow = ringback_contact_flow::read(&text)?;
        let name = flow
            .metadata
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or(&file.stem)
            .to_owned();
        self.centre.flows.retain(|known| known.id != file.stem);
        self.centre.flows.push(NamedFlow {
            id: file.stem.clone(),
            name,
            flow,
        });
        Ok(())
    }
}

/// The defaults of `infra/flow-parameters.json`.
fn default_values() -> Result<BTreeMap<String, String>> {
    Ok(flows::parameters()?
        .into_iter()
        .filter_map(|(name, parameter)| {
            let default = parameter.get("Default")?;
            Some((
                name,
                default
                    .as_str()
                    .map_or_else(|| default.to_string(), str::to_owned),
            ))
        })
        .collect())
}
