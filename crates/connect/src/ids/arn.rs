//! The three kinds of ARN that are read.

use super::{AgentId, IdError, InstanceId, QueueId};

/// The text is no ARN of the wanted kind. It never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// It does not begin with `arn:`, or is longer than an ARN can be.
    #[error("is no ARN")]
    NotArn,
    /// It is an ARN, of something else.
    #[error("is no ARN of {0}")]
    OtherResource(&'static str),
    /// Its id is none.
    #[error("is an ARN whose id {0}")]
    Id(#[from] IdError),
}

/// Longest ARN that is accepted, in bytes: the IAM API's limit.
const LONGEST_ARN: usize = 2048;

/// An instance, `arn:aws:connect:eu-west-2:111122223333:instance/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceArn {
    /// The whole ARN.
    pub text: String,
    /// The instance's id.
    pub id: InstanceId,
}

/// An agent, `…:instance/<instance>/agent/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgentArn {
    /// The whole ARN.
    pub text: String,
    /// The agent's user id.
    pub id: AgentId,
}

/// A queue, `…:instance/<instance>/queue/<id>` or `…/queue/agent/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueArn {
    /// The whole ARN.
    pub text: String,
    /// The queue's id, or the agent's for an agent queue.
    pub id: QueueId,
    /// Which of the two it is.
    pub kind: QueueKind,
}

/// What a queue waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QueueKind {
    /// Any agent whose routing profile has the queue.
    Standard,
    /// One agent. Such a queue has the highest priority, no metrics, and ignores routing criteria
    /// (Amazon Connect Administrator Guide, "Queues: standard and agent").
    Agent,
}

/// The parts of an ARN after `instance/`.
///
/// Only the front and the resource are looked at: AWS's own samples of contact events write
/// `arn:aws::connect:your-region:…`, with a colon too many, so counting colons would refuse them.
fn resource(text: &str) -> Result<Vec<&str>, ArnError> {
    if !text.starts_with("arn:") || text.len() > LONGEST_ARN || text.chars().any(char::is_whitespace) {
        return Err(ArnError::NotArn);
    }
    let (_, resource) = text
        .split_once(":instance/")
        .ok_or(ArnError::OtherResource("an instance"))?;
    Ok(resource.split('/').collect())
}

macro_rules! arn_as_text {
    ($name:ident) => {
        impl $name {
            /// The whole ARN.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ArnError;

            fn from_str(text: &str) -> Result<Self, ArnError> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl $crate::node::FromText for $name {
            fn from_text(text: &str) -> Result<Self, $crate::Problem> {
                Ok(Self::parse(text)?)
            }
        }
    };
}

arn_as_text!(InstanceArn);
arn_as_text!(AgentArn);
arn_as_text!(QueueArn);

impl InstanceArn {
    /// Reads an instance's ARN.
    ///
    /// # Errors
    /// When the text is no ARN, or one of something inside an instance.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        match resource(text)?.as_slice() {
            [id] => Ok(Self {
                text: text.to_owned(),
                id: InstanceId::parse(id)?,
            }),
            _ => Err(ArnError::OtherResource("an instance")),
        }
    }
}

impl AgentArn {
    /// Reads an agent's ARN.
    ///
    /// # Errors
    /// When the text is no ARN, or one of something else.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        match resource(text)?.as_slice() {
            [_, "agent", id] => Ok(Self {
                text: text.to_owned(),
                id: AgentId::parse(id)?,
            }),
            _ => Err(ArnError::OtherResource("an agent")),
        }
    }
}

impl QueueArn {
    /// Reads a queue's ARN, standard or agent.
    ///
    /// # Errors
    /// When the text is no ARN, or one of something else.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let (id, kind) = match resource(text)?.as_slice() {
            [_, "queue", "agent", id] => (*id, QueueKind::Agent),
            [_, "queue", id] => (*id, QueueKind::Standard),
            _ => return Err(ArnError::OtherResource("a queue")),
        };
        Ok(Self {
            text: text.to_owned(),
            id: QueueId::parse(id)?,
            kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANCE: &str = "arn:aws:connect:eu-west-2:111122223333:instance/i-1";

    #[test]
    fn each_kind_reads_its_own_arn_and_no_other() {
        assert_eq!(InstanceArn::parse(INSTANCE).unwrap().id.as_str(), "i-1");
        assert_eq!(
            AgentArn::parse(&format!("{INSTANCE}/agent/a-1"))
                .unwrap()
                .id
                .as_str(),
            "a-1"
        );
        let standard = QueueArn::parse(&format!("{INSTANCE}/queue/q-1")).unwrap();
        assert_eq!(
            (standard.id.as_str(), standard.kind),
            ("q-1", QueueKind::Standard)
        );
        let agent = QueueArn::parse(&format!("{INSTANCE}/queue/agent/a-1")).unwrap();
        assert_eq!((agent.id.as_str(), agent.kind), ("a-1", QueueKind::Agent));

        let agent = format!("{INSTANCE}/agent/a-1");
        assert_eq!(
            InstanceArn::parse(&agent),
            Err(ArnError::OtherResource("an instance"))
        );
        assert_eq!(QueueArn::parse(&agent), Err(ArnError::OtherResource("a queue")));
        assert_eq!(
            AgentArn::parse(INSTANCE),
            Err(ArnError::OtherResource("an agent"))
        );
        assert_eq!(
            InstanceArn::parse("arn:aws:s3:::bucket"),
            Err(ArnError::OtherResource("an instance"))
        );
    }

    #[test]
    fn the_documentations_double_colon_is_accepted() {
        let arn =
            AgentArn::parse("arn:aws::connect:your-region:123456789012:instance/i-1/agent/a-1").unwrap();
        assert_eq!(arn.id.as_str(), "a-1");
    }

    #[test]
    fn what_is_no_arn_is_refused_without_being_repeated() {
        assert_eq!(AgentArn::parse("arn"), Err(ArnError::NotArn));
        assert_eq!(InstanceArn::parse("+14155550100"), Err(ArnError::NotArn));
        assert_eq!(
            InstanceArn::parse(&format!("{INSTANCE}\n")),
            Err(ArnError::NotArn)
        );
        assert_eq!(
            InstanceArn::parse(&format!("arn:{}", "x".repeat(3000))),
            Err(ArnError::NotArn)
        );
        assert_eq!(
            InstanceArn::parse("arn:aws:connect:::instance/"),
            Err(ArnError::Id(IdError::Empty))
        );
        assert_eq!(
            AgentArn::parse(&format!("{INSTANCE}/agent/a#1"))
                .unwrap_err()
                .to_string(),
            "is an ARN whose id has white space or # in it"
        );
    }
}
