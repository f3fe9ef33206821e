//! What we say of a recording ourselves, and what the record makes of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    Archived, CallEvent, CallId, Entry, EventId, Evidence, Kind, LONGEST_RECORDING_ID, QUIET, RecordingFacts,
    RecordingState, Requester, Wanted, archived, delete_refused, deleted_at_carrier, fold, given_up, held,
    link_given, next_check, released,
};
use serde_json::json;

const RECORDING: &str = "RE 1/ü\"#";
const AUDITOR: Requester<'_> = Requester {
    by: "auditor-a",
    request: "request-1",
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_795_165_200 + seconds)
}

fn wanted() -> Wanted {
    Wanted {
        tenant: "t-1".to_owned(),
        call_id: CallId::parse("call-0001").unwrap(),
        recording_id: RECORDING.to_owned(),
        version: 7,
    }
}

fn stored(sha256: &str) -> Archived {
    Archived {
        bucket: "recordings".to_owned(),
        key: "t-1/2026/11/20/call-0001/RE_1.wav".to_owned(),
        bytes: 44,
        sha256: sha256.repeat(32),
        content_type: "audio/wav".to_owned(),
    }
}

/// The carrier says that the recording is ready.
fn ready() -> Entry {
    let mut event = CallEvent::new(EventId::of(&["tw", "ready"]), Kind::Recording, Evidence::Event);
    event.at = Some(at(0));
    let facts = RecordingFacts {
        state: Some(RecordingState::Ready),
        seconds: Some(4),
        ..RecordingFacts::default()
    };
    event.facts.recordings = BTreeMap::from([(RECORDING.to_owned(), facts)]);
    Entry {
        tenant: "t-1".to_owned(),
        carrier: "tw".to_owned(),
        account: "slug-1".to_owned(),
        received_at: at(0),
        event,
    }
}

/// The recording as the record has it, which is the same in both orders.
fn recording(said: &[CallEvent]) -> RecordingFacts {
    let ours = said
        .iter()
        .map(|event| wanted().entry(event.clone(), event.at.unwrap()));
    let mut entries: Vec<_> = [ready()].into_iter().chain(ours).collect();
    let id = CallId::parse("call-0001").unwrap();
    let record = fold(&id, &entries).unwrap();
    entries.reverse();
    assert_eq!(fold(&id, &entries).unwrap(), record);
    // Nothing that we say of a recording makes another of it.
    assert_eq!(record.recordings.len(), 1);
    record.recordings[RECORDING].clone()
}

#[test]
fn the_message_is_four_fields_and_reads_a_version_that_a_stream_has_written() {
    let message = json!({"tenant": "t-1", "callId": "call-0001", "recordingId": RECORDING, "version": 7});
    assert_eq!(serde_json::to_value(wanted()).unwrap(), message);
    for version in [json!(7), json!("7")] {
        let mut written = message.clone();
        written["version"] = version;
        assert_eq!(serde_json::from_value::<Wanted>(written).unwrap(), wanted());
    }
    for version in [json!("many"), json!(-1), json!(null)] {
        let mut written = message.clone();
        written["version"] = version;
        assert!(serde_json::from_value::<Wanted>(written).is_err());
    }
}

#[test]
fn what_is_archived_is_in_the_record_with_its_digest_and_its_length() {
    let found = recording(&[archived(&wanted(), stored("0a"), Some(5), at(60))]);
    assert_eq!(found.archived, Some(stored("0a")));
    assert_eq!(found.archived_at, Some(at(60)));
    assert_eq!(found.seconds, Some(5));
    assert!(!found.is_to_be_archived());
}

#[test]
fn of_two_objects_of_one_name_the_one_that_was_stored_last_is_in_the_record() {
    let first = archived(&wanted(), stored("ff"), None, at(60));
    let second = archived(&wanted(), stored("00"), None, at(61));
    let found = recording(&[first, second]);
    assert_eq!(found.archived, Some(stored("00")));
    assert_eq!(found.archived_at, Some(at(61)));
}

