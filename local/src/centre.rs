//! The call centre that calls come into: its queue, hours and agents, and the flows.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use ringback_connect::ids::InstanceArn;
use ringback_contact_flow::run::{CallCentre, NamedFlow, substitute};
use serde_json::Value;

use crate::flows::{self, FlowFile};

/// The instance of the built-in call centre, of the stories and of the samples.
pub const INSTANCE_ARN: &str =
    "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000001";

/// The flow that calls come into unless another is asked for.
pub const INBOUND: &str = "inbound";

/// The functions that flows invoke: the placeholder of each, and its name.
const FUNCTIONS: &[(&str, &str)] = &[
    ("ClassifyCallerFunctionArn", "classify-caller"),
    ("LastAgentFunctionArn", "last-agent"),
    ("ReportStepFunctionArn", "report-step"),
];

/// A call centre with the shipped flows, its placeholders filled in.
#[derive(Debug, Clone)]
pub struct Centre {
    /// What the runner needs of it.
    pub centre: CallCentre,
    /// What stands for the flows' placeholders.
    pub values: BTreeMap<String, String>,
}

impl Centre {
    /// The built-in call centre (`local/centre.json`), or the one described by a JSON file of the same shape, without
    /// flows yet.
    ///
    /// # Errors
    /// When the description cannot be read or does not hold together; the error names the file.
    pub fn describe(file: Option<&Path>) -> Result<Self> {
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
        check(&centre).with_context(|| name.clone())?;
        let mut values = default_values()?;
        let queue = centre
            .queues
            .first()
            .ok_or_else(|| anyhow!("{name} has no queue"))?;
        values.insert("InstanceArn".to_owned(), centre.instance_arn.clone());
        values.insert("DefaultQueueArn".to_owned(), centre.queue_arn(&queue.id));
        for (placeholder, function) in FUNCTIONS {
            let arn = format!(
                "arn:aws:lambda:{}:111122223333:function:{function}",
                centre.region
            );
            values.insert((*placeholder).to_owned(), arn);
        }
        Ok(Self { centre, values })
    }

    /// That call centre with the shipped flows.
    ///
    /// # Errors
    /// As [`Centre::describe`].
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let mut centre = Self::describe(file)?;
        centre.install(&flows::shipped())?;
        Ok(centre)
    }

    /// Puts flows in, in the place of those of the same file names. They may name each other.
    ///
    /// # Errors
    /// When one is no flow, or has placeholders that nobody fills; the error names them all.
    pub fn install(&mut self, files: &[FlowFile]) -> Result<()> {
        for file in files {
            self.values
                .insert(file.placeholder(), self.centre.flow_arn(&file.stem));
        }
        files
            .iter()
            .try_for_each(|file| self.put(file).with_context(|| format!("{}.json", file.stem)))
    }

    fn put(&mut self, file: &FlowFile) -> Result<()> {
        let missing: Vec<_> = file
            .placeholders()
            .into_iter()
            .filter(|name| !self.values.contains_key(name))
            .collect();
        if !missing.is_empty() {
            let fills: Vec<_> = missing.iter().map(|name| format!("--fill {name}=TEXT")).collect();
            bail!(
                "it has placeholders without a value; give them with {}",
                fills.join(" ")
            );
        }
        let text = substitute(&file.text, &self.values)?;
        // The error says where already; its source would say it again.
        let flow = ringback_contact_flow::read(&text).map_err(|error| anyhow!("{error}"))?;
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

/// What a description must hold, so that a mistake in it is not an hour of waiting.
fn check(centre: &CallCentre) -> Result<()> {
    InstanceArn::parse(&centre.instance_arn).context("instanceArn")?;
    for (index, agent) in centre.agents.iter().enumerate() {
        if centre
            .agents
            .iter()
            .skip(index + 1)
            .any(|other| other.id == agent.id)
        {
            bail!("two agents have the id {}", agent.id);
        }
        if let Some(queue) = agent.queues.iter().find(|id| centre.queue(id).is_none()) {
            bail!("agent {} is in the queue {queue}, which is not there", agent.id);
        }
    }
    match centre
        .queues
        .iter()
        .filter_map(|queue| queue.hours.as_ref())
        .find(|id| centre.hours_of_operation(id).is_none())
    {
        Some(hours) => bail!("a queue has the hours {hours}, which are not there"),
        None => Ok(()),
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
