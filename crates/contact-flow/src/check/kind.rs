use std::fmt;
use std::str::FromStr;

/// What a flow is for: `CreateContactFlow` takes it beside the content, and it decides which blocks are legal.
///
/// The names are those of the API's `ContactFlowType`, plus [`FlowKind::Module`], which has its own call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlowKind {
    /// `CONTACT_FLOW`: what a phone number or a chat widget points at.
    ContactFlow,
    /// `CUSTOMER_QUEUE`: what a waiting customer hears.
    CustomerQueue,
    /// `CUSTOMER_HOLD`: what a customer on hold hears.
    CustomerHold,
    /// `CUSTOMER_WHISPER`: played to the customer before they are joined with an agent.
    CustomerWhisper,
    /// `AGENT_HOLD`: what an agent on hold hears.
    AgentHold,
    /// `AGENT_WHISPER`: played to the agent before they are joined with the customer.
    AgentWhisper,
    /// `OUTBOUND_WHISPER`: played to the customer of an outbound call.
    OutboundWhisper,
    /// `AGENT_TRANSFER`: run when a contact is transferred to an agent by quick connect.
    AgentTransfer,
    /// `QUEUE_TRANSFER`: run when a contact is transferred to a queue by quick connect.
    QueueTransfer,
    /// `CAMPAIGN`: run by outbound campaigns.
    Campaign,
    /// A flow module, made with `CreateContactFlowModule`; it runs as part of the flow that calls it.
    Module,
}

impl FlowKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::ContactFlow,
        Self::CustomerQueue,
        Self::CustomerHold,
        Self::CustomerWhisper,
        Self::AgentHold,
        Self::AgentWhisper,
        Self::OutboundWhisper,
        Self::AgentTransfer,
        Self::QueueTransfer,
        Self::Campaign,
        Self::Module,
    ];

    /// The API's name, for example `CUSTOMER_QUEUE`; `MODULE` for a module, which has none.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContactFlow => "CONTACT_FLOW",
            Self::CustomerQueue => "CUSTOMER_QUEUE",
            Self::CustomerHold => "CUSTOMER_HOLD",
            Self::CustomerWhisper => "CUSTOMER_WHISPER",
            Self::AgentHold => "AGENT_HOLD",
            Self::AgentWhisper => "AGENT_WHISPER",
            Self::OutboundWhisper => "OUTBOUND_WHISPER",
            Self::AgentTransfer => "AGENT_TRANSFER",
            Self::QueueTransfer => "QUEUE_TRANSFER",
            Self::Campaign => "CAMPAIGN",
            Self::Module => "MODULE",
        }
    }
}

impl fmt::Display for FlowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no kind of flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no type of flow; these are: {names}", names = FlowKind::ALL.map(FlowKind::name).join(", "))]
pub struct UnknownFlowKind(String);

impl FromStr for FlowKind {
    type Err = UnknownFlowKind;

    /// Takes the API's spelling (`CUSTOMER_QUEUE`) and the one of the console's metadata (`customerQueue`).
    fn from_str(text: &str) -> Result<Self, UnknownFlowKind> {
        let letters = |name: &str| -> String {
            name.chars()
                .filter(char::is_ascii_alphabetic)
                .map(|c| c.to_ascii_lowercase())
                .collect()
        };
        let wanted = letters(text);
        if ["contactflowmodule", "flowmodule"].contains(&wanted.as_str()) {
            return Ok(Self::Module);
        }
        Self::ALL
            .into_iter()
            .find(|kind| letters(kind.name()) == wanted)
            .ok_or_else(|| UnknownFlowKind(text.to_owned()))
    }
}