#[test]
fn what_is_given_up_may_still_be_archived_and_then_it_was_never_given_up() {
    let late = given_up(&wanted(), "not-there", at(60));
    let found = recording(std::slice::from_ref(&late));
    assert_eq!(found.given_up.as_deref(), Some("not-there"));
    assert!(!found.is_to_be_archived());
    // Also where the reason comes after the archive.
    for when in [30, 90] {
        let found = recording(&[late.clone(), archived(&wanted(), stored("0a"), None, at(when))]);
        assert_eq!((found.given_up, found.archived), (None, Some(stored("0a"))));
    }
}

#[test]
fn a_refused_deletion_is_in_the_record_until_the_carrier_has_deleted() {
    let refused = delete_refused(&wanted(), "status-403", at(60));
    let found = recording(std::slice::from_ref(&refused));
    assert_eq!(found.delete_refused.as_deref(), Some("status-403"));
    let found = recording(&[refused, deleted_at_carrier(&wanted(), at(90))]);
    assert_eq!(
        (found.delete_refused, found.deleted_at_carrier),
        (None, Some(at(90)))
    );
}

#[test]
fn the_last_word_about_a_legal_hold_counts_and_of_two_at_once_the_hold() {
    let hold = |seconds| held(&wanted(), AUDITOR, at(seconds));
    let release = |seconds| released(&wanted(), AUDITOR, at(seconds));
    for (said, expected) in [
        (vec![], None),
        (vec![hold(1)], Some(true)),
        (vec![hold(1), release(2)], Some(false)),
        (vec![hold(1), release(2), hold(3)], Some(true)),
        (vec![release(1), hold(1)], Some(true)),
        (vec![link_given(&wanted(), AUDITOR, at(9)), hold(1)], Some(true)),
    ] {
        assert_eq!(recording(&said).held, expected, "{said:?}");
    }
}

/// What we say of a recording, at a time.
type Say = fn(&Wanted, i64) -> CallEvent;

