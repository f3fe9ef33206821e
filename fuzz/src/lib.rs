//! What must hold for any bytes: nothing panics, what was read can be kept and read back, and the record that is folded
//! from it depends neither on order nor on repetitions.

use std::sync::LazyLock;

use jiff::Timestamp;
use ringback_calls::{CallEvent, CallId, Entry, fold};
use ringback_carriers::{Carrier, Headers, Keys, Mapped, Request, Settings, carrier};
use ringback_connect::ContactRecord;
use ringback_connect::contact_event::ContactEvent;
use ringback_connect::flow_event::FlowEvent;
use secrecy::SecretString;

/// The content type each carrier sends.
fn content_type(code: &str) -> &'static str {
    match code {
        "tw" | "sw" | "pl" => "application/x-www-form-urlencoded",
        "e9" => "application/xml",
        _ => "application/json",
    }
}

const URL: &str = "https://calls.example.com/carriers/xx/sample-account/calls/sample-normal/events";

/// A body, read by one carrier. A body that begins with `?` is the query of a GET.
pub fn read(code: &str, data: &[u8]) {
    let Some(carrier) = carrier(code) else {
        panic!("there is no carrier {code}");
    };
    read_by(carrier, content_type(code), data);
}

/// A body, read by the described carriers.
pub fn read_mapped(data: &[u8]) {
    static MAPPED: LazyLock<[(Mapped, &str); 2]> = LazyLock::new(|| {
        let parse = |text: &str| Mapped::parse(text).expect("our own descriptions are right");
        [
            (parse(include_str!("../../infra/carriers/jy.toml")), "application/json"),
            (parse(include_str!("../../infra/carriers/e9.toml")), "application/xml"),
        ]
    });
    for (carrier, content_type) in &*MAPPED {
        read_by(carrier, content_type, data);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        // A description may be anything, too.
        drop(Mapped::parse(text));
    }
}

fn read_by(carrier: &dyn Carrier, content_type: &str, data: &[u8]) {
    let headers = Headers::new([("content-type", content_type)]);
    let settings = Settings::default();
    let keys = Keys {
        secrets: &[],
        settings: &settings,
    };
    let query = data.strip_prefix(b"?").and_then(|query| std::str::from_utf8(query).ok());
    let url = query.map_or_else(|| URL.to_owned(), |query| format!("{URL}?{query}"));
    let request = Request {
        method: if query.is_some() { "GET" } else { "POST" },
        url: &url,
        headers: &headers,
        body: if query.is_some() { b"" } else { data },
    };
    let Ok(reading) = carrier.read(&request, &keys) else {
        return;
    };
    assert_eq!(carrier.read(&request, &keys).as_ref(), Ok(&reading), "reading is pure");
    let entries: Vec<_> = reading.heard.into_iter().map(|heard| kept(carrier.code(), heard.event)).collect();
    let id = CallId::parse("sample-normal").expect("a plain id");
    let record = fold(&id, &entries);
    let shuffled = entries.iter().rev().chain(&entries);
    assert_eq!(fold(&id, shuffled), record, "order and repetitions do not matter");
}

/// The event as it is kept, after a round through JSON.
fn kept(carrier: &str, event: CallEvent) -> Entry {
    let text = serde_json::to_string(&event).expect("events become JSON");
    let back: CallEvent = serde_json::from_str(&text).expect("and come back");
    assert_eq!(back, event);
    Entry {
        tenant: "t-1".to_owned(),
        carrier: carrier.to_owned(),
        account: "sample-account".to_owned(),
        received_at: Timestamp::UNIX_EPOCH,
        event,
    }
}

/// Headers and a body, verified by every carrier: lines `name: value`, an empty line, the body. Nothing is ever right
/// by chance.
pub fn verify(data: &[u8]) {
    let end = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
    let (head, body) = data.split_at(end);
    let head = String::from_utf8_lossy(head);
    let pairs = head.lines().filter_map(|line| line.split_once(':'));
    let headers = Headers::new(pairs.map(|(name, value)| (name, value.to_owned())));
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body: body.strip_prefix(b"\n\n").unwrap_or(body),
    };
    let secrets = [SecretString::from("user:bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0")];
    let settings = Settings::default();
    let keys = Keys {
        secrets: &secrets,
        settings: &settings,
    };
    for code in ["tw", "sw", "tx", "vg", "pl", "hw", "vx", "si"] {
        let carrier = carrier(code).expect("a known code");
        assert!(carrier.verify(&request, &keys, Timestamp::UNIX_EPOCH).is_err(), "{code} verified a forgery");
    }
}

/// What a flow sends.
pub fn flow_event(data: &[u8]) {
    if let Ok(event) = serde_json::from_slice::<FlowEvent>(data) {
        drop(format!("{event:?}"));
    }
}

/// What EventBridge sends.
pub fn contact_event(data: &[u8]) {
    let document = serde_json::from_slice::<serde_json::Value>(data);
    if let Some(Ok(event)) = document.ok().map(|document| ContactEvent::decode(&document)) {
        drop(format!("{event:?}"));
    }
}

/// What Kinesis carries, and what it says of calls.
pub fn contact_record(data: &[u8]) {
    if let Ok(record) = ContactRecord::decode(data) {
        drop(format!("{record:?}"));
        let entries: Vec<_> = ringback_carriers::events_of_record(&record)
            .into_iter()
            .map(|heard| kept("ac", heard.event))
            .collect();
        let id = CallId::parse("sample-normal").expect("a plain id");
        drop(fold(&id, &entries));
    }
}
