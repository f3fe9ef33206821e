//! DynamoDB in this process, over loopback HTTP: what runs here through the AWS SDK runs in the cloud.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};
use dynoxide::server::serve_with_shutdown;
use dynoxide::storage::Storage;
use dynoxide::{Database, DynoxideError};
use ringback_accounts::item as carriers;
use ringback_callers::item as callers;
use ringback_calls::item as calls;
use ringback_contacts::item::{AGENT_AT, BY_CALLER, CALLER, EXPIRES_AT, ID};
use tokio::net::TcpListener;

use crate::server::Server;

/// The name of the contacts table here.
pub const CONTACTS_TABLE: &str = "contacts";
/// The name of the callers table here.
pub const CALLERS_TABLE: &str = "callers";
/// The name of the table of carrier accounts here.
pub const CARRIERS_TABLE: &str = "carriers";
/// The name of the calls table here.
pub const CALLS_TABLE: &str = "calls";

/// The engine looks for a stream's last number with every write, and through all of its records: without this a call costs
/// the more the more calls there were.
const STREAM_NUMBERS: &str = "CREATE INDEX IF NOT EXISTS ringback_stream_numbers \
     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// Counts the databases of this process: each has a name of its own.
static DATABASES: AtomicU64 = AtomicU64::new(0);

/// An empty database in memory, with an index that the engine lacks.
fn database() -> Result<Database, DynoxideError> {
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    // By a name that two connections of this process share: it lives as long as one of them.
    let name = format!("file:ringback-{number}?mode=memory&cache=shared");
    let database = Database::new(&name)?;
    let beside = Storage::new(&name)?;
    beside.conn().execute_batch(STREAM_NUMBERS)?;
    Ok(database)
}

/// Starts an empty DynamoDB on `address`.
pub(crate) async fn start(address: &str) -> Result<Server> {
    let database = database().map_err(|error| anyhow::anyhow!("{error}"))?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address}"))?;
    Server::run(listener, |listener, stop| async move {
        if let Err(error) = serve_with_shutdown(listener, database, stop).await {
            tracing::error!(error, "The embedded DynamoDB stopped");
        }
    })
}

/// Makes the tables, as `infra/template.yaml` does; a test compares the two.
pub async fn create_tables(client: &Client) -> Result<()> {
    let by_caller = GlobalSecondaryIndex::builder()
        .index_name(BY_CALLER)
        .key_schema(key(CALLER, KeyType::Hash)?)
        .key_schema(key(AGENT_AT, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()?;
    let contacts = client
        .create_table()
        .table_name(CONTACTS_TABLE)
        .key_schema(key(ID, KeyType::Hash)?)
        .attribute_definitions(text(ID)?)
        .attribute_definitions(text(CALLER)?)
        .attribute_definitions(text(AGENT_AT)?)
        .global_secondary_indexes(by_caller);
    create(client, contacts, CONTACTS_TABLE).await?;
    let callers = client
        .create_table()
        .table_name(CALLERS_TABLE)
        .key_schema(key(callers::ID, KeyType::Hash)?)
        .key_schema(key(callers::PART, KeyType::Range)?)
        .attribute_definitions(text(callers::ID)?)
        .attribute_definitions(text(callers::PART)?);
    create(client, callers, CALLERS_TABLE).await?;
    let carriers = client
        .create_table()
        .table_name(CARRIERS_TABLE)
        .key_schema(key(carriers::ID, KeyType::Hash)?)
        .key_schema(key(carriers::PART, KeyType::Range)?)
        .attribute_definitions(text(carriers::ID)?)
        .attribute_definitions(text(carriers::PART)?);
    create(client, carriers, CARRIERS_TABLE).await?;
    create_calls(client).await
}

/// The calls table, with the stream that `project-calls` reads.
async fn create_calls(client: &Client) -> Result<()> {
    let listed = || {
        Projection::builder()
            .projection_type(ProjectionType::Include)
            .non_key_attributes(calls::SUMMARY)
            .non_key_attributes(calls::EXPIRES_AT)
    };
    let keys_only = || Projection::builder().projection_type(ProjectionType::KeysOnly);
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewImage);
    let mut table = client
        .create_table()
        .table_name(CALLS_TABLE)
        .key_schema(key(calls::ID, KeyType::Hash)?)
        .key_schema(key(calls::PART, KeyType::Range)?)
        .attribute_definitions(text(calls::ID)?)
        .attribute_definitions(text(calls::PART)?)
        .attribute_definitions(number(calls::CREATED_MS)?)
        .attribute_definitions(number(calls::NEXT_CHECK_AT)?)
        .stream_specification(stream.build()?);
    for (index, hash, range, projection) in [
        (calls::BY_AGENT, calls::AGENT_KEY, calls::CREATED_MS, listed()),
        (
            calls::BY_CUSTOMER,
            calls::CUSTOMER_KEY,
            calls::CREATED_MS,
            listed(),
        ),
        (
            calls::BY_REFERENCE,
            calls::REFERENCE_KEY,
            calls::CREATED_MS,
            listed(),
        ),
        (
            calls::BY_CARRIER_CALL,
            calls::CARRIER_CALL_KEY,
            calls::CREATED_MS,
            listed(),
        ),
        (calls::BY_OPEN, calls::OPEN_KEY, calls::CREATED_MS, listed()),
        (calls::BY_DUE, calls::DUE, calls::NEXT_CHECK_AT, keys_only()),
    ] {
        let index = GlobalSecondaryIndex::builder()
            .index_name(index)
            .key_schema(key(hash, KeyType::Hash)?)
            .key_schema(key(range, KeyType::Range)?)
            .projection(projection.build())
            .build()?;
        table = table
            .attribute_definitions(text(hash)?)
            .global_secondary_indexes(index);
    }
    create(client, table, CALLS_TABLE).await
}

async fn create(client: &Client, table: CreateTableFluentBuilder, name: &str) -> Result<()> {
    table
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .with_context(|| format!("creating the table {name}"))?;
    // All tables have the same attribute for it.
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name(EXPIRES_AT)
        .enabled(true)
        .build()?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl)
        .send()
        .await
        .with_context(|| format!("setting the TTL of the table {name}"))?;
    Ok(())
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
}

fn text(name: &str) -> Result<AttributeDefinition, BuildError> {
    attribute(name, ScalarAttributeType::S)
}

fn number(name: &str) -> Result<AttributeDefinition, BuildError> {
    attribute(name, ScalarAttributeType::N)
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
}