#[test]
fn saying_the_same_again_is_the_same_event_and_asking_again_is_another() {
    let mut other = wanted();
    other.recording_id = "RE2".to_owned();
    // A later version is the same recording.
    let mut newer = wanted();
    newer.version = 8;
    let says: [(&str, Say); 4] = [
        ("archived", |wanted, seconds| {
            archived(wanted, stored("0a"), None, at(seconds))
        }),
        ("given up", |wanted, seconds| {
            given_up(wanted, "too-large", at(seconds))
        }),
        ("deleted", |wanted, seconds| {
            deleted_at_carrier(wanted, at(seconds))
        }),
        ("refused", |wanted, seconds| {
            delete_refused(wanted, "status-403", at(seconds))
        }),
    ];
    for (what, say) in says {
        assert_eq!(say(&wanted(), 1).id, say(&newer, 2).id, "{what}");
        assert_ne!(say(&wanted(), 1).id, say(&other, 1).id, "{what}");
    }
    let why = |why| given_up(&wanted(), why, at(1)).id;
    assert_ne!(why("too-large"), why("no-audio"));

    let asks: [fn(&Wanted, Requester<'_>, Timestamp) -> CallEvent; 3] = [link_given, held, released];
    let again = Requester {
        request: "request-2",
        ..AUDITOR
    };
    let else_one = Requester {
        by: "auditor-b",
        ..AUDITOR
    };
    for ask in asks {
        let id = ask(&wanted(), AUDITOR, at(1)).id;
        assert_eq!(ask(&wanted(), AUDITOR, at(1)).id, id);
        for another in [
            ask(&wanted(), again, at(1)),
            ask(&wanted(), else_one, at(1)),
            ask(&wanted(), AUDITOR, at(2)),
        ] {
            assert_ne!(another.id, id);
        }
    }
}

#[test]
fn who_asked_is_kept_and_not_shown() {
    let link = link_given(&wanted(), AUDITOR, at(1));
    assert_eq!(link.by.as_deref(), Some("auditor-a"));
    let kept: CallEvent = serde_json::from_value(serde_json::to_value(&link).unwrap()).unwrap();
    assert_eq!(kept, link);
    for shown in [format!("{link:?}"), format!("{AUDITOR:?}")] {
        assert!(!shown.contains("auditor-a"), "{shown}");
    }
}

#[test]
fn a_recording_whose_id_fits_no_message_is_given_up_unless_it_is_archived_all_the_same() {
    let id = |bytes: usize| "é".repeat(bytes / 2) + &"x".repeat(bytes % 2);
    for (bytes, expected) in [
        (LONGEST_RECORDING_ID, None),
        (LONGEST_RECORDING_ID + 1, Some("id-too-long")),
        (300_000, Some("id-too-long")),
    ] {
        let mut told = ready();
        let facts = told.event.facts.recordings.remove(RECORDING).unwrap();
        told.event.facts.recordings.insert(id(bytes), facts);
        let wanted = Wanted {
            recording_id: id(bytes),
            ..wanted()
        };
        let record = |entries: &[&Entry]| fold(&wanted.call_id, entries.iter().copied()).unwrap();
        let recording = &record(&[&told]).recordings[&wanted.recording_id];
        assert_eq!(recording.given_up.as_deref(), expected, "{bytes}");
        assert_eq!(recording.is_to_be_archived(), expected.is_none(), "{bytes}");
        let archived = wanted.entry(archived(&wanted, stored("aa"), None, at(60)), at(60));
        let recording = &record(&[&told, &archived]).recordings[&wanted.recording_id];
        assert_eq!(recording.given_up, None, "{bytes}");
    }
}

#[test]
fn what_somebody_asks_of_us_is_no_news_of_the_call() {
    let (wanted, told) = (wanted(), ready());
    let mut entries = vec![told.clone()];
    for event in [
        link_given(&wanted, AUDITOR, at(3000)),
        held(&wanted, AUDITOR, at(3001)),
        released(&wanted, AUDITOR, at(3002)),
    ] {
        entries.push(wanted.entry(event, at(3002)));
    }
    let record = fold(&wanted.call_id, &entries).unwrap();
    assert_eq!((record.updated_at, record.version), (told.received_at, 4));
    let due = next_check(&record, record.updated_at).unwrap();
    assert_eq!(
        due,
        told.received_at + QUIET,
        "whoever listens does not keep it from being looked at"
    );
    // What we did ourselves is news: the recording is archived.
    entries.push(wanted.entry(archived(&wanted, stored("aa"), None, at(4000)), at(4000)));
    assert_eq!(fold(&wanted.call_id, &entries).unwrap().updated_at, at(4000));
    // Of a call of which nothing else is known any more, it is when that was first heard.
    let asked = fold(&wanted.call_id, &entries[1..4]).unwrap();
    assert_eq!(asked.updated_at, at(3002));
}

/// A call that two carriers tell of, as when one refused it and the next was asked: while events are missing the one may
/// seem to have come further that has not.
#[test]
fn a_recording_that_was_archived_before_another_carrier_came_further_stays_findable() {
    let of = |carrier: &str, name: &str| {
        let mut entry = ready();
        entry.carrier = carrier.to_owned();
        entry.event.id = EventId::of(&[carrier, name]);
        entry
    };
    let mut further = of("sw", "talked");
    further.event.facts.recordings.clear();
    further.event.facts.bridged = Some(at(1).into());
    let ours = wanted().entry(archived(&wanted(), stored("ab"), None, at(2)), at(2));
    let mut entries = vec![of("tw", "ready"), ours, further];
    let id = CallId::parse("call-0001").unwrap();
    for _ in 0..2 {
        let record = fold(&id, &entries).unwrap();
        assert_eq!(record.carrier.as_deref(), Some("sw"));
        let recording = &record.recordings[RECORDING];
        assert_eq!(recording.archived, Some(stored("ab")));
        assert_eq!(
            recording.state, None,
            "no word of a carrier that is not the call's"
        );
        entries.reverse();
    }
}
