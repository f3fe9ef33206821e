//! Ids of contacts, instances, agents and queues, and the ARNs they come in.

mod arn;

pub use arn::{AgentArn, ArnError, InstanceArn, QueueArn, QueueKind};

/// The text is no id. It never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing is there.
    #[error("is empty")]
    Empty,
    /// More than 256 characters: Connect's own limit for a contact id.
    #[error("has more than 256 characters")]
    TooLong,
    /// White space, a control character or `#`, which separates the parts of a table key.
    #[error("has white space or # in it")]
    Character,
}

/// Longest id that is accepted, in characters. Connect's API bounds `ContactId` so.
const LONGEST_ID: usize = 256;

fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.chars().count() > LONGEST_ID {
        return Err(IdError::TooLong);
    }
    if text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || c == '#')
    {
        return Err(IdError::Character);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads an id: 1 to 256 characters, no white space, no `#`.
            ///
            /// # Errors
            /// When the text is anything else.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text)?;
                Ok(Self(text.to_owned()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                check(&text)?;
                Ok(Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl $crate::node::FromText for $name {
            fn from_text(text: &str) -> Result<Self, $crate::Problem> {
                Ok(Self::parse(text)?)
            }
        }
    };
}

id! {
    /// One contact, which is one leg of a conversation: a transfer begins another.
    ContactId
}

id! {
    /// One Connect instance.
    InstanceId
}

id! {
    /// One agent: the id of a Connect user.
    AgentId
}

id! {
    /// One queue. For an agent queue it is the id of the agent whose queue it is.
    QueueId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_has_no_separator() {
        assert_eq!(
            ContactId::parse("4a573372-1f28-4e26-b97b-XXXXXXXXXXX")
                .unwrap()
                .as_str()
                .len(),
            35
        );
        assert!(AgentId::parse(&"ü".repeat(256)).is_ok());
        assert_eq!(AgentId::parse(&"ü".repeat(257)), Err(IdError::TooLong));
        assert_eq!(QueueId::parse(""), Err(IdError::Empty));
        for text in ["a b", "a#b", "a\tb", " a", "a\u{a0}b", "a\u{7}"] {
            assert_eq!(InstanceId::parse(text), Err(IdError::Character), "{text:?}");
        }
    }

    #[test]
    fn serde_checks_what_it_reads_and_does_not_repeat_it() {
        let id: ContactId = serde_json::from_str("\"c-1\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"c-1\"");
        let error = serde_json::from_str::<ContactId>("\"+1 4155550100\"")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("0100"), "{error}");
    }
}
