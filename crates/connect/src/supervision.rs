//! Telling a supervisor who listens from an agent who serves.

use jiff::Timestamp;

use crate::InitiationMethod;
use crate::node::Node;

/// One state a supervisor was in on a contact (Connect API, `AgentInfo.StateTransitions`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateTransition {
    /// The state in upper case: `SILENT_MONITOR` and `BARGE` in contact records.
    /// The API's own list is `INITIAL`, `CONNECTED`, `DISCONNECTED`, `MISSED`. Empty when Connect left it out.
    pub state: String,
    /// When the state began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl StateTransition {
    /// Whether only a supervisor can be in this state.
    #[must_use]
    pub fn is_supervision(&self) -> bool {
        matches!(self.state.as_str(), "SILENT_MONITOR" | "BARGE")
    }

    pub(crate) fn read_all(parent: &Node<'_>) -> Vec<Self> {
        let read = |node: Node<'_>| Self {
            state: node
                .optional::<String>("State")
                .map(|state| state.to_ascii_uppercase())
                .unwrap_or_default(),
            started_at: node.time("StateStartTimestamp"),
            ended_at: node.time("StateEndTimestamp"),
        };
        parent.nodes("StateTransitions").into_iter().map(read).collect()
    }
}

/// Whether the contact's agent is a supervisor who listened or barged in, and so not the one who served the customer.
pub(crate) fn is_supervised(method: Option<&InitiationMethod>, states: &[StateTransition]) -> bool {
    method == Some(&InitiationMethod::Monitor) || states.iter().any(StateTransition::is_supervision)
}
