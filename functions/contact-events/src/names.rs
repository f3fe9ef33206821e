//! Names of agents, for whoever reads a step: looked up rarely, and never waited for long.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_connect::Client;
use aws_sdk_connect::config::timeout::TimeoutConfig;
use aws_sdk_connect::types::User;
use ringback_connect::ids::{AgentId, InstanceId};
use ringback_lambda::{error_code, one_try};
use tracing::warn;

/// The longest a step waits for a name.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a name is used without asking again.
const KNOWN: Duration = Duration::from_secs(3600);

/// How long nobody asks again after a failure. `DescribeUser` takes two requests a second from the whole account.
const FAILED: Duration = Duration::from_secs(60);

/// How many agents are remembered; beyond that it begins anew.
const MOST: usize = 10_000;

/// The names of an instance's agents.
#[derive(Debug)]
pub(crate) struct AgentNames {
    /// Nobody is asked where names are off.
    client: Option<Client>,
    cache: Mutex<Cache>,
}

/// What is known of an agent's name.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum AgentName {
    /// It is this.
    Known(String),
    /// Names are off, or the agent has none.
    Nameless,
    /// Connect did not say.
    Missing,
}

#[derive(Default)]
struct Cache {
    names: HashMap<(InstanceId, AgentId), (AgentName, Instant)>,
    /// Codes that the log has already, so that an outage is one line and not one for each call.
    logged: BTreeSet<String>,
}

impl AgentNames {
    pub(crate) fn new(client: Option<Client>) -> Self {
        let cache = Mutex::default();
        Self { client, cache }
    }

    /// The agent's name; nothing that goes wrong here stops a step.
    pub(crate) async fn of(&self, instance: &InstanceId, agent: &AgentId) -> AgentName {
        let Some(client) = &self.client else {
            return AgentName::Nameless;
        };
        let key = (instance.clone(), agent.clone());
        if let Some(name) = self.cache().fresh(&key, Instant::now()) {
            return name;
        }
        let answer = describe(client, instance, agent).await;
        let mut cache = self.cache();
        let name = match answer {
            Ok(name) => {
                cache.logged.clear();
                name
            }
            Err(code) => {
                if cache.logged.insert(code.clone()) {
                    warn!(agent.id = %agent, code, "An agent's name could not be found out; steps go without it");
                }
                AgentName::Missing
            }
        };
        cache.keep(key, name.clone(), Instant::now());
        name
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn fresh(&self, key: &(InstanceId, AgentId), now: Instant) -> Option<AgentName> {
        let (name, since) = self.names.get(key)?;
        let lasts = if *name == AgentName::Missing {
            FAILED
        } else {
            KNOWN
        };
        (now.saturating_duration_since(*since) < lasts).then(|| name.clone())
    }

    fn keep(&mut self, key: (InstanceId, AgentId), name: AgentName, now: Instant) {
        if self.names.len() >= MOST {
            self.names.clear();
        }
        self.names.insert(key, (name, now));
    }
}

/// Hides the name: it is a person's.
impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache")
            .field("names", &self.names.len())
            .field("logged", &self.logged)
            .finish()
    }
}

/// Asks once: the next event asks again.
async fn describe(client: &Client, instance: &InstanceId, agent: &AgentId) -> Result<AgentName, String> {
    let once = aws_sdk_connect::config::Builder::new()
        .retry_config(one_try())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(PATIENCE)
                .operation_attempt_timeout(PATIENCE)
                .operation_timeout(PATIENCE)
                .build(),
        );
    let answer = client
        .describe_user()
        .instance_id(instance.as_str())
        .user_id(agent.as_str())
        .customize()
        .config_override(once)
        .send()
        .await
        .map_err(|error| error_code(&error))?;
    Ok(answer.user.as_ref().map_or(AgentName::Nameless, name))
}

/// First and last name, else the name they log in with.
fn name(user: &User) -> AgentName {
    let identity = user.identity_info();
    let parts = [
        identity.and_then(|identity| identity.first_name()),
        identity.and_then(|identity| identity.last_name()),
    ];
    let words: Vec<&str> = parts.into_iter().flatten().map(str::trim).collect();
    let full = words.join(" ");
    let name = Some(full.trim())
        .filter(|name| !name.is_empty())
        .or(user.username());
    name.map_or(AgentName::Nameless, |name| AgentName::Known(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lasts_an_hour_and_a_failure_a_minute() {
        let key = (
            InstanceId::parse("i-1").unwrap(),
            AgentId::parse("agent-a").unwrap(),
        );
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut cache = Cache::default();
        assert!(cache.fresh(&key, start).is_none());
        cache.keep(key.clone(), AgentName::Missing, start);
        assert!(cache.fresh(&key, after(59)) == Some(AgentName::Missing));
        assert!(cache.fresh(&key, after(60)).is_none());
        cache.keep(key.clone(), AgentName::Known("Agent A".to_owned()), after(60));
        assert!(cache.fresh(&key, after(3659)).is_some());
        assert!(cache.fresh(&key, after(3660)).is_none());
        assert!(!format!("{cache:?}").contains("Agent A"));
    }

    #[test]
    fn who_has_no_name_is_called_by_their_user_name() {
        use aws_sdk_connect::types::UserIdentityInfo;
        let named = |first: &str, last: &str| {
            let identity = UserIdentityInfo::builder().first_name(first).last_name(last);
            name(
                &User::builder()
                    .username("agent-a")
                    .identity_info(identity.build())
                    .build(),
            )
        };
        let is = |known: &str| AgentName::Known(known.to_owned());
        assert!(named("A", "\"B\" 📞") == is("A \"B\" 📞"));
        assert!(named(" ", "B") == is("B"));
        assert!(named("", "") == is("agent-a"));
        assert!(name(&User::builder().build()) == AgentName::Nameless);
    }
}
