//! Worlds and callers written as JSON.

use ringback_contact_flow::run::{
    AgentState, CallCentre, Caller, Contact, Conversation, Endpoint, ExternalNumber, Party,
};
use serde_json::{from_value, json};

use crate::world::{Fakes, said, try_run};

#[test]
fn world_contact_and_caller_are_read_from_json() {
    let centre: CallCentre = from_value(json!({
        "instanceArn": crate::world::INSTANCE,
        "region": "eu-central-1",
        "flows": [{ "id": "main", "name": "main", "flow": {
            "Version": "2019-10-30", "StartAction": "hello", "Actions": [
                { "Identifier": "hello", "Type": "MessageParticipant", "Parameters": { "Text": "Hello" },
                  "Transitions": { "NextAction": "end" } },
                { "Identifier": "end", "Type": "DisconnectParticipant" },
            ] } }],
        "queues": [{ "id": "support", "name": "Support", "contactsWaiting": 2 }],
        "agents": [{ "id": "alpha", "userName": "alpha", "queues": ["support"],
            "state": { "busy": { "seconds": 12 } },
            "later": [{ "afterSeconds": 60, "state": "offline" }] }],
        "numbers": {
            "+447700900123": { "answers": { "afterSeconds": 8, "talkSeconds": 60 } },
            "+447700900124": "ringsOut",
        },
        "prompts": { "music": { "name": "Music", "seconds": 30 } },
        "limits": { "queueSeconds": 600 },
    }))
    .unwrap();
    assert_eq!(centre.agents[0].state, AgentState::Busy { seconds: Some(12) });
    assert_eq!(centre.numbers["+447700900124"], ExternalNumber::RingsOut);
    assert_eq!((centre.limits.queue_seconds, centre.limits.blocks), (600, 50_000));

    let contact: Contact = from_value(json!({
        "contactId": "1", "customerEndpoint": { "address": "+14155550100" }, "attributes": { "a": "b" },
    }))
    .unwrap();
    assert_eq!(
        contact.customer_endpoint,
        Some(Endpoint::telephone("+14155550100"))
    );
    assert_eq!(
        (contact.channel.name(), contact.initiation_method.as_str()),
        ("VOICE", "INBOUND")
    );

    let caller: Caller = from_value(json!({
        "keys": ["1", null], "queuePatienceSeconds": 40,
        "conversation": { "seconds": 90, "endedBy": "agent" },
    }))
    .unwrap();
    assert_eq!(caller.keys, [Some("1".to_owned()), None]);
    let conversation = Conversation {
        seconds: 90,
        ended_by: Party::Agent,
        after_contact_work_seconds: 0,
    };
    assert_eq!(caller.conversation, conversation);

    let run = try_run(&centre, contact, &caller, &mut Fakes::default()).unwrap();
    assert_eq!(said(&run), ["Hello"]);
}
