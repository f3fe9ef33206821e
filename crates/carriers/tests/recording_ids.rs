//! No recording is known by a URL: ids are in logs, messages and paths.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod support;

use ringback_carriers::{Carrier, Headers, Keys, Mapped, Request, Settings, carrier};
use serde_json::{Value, json};

/// The ids of the recordings that a carrier reads in a body.
fn ids(carrier: &dyn Carrier, body: &Value) -> Vec<String> {
    let body = body.to_string();
    let headers = Headers::new([("Content-Type", "application/json")]);
    let request = Request {
        method: "POST",
        url: "https://calls.example.com/carriers/xx/sample-account/events",
        headers: &headers,
        body: body.as_bytes(),
    };
    let keys = Keys {
        secrets: &[],
        settings: &Settings::default(),
    };
    let reading = carrier.read(&request, &keys).unwrap();
    let recordings = reading
        .heard
        .into_iter()
        .map(|heard| heard.event.facts.recordings);
    recordings.flat_map(|recordings| recordings.into_keys()).collect()
}

fn vonage(said: Value) -> Vec<String> {
    let mut body = json!({"conversation_uuid": "CON-1", "start_time": "2026-11-20T09:00:00Z"});
    body.as_object_mut()
        .unwrap()
        .extend(said.as_object().unwrap().clone());
    ids(carrier("vg").unwrap(), &body)
}

#[test]
fn vonages_recording_without_an_id_has_that_of_its_url() {
    let url = "https://api.nexmo.com/v1/files/00000000-0000-4000-a000-000000000001?token=sample";
    let named = vonage(json!({"recording_url": url}));
    assert_eq!(named, ["00000000-0000-4000-a000-000000000001"]);
    let both = vonage(json!({"recording_url": url, "recording_uuid": "R-1"}));
    assert_eq!(both, ["R-1"]);
}

#[test]
fn an_id_that_is_a_url_or_has_a_query_is_digested() {
    let url = "https://media.example.com/1.wav?Signature=sample";
    let described = Mapped::parse(include_str!("../../../infra/carriers/jy.toml")).unwrap();
    let jy = |id: &str| {
        let item = json!({"callId": "C-1", "userData": "sample-recording", "status": 6, "recordId": id,
            "time": "2026-11-20 17:01:20", "recordUrl": url});
        ids(&described, &json!({"items": [item]}))
    };
    let hw = |name: &str| {
        let record = json!({"sessionId": "S-1", "icid": "I-1", "direction": 0, "recordFlag": 1,
            "recordDomain": "ostor.huawei.com", "recordObjectName": name, "callEndTime": "2026-11-20 09:00:14"});
        ids(
            carrier("hw").unwrap(),
            &json!({"eventType": "fee", "feeLst": [record]}),
        )
    };
    for read in [&jy as &dyn Fn(&str) -> Vec<String>, &hw, &|id| {
        vonage(json!({"recording_url": url, "recording_uuid": id}))
    }] {
        assert_eq!(read("1200_5.wav"), ["1200_5.wav"]);
        for id in [url, "1200_5.wav?AccessKeyId=sample"] {
            let found = read(id);
            assert_eq!(found, read(id), "the same again");
            assert!(
                found[0].len() == 32 && found[0].bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{found:?}"
            );
        }
        assert_ne!(read(url), read("1200_5.wav?AccessKeyId=sample"));
    }
}
