//! A flow as the Flow language writes it, with everything an export may leave out defaulted.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A contact flow or module.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Flow {
    /// The language's version; the service knows only `2019-10-30`.
    pub version: String,
    /// Identifier of the action where a contact enters.
    pub start_action: String,
    /// What the console's designer keeps: positions, names, the flow's type. Never needed to run a flow.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Present in modules only.
    #[serde(default)]
    pub settings: Option<Value>,
    /// The blocks, in the document's order.
    pub actions: Vec<Action>,
}

impl Flow {
    /// The action of that identifier.
    pub fn action(&self, identifier: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.identifier == identifier)
    }
}

/// One block of a flow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Action {
    /// Unique within the flow, at most 50 characters.
    pub identifier: String,
    /// What the block does, for example `InvokeLambdaFunction`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The block's settings; the console writes every scalar as a string.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Where the contact goes next; empty for blocks that end the flow.
    #[serde(default)]
    pub transitions: Transitions,
}

/// Where a contact leaves a block.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Transitions {
    /// The ordinary way out.
    pub next_action: Option<String>,
    /// Tried in order; the first that holds wins.
    pub conditions: Vec<ConditionBranch>,
    /// The ways out when something goes wrong.
    pub errors: Vec<ErrorBranch>,
}

/// A way out that is taken when its condition holds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConditionBranch {
    /// Identifier of the next action.
    pub next_action: String,
    /// What must hold.
    pub condition: Condition,
}

/// A comparison of the block's outcome with a static operand.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Condition {
    /// For example `Equals` or `NumberGreaterThan`.
    pub operator: String,
    /// One element in every flow the service accepts; mostly a string, sometimes a number.
    #[serde(default)]
    pub operands: Vec<Value>,
}

/// A way out that is taken on an error.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorBranch {
    /// Identifier of the next action.
    pub next_action: String,
    /// For example `NoMatchingError`, which stands for every error without a branch of its own.
    pub error_type: String,
}
