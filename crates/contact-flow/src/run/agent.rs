//! Agents and what they are doing as time goes by.

use serde::{Deserialize, Serialize};

/// Somebody who takes contacts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agent {
    /// The user's id within the instance.
    pub id: String,
    /// Sign-in name, what `$.Agent.UserName` answers.
    pub user_name: String,
    /// What `$.Agent.FirstName` answers.
    #[serde(default)]
    pub first_name: String,
    /// What `$.Agent.LastName` answers.
    #[serde(default)]
    pub last_name: String,
    /// Ids of the queues in the agent's routing profile.
    #[serde(default)]
    pub queues: Vec<String>,
    /// What the agent is doing when the run starts.
    #[serde(default)]
    pub state: AgentState,
    /// What the agent does later, whatever they were doing then.
    #[serde(default)]
    pub later: Vec<StateChange>,
    /// Contacts already waiting in the agent's personal queue. They are served first.
    #[serde(default)]
    pub contacts_waiting: u32,
    /// What routing criteria can ask for.
    #[serde(default)]
    pub proficiencies: Vec<Proficiency>,
}

impl Agent {
    /// An agent who is available and has no queue in their routing profile.
    pub fn new(id: impl Into<String>, user_name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            user_name: user_name.into(),
            first_name: String::new(),
            last_name: String::new(),
            queues: Vec::new(),
            state: AgentState::Available,
            later: Vec::new(),
            contacts_waiting: 0,
            proficiencies: Vec::new(),
        }
    }

    /// Adds a queue to the agent's routing profile.
    #[must_use]
    pub fn in_queue(mut self, queue_id: impl Into<String>) -> Self {
        self.queues.push(queue_id.into());
        self
    }

    /// Sets what the agent is doing when the run starts.
    #[must_use]
    pub fn who_is(mut self, state: AgentState) -> Self {
        self.state = state;
        self
    }

    /// Adds a change of state so many seconds after the run starts.
    #[must_use]
    pub fn then(mut self, after_seconds: u32, state: AgentState) -> Self {
        self.later.push(StateChange { after_seconds, state });
        self
    }

    /// Both names, or the sign-in name of someone who has none.
    pub fn full_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        let name = name.trim();
        if name.is_empty() {
            self.user_name.clone()
        } else {
            name.to_owned()
        }
    }

    pub(super) fn has_queue(&self, queue_id: &str) -> bool {
        self.queues.iter().any(|queue| queue == queue_id)
    }

    /// What the agent is doing so many milliseconds after the run started.
    pub(super) fn state_at(&self, milliseconds: i64) -> AgentState {
        let (since, state) = self
            .later
            .iter()
            .map(|change| (i64::from(change.after_seconds) * 1_000, change.state))
            .filter(|(since, _)| *since <= milliseconds)
            .max_by_key(|(since, _)| *since)
            .unwrap_or((0, self.state));
        match state.lasts_seconds() {
            Some(seconds) if since + i64::from(seconds) * 1_000 <= milliseconds => AgentState::Available,
            _ => state,
        }
    }

    /// The first time from `milliseconds` on at which the agent is available.
    pub(super) fn available_from(&self, milliseconds: i64) -> Option<i64> {
        let start = StateChange {
            after_seconds: 0,
            state: self.state,
        };
        // A state can only change when it is set or when it runs out.
        let changes = std::iter::once(&start).chain(&self.later).flat_map(|change| {
            let since = i64::from(change.after_seconds) * 1_000;
            let until = change
                .state
                .lasts_seconds()
                .map(|seconds| since + i64::from(seconds) * 1_000);
            [Some(since), until]
        });
        std::iter::once(milliseconds)
            .chain(changes.flatten().filter(|at| *at > milliseconds))
            .filter(|at| self.state_at(*at) == AgentState::Available)
            .min()
    }
}

/// What an agent is doing. Durations count from when the state began; afterwards the agent is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AgentState {
    /// Takes the next contact.
    #[default]
    Available,
    /// With another contact.
    Busy {
        /// For how long, in seconds; none is for ever.
        seconds: Option<u32>,
    },
    /// Finishing off another contact.
    AfterContactWork {
        /// For how long, in seconds.
        seconds: u32,
    },
    /// Signed in, in a status that gets no contacts: lunch, training.
    NonProductive {
        /// For how long, in seconds; none is for ever.
        seconds: Option<u32>,
    },
    /// Not signed in.
    Offline,
}

impl AgentState {
    fn lasts_seconds(self) -> Option<u32> {
        match self {
            Self::Available | Self::Offline => None,
            Self::Busy { seconds } | Self::NonProductive { seconds } => seconds,
            Self::AfterContactWork { seconds } => Some(seconds),
        }
    }
}

/// A state that begins during the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateChange {
    /// Seconds after the run's start.
    pub after_seconds: u32,
    /// The state that begins.
    pub state: AgentState,
}

/// Something an agent is good at.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proficiency {
    /// The attribute's name, for example `Language`.
    pub name: String,
    /// The attribute's value, for example `German`.
    pub value: String,
    /// How good, from 1.0 to 5.0.
    pub level: f64,
}
