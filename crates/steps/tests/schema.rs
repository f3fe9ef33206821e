//! What we put on the bus is what the published schema says, and what it says can be read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ringback_connect::{ContactEvent, FlowEvent};
use ringback_steps::{BadStep, DETAIL_TYPE, SCHEMA, SOURCE, Step, StepEvent};
use serde_json::{Value, json};

fn events(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../events")
        .join(folder)
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The samples of a folder by name; schemas are none.
fn samples(folder: &str) -> Vec<(String, Value)> {
    let paths = std::fs::read_dir(events(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut samples: Vec<_> = paths
        .filter(|path| !path.to_str().unwrap().ends_with(".schema.json"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                read(&path),
            )
        })
        .collect();
    samples.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert!(!samples.is_empty(), "{folder}");
    samples
}

fn sample(name: &str) -> Value {
    read(&events("ringback").join(format!("{name}.json")))
}

/// What the schema has against a detail.
fn problems(detail: &Value) -> Vec<String> {
    let schema = read(&events("ringback").join("call-step.v1.schema.json"));
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let problems = validator.iter_errors(detail);
    problems
        .map(|problem| format!("{}: {problem}", problem.instance_path()))
        .collect()
}

fn now() -> Timestamp {
    "2026-06-01T10:00:10Z".parse().unwrap()
}

fn flow_event(name: &str, parameters: Value, attributes: Value) -> FlowEvent {
    let mut event = read(&events("connect/flow").join(format!("{name}.json")));
    event["Details"]["Parameters"] = parameters;
    event["Details"]["ContactData"]["Attributes"] = attributes;
    FlowEvent::decode(&event).unwrap()
}

fn of_flow(parameters: Value, attributes: Value) -> Result<StepEvent, BadStep> {
    StepEvent::of_flow(&flow_event("voice-inbound", parameters, attributes), now())
}

fn contact_event(name: &str) -> ContactEvent {
    ContactEvent::decode(&read(
        &events("connect/contact-events").join(format!("{name}.json")),
    ))
    .unwrap()
}

/// A caller with an order, and a plan of a menu, the shop twice and a queue, of which the menu is done.
fn attributes() -> Value {
    json!({
        "callerClass": "active-order", "callerCustomerId": "customer-17", "callerName": "\"A\" 📞 مرحبا",
        "callerOrderId": "A-17", "callerOrderTitle": "Chair \"Nº 7\", 2 pieces", "callerShopId": "shop-1", "callerShopName": "Shop One",
        "callerShopChannel": "shop-one", "planLength": "4",
        "step1Kind": "external", "step2Kind": "external", "step3Kind": "queue", "step4Kind": "none",
        "step5Kind": "none", "step6Kind": "none"
    })
}

#[test]
fn every_sample_is_valid_and_survives_reading_and_writing() {
    let mut told = BTreeSet::new();
    for (name, envelope) in samples("ringback") {
        let detail = &envelope["detail"];
        assert_eq!(problems(detail), Vec::<String>::new(), "{name}");
        let step: StepEvent = serde_json::from_value(detail.clone()).unwrap();
        assert_eq!(&serde_json::to_value(&step).unwrap(), detail, "{name}");
        assert!(
            name.starts_with(step.step.name()),
            "{name} tells {}",
            step.step.name()
        );
        assert_eq!(
            (&envelope["source"], &envelope["detail-type"]),
            (&json!(SOURCE), &json!(DETAIL_TYPE))
        );
        assert_eq!(detail["schema"], SCHEMA);
        told.insert(step.step.name());
    }
    assert_eq!(
        told,
        Step::ALL.iter().map(|step| step.name()).collect(),
        "a step without a sample"
    );
}

#[test]
fn the_schema_refuses_what_a_reader_could_not_use() {
    let sample = sample("chose");
    for (pointer, value) in [
        ("/schema", json!("ringback.call-step/2")),
        ("/at", json!("yesterday")),
        ("/step", json!("sneezed")),
        ("/key", json!("3")),
        ("/seconds", json!("5")),
        ("/caller/number", json!("+14155550100")),
        ("/caller/class", json!("")),
    ] {
        let mut detail = sample["detail"].clone();
        *detail.pointer_mut(pointer).unwrap() = value;
        assert!(!problems(&detail).is_empty(), "{pointer}");
    }
    for field in [
        "id",
        "at",
        "tenant",
        "contactId",
        "initialContactId",
        "channel",
        "key",
        "caller",
    ] {
        let mut detail = sample["detail"].clone();
        detail.as_object_mut().unwrap().remove(field);
        assert!(!problems(&detail).is_empty(), "{field}");
    }
}

#[test]
fn fields_of_a_later_version_are_passed_over_and_another_schema_is_refused() {
    let mut sample = sample("agent-answered");
    sample["detail"]["mood"] = json!({"is": "good"});
    sample["detail"]["agent"]["team"] = json!("a");
    assert_eq!(problems(&sample["detail"]), Vec::<String>::new());
    assert!(serde_json::from_value::<StepEvent>(sample["detail"].clone()).is_ok());
    sample["detail"]["schema"] = json!("ringback.call-step/2");
    assert!(serde_json::from_value::<StepEvent>(sample["detail"].clone()).is_err());
}

#[test]
fn a_flows_step_carries_what_the_attributes_know_and_shows_no_name() {
    let parameters = json!({"step": "transferred", "place": "shop", "kind": "external", "seconds": "15"});
    let step = of_flow(parameters, attributes()).unwrap();
    assert_eq!(
        serde_json::to_value(&step).unwrap(),
        sample("transferred")["detail"]
    );
    let shown = format!("{step:?}");
    assert!(shown.contains("…0100"), "{shown}");
    for secret in ["📞", "Shop One", "shop-one", "customer-17", "4155550100"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn every_step_of_a_flow_is_valid_whatever_the_contact_is() {
    for (name, _) in samples("connect/flow") {
        for step in Step::ALL.iter().filter(|step| step.is_told_by_flows()) {
            for attributes in [
                json!({}),
                attributes(),
                json!({"callerName": "n\u{0}".repeat(9999), "callerShopId": "x".repeat(9999)}),
            ] {
                let parameters = json!({"step": step.name(), "place": "p".repeat(999), "kind": "queue", "key": "none", "seconds": "0"});
                let step = StepEvent::of_flow(&flow_event(&name, parameters, attributes), now()).unwrap();
                let detail = serde_json::to_value(&step).unwrap();
                assert_eq!(problems(&detail), Vec::<String>::new(), "{name}: {step:?}");
                assert_eq!(serde_json::from_value::<StepEvent>(detail).unwrap(), step);
            }
        }
    }
}

#[test]
fn an_unknown_caller_is_a_class_and_a_withheld_number_is_none() {
    let attributes =
        json!({"callerClass": "none", "callerName": "none", "callerOrderId": " ", "callerShopId": "none"});
    let event = flow_event(
        "voice-withheld-number",
        json!({"step": "identified", "place": "none"}),
        attributes,
    );
    let step = serde_json::to_value(StepEvent::of_flow(&event, now()).unwrap()).unwrap();
    assert_eq!(step["caller"], json!({"class": "unknown"}));
    for absent in [
        "order",
        "shop",
        "place",
        "key",
        "agent",
        "seconds",
        "disconnectReason",
    ] {
        assert_eq!(step.get(absent), None, "{absent}");
    }
}

#[test]
fn the_same_happening_has_one_id_and_two_happenings_have_two() {
    let id =
        |parameters: &Value, attributes: &Value| of_flow(parameters.clone(), attributes.clone()).unwrap().id;
    let rung = json!({"step": "transferred", "place": "shop", "kind": "external"});
    let first = attributes();
    let mut second = attributes();
    second["step3Kind"] = json!("none");
    assert_eq!(id(&rung, &first), id(&rung, &first));
    assert!(
        id(&rung, &first).ends_with("/transferred/shop@2"),
        "{}",
        id(&rung, &first)
    );
    assert!(
        id(&rung, &second).ends_with("/transferred/shop@3"),
        "{}",
        id(&rung, &second)
    );
    // A menu that is asked again after a wrong key is another happening.
    let pressed = |key| json!({"step": "chose", "place": "menu", "kind": "menu", "key": key});
    assert_ne!(id(&pressed("wrong"), &first), id(&pressed("1"), &first));
    // Without a plan the label alone has to do.
    assert!(id(&rung, &json!({})).ends_with("/transferred/shop"));
    assert!(id(&json!({"step": "gave-up"}), &first).ends_with("/gave-up/-"));
}

#[test]
fn what_no_flow_tells_is_refused_by_the_parameters_name() {
    let bad = |parameters| of_flow(parameters, json!({})).unwrap_err();
    assert_eq!(bad(json!({})), BadStep::NoStep);
    assert_eq!(bad(json!({"step": ""})), BadStep::NoStep);
    assert_eq!(bad(json!({"step": "+14155550100"})), BadStep::UnknownStep);
    assert_eq!(bad(json!({"step": "ended"})), BadStep::UnknownStep);
    assert_eq!(bad(json!({"step": "chose"})), BadStep::Key);
    assert_eq!(bad(json!({"step": "chose", "key": "9"})), BadStep::Key);
    assert_eq!(
        BadStep::Key.to_string(),
        "Details.Parameters.key is missing or no key of a menu"
    );
}

#[test]
fn connect_tells_that_an_agent_answered_and_that_a_contact_ended() {
    for (event, told) in [
        ("connected-to-agent-voice", "agent-answered"),
        ("disconnected-voice", "ended"),
    ] {
        let name = Some("Agent \"A\" 📞".to_owned());
        let step = StepEvent::of_contact(&contact_event(event), name, now()).unwrap();
        assert_eq!(serde_json::to_value(&step).unwrap(), sample(told)["detail"]);
        assert!(!format!("{step:?}").contains('📞'));
    }
    let nobody = StepEvent::of_contact(&contact_event("disconnected-bare"), None, now()).unwrap();
    assert_eq!(nobody.agent, None);
    assert!(nobody.id.ends_with("/ended/-"), "{}", nobody.id);
}

#[test]
fn only_conversations_that_a_customer_began_are_told() {
    let mut told = Vec::new();
    for (name, sample) in samples("connect/contact-events") {
        let event = ContactEvent::decode(&sample).unwrap();
        let Some(step) = StepEvent::of_contact(&event, None, now()) else {
            continue;
        };
        assert_eq!(
            problems(&serde_json::to_value(&step).unwrap()),
            Vec::<String>::new(),
            "{name}"
        );
        told.push(name);
    }
    assert_eq!(
        told,
        [
            "connected-to-agent-agent-queue",
            "connected-to-agent-chat",
            "connected-to-agent-documentation-example",
            "connected-to-agent-epoch-times",
            "connected-to-agent-step-and-or",
            "connected-to-agent-step-joined-capitalised",
            "connected-to-agent-transfer-leg",
            "connected-to-agent-voice",
            "disconnected-bare",
            "disconnected-voice",
        ]
    );
}

#[test]
fn a_programs_chat_is_a_customers_and_a_programs_call_is_not() {
    let mut event = contact_event("connected-to-agent-voice");
    let tells = |event: &ContactEvent| StepEvent::of_contact(event, None, now()).is_some();
    for (method, channel, expected) in [
        ("INBOUND", "VOICE", true),
        ("TRANSFER", "VOICE", true),
        ("QUEUE_TRANSFER", "VOICE", true),
        ("CALLBACK", "VOICE", true),
        ("WEBRTC_API", "VOICE", true),
        ("API", "VOICE", false),
        ("API", "CHAT", true),
        ("API", "TASK", false),
        ("OUTBOUND", "VOICE", false),
        ("EXTERNAL_OUTBOUND", "VOICE", false),
        ("DISCONNECT", "VOICE", false),
        ("MONITOR", "VOICE", false),
        ("SOMETHING_NEW", "VOICE", false),
        ("INBOUND", "EMAIL", false),
    ] {
        event.initiation_method = Some(method.into());
        event.channel = Some(channel.into());
        assert_eq!(tells(&event), expected, "{method} {channel}");
    }
    event.initiation_method = Some("INBOUND".into());
    event.channel = None;
    assert!(tells(&event));
    event.supervised = true;
    assert!(!tells(&event), "a supervisor who barged in");
}

#[test]
fn a_caller_whom_the_line_does_not_name_is_not_verified() {
    for (verified, told) in [("true", None), ("false", Some(false)), ("none", None)] {
        let mut attributes = attributes();
        attributes["callerVerified"] = json!(verified);
        let step = of_flow(json!({"step": "identified"}), attributes).unwrap();
        assert_eq!(step.caller.as_ref().unwrap().verified, told);
        assert_eq!(
            problems(&serde_json::to_value(&step).unwrap()),
            Vec::<String>::new()
        );
    }
    let nobody = json!({"callerClass": "unknown", "callerVerified": "false"});
    let step = of_flow(json!({"step": "identified"}), nobody).unwrap();
    assert_eq!(step.caller.unwrap().verified, None);
}
