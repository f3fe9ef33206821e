//! Amazon Connect (`ac`): its contact records as events of calls.
//!
//! A contact is one part of a call: a transfer begins another contact, and each has a record of its own, which comes
//! after its agent's after-contact work, in any order. All contacts of a chain name the first one, which is the call.
//! Who is A and who is B is told by the first contact alone: the customer is A where the customer called, and B where
//! they were called. The others tell only what holds for both: that the two heard each other, who served, how it ended.
//!
//! A record says when its contact ended, and not whether the call did. It ends the call, unless:
//! - the caller was handed on to the next contact;
//! - it is of an attempt beside the call: somebody was asked to join and given up, or was from outside.
//!
//! The latest end counts, so an agent who was only consulted and whose record comes early may close the call until the
//! record of the one who went on with it corrects the time.

mod part;

use jiff::Timestamp;
use ringback_calls::{
    CallEvent, EventId, Evidence, Facts, Kind, Leg, LegFacts, Number, RecordingFacts, RecordingState, When,
};
use ringback_connect::contact_record::{Recording, RecordingStatus, StorageType};
use ringback_connect::{Channel, ContactRecord, Endpoint};

use crate::amazon_connect::part::Part;
use crate::reading::{Heard, Reference};
use crate::recording::connect_object;

/// What a contact record says of the call it belongs to: nothing, where it is no telephone call's or a supervisor's.
/// Otherwise two events, of the contact's beginning and of its end.
pub fn events_of_record(record: &ContactRecord) -> Vec<Heard> {
    if record.channel != Some(Channel::Voice) || record.supervised {
        return Vec::new();
    }
    let part = Part::of(record);
    let call = record.initial_contact_id.as_ref().unwrap_or(&record.contact_id);
    let event = |what: &str, at: Option<Timestamp>, word: Option<&str>, facts: Facts| {
        let updated = record.last_updated_at.to_string();
        let id = EventId::of(&["ac", record.contact_id.as_str(), &updated, what]);
        let facts = Facts {
            carrier_call_id: Some(call.as_str().to_owned()),
            ..facts
        };
        let event = CallEvent {
            at,
            word: word.map(str::to_owned),
            facts,
            ..CallEvent::new(id, Kind::Cdr, Evidence::Cdr)
        };
        Heard::new(Reference::session(call.as_str()), event)
    };
    let method = record.initiation_method.as_ref().map(|method| method.as_str());
    let reason = record.disconnect_reason.as_deref();
    vec![
        event("began", record.initiated_at, method, beginning(record, part)),
        event("ended", part.left_at(), reason, end(record, part)),
    ]
}

fn beginning(record: &ContactRecord, part: Part<'_>) -> Facts {
    let customer = (!part.is_third_party())
        .then(|| record.customer_endpoint.as_ref().and_then(number))
        .flatten();
    let ours = record.system_endpoint.as_ref().and_then(number);
    let mut facts = Facts {
        customer: customer.clone(),
        main_number: ours.clone(),
        bridged: part.talked_at().map(When::At),
        ..Facts::default()
    };
    // They hear each other, so both have answered, whoever is who.
    facts.b.answered = facts.bridged;
    let of_customer = LegFacts {
        id: Some(record.contact_id.as_str().to_owned()),
        number: customer,
        dialled: record.initiated_at.map(When::At),
        ..LegFacts::default()
    };
    let Some((direction, leg)) = part.direction() else {
        return facts;
    };
    facts.direction = Some(direction);
    match leg {
        Leg::A => {
            facts.a = LegFacts {
                answered: record.connected_to_system_at.map(When::At),
                ..of_customer
            };
        }
        Leg::B => {
            facts.a.answered = part.agent_at().map(When::At);
            facts.b = LegFacts {
                shown: ours,
                // The customer's own answer; but nobody talks to them before the agent is there.
                answered: part.talked_at().and(record.connected_to_system_at).map(When::At),
                ..of_customer
            };
        }
    }
    facts
}

fn end(record: &ContactRecord, part: Part<'_>) -> Facts {
    let mut facts = Facts::default();
    if part.agent_at().is_some() {
        facts.agent = record
            .agent
            .as_ref()
            .map(|agent| agent.arn.id.as_str().to_owned());
    }
    recordings(record, &mut facts);
    if part.ends_the_call() {
        facts.ended = record.disconnected_at.map(When::At);
        part.ending(&mut facts);
    }
    facts
}

/// The recordings, by the contact; a contact has one of the automated part, `<contact>-ivr`, and one of the conversation.
fn recordings(record: &ContactRecord, facts: &mut Facts) {
    let heard = |recording: &&Recording| {
        let kind = recording.media_stream_type.as_deref();
        kind.is_none_or(|kind| kind.eq_ignore_ascii_case("AUDIO"))
    };
    let mut conversations = 0;
    for recording in record.recordings.iter().filter(heard) {
        let participant = recording.participant_type.as_deref().unwrap_or_default();
        let deleted = recording.status == Some(RecordingStatus::Deleted);
        let contact = record.contact_id.as_str();
        let id = if participant.eq_ignore_ascii_case("IVR") {
            if !deleted {
                facts.ivr_recording = recording.location.clone();
            }
            format!("{contact}-ivr")
        } else {
            conversations += 1;
            match conversations {
                1 => contact.to_owned(),
                more => format!("{contact}-{more}"),
            }
        };
        facts.recordings.insert(id, recording_facts(recording, deleted));
    }
}

fn recording_facts(recording: &Recording, deleted: bool) -> RecordingFacts {
    let (state, problem) = if deleted {
        (RecordingState::Failed, Some("deleted"))
    } else {
        stored(recording)
    };
    let format = recording
        .s3_object()
        .and_then(|(_, key)| key.rsplit('/').next()?.rsplit_once('.'))
        .map(|(_, format)| format.to_ascii_lowercase());
    let lasted = recording.started_at.zip(recording.stopped_at);
    let seconds = lasted.and_then(|(from, to)| u64::try_from(to.duration_since(from).as_secs()).ok());
    RecordingFacts {
        state: Some(state),
        at_carrier: recording.location.clone(),
        format,
        seconds,
        started_at: recording.started_at,
        problem: problem.map(str::to_owned),
        ..RecordingFacts::default()
    }
}

/// Whether there is a file that can be had: a stream has none, and what is nowhere yet may be told of again.
fn stored(recording: &Recording) -> (RecordingState, Option<&'static str>) {
    let Some(location) = recording.location.as_deref() else {
        return (RecordingState::Running, None);
    };
    match &recording.storage_type {
        Some(StorageType::S3) => (RecordingState::Ready, None),
        // Only what is surely an object may pass for one.
        None if connect_object(location).is_ok() => (RecordingState::Ready, None),
        Some(StorageType::KinesisVideoStream) => (
            RecordingState::Failed,
            Some("kept in a stream of Kinesis Video Streams, not in S3: there is no file"),
        ),
        _ => (RecordingState::Failed, Some("kept elsewhere than in S3")),
    }
}

/// A telephone number that was not withheld.
fn number(endpoint: &Endpoint) -> Option<Number> {
    Number::raw(endpoint.phone()?.as_str())
}
