//! Everything the functions talk to, in this process: DynamoDB, S3, Amazon Connect, queues, the bus, secrets, a chat, and
//! the hosts where carriers are asked for calls and keep recordings.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use ringback_lambda::{Patience, Vars, aws_loader};
use serde_json::json;

use crate::centre::INSTANCE_ARN;
use crate::dynamo::{self, CALLERS_TABLE, CALLS_TABLE, CARRIERS_TABLE, CONTACTS_TABLE, create_tables};
use crate::gate::Gate;
use crate::recordings_queue::RecordingsQueue;
use crate::server::Server;
use crate::simulated_bus::SimulatedBus;
use crate::simulated_carriers::{SimulatedCarriers, SimulatedMedia};
use crate::simulated_chat::SimulatedChat;
use crate::simulated_connect::SimulatedConnect;
use crate::simulated_queue::SimulatedQueue;
use crate::simulated_s3::{CARRIER_BUCKET, CONNECT_BUCKET, KEY, RECORDINGS_BUCKET, SimulatedS3};
use crate::simulated_secrets::SimulatedSecrets;

/// The region everything here claims to be in.
pub const REGION: &str = "eu-west-2";
/// Where carriers believe that their webhooks are. They sign that URL, whatever address their requests come in by: a
/// custom domain works like that too.
pub const PUBLIC_BASE_URL: &str = "https://calls.example.com";
/// The secret with the chat's addresses.
pub const NOTIFY_SECRET: &str = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:notify";

/// The addresses a stack listens on.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    first: u16,
}

impl Addresses {
    /// How many ports in a row a stack takes, the API's included.
    pub const PORTS: u16 = 9;

    /// Free ports on loopback.
    pub fn any() -> Self {
        Self::from_port(0)
    }

    /// Ports in a row on loopback, from `first`; free ports if that is 0.
    pub fn from_port(first: u16) -> Self {
        Self { first }
    }

    /// The address so many ports after the first.
    pub(crate) fn at(self, offset: u16) -> String {
        let port = if self.first == 0 {
            0
        } else {
            self.first.saturating_add(offset)
        };
        format!("127.0.0.1:{port}")
    }
}

/// The stack; everything ends when it is dropped.
#[derive(Debug)]
pub struct Stack {
    pub(crate) dynamo: Server,
    pub(crate) connect: Server,
    pub(crate) queue: Server,
    pub(crate) bus: Server,
    pub(crate) secrets: Server,
    pub(crate) s3: Server,
    chat: Server,
    media: Server,
    gate: Option<(Gate, Server)>,
    /// Amazon Connect: its search and its users.
    pub simulated_connect: SimulatedConnect,
    /// The dead-letter queue.
    pub dead_letters: SimulatedQueue,
    /// The bus on which steps of calls travel.
    pub simulated_bus: SimulatedBus,
    /// Secrets Manager.
    pub simulated_secrets: SimulatedSecrets,
    /// The chat that `notify` tells: the channels `team`, `shop-1` and `shop-2`.
    pub simulated_chat: SimulatedChat,
    /// The queue before `archive-recording`.
    pub recordings: RecordingsQueue,
    /// S3, with the buckets of the owner's.
    pub simulated_s3: SimulatedS3,
    /// Where the sample accounts' carriers keep recordings.
    pub simulated_media: SimulatedMedia,
    /// Where they are asked for calls.
    pub simulated_carriers: SimulatedCarriers,
}

