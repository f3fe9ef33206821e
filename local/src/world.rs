//! One call after another through the call centre, with what Connect says about each delivered to the functions.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use jiff::Timestamp;
use ringback_contact_flow::run::{AgentState, Caller, Channel, Contact, Conversation, Party, Run, run};
use ringback_lambda::emf_sink;
use serde_json::Value;

use crate::centre::{Centre, INBOUND};
use crate::functions::Functions;
use crate::stack::{Addresses, Stack};

/// The number that callers dial.
pub const DIALLED: &str = "+14155550199";

/// A call to be made.
#[derive(Debug, Clone)]
pub struct Call {
    /// The caller's number in E.164; none where it is withheld or the channel has none.
    pub from: Option<String>,
    /// The operator's own id of the customer.
    pub customer_id: Option<String>,
    /// How the customer comes.
    pub channel: Channel,
    /// When.
    pub at: Timestamp,
    /// The flow, by the name of its file.
    pub flow: String,
    /// Contact attributes that an earlier flow has set.
    pub attributes: BTreeMap<String, String>,
    /// What the caller keys, how patient they are, how they talk.
    pub caller: Caller,
    /// What agents are doing when the call comes in, by id; the others are available.
    pub agents: Vec<(String, AgentState)>,
}

impl Call {
    /// A call from that number into the inbound flow, that keys nothing.
    pub fn new(from: &str, at: Timestamp) -> Self {
        Self {
            from: Some(from.to_owned()),
            customer_id: None,
            channel: Channel::Voice,
            at,
            flow: INBOUND.to_owned(),
            attributes: BTreeMap::new(),
            caller: Caller::default(),
            agents: Vec::new(),
        }
    }

    /// The same by somebody who keys that at each prompt; an empty text keys nothing.
    #[must_use]
    pub fn keys<const N: usize>(mut self, keys: [&str; N]) -> Self {
        self.caller.keys = keys
            .iter()
            .map(|key| Some((*key).to_owned()).filter(|key| !key.is_empty()))
            .collect();
        self
    }

    /// The same with an agent doing something else than waiting for calls.
    #[must_use]
    pub fn while_agent(mut self, agent: &str, state: AgentState) -> Self {
        self.agents.push((agent.to_owned(), state));
        self
    }
}

/// The call centre, the functions and what they remember.
#[derive(Debug)]
pub struct World {
    /// What the functions talk to.
    pub stack: Stack,
    /// The call centre.
    pub centre: Centre,
    /// The functions.
    pub functions: Functions,
    metrics: Lines,
    calls: u32,
}

impl World {
    /// A world that remembers nobody, with changes to the functions' environment.
    ///
    /// # Errors
    /// When a port cannot be had or a setting is wrong.
    pub async fn start(centre: Centre, changes: &[(&str, &str)]) -> Result<Self> {
        let stack = Stack::start(&Addresses::any()).await?.gated().await?;
        let metrics = Lines::default();
        let functions = Functions::new(&stack, changes, &emf_sink(metrics.clone())).await?;
        Ok(Self {
            stack,
            centre,
            functions,
            metrics,
            calls: 0,
        })
    }

    /// Makes a call, to its end and beyond: events and record are delivered too.
    ///
    /// # Errors
    /// When the flow cannot be run; the error names the block.
    pub async fn call(&mut self, call: &Call) -> Result<Run> {
        let run = self.call_only(call).await?;
        self.functions.settle(&run.finished).await?;
        Ok(run)
    }

    /// Makes a call of which Connect has not told anything yet.
    ///
    /// # Errors
    /// When the flow cannot be run; the error names the block.
    pub async fn call_only(&mut self, call: &Call) -> Result<Run> {
        self.calls += 1;
        let id = format!(
            "00000000-0000-4000-8000-{:012x}",
            0xca11_0000_u64 + u64::from(self.calls)
        );
        let mut contact = match &call.from {
            Some(from) if call.channel == Channel::Voice => Contact::call(id, from, DIALLED),
            _ => Contact::new(id, call.channel),
        };
        contact.customer_id.clone_from(&call.customer_id);
        contact.attributes.clone_from(&call.attributes);
        let mut centre = self.centre.centre.clone();
        for (id, state) in &call.agents {
            let agent = centre.agents.iter_mut().find(|agent| agent.id == *id);
            agent
                .with_context(|| format!("the call centre has no agent {id}"))?
                .state = *state;
        }
        Ok(run(
            &centre,
            &call.flow,
            contact,
            &call.caller,
            call.at,
            &mut self.functions,
        )
        .await?)
    }

    /// Somebody spoke with an agent: a call in which only that agent was working, and a rating if one was given.
    ///
    /// # Errors
    /// As [`World::call`].
    pub async fn spoke(&mut self, call: &Call, agent: &str, rating: Option<u8>) -> Result<Run> {
        let others = self.centre.centre.agents.iter().filter(|other| other.id != agent);
        let mut earlier = call.clone();
        earlier.agents = others
            .map(|other| (other.id.clone(), AgentState::Offline))
            .collect();
        earlier.caller = Caller {
            // The only prompt that asks for a key is the survey's, as there is nobody to be offered.
            keys: rating
                .map(|rating| Some(rating.to_string()))
                .into_iter()
                .collect(),
            conversation: Conversation {
                seconds: 180,
                ended_by: Party::Agent,
                after_contact_work_seconds: 30,
            },
            ..Caller::default()
        };
        self.call(&earlier).await
    }

    /// What the functions have written to CloudWatch, as EMF lines.
    pub fn metrics_text(&self) -> String {
        self.metrics.text()
    }

    /// The sum of a metric so far.
    pub fn metric(&self, name: &str) -> u64 {
        self.metrics
            .text()
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok()?.get(name)?.as_u64())
            .sum()
    }
}

/// Lines that several writers add to.
#[derive(Debug, Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// All that was written.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
