//! DynamoDB without an SDK: JSON over one connection that is kept. Nothing is signed, for the embedded DynamoDB does not
//! check it; nothing is tried again, and no answer is looked into.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use lambda_runtime::Error;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// What `last-agent` reads of a flow's event, as far as its requests need it.
#[derive(Debug)]
pub struct Ask {
    tenant: String,
    number: String,
    contact: String,
}

impl Ask {
    /// What the event asks.
    ///
    /// # Errors
    /// When it is none of a flow's.
    pub fn of(event: &Value) -> Result<Self, Error> {
        let text = |pointer: &str| {
            let found = event.pointer(pointer).and_then(Value::as_str);
            found.ok_or_else(|| format!("the event has no {pointer}"))
        };
        let instance = text("/Details/ContactData/InstanceARN")?;
        Ok(Self {
            tenant: instance.rsplit('/').next().unwrap_or_default().to_owned(),
            number: text("/Details/ContactData/CustomerEndpoint/Address")?.to_owned(),
            contact: text("/Details/ContactData/ContactId")?.to_owned(),
        })
    }
}

/// DynamoDB.
#[derive(Debug)]
pub struct DynamoDb {
    host: String,
    table: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl DynamoDb {
    /// The one that the environment names.
    ///
    /// # Errors
    /// When it names none.
    pub fn from_env() -> Result<Self, Error> {
        let url = std::env::var("AWS_ENDPOINT_URL_DYNAMODB")?;
        Ok(Self {
            host: url.trim_start_matches("http://").to_owned(),
            table: std::env::var("CONTACTS_TABLE")?,
            connection: None,
        })
    }

    /// The Query by which `last-agent` finds a caller's contacts.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn query(&mut self, ask: &Ask) -> Result<Value, Error> {
        let body = json!({
            "TableName": self.table,
            "IndexName": "by-caller",
            "KeyConditionExpression": "#caller = :caller AND #agentAt >= :since",
            "ExpressionAttributeNames": {"#caller": "caller", "#agentAt": "agentAt"},
            "ExpressionAttributeValues": {
                ":caller": {"S": format!("{}#phone#{}", ask.tenant, ask.number)},
                ":since": {"S": "2026-01-01T00:00:00Z"},
            },
            "ScanIndexForward": false,
            "Limit": 20,
        });
        self.send("DynamoDB_20120810.Query", &body).await
    }

    /// The transaction with which `last-agent` keeps its answer and counts the offer.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn write(&mut self, ask: &Ask) -> Result<Value, Error> {
        let count = |id: String| {
            json!({"Update": {
                "TableName": self.table,
                "Key": {"id": {"S": id}},
                "UpdateExpression": "ADD #offers :one SET #expires = :expires",
                "ConditionExpression": "attribute_not_exists(#offers) OR #offers < :limit",
                "ExpressionAttributeNames": {"#offers": "offers", "#expires": "expiresAt"},
                "ExpressionAttributeValues": {
                    ":one": {"N": "1"}, ":limit": {"N": "1000000"}, ":expires": {"N": "4000000000"},
                },
            }})
        };
        let caller = format!("{}#phone#{}", ask.tenant, ask.number);
        let answer = json!({"M": {
            "for": {"S": caller}, "reason": {"S": "last-agent"}, "source": {"S": "index"}, "mode": {"S": "same-first"},
            "offer": {"M": {
                "agentId": {"S": ask.contact},
                "agentArn": {"S": format!("arn:aws:connect:eu-west-2:111122223333:instance/{}/agent/{}", ask.tenant, ask.contact)},
                "queueArn": {"S": format!("arn:aws:connect:eu-west-2:111122223333:instance/{}/queue/{}", ask.tenant, ask.contact)},
                "contactId": {"S": ask.contact},
            }},
        }});
        let kept = json!({"Update": {
            "TableName": self.table,
            "Key": {"id": {"S": format!("contact#{}", ask.contact)}},
            "UpdateExpression": "SET #caller = :caller, #expires = if_not_exists(#expires, :expires), #answer = :answer",
            "ConditionExpression": "(attribute_not_exists(#answer) OR #answer.#for <> :caller)",
            "ExpressionAttributeNames": {
                "#caller": "caller", "#expires": "expiresAt", "#answer": format!("answer#{}", ask.contact), "#for": "for",
            },
            "ExpressionAttributeValues": {
                ":caller": {"S": caller}, ":expires": {"N": "4000000000"}, ":answer": answer,
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }});
        let writes = [
            kept,
            count(format!("cap#agent#{}", ask.contact)),
            count(format!("cap#caller#{caller}")),
        ];
        let body = json!({ "TransactItems": writes });
        self.send("DynamoDB_20120810.TransactWriteItems", &body).await
    }

    async fn send(&mut self, target: &str, body: &Value) -> Result<Value, Error> {
        let request = Request::post("/")
            .header("host", &self.host)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .header("x-amz-date", "20261121T000000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=bench/20261121/eu-west-2/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=none",
            )
            .body(Full::from(serde_json::to_vec(body)?))?;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connect(&self.host).await?),
        };
        connection.ready().await?;
        let (head, body) = connection.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        if head.status != StatusCode::OK {
            return Err(format!(
                "DynamoDB answered {}: {}",
                head.status,
                String::from_utf8_lossy(&body)
            )
            .into());
        }
        Ok(json!({"bytes": body.len()}))
    }
}

async fn connect(host: &str) -> Result<SendRequest<Full<Bytes>>, Error> {
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
