//! The call centre a flow runs in: what its blocks can look up.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::agent::Agent;
use super::hours::Hours;
use crate::Flow;

/// A simulated Amazon Connect instance.
///
/// Things are known by their id; their ARNs are always the instance's ARN, a kind and the id, as in Connect.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallCentre {
    /// ARN of the instance.
    pub instance_arn: String,
    /// The AWS Region's name, what `$.AwsRegion` answers.
    #[serde(default)]
    pub region: String,
    /// Flows and modules that blocks can name.
    #[serde(default)]
    pub flows: Vec<NamedFlow>,
    /// Standard queues.
    #[serde(default)]
    pub queues: Vec<Queue>,
    /// Agents. Where several could take a contact at the same time, the first in this list does.
    #[serde(default)]
    pub agents: Vec<Agent>,
    /// Hours of operation.
    #[serde(default)]
    pub hours: Vec<Hours>,
    /// What happens when a flow dials out, by number (E.164). A number that is not listed cannot be reached.
    #[serde(default)]
    pub numbers: BTreeMap<String, ExternalNumber>,
    /// Recorded prompts by id.
    #[serde(default)]
    pub prompts: BTreeMap<String, Prompt>,
    /// Where the runner stops.
    #[serde(default)]
    pub limits: Limits,
}

impl CallCentre {
    /// An empty call centre. The Region is taken from the ARN.
    pub fn new(instance_arn: impl Into<String>) -> Self {
        let instance_arn = instance_arn.into();
        let region = instance_arn.split(':').nth(3).unwrap_or_default().to_owned();
        Self {
            instance_arn,
            region,
            flows: Vec::new(),
            queues: Vec::new(),
            agents: Vec::new(),
            hours: Vec::new(),
            numbers: BTreeMap::new(),
            prompts: BTreeMap::new(),
            limits: Limits::default(),
        }
    }

    /// Adds a flow or module under an id; the name is what transcripts call it.
    #[must_use]
    pub fn with_flow(mut self, id: impl Into<String>, name: impl Into<String>, flow: Flow) -> Self {
        self.flows.push(NamedFlow {
            id: id.into(),
            name: name.into(),
            flow,
        });
        self
    }

    /// Adds a queue.
    #[must_use]
    pub fn with_queue(mut self, queue: Queue) -> Self {
        self.queues.push(queue);
        self
    }

    /// Adds an agent.
    #[must_use]
    pub fn with_agent(mut self, agent: Agent) -> Self {
        self.agents.push(agent);
        self
    }

    /// Adds hours of operation.
    #[must_use]
    pub fn with_hours(mut self, hours: Hours) -> Self {
        self.hours.push(hours);
        self
    }

    /// Says what happens when a flow dials that number.
    #[must_use]
    pub fn with_number(mut self, number: impl Into<String>, behaviour: ExternalNumber) -> Self {
        self.numbers.insert(number.into(), behaviour);
        self
    }

    /// Adds a recorded prompt.
    #[must_use]
    pub fn with_prompt(mut self, id: impl Into<String>, prompt: Prompt) -> Self {
        self.prompts.insert(id.into(), prompt);
        self
    }

    /// ARN of a standard queue.
    pub fn queue_arn(&self, id: &str) -> String {
        format!("{}/queue/{id}", self.instance_arn)
    }

    /// ARN of an agent's personal queue, as contact records write it.
    pub fn agent_queue_arn(&self, agent_id: &str) -> String {
        format!("{}/queue/agent/{agent_id}", self.instance_arn)
    }

    /// ARN of an agent.
    pub fn agent_arn(&self, id: &str) -> String {
        format!("{}/agent/{id}", self.instance_arn)
    }

    /// ARN of a flow.
    pub fn flow_arn(&self, id: &str) -> String {
        format!("{}/contact-flow/{id}", self.instance_arn)
    }

    /// The flow or module of that id or ARN; a version or alias after a colon is ignored.
    pub fn flow(&self, key: &str) -> Option<&NamedFlow> {
        let id = self.id_in(key, &["contact-flow", "flow-module"])?;
        let id = id.split_once(':').map_or(id, |(id, _version)| id);
        self.flows.iter().find(|flow| flow.id == id)
    }

