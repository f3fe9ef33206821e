//! The tables of the template, of `local` and of the code.

use aws_sdk_dynamodb::types::{KeySchemaElement, KeyType, ProjectionType, TableDescription};
use ringback_accounts::item as carriers;
use ringback_callers::item as callers;
use ringback_calls::item as calls;
use ringback_contacts::item::{AGENT_AT, BY_CALLER, CALLER, EXPIRES_AT, ID};
use ringback_local::dynamo::{CALLERS_TABLE, CALLS_TABLE, CARRIERS_TABLE, CONTACTS_TABLE};

use super::*;

type Pairs = Vec<(String, String)>;

fn pair(name: &str, kind: &str) -> (String, String) {
    (name.to_owned(), kind.to_owned())
}

fn keys(schema: &[KeySchemaElement]) -> Pairs {
    let keys = schema.iter();
    keys.map(|key| pair(key.attribute_name(), key.key_type().as_str()))
        .collect()
}

/// A list of the template, of attributes with a word each.
fn declared(attributes: &Value, word: &str) -> Pairs {
    let attributes = attributes.as_sequence().unwrap().iter();
    attributes
        .map(|attribute| {
            let [name, kind] = ["AttributeName", word].map(|field| text(&attribute[field]).unwrap());
            (name, kind)
        })
        .collect()
}

/// Compares a table here with the template's, and both with the keys that the code writes; answers with both.
async fn table<'a>(
    client: &aws_sdk_dynamodb::Client,
    template: &'a Value,
    (name, resource): (&str, &str),
    schema: &Pairs,
) -> (TableDescription, &'a Value) {
    let properties = &template["Resources"][resource]["Properties"];
    let described = client.describe_table().table_name(name).send().await.unwrap();
    let table = described.table().unwrap().clone();
    assert_eq!(
        &declared(&properties["KeySchema"], "KeyType"),
        schema,
        "{resource}"
    );
    assert_eq!(&keys(table.key_schema()), schema, "{name}");

    let types: BTreeSet<_> = table
        .attribute_definitions()
        .iter()
        .map(|attribute| pair(attribute.attribute_name(), attribute.attribute_type().as_str()))
        .collect();
    let definitions = declared(&properties["AttributeDefinitions"], "AttributeType");
    assert_eq!(types, definitions.into_iter().collect(), "{name}");

    let ttl = client
        .describe_time_to_live()
        .table_name(name)
        .send()
        .await
        .unwrap();
    let ttl = ttl
        .time_to_live_description()
        .and_then(|ttl| ttl.attribute_name())
        .map(str::to_owned);
    assert_eq!(ttl.as_deref(), Some(EXPIRES_AT));
    assert_eq!(properties["TimeToLiveSpecification"]["AttributeName"], EXPIRES_AT);
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
    // Personal data: encrypted, to be restored, and not deleted with the stack.
    assert_eq!(properties["SSESpecification"]["SSEEnabled"], true);
    assert_eq!(
        properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    assert_eq!(
        referred(&properties["DeletionProtectionEnabled"]),
        Some("DeletionProtection")
    );
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(template["Resources"][resource][policy], "Retain", "{resource}");
    }
    (table, properties)
}

#[tokio::test]
async fn the_local_tables_are_the_templates() {
    let template = template();
    let stack = Stack::start(&Addresses::any()).await.unwrap();
    let client = stack.dynamo_client().await;
    let (hash, range) = (KeyType::Hash.as_str(), KeyType::Range.as_str());

    let contacts = (CONTACTS_TABLE, "ContactsTable");
    let (contacts, properties) = table(&client, &template, contacts, &vec![pair(ID, hash)]).await;
    let ([index], [written]) = (
        contacts.global_secondary_indexes(),
        properties["GlobalSecondaryIndexes"]
            .as_sequence()
            .unwrap()
            .as_slice(),
    ) else {
        panic!("there is one index");
    };
    assert_eq!(index.index_name(), Some(BY_CALLER));
    assert_eq!(written["IndexName"], BY_CALLER);
    let by_caller = [pair(CALLER, hash), pair(AGENT_AT, range)];
    assert_eq!(keys(index.key_schema()), by_caller);
    assert_eq!(declared(&written["KeySchema"], "KeyType"), by_caller);
    let projection = index
        .projection()
        .and_then(|projection| projection.projection_type());
    assert_eq!(projection, Some(&ProjectionType::All));
    assert_eq!(
        written["Projection"]["ProjectionType"],
        ProjectionType::All.as_str()
    );

    let schema = vec![pair(callers::ID, hash), pair(callers::PART, range)];
    let (directory, properties) = table(&client, &template, (CALLERS_TABLE, "CallersTable"), &schema).await;
    assert!(directory.global_secondary_indexes().is_empty());
    assert!(properties.get("GlobalSecondaryIndexes").is_none());

    let schema = vec![pair(carriers::ID, hash), pair(carriers::PART, range)];
    let (accounts, properties) = table(&client, &template, (CARRIERS_TABLE, "CarriersTable"), &schema).await;
    assert!(accounts.global_secondary_indexes().is_empty());
    assert!(properties.get("GlobalSecondaryIndexes").is_none());

    let schema = vec![pair(calls::ID, hash), pair(calls::PART, range)];
    let (book, properties) = table(&client, &template, (CALLS_TABLE, "CallsTable"), &schema).await;
    let written = properties["GlobalSecondaryIndexes"].as_sequence().unwrap();
    let (mut here, mut there) = (BTreeMap::new(), BTreeMap::new());
    for index in book.global_secondary_indexes() {
        let projection = index.projection().unwrap();
        let kind = projection.projection_type().unwrap().as_str().to_owned();
        let named: BTreeSet<_> = projection.non_key_attributes().iter().cloned().collect();
        here.insert(
            index.index_name().unwrap().to_owned(),
            (keys(index.key_schema()), kind, named),
        );
    }
    for index in written {
        let projection = &index["Projection"];
        let kind = text(&projection["ProjectionType"]).unwrap();
        let named: BTreeSet<_> = texts(&projection["NonKeyAttributes"]).into_iter().collect();
        there.insert(
            text(&index["IndexName"]).unwrap(),
            (declared(&index["KeySchema"], "KeyType"), kind, named),
        );
    }
    assert_eq!(here, there);
    let indexes: Vec<_> = here
        .iter()
        .map(|(name, (keys, ..))| (name.as_str(), keys.clone()))
        .collect();
    let listed = |key: &str| vec![pair(key, hash), pair(calls::CREATED_MS, range)];
    let expected = [
        (calls::BY_AGENT, listed(calls::AGENT_KEY)),
        (calls::BY_CARRIER_CALL, listed(calls::CARRIER_CALL_KEY)),
        (calls::BY_CUSTOMER, listed(calls::CUSTOMER_KEY)),
        (
            calls::BY_DUE,
            vec![pair(calls::DUE, hash), pair(calls::NEXT_CHECK_AT, range)],
        ),
        (calls::BY_OPEN, listed(calls::OPEN_KEY)),
        (calls::BY_REFERENCE, listed(calls::REFERENCE_KEY)),
    ];
    assert_eq!(indexes, expected);
    let view = book
        .stream_specification()
        .and_then(|stream| stream.stream_view_type());
    let view = view.map(|view| view.as_str().to_owned());
    assert_eq!(view, text(&properties["StreamSpecification"]["StreamViewType"]));
    for other in [callers::EXPIRES_AT, calls::EXPIRES_AT, carriers::EXPIRES_AT] {
        assert_eq!(other, EXPIRES_AT, "local tables have one name for it");
    }
}
