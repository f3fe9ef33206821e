//! The embedded DynamoDB, with the tables of `infra/template.yaml`.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;

use crate::server::listener;

/// What CloudFormation and `CreateTable` call alike, and the engine knows. The stream stays out: nobody reads it here, and
/// keeping it would be work of the machine's that DynamoDB does elsewhere.
const CREATED: [&str; 4] = [
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
];

/// DynamoDB in this process, over loopback.
pub(crate) struct Dynamo {
    database: Database,
    template: Value,
    url: String,
    task: JoinHandle<()>,
}

impl Dynamo {
    /// An empty DynamoDB.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let path = root.join("infra/template.yaml");
        let template =
            std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(&template)?;
        let database = Database::memory().map_err(|error| anyhow!("starting DynamoDB: {error}"))?;
        let listener = listener()?;
        let url = format!("http://{}", listener.local_addr()?);
        let served = database.clone();
        let task = tokio::spawn(async move { dynoxide::server::serve_on(listener, served).await });
        Ok(Self {
            database,
            template: plain(template)?,
            url,
            task,
        })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Makes a table like the template's resource of that name.
    pub(crate) fn create(&self, name: &str, like: &str) -> Result<()> {
        let properties = self
            .template
            .pointer(&format!("/Resources/{like}/Properties"))
            .and_then(Value::as_object)
            .with_context(|| format!("infra/template.yaml has no table {like}"))?;
        let mut table: Map<_, _> = properties
            .iter()
            .filter(|(property, _)| CREATED.contains(&property.as_str()))
            .map(|(property, value)| (property.clone(), value.clone()))
            .collect();
        table.insert("TableName".to_owned(), json!(name));
        let made = self.database.create_table(request(Value::Object(table))?);
        made.map(drop)
            .map_err(|error| anyhow!("creating the table {name}: {error}"))
    }

    /// Drops a table.
    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        let deleted = self.database.delete_table(request(json!({"TableName": name}))?);
        deleted
            .map(drop)
            .map_err(|error| anyhow!("deleting the table {name}: {error}"))
    }

    /// Puts an item, in DynamoDB's JSON.
    pub(crate) fn put(&self, table: &str, item: &Value) -> Result<()> {
        let put = self
            .database
            .put_item(request(json!({"TableName": table, "Item": item}))?);
        put.map(drop)
            .map_err(|error| anyhow!("putting an item into {table}: {error}"))
    }

    /// Deletes the item with that `id`, if it is there.
    pub(crate) fn forget(&self, table: &str, id: &str) -> Result<()> {
        let key = json!({"id": {"S": id}});
        let deleted = self
            .database
            .delete_item(request(json!({"TableName": table, "Key": key}))?);
        deleted
            .map(drop)
            .map_err(|error| anyhow!("deleting an item of {table}: {error}"))
    }

    /// The items with that `id`, whatever their `part`.
    pub(crate) fn items(&self, table: &str, id: &str) -> Result<Vec<Value>> {
        let found = self.database.query(request(json!({
            "TableName": table,
            "KeyConditionExpression": "id = :id",
            "ExpressionAttributeValues": {":id": {"S": id}},
        }))?);
        let found = found.map_err(|error| anyhow!("reading {table}: {error}"))?;
        match serde_json::to_value(found)?.get_mut("Items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }
}

impl Drop for Dynamo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn request<T: DeserializeOwned>(json: Value) -> Result<T> {
    serde_json::from_value(json).context("DynamoDB does not understand the bench")
}

/// A template as JSON; intrinsic functions become null, for no key or index has one.
fn plain(yaml: serde_yaml_ng::Value) -> Result<Value> {
    use serde_yaml_ng::Value as Yaml;
    Ok(match yaml {
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(plain).collect::<Result<_>>()?),
        Yaml::Mapping(fields) => {
            let named = fields.into_iter().map(|(name, value)| {
                let name = name
                    .as_str()
                    .context("a key of the template is no text")?
                    .to_owned();
                Ok((name, plain(value)?))
            });
            Value::Object(named.collect::<Result<_>>()?)
        }
        Yaml::Tagged(_) => Value::Null,
        other => serde_json::to_value(other)?,
    })
}
