//! Routing criteria: whom the contact was offered to first, and what came of it.

use jiff::Timestamp;

use crate::node::Node;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What became of a routing step (Connect API, `Step.Status`).
    StepStatus {
        /// Agents who match are being offered the contact now.
        Active = "ACTIVE",
        /// Its turn has not come.
        Inactive = "INACTIVE",
        /// An agent who matches took the contact: a sticky hit.
        Joined = "JOINED",
        /// Nobody who matches took it in time: a sticky miss.
        Expired = "EXPIRED",
    }
}

/// One set of routing criteria. A contact record keeps the last three, so [`index`](Self::index) counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingCriteria {
    /// Which set it is, from 0, over the life of the contact.
    pub index: Option<u64>,
    /// When it took effect: when the contact was transferred to a queue.
    pub activated_at: Option<Timestamp>,
    /// Its steps, in order.
    pub steps: Vec<RoutingStep>,
}

/// One step of routing criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingStep {
    /// What became of it; `Other` with an empty word when Connect left it out.
    pub status: StepStatus,
    /// How long the step lasts, in seconds; none when it never expires.
    pub expiry_seconds: Option<u64>,
    /// When it expires or expired.
    pub expires_at: Option<Timestamp>,
    /// The user ids of the agents it names, wherever they stand in its expression, each once.
    /// They are not checked: AWS's sample has `AGENT_1`. Agents that a `NotAttributeCondition` excludes are not here.
    pub agent_ids: Vec<String>,
}

impl RoutingCriteria {
    /// Contact events hold one object here or a list, contact records a list.
    pub(crate) fn read_all(parent: &Node<'_>) -> Vec<Self> {
        let read = |node: Node<'_>| Self {
            index: node.whole("Index"),
            activated_at: node.time("ActivationTimestamp"),
            steps: node.nodes("Steps").iter().map(RoutingStep::read).collect(),
        };
        parent.nodes("RoutingCriteria").into_iter().map(read).collect()
    }
}

impl RoutingStep {
    fn read(node: &Node<'_>) -> Self {
        let expiry = node.node("Expiry");
        Self {
            status: node
                .optional("Status")
                .unwrap_or(StepStatus::Other(String::new())),
            expiry_seconds: expiry
                .as_ref()
                .and_then(|expiry| expiry.whole("DurationInSeconds")),
            expires_at: expiry.as_ref().and_then(|expiry| expiry.time("ExpiryTimestamp")),
            agent_ids: agents_of(node),
        }
    }
}

/// Walks the expression with a list of its own instead of recursion: how deep it nests is the sender's choice.
fn agents_of(step: &Node<'_>) -> Vec<String> {
    let mut agents: Vec<String> = Vec::new();
    let mut waiting: Vec<Node<'_>> = step.node("Expression").into_iter().collect();
    while let Some(expression) = waiting.pop() {
        let criteria = expression
            .node("AttributeCondition")
            .and_then(|condition| condition.node("MatchCriteria"))
            .and_then(|criteria| criteria.node("AgentsCriteria"));
        for agent in criteria
            .map(|criteria| criteria.texts("AgentIds"))
            .unwrap_or_default()
        {
            if !agents.contains(&agent) {
                agents.push(agent);
            }
        }
        // Reversed, because the last one pushed is the first one read.
        waiting.extend(expression.nodes("OrExpression").into_iter().rev());
        waiting.extend(expression.nodes("AndExpression").into_iter().rev());
    }
    agents
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::node::Notes;

    fn read(document: &Value) -> (Vec<RoutingCriteria>, usize) {
        let notes = Notes::default();
        let criteria = RoutingCriteria::read_all(&Node::root(document, &notes).unwrap());
        (criteria, notes.into_inner().len())
    }

    fn agents(ids: &[&str]) -> Value {
        json!({"attributeCondition": {"comparisonOperator": "Match", "matchCriteria": {"agentsCriteria": {"agentIds": ids}}}})
    }

    #[test]
    fn agents_are_found_in_nested_expressions_in_order_and_once() {
        let document = json!({"routingCriteria": {"steps": {"status": "Joined", "expression": {
            "orExpression": [
                {"andExpression": [agents(&["a-1"]), agents(&["a-2", " a-1 "])]},
                agents(&["a-3"]),
            ],
            "notAttributeCondition": {"matchCriteria": {"agentsCriteria": {"agentIds": ["a-9"]}}},
        }}}});
        let (criteria, notes) = read(&document);
        assert_eq!(criteria[0].steps[0].agent_ids, ["a-1", "a-2", "a-3"]);
        assert_eq!(criteria[0].steps[0].status, StepStatus::Joined);
        assert_eq!(notes, 0);
    }

    #[test]
    fn a_step_that_cannot_be_read_is_noted_and_the_others_stay() {
        let document =
            json!({"RoutingCriteria": [null, {"Index": -1, "Steps": [7, {"Status": "PARKED"}, {}]}]});
        let (criteria, notes) = read(&document);
        assert_eq!(criteria[0].index, None);
        let statuses: Vec<_> = criteria[0]
            .steps
            .iter()
            .map(|step| step.status.as_str())
            .collect();
        assert_eq!(statuses, ["PARKED", ""]);
        assert_eq!(notes, 2);
    }

    #[test]
    fn the_deepest_expression_that_json_allows_is_searched() {
        // serde_json refuses text that nests deeper than 127 levels.
        let levels = 55;
        let open = r#"{"AndExpression":["#.repeat(levels);
        let close = "]}".repeat(levels);
        let text = format!(
            r#"{{"RoutingCriteria":{{"Steps":[{{"Expression":{open}{}{close}}}]}}}}"#,
            agents(&["a-1"])
        );
        let (criteria, _) = read(&serde_json::from_str(&text).unwrap());
        assert_eq!(criteria[0].steps[0].agent_ids, ["a-1"]);
    }
}
