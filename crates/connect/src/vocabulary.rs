//! The words Connect uses, as enums that know they are not complete.
//!
//! AWS asks applications to "continue functioning when new event types are introduced"
//! (Amazon Connect Administrator Guide, "Amazon Connect contact events"), so each has an `Other`.

/// An enum over Connect's words: read in any case, written in Connect's, with `Other` for words yet unknown.
macro_rules! vocabulary {
    (
        $(#[$about:meta])*
        $name:ident {
            $($(#[$meaning:meta])* $variant:ident = $word:literal $(| $alias:literal)*,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$meaning])* $variant,)+
            /// A word this version does not know, in upper case.
            Other(String),
        }

        impl $name {
            /// The word as Connect's API spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                let word = text.trim().to_ascii_uppercase();
                match word.as_str() {
                    $($word $(| $alias)* => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Ok(Self::from(text.as_str()))
            }
        }

        impl $crate::node::FromText for $name {
            fn from_text(text: &str) -> Result<Self, $crate::Problem> {
                Ok(Self::from(text))
            }
        }
    };
}

pub(crate) use vocabulary;

vocabulary! {
    /// How the customer and the contact centre talk.
    Channel {
        /// A telephone or in-app (WebRTC) call.
        Voice = "VOICE",
        /// A chat, SMS or messaging conversation.
        Chat = "CHAT",
        /// A piece of work without a live customer.
        Task = "TASK",
        /// An email.
        Email = "EMAIL",
    }
}

vocabulary! {
    /// How a contact came to be.
    InitiationMethod {
        /// The customer contacted the contact centre.
        Inbound = "INBOUND",
        /// An agent called the customer.
        Outbound = "OUTBOUND",
        /// An agent transferred the contact with a quick connect, which began this one.
        Transfer = "TRANSFER",
        /// A flow moved the contact to another queue while it waited.
        QueueTransfer = "QUEUE_TRANSFER",
        /// A queued callback.
        Callback = "CALLBACK",
        /// Begun by an API call.
        Api = "API",
        /// Begun by a disconnect flow.
        Disconnect = "DISCONNECT",
        /// A supervisor listens to an agent's contact.
        Monitor = "MONITOR",
        /// An agent called somebody outside the contact centre and added them.
        ExternalOutbound = "EXTERNAL_OUTBOUND",
        /// An in-app call from a browser or mobile app; it has no telephone number.
        WebrtcApi = "WEBRTC_API",
        /// An agent answered an email.
        AgentReply = "AGENT_REPLY",
        /// Begun by a flow.
        Flow = "FLOW",
    }
}