    /// The queue of that id or ARN. Connect does not take a queue's name here.
    pub fn queue(&self, key: &str) -> Option<&Queue> {
        let id = self.id_in(key, &["queue"])?;
        self.queues.iter().find(|queue| queue.id == id)
    }

    /// The agent of that id or ARN. Connect does not take a user name here.
    pub fn agent(&self, key: &str) -> Option<&Agent> {
        let index = self.agent_index(key)?;
        self.agents.get(index)
    }

    pub(super) fn agent_index(&self, key: &str) -> Option<usize> {
        let id = self.id_in(key, &["agent"])?;
        self.agents.iter().position(|agent| agent.id == id)
    }

    /// The hours of operation of that id or ARN.
    pub fn hours_of_operation(&self, key: &str) -> Option<&Hours> {
        let id = self.id_in(key, &["operating-hours", "hours-of-operation"])?;
        self.hours.iter().find(|hours| hours.id == id)
    }

    /// The prompt of that id or ARN.
    pub fn prompt(&self, key: &str) -> Option<&Prompt> {
        self.prompts.get(self.id_in(key, &["prompt"])?)
    }

    /// The id in an ARN of this instance, or the key itself when it is no ARN.
    fn id_in<'k>(&self, key: &'k str, kinds: &[&str]) -> Option<&'k str> {
        if key.is_empty() {
            return None;
        }
        if !key.starts_with("arn:") {
            return Some(key);
        }
        let resource = key.strip_prefix(self.instance_arn.as_str())?.strip_prefix('/')?;
        let (kind, id) = resource.split_once('/')?;
        kinds.contains(&kind).then_some(id)
    }
}

/// A flow or module with the id that blocks know it by.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedFlow {
    /// Its id within the instance.
    pub id: String,
    /// What transcripts call it.
    pub name: String,
    /// The flow itself.
    pub flow: Flow,
}

/// A standard queue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Queue {
    /// Its id within the instance.
    pub id: String,
    /// Its name, what `$.Queue.Name` answers.
    pub name: String,
    /// Id of its hours of operation.
    #[serde(default)]
    pub hours: Option<String>,
    /// How many contacts may wait; none is no limit.
    #[serde(default)]
    pub capacity: Option<u32>,
    /// How many contacts are waiting already. They are served first.
    #[serde(default)]
    pub contacts_waiting: u32,
    /// How long the first of them has been waiting when the run starts, in seconds.
    #[serde(default)]
    pub oldest_contact_seconds: u32,
    /// How long each of them keeps an agent busy, in seconds.
    #[serde(default = "handle_seconds")]
    pub handle_seconds: u32,
    /// The number shown when agents call out from this queue (E.164).
    #[serde(default)]
    pub outbound_caller_id: Option<String>,
}

/// A round average; call centres that know better set their own.
fn handle_seconds() -> u32 {
    180
}

impl Queue {
    /// A queue that is empty, unlimited and without hours.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            hours: None,
            capacity: None,
            contacts_waiting: 0,
            oldest_contact_seconds: 0,
            handle_seconds: handle_seconds(),
            outbound_caller_id: None,
        }
    }
}

/// What happens when a flow dials an outside number. All times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ExternalNumber {
    /// Somebody answers, talks and hangs up.
    Answers {
        /// Ringing before the answer.
        after_seconds: u32,
        /// Talking after it.
        talk_seconds: u32,
    },
    /// It rings until the caller's side gives up.
    RingsOut,
    /// It is busy at once.
    Busy,
}

/// A recorded prompt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prompt {
    /// Its name, what transcripts call it.
    pub name: String,
    /// How long it plays, in seconds.
    pub seconds: u32,
}

/// Where the runner stops, so that every run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// Blocks in a row without a second passing.
    pub blocks_at_once: u32,
    /// Blocks in all.
    pub blocks: u32,
    /// Seconds of waiting in queues after which the run ends with [`Ending::QueueTimeout`](super::Ending).
    pub queue_seconds: u32,
}

impl Default for Limits {
    /// 5000 blocks at once, 50 000 in all (an hour in the queue in small steps), one hour in queues.
    fn default() -> Self {
        Self {
            blocks_at_once: 5_000,
            blocks: 50_000,
            queue_seconds: 3_600,
        }
    }
}
