//! What blocks set on the contact.

use std::collections::BTreeMap;

use ringback_contact_flow::run::{Caller, Channel, Contact, CreatedContact, Moment, What};
use serde_json::{Value, json};

use crate::world::{
    Block, CALLER, Fakes, aim, block, call, centre, contact, entry, flow, hang_up, said, say, try_run,
};

fn set(identifier: &str, attributes: Value, next: &str) -> Block {
    block(
        identifier,
        "UpdateContactAttributes",
        json!({ "Attributes": attributes }),
    )
    .next(next)
    .error("NoMatchingError", "failed")
}

#[test]
fn attributes_are_static_or_references() {
    let run = call(
        &centre([
            set(
                "set",
                json!({ "from": "$.CustomerEndpoint.Address", "mode": "same-first" }),
                "tell",
            ),
            say("tell", "$.Attributes.mode for $.Attributes.from.", "bye"),
        ]),
        &Caller::default(),
    );
    assert_eq!(said(&run)[0], format!("same-first for {CALLER}."));
    assert_eq!(run.finished.attributes["from"], CALLER);
    assert!(
        run.finished
            .moments
            .iter()
            .any(|(_, moment)| *moment == Moment::AttributesUpdated)
    );
}

#[test]
fn one_empty_value_keeps_all_from_being_set() {
    let run = call(
        &centre([set("set", json!({ "a": "1", "b": "$.External.missing" }), "bye")]),
        &Caller::default(),
    );
    assert_eq!(said(&run), ["failed"]);
    assert!(run.finished.attributes.is_empty());
    let error = entry(&run, |what| matches!(what, What::Error { .. }));
    assert_eq!(error.next.as_deref(), Some("failed"));
}

#[test]
fn attributes_hold_32_kb_in_all() {
    let half = "x".repeat(17 * 1024);
    let blocks = [
        set("a", json!({ "a": half }), "b"),
        set("b", json!({ "b": half }), "bye"),
    ];
    let run = call(&centre(blocks), &Caller::default());
    assert_eq!(said(&run), ["failed"]);
    assert!(!run.finished.attributes.contains_key("b"));
}

#[test]
fn related_contact_has_attributes_of_its_own() {
    let related = || {
        let parameters = json!({ "Attributes": { "rating": "5" }, "TargetContact": "Related" });
        centre([block("set", "UpdateContactAttributes", parameters)
            .next("bye")
            .error("NoMatchingError", "failed")])
    };
    assert_eq!(said(&call(&related(), &Caller::default())), ["failed"]);
    let task = Contact {
        related_contact_id: Some("other".to_owned()),
        ..contact()
    };
    let run = try_run(&related(), task, &Caller::default(), &mut Fakes::default()).unwrap();
    assert_eq!(run.finished.related_attributes["rating"], "5");
    assert!(run.finished.attributes.is_empty());
}

#[test]
fn flow_attributes_stay_in_their_flow() {
    let parameters = json!({ "FlowAttributes": { "queue": { "Value": "support" } } });
    let set = block("set", "UpdateFlowAttributes", parameters)
        .next("here")
        .error("NoMatchingError", "failed");
    let go = block("go", "TransferToFlow", json!({ "ContactFlowId": "other" }))
        .next("failed")
        .error("NoMatchingError", "failed");
    let centre = centre([set, say("here", "here [$.FlowAttributes.queue]", "go"), go]).with_flow(
        "other",
        "other",
        flow([say("there", "there [$.FlowAttributes.queue]", "bye")]),
    );
    assert_eq!(
        said(&call(&centre, &Caller::default())),
        ["here [support]", "there []", "bye"]
    );
}

