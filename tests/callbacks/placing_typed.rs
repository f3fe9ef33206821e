//! What is typed into `place-call`: nothing of it leaves its place, and nothing is repeated in answers, logs and metrics.

use std::path::Path;

use jiff::Timestamp;
use ringback_accounts::Slug;
use ringback_calls::State;
use ringback_local::sample_accounts::TENANT;
use ringback_tests::{AGENT, Dialler, INSTANCE_ARN, Logs, Wanted, customer};
use serde_json::{Value, json};

#[tokio::test]
async fn nothing_that_is_typed_in_leaves_its_place_or_is_repeated() {
    let logs = Logs::capture(tracing::Level::DEBUG);
    let dialler = Dialler::with(&["tw", "vg"]).await.unwrap();
    let evil = "\"></Number><Number>+14155550166</Number><a b='&\\\r\n\u{202e}";
    let mut said = String::new();
    for number in [
        "+14155550102,+14155550166",
        "+14155550102;postd=1",
        "+1 415 555 0102",
        " +14155550102",
        "+14155550102\n",
        "tel:+14155550102",
        "sip:+14155550102@example.com",
        "+1415555010２",
        "+0145555010",
        "+1415555010212345",
        "%2B14155550102",
        evil,
    ] {
        for field in ["customer", "agent", "mainNumber"] {
            let reply = dialler
                .ask(&Wanted::call(&customer(1)).with(field, number))
                .await
                .unwrap();
            assert_eq!(
                (reply.status, reply.problem()),
                (400, "invalid"),
                "{field} {number}"
            );
            assert_eq!(reply.body["problems"][0]["path"], field);
            said += &reply.body.to_string();
        }
        let shown = dialler
            .ask(&Wanted::call(&customer(1)).with("callerIds", json!({"agent": number})))
            .await
            .unwrap();
        assert_eq!(shown.status, 400);
    }
    let fields: Vec<(&str, Value)> = vec![
        ("user", json!("a\nb")),
        ("user", json!("")),
        ("user", json!("u".repeat(129))),
        ("user", json!(17)),
        ("carrier", json!("Twilio")),
        ("line", json!("desk 1")),
        ("line", json!("user:agent-b")),
        ("line", json!("d".repeat(65))),
        ("businessRef", json!("r".repeat(257))),
        ("businessData", json!({"shop": 1})),
        ("businessData", json!({"": "shop"})),
        ("businessData", json!({"shop": "s".repeat(2048)})),
        ("businessData", json!(["shop"])),
        ("extension", json!("1;2")),
        ("announcement", json!("hello")),
        ("announcement", json!({"url": "http://example.com/a.mp3"})),
        ("announcement", json!({"url": "https://169.254.169.254/a.mp3"})),
        ("announcement", json!({"url": "https://user@example.com/a.mp3"})),
        ("announcement", json!({"url": "javascript:alert(1)"})),
        ("announcement", json!({"text": ""})),
        ("announcement", json!({"text": "t".repeat(501)})),
        (
            "announcement",
            json!({"text": "a", "url": "https://example.com/a.mp3"}),
        ),
        (
            "callerIds",
            json!({"agent": "+14155550100", "other": "+14155550100"}),
        ),
        ("maxSeconds", json!(9)),
        ("maxSeconds", json!(14_401)),
        ("maxSeconds", json!(-1)),
        ("maxSeconds", json!("600")),
        ("record", json!("yes")),
        ("mask", json!(false)),
        ("customer", json!(AGENT)),
    ];
    for (field, value) in fields {
        let reply = dialler
            .ask(&Wanted::call(&customer(1)).with(field, value.clone()))
            .await
            .unwrap();
        assert_eq!(
            (reply.status, reply.problem()),
            (400, "invalid"),
            "{field} {value}"
        );
        assert_eq!(reply.body["problems"][0]["path"], field, "{value}");
        said += &reply.body.to_string();
    }
    let mut bodies: Vec<Wanted> = vec![
        Wanted::call(&customer(1)).with(evil, 1),
        Wanted::request("POST", "/calls"),
    ];
    for body in [json!([]), json!("call"), json!({})] {
        bodies.push(Wanted {
            body,
            ..Wanted::request("POST", "/calls")
        });
    }
    for wanted in bodies {
        let reply = dialler.ask(&wanted).await.unwrap();
        assert_eq!((reply.status, reply.problem()), (400, "invalid"), "{wanted:?}");
        said += &reply.body.to_string();
    }
    let long = Wanted::call(&customer(1)).with("businessRef", "r".repeat(17_000));
    assert_eq!(dialler.ask(&long).await.unwrap().problem(), "too-large");
    // What is allowed to hold anything holds it, and rings nobody else.
    let text = "\"></Say></Response><Response><Dial><Number>+14155550166</Number></Dial> & 'so' {\"to\": 1}";
    for (which, carrier) in ["tw", "vg"].into_iter().enumerate() {
        let wanted = Wanted::call(&customer(which))
            .with("carrier", carrier)
            .with("user", text)
            .with("businessRef", text)
            .with("businessData", json!({text: text}))
            .with("announcement", json!({"text": text}));
        let reply = dialler.ask(&wanted.with("line", carrier)).await.unwrap();
        assert_eq!(reply.status, 201, "{reply:?}");
        dialler.carriers().settled().await;
        let record = dialler.record(reply.call()).await.unwrap();
        assert_eq!(
            (record.state, record.business_reference.as_deref()),
            (State::Close, Some(text))
        );
    }
    let rung = dialler.carriers().rung();
    assert!(
        rung.iter()
            .all(|rung| rung.number == AGENT || rung.number.starts_with("+44770090000")),
        "{rung:?}"
    );
    let metrics = dialler.metrics.text();
    for text in [&said, &metrics, &ours(&logs.text())] {
        for secret in [
            "5550101",
            "5550102",
            "5550166",
            "4477009",
            "sample-account",
            "sample-auth",
            "login.example.com",
        ] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}

/// The log lines of our own crates. Those of the SDK and of HTTP clients are below the level that functions log at.
fn ours(logs: &str) -> String {
    let ours = |line: &&str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let target = line["target"].as_str().unwrap_or_default();
        ["place_call", "ringback", "carrier_webhook"]
            .iter()
            .any(|name| target.starts_with(name))
    };
    logs.lines()
        .filter(ours)
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn every_sample_is_answered_as_the_readme_says() {
    let dialler = Dialler::changed(&["tw"], &[("TENANT_CLAIM", "none")])
        .await
        .unwrap();
    let instance = INSTANCE_ARN.rsplit('/').next().unwrap();
    let policy = dialler.placing.policy(TENANT).await.unwrap();
    dialler.placing.set_policy(instance, &policy).await.unwrap();
    dialler
        .accounts
        .remove(&Slug::parse("sample-account-tw").unwrap())
        .await
        .unwrap();
    dialler
        .add("tw", 0, |account| account.tenant = instance.to_owned())
        .await
        .unwrap();
    let mut call = None;
    for (name, status) in [
        ("list-carriers", 200),
        ("place-call", 201),
        ("hang-up", 202),
        ("disable-carrier", 200),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../events/api/{name}.json"));
        let mut event: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        if let (Some(call), true) = (&call, name == "hang-up") {
            event["rawPath"] = json!(format!("/calls/{call}"));
        }
        let answer = dialler.place_call.respond(&event, Timestamp::now()).await;
        assert_eq!(answer["statusCode"], status, "{name}: {answer}");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        call = call.or(body["callId"].as_str().map(str::to_owned));
    }
}