impl Stack {
    /// Starts everything, with empty tables.
    pub async fn start(addresses: &Addresses) -> Result<Self> {
        let (simulated_connect, dead_letters) = (SimulatedConnect::default(), SimulatedQueue::default());
        let (simulated_bus, simulated_secrets) = (SimulatedBus::default(), SimulatedSecrets::default());
        let (simulated_chat, recordings) = (SimulatedChat::default(), RecordingsQueue::default());
        let (simulated_s3, simulated_media) = (SimulatedS3::new()?, SimulatedMedia::default());
        let simulated_carriers = SimulatedCarriers::new()?;
        let stack = Self {
            dynamo: dynamo::start(&addresses.at(0)).await?,
            connect: simulated_connect.start(&addresses.at(1)).await?,
            queue: dead_letters.start(&addresses.at(2), &recordings).await?,
            bus: simulated_bus.start(&addresses.at(3)).await?,
            secrets: simulated_secrets.start(&addresses.at(4)).await?,
            chat: simulated_chat.start(&addresses.at(5)).await?,
            s3: simulated_s3.start(&addresses.at(7)).await?,
            media: simulated_media
                .start(&addresses.at(8), &simulated_carriers)
                .await?,
            gate: None,
            simulated_connect,
            dead_letters,
            simulated_bus,
            simulated_secrets,
            simulated_chat,
            recordings,
            simulated_s3,
            simulated_media,
            simulated_carriers,
        };
        let channel = |name: &str| format!("{}/services/{name}", stack.chat.url());
        let channels: BTreeMap<_, _> = ["team", "shop-1", "shop-2"]
            .map(|name| (name, channel(name)))
            .into();
        stack
            .simulated_secrets
            .set(NOTIFY_SECRET, &json!({"channels": channels}).to_string());
        create_tables(&stack.dynamo_client().await).await?;
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
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", self.bus.url()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets.url()),
            ("AWS_ENDPOINT_URL_S3", self.s3.url()),
            ("INSTANCE_ARN", INSTANCE_ARN.to_owned()),
            ("CONTACTS_TABLE", CONTACTS_TABLE.to_owned()),
            ("CALLERS_TABLE", CALLERS_TABLE.to_owned()),
            ("CALLS_TABLE", CALLS_TABLE.to_owned()),
            ("CARRIERS_TABLE", CARRIERS_TABLE.to_owned()),
            ("PUBLIC_BASE_URL", PUBLIC_BASE_URL.to_owned()),
            ("EVENT_BUS_NAME", "ringback".to_owned()),
            ("NOTIFY_SECRET_ARN", NOTIFY_SECRET.to_owned()),
            (
                "NOTIFY_QUEUE_URL",
                format!("{}/111122223333/notify", self.queue.url()),
            ),
            ("RECORDINGS_BUCKET", RECORDINGS_BUCKET.to_owned()),
            ("CONNECT_BUCKETS", CONNECT_BUCKET.to_owned()),
            ("CARRIER_BUCKETS", CARRIER_BUCKET.to_owned()),
            (
                "RECORDINGS_QUEUE_URL",
                format!("{}/111122223333/recordings", self.queue.url()),
            ),
            ("SIMULATED_CARRIERS", self.media.url()),
            ("ORDER_LINK", "https://example.com/orders/{orderId}".to_owned()),
            ("ALLOW_HTTP", "on".to_owned()),
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

    /// The SDK's settings of a function, turned to a server here.
    pub(crate) async fn sdk(&self, patience: Patience, server: &Server) -> SdkConfig {
        aws_loader(patience)
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new(KEY, KEY, None, None, KEY))
            .endpoint_url(server.url())
            .load()
            .await
    }

    /// A client of the simulated S3, as functions have it.
    pub async fn s3_client(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.sdk(Patience::Stream, &self.s3).await)
    }

    /// A client of the embedded DynamoDB.
    pub async fn dynamo_client(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk(Patience::Stream, &self.dynamo).await)
    }

    /// A client as the functions have it: through the gate, if there is one.
    pub async fn gated_dynamo_client(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk(Patience::Stream, self.functions_dynamo()).await)
    }

    /// Where the functions find DynamoDB: at the gate, if there is one.
    pub(crate) fn functions_dynamo(&self) -> &Server {
        self.gate.as_ref().map_or(&self.dynamo, |(_, server)| server)
    }
}
