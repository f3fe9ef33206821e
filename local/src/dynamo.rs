//! DynamoDB in this process, over loopback HTTP: what runs here through the AWS SDK runs in the cloud.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use dynoxide::Database;
use dynoxide::server::serve_with_shutdown;
use ringback_contacts::item::{AGENT_AT, BY_CALLER, CALLER, EXPIRES_AT, ID};
use tokio::net::TcpListener;

use crate::server::Server;

/// The name of the contacts table here.
pub const CONTACTS_TABLE: &str = "contacts";

/// Starts an empty DynamoDB on `address`.
pub(crate) async fn start(address: &str) -> Result<Server> {
    let database = Database::memory().map_err(|error| anyhow::anyhow!("{error}"))?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address}"))?;
    Server::run(listener, |listener, stop| async move {
        if let Err(error) = serve_with_shutdown(listener, database, stop).await {
            tracing::error!(error, "The embedded DynamoDB stopped");
        }
    })
}

/// Makes the contacts table, as `infra/template.yaml` does; a test compares the two.
pub async fn create_contacts_table(client: &Client) -> Result<()> {
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
    };
    let text = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
    };
    let by_caller = GlobalSecondaryIndex::builder()
        .index_name(BY_CALLER)
        .key_schema(key(CALLER, KeyType::Hash)?)
        .key_schema(key(AGENT_AT, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()?;
    client
        .create_table()
        .table_name(CONTACTS_TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key(ID, KeyType::Hash)?)
        .attribute_definitions(text(ID)?)
        .attribute_definitions(text(CALLER)?)
        .attribute_definitions(text(AGENT_AT)?)
        .global_secondary_indexes(by_caller)
        .send()
        .await
        .context("creating the contacts table")?;
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name(EXPIRES_AT)
        .enabled(true)
        .build()?;
    client
        .update_time_to_live()
        .table_name(CONTACTS_TABLE)
        .time_to_live_specification(ttl)
        .send()
        .await
        .context("setting the contacts table's TTL")?;
    Ok(())
}
