//! Everything the functions talk to, in this process: DynamoDB, Amazon Connect's search, the dead-letter queue.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use ringback_lambda::{MetricsSink, Patience, Vars, aws_loader};

use crate::dynamo::{self, CONTACTS_TABLE, create_contacts_table};
use crate::gate::Gate;
use crate::server::Server;
use crate::simulated_connect::SimulatedConnect;
use crate::simulated_queue::SimulatedQueue;

/// The region everything here claims to be in.
pub const REGION: &str = "eu-west-2";

/// The addresses a stack listens on.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// DynamoDB.
    pub dynamo: String,
    /// Amazon Connect.
    pub connect: String,
    /// SQS.
    pub queue: String,
}

impl Addresses {
    /// Free ports on loopback.
    pub fn any() -> Self {
        let any = "127.0.0.1:0".to_owned();
        Self {
            dynamo: any.clone(),
            connect: any.clone(),
            queue: any,
        }
    }

    /// Three ports in a row on loopback, from `first`; free ports if that is 0.
    pub fn from_port(first: u16) -> Self {
        if first == 0 {
            return Self::any();
        }
        let at = |offset| format!("127.0.0.1:{}", first.saturating_add(offset));
        Self {
            dynamo: at(0),
            connect: at(1),
            queue: at(2),
        }
    }
}

/// The stack; everything ends when it is dropped.
#[derive(Debug)]
pub struct Stack {
    dynamo: Server,
    connect: Server,
    queue: Server,
    gate: Option<(Gate, Server)>,
    /// Amazon Connect's search.
    pub simulated_connect: SimulatedConnect,
    /// The dead-letter queue.
    pub dead_letters: SimulatedQueue,
}

impl Stack {
    /// Starts everything, with an empty contacts table.
    pub async fn start(addresses: &Addresses) -> Result<Self> {
        let (simulated_connect, dead_letters) = (SimulatedConnect::default(), SimulatedQueue::default());
        let stack = Self {
            dynamo: dynamo::start(&addresses.dynamo).await?,
            connect: simulated_connect.start(&addresses.connect).await?,
            queue: dead_letters.start(&addresses.queue).await?,
            gate: None,
            simulated_connect,
            dead_letters,
        };
        create_contacts_table(&stack.dynamo_client().await).await?;
        Ok(stack)
    }

    /// Puts a gate between the functions and DynamoDB.
    pub async fn gated(mut self) -> Result<Self> {
        let gate = Gate::new(self.dynamo.url());
        let server = gate.start().await?;
        self.gate = Some((gate, server));
        Ok(self)
    }

    /// The gate, if there is one.
    pub fn gate(&self) -> Option<&Gate> {
        self.gate.as_ref().map(|(gate, _)| gate)
    }

    /// The environment in which a function finds this stack.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamo.url()),
            ("AWS_ENDPOINT_URL_CONNECT", self.connect.url()),
            ("AWS_ENDPOINT_URL_SQS", self.queue.url()),
            ("CONTACTS_TABLE", CONTACTS_TABLE.to_owned()),
            (
                "DEAD_LETTER_QUEUE_URL",
                format!("{}/111122223333/dead-letters", self.queue.url()),
            ),
        ]
    }

    /// That environment, with changes, as settings.
    pub fn vars(&self, changes: &[(&str, &str)]) -> Vars {
        let mut vars: HashMap<String, String> = self
            .environment()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        vars.extend(
            changes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        Vars::from(vars)
    }

    /// The names of all settings of all functions.
    pub fn settings(&self) -> BTreeSet<String> {
        let vars = self.vars(&[]);
        // Only the names are wanted; with the stack's own environment all three are complete.
        drop(last_agent::Config::from_vars(&vars));
        drop(contact_events::Config::from_vars(&vars));
        drop(contact_records::Config::from_vars(&vars));
        vars.asked()
    }

    /// The SDK's settings of a function, turned to a server here.
    async fn sdk(&self, patience: Patience, server: &Server) -> SdkConfig {
        aws_loader(patience)
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(server.url())
            .load()
            .await
    }

    /// A client of the embedded DynamoDB.
    pub async fn dynamo_client(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk(Patience::Stream, &self.dynamo).await)
    }

    /// DynamoDB as the functions see it: through the gate, if there is one.
    async fn functions_dynamo(&self, patience: Patience) -> aws_sdk_dynamodb::Client {
        let server = self.gate.as_ref().map_or(&self.dynamo, |(_, server)| server);
        aws_sdk_dynamodb::Client::new(&self.sdk(patience, server).await)
    }

    async fn functions_queues(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk(Patience::Stream, &self.queue).await)
    }

    /// The function `last-agent`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn last_agent(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<last_agent::App> {
        let config = last_agent::Config::from_vars(&self.vars(changes))?;
        let patience = Patience::Caller {
            attempt: config.attempt_timeout,
        };
        let connect = aws_sdk_connect::Client::new(&self.sdk(patience, &self.connect).await);
        Ok(last_agent::App::new(
            config,
            self.functions_dynamo(patience).await,
            connect,
            metrics,
        ))
    }

    /// The function `contact-events`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn contact_events(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<contact_events::App> {
        let config = contact_events::Config::from_vars(&self.vars(changes))?;
        let dynamo = self.functions_dynamo(Patience::Stream).await;
        Ok(contact_events::App::new(
            config,
            dynamo,
            self.functions_queues().await,
            metrics,
        ))
    }

    /// The function `contact-records`, with changes to its environment.
    ///
    /// # Errors
    /// When a setting is wrong; the error names it.
    pub async fn contact_records(
        &self,
        changes: &[(&str, &str)],
        metrics: MetricsSink,
    ) -> Result<contact_records::App> {
        let config = contact_records::Config::from_vars(&self.vars(changes))?;
        let dynamo = self.functions_dynamo(Patience::Stream).await;
        Ok(contact_records::App::new(
            config,
            dynamo,
            self.functions_queues().await,
            metrics,
        ))
    }
}