#[test]
fn contact_data_tags_voice_and_callback_number_are_set() {
    let callback = |identifier: &str, number: &str, next: &str| {
        block(
            identifier,
            "UpdateContactCallbackNumber",
            json!({ "CallbackNumber": number }),
        )
        .next(next)
        .error("InvalidCallbackNumber", "bye")
        .error("CallbackNumberNotDialable", "bye")
    };
    let data =
        json!({ "CustomerId": "c-1", "LanguageCode": "de-DE", "Name": "Call of $.CustomerEndpoint.Address" });
    let centre = centre([
        block("data", "UpdateContactData", data)
            .next("tag")
            .error("NoMatchingError", "failed"),
        block(
            "tag",
            "TagContact",
            json!({ "Tags": { "team": "blue", "old": "yes" } }),
        )
        .next("untag")
        .error("NoMatchingError", "failed"),
        block("untag", "UntagContact", json!({ "TagKeys": ["old"] }))
            .next("voice")
            .error("NoMatchingError", "failed"),
        block(
            "voice",
            "UpdateContactTextToSpeechVoice",
            json!({ "TextToSpeechVoice": "Vicki" }),
        )
        .next("number"),
        callback("number", "$.CustomerEndpoint.Address", "tell"),
        say(
            "tell",
            "$.CustomerId $.LanguageCode $.TextToSpeechVoiceId $.Tags.team",
            "wrong number",
        ),
        callback("wrong number", "$.CustomerId", "failed"),
    ]);
    let run = call(&centre, &Caller::default());
    assert_eq!(said(&run), ["c-1 de-DE Vicki blue", "bye"]);
    assert_eq!(
        run.finished.name.as_deref(),
        Some(format!("Call of {CALLER}").as_str())
    );
    assert_eq!(
        run.finished.tags,
        BTreeMap::from([("team".to_owned(), "blue".to_owned())])
    );
    assert_eq!(run.finished.callback_number.as_deref(), Some(CALLER));
}

#[test]
fn amazons_tags_and_seven_tags_are_refused() {
    let tag = |tags: Value| {
        let tag = block("tag", "TagContact", json!({ "Tags": tags }))
            .next("bye")
            .error("NoMatchingError", "failed");
        said(&call(&centre([tag]), &Caller::default()))[0].to_owned()
    };
    assert_eq!(tag(json!({ "aws:connect": "x" })), "failed");
    assert_eq!(
        tag(json!({ "a": "1", "b": "1", "c": "1", "d": "1", "e": "1", "f": "1", "g": "1" })),
        "failed"
    );
}

#[test]
fn tasks_and_callbacks_are_recorded() {
    let task = json!({ "Name": "Call $.CustomerEndpoint.Address back", "ContactFlowId": "main",
        "Attributes": { "number": "$.CustomerEndpoint.Address" }, "DelaySeconds": "60" });
    let callback = json!({ "InitialCallDelaySeconds": "5", "RetryDelaySeconds": "600", "MaximumConnectionAttempts": "2" });
    let centre = centre([
        aim("aim", "support", "task"),
        block("task", "CreateTask", task)
            .next("tell")
            .error("NoMatchingError", "failed"),
        say("tell", "$.Task.ContactId", "callback"),
        block("callback", "CreateCallbackContact", callback)
            .next("bye")
            .error("NoMatchingError", "failed"),
    ]);
    let run = call(&centre, &Caller::default());
    let CreatedContact::Task {
        contact_id,
        name,
        attributes,
        delay_seconds,
        ..
    } = &run.created[0]
    else {
        panic!("{:?}", run.created)
    };
    assert_eq!(said(&run), [contact_id.as_str(), "bye"]);
    assert_eq!((name.as_str(), *delay_seconds), ("Call +14155550100 back", 60));
    assert_eq!(attributes["number"], CALLER);
    let CreatedContact::Callback {
        number,
        queue,
        attempts,
        ..
    } = &run.created[1]
    else {
        panic!("{:?}", run.created)
    };
    assert_eq!(
        (number.as_str(), queue.as_str(), *attempts),
        (CALLER, "support", 2)
    );
}

#[test]
fn recording_knows_the_channel() {
    let record = || {
        let parameters =
            json!({ "VoiceBehavior": { "VoiceRecordingBehavior": { "RecordedParticipants": ["Agent"] } } });
        centre([
            block("record", "UpdateContactRecordingAndAnalyticsBehavior", parameters)
                .next("bye")
                .error("ChannelMismatch", "full")
                .error("NoMatchingError", "failed"),
        ])
    };
    assert_eq!(said(&call(&record(), &Caller::default())), ["bye"]);
    let chat = Contact::new("c", Channel::Chat);
    assert_eq!(
        said(&try_run(&record(), chat, &Caller::default(), &mut Fakes::default()).unwrap()),
        ["full"]
    );
}

#[test]
fn prompts_are_not_for_tasks() {
    let task = || Contact::new("t", Channel::Task);
    let hello = centre([
        say("hello", "Hello", "bye").error("NoMatchingError", "nobody"),
        hang_up("nobody"),
    ]);
    let run = try_run(&hello, task(), &Caller::default(), &mut Fakes::default()).unwrap();
    assert!(said(&run).is_empty());
    assert_eq!(
        entry(&run, |what| matches!(what, What::Error { .. }))
            .next
            .as_deref(),
        Some("nobody")
    );
}
