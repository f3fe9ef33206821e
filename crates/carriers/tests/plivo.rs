//! Plivo: signatures, what requests say, times without a zone, and the document that dials B.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "plivo/signature.rs"]
mod signature;
mod support;

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{
    CallId, Class, CloseCause, Direction, Entry, EventId, Evidence, Kind, Leg, RecordingState, State, fold,
};
use ringback_carriers::{
    Headers, Keys, Reading, Reference, Request, SecondLeg, Settings, Unreadable, Wants, carrier,
};
use support::record;

const URL: &str = "https://calls.example.com/carriers/pl/slug/calls/sample-normal/events";
const FORM: &str = "application/x-www-form-urlencoded";
const BODY: &str = "ALegUUID=a-1&CallStatus=ringing&CallUUID=a-1&Direction=outbound&Event=Ring&From=14155550100\
    &SessionStart=2026-11-20+09%3A00%3A00.048129&To=14155550101";

fn read_with(content_type: &str, body: &[u8], settings: &Settings) -> Result<Reading, Unreadable> {
    let headers = Headers::new([("content-type", content_type)]);
    let request = Request {
        method: "POST",
        url: URL,
        headers: &headers,
        body,
    };
    let keys = Keys {
        secrets: &[],
        settings,
    };
    carrier("pl").unwrap().read(&request, &keys)
}

fn read(body: &str) -> Reading {
    read_with(FORM, body.as_bytes(), &Settings::default()).unwrap()
}

fn setting(name: &str, value: &str) -> Settings {
    Settings([(name.to_owned(), value.to_owned())].into())
}

fn at(time: &str) -> Option<Timestamp> {
    Some(format!("2026-11-20T{time}Z").parse().unwrap())
}

#[test]
fn a_normal_call_folds_to_its_record() {
    let record = record("pl", "normal");
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::Normal))
    );
    assert_eq!(record.carrier_state.as_deref(), Some("completed"));
    assert_eq!(record.direction, Some(Direction::Callback));
    let (a, b) = (&record.a, &record.b);
    assert_eq!(record.carrier_call_id, a.id);
    assert_eq!(b.id.as_deref(), Some("00000000-0000-4000-8000-00000000000b"));
    assert_eq!(a.number.as_ref().unwrap().as_str(), "+14155550101");
    assert_eq!(b.number.as_ref().unwrap().as_str(), "+14155550102");
    // Told at the end, in the account's zone, five and a half hours ahead.
    assert_eq!(a.dialled_at, at("09:00:00"));
    assert_eq!(a.answered_at, at("09:00:05"));
    assert_eq!(record.ended_at, at("09:01:12"));
    // Never told: when we heard of it stands in, and the record says so.
    assert_eq!(a.ringing_at, at("09:00:01.250"));
    assert_eq!(b.answered_at, at("09:00:14.250"));
    for name in ["a.ringingAt", "b.answeredAt", "b.endedAt", "bridgedAt"] {
        assert!(record.inferred.contains(name), "{name}");
    }
    assert_eq!(record.inferred.len(), 4);
    assert_eq!(record.talk_seconds, Some(58));
}

#[test]
fn the_other_lives_fold_to_their_records() {
    let ends = [
        ("a-busy", CloseCause::ABusy, "09:00:03", None),
        ("b-no-answer", CloseCause::BUnreachable, "09:00:37", None),
        ("max-duration", CloseCause::MaxDuration, "09:01:14", Some(60)),
        ("recording", CloseCause::Normal, "09:01:12", Some(58)),
    ];
    for (case, cause, ended, talked) in ends {
        let record = record("pl", case);
        assert_eq!(
            (record.state, record.close_cause),
            (State::Close, Some(cause)),
            "{case}"
        );
        assert_eq!(
            (record.ended_at, record.talk_seconds),
            (at(ended), talked),
            "{case}"
        );
    }
    let busy = record("pl", "a-busy").raw_cause.unwrap();
    assert_eq!(
        (busy.word.as_deref(), busy.code.as_deref()),
        (Some("Busy Line"), Some("3010"))
    );
    let unanswered = record("pl", "b-no-answer");
    assert_eq!((unanswered.b.answered_at, unanswered.bridged_at), (None, None));
    let record = record("pl", "recording");
    let recording = record.recordings.values().next().unwrap();
    assert_eq!(
        (recording.state, recording.seconds),
        (Some(RecordingState::Ready), Some(58))
    );
    assert_eq!(
        (recording.format.as_deref(), recording.started_at),
        (Some("mp3"), at("09:00:14"))
    );
}

const HANGUP: &str = "AnswerTime=2026-11-20+04%3A00%3A05&CallStatus=completed&CallUUID=a-1&Direction=outbound&Duration=67\
    &EndTime=2026-11-20+04%3A01%3A12&Event=Hangup&From=14155550100&HangupCause=NORMAL_CLEARING&HangupCauseCode=4000\
    &StartTime=2026-11-20+04%3A00%3A00&To=14155550101";

#[test]
fn times_without_a_zone_are_read_in_the_accounts_or_not_at_all() {
    let end = |body: &str, settings: &Settings| {
        let event = read_with(FORM, body.as_bytes(), settings)
            .unwrap()
            .heard
            .remove(0)
            .event;
        assert_eq!(event.evidence, Evidence::Cdr);
        assert!(event.facts.a.ended.is_some() && event.facts.a.answered.is_some());
        event.at
    };
    let shown = format!("{HANGUP}&SessionStart=2026-11-20+09%3A00%3A00.048129");
    assert_eq!(end(&shown, &Settings::default()), at("09:01:12"));
    assert_eq!(end(HANGUP, &setting("zone", "America/New_York")), at("09:01:12"));
    assert_eq!(end(HANGUP, &setting("zone", "-05:00")), at("09:01:12"));
    // What is set is right even where the event would show something else.
    assert_eq!(end(&shown, &setting("zone", "UTC")), at("04:01:12"));
    assert_eq!(end(HANGUP, &Settings::default()), None);
}

#[test]
fn an_end_whose_time_cannot_be_read_still_closes_the_call() {
    let entry = |body: &str| Entry {
        tenant: "t-1".to_owned(),
        carrier: "pl".to_owned(),
        account: "sample-account".to_owned(),
        received_at: at("09:01:13").unwrap(),
        event: read(body).heard.remove(0).event,
    };
    let entries = [entry(BODY), entry(HANGUP)];
    let record = fold(&CallId::parse("sample-zone").unwrap(), &entries).unwrap();
    assert_eq!(
        (record.state, record.close_cause),
        (State::Close, Some(CloseCause::Normal))
    );
    assert_eq!(record.carrier_state.as_deref(), Some("completed"));
    assert_eq!(record.ended_at, at("09:01:13"));
    assert!(record.inferred.contains("endedAt"));
}

#[test]
fn the_end_of_a_leg_is_classed_by_its_state_then_by_its_code() {
    let class = |status: &str, code: &str| {
        let body = format!(
            "CallUUID=a-1&Event=Hangup&CallStatus={status}&Duration=0&AnswerTime=&HangupCauseCode={code}"
        );
        let cause = read(&body).heard.remove(0).event.facts.a.cause.unwrap();
        assert_eq!(cause.code.as_deref(), (!code.is_empty()).then_some(code));
        cause.class
    };
    let cases = [
        ("busy", "3010", Class::Busy),
        ("busy", "4000", Class::Busy),
        ("no-answer", "3000", Class::Unreachable),
        ("cancel", "1000", Class::Unreachable),
        ("timeout", "", Class::Network),
        ("timeout", "4000", Class::Network),
        ("timeout", "6010", Class::Network),
        ("timeout", "3010", Class::Network),
        ("completed", "4010", Class::Cleared),
        ("failed", "", Class::Other),
        ("failed", "0", Class::Other),
        ("failed", "1010", Class::Server),
        ("failed", "1020", Class::Server),
        ("failed", "2000", Class::Unreachable),
        ("failed", "2010", Class::Unreachable),
        ("failed", "2020", Class::Unreachable),
        ("failed", "2030", Class::Other),
        ("failed", "2060", Class::Server),
        ("failed", "3020", Class::Busy),
        ("failed", "3050", Class::Network),
        ("failed", "3110", Class::Server),
        ("failed", "5010", Class::Server),
        ("failed", "7011", Class::Server),
        ("failed", "8011", Class::Server),
        ("failed", "9999", Class::Other),
        ("evaporated", "", Class::Other),
        ("evaporated", "3010", Class::Other),
        ("", "3010", Class::Busy),
    ];
    for (status, code, expected) in cases {
        assert_eq!(class(status, code), expected, "{status} {code}");
    }
}

#[test]
fn events_of_a_dial_are_about_b_whether_by_action_or_by_name() {
    let base = "CallUUID=a-1&ALegUUID=a-1&DialALegUUID=a-1&DialBLegUUID=b-1&DialBLegTo=14155550102&CallStatus=in-progress";
    let told = |more: &str| {
        let reading = read(&format!("{base}{more}"));
        assert_eq!(reading.wants, Wants::Acknowledgement);
        let heard = reading.heard.into_iter().next().unwrap();
        assert_eq!(heard.reference, Reference::session("a-1"));
        assert_eq!(
            (heard.event.leg, &heard.legs),
            (Some(Leg::B), &vec!["b-1".to_owned()])
        );
        heard.event
    };
    assert_eq!(told("&DialAction=answer").kind, Kind::Answered);
    assert_eq!(told("&Event=DialAnswer").kind, Kind::Answered);
    assert_eq!(told("&DialAction=connected").kind, Kind::Bridged);
    assert_eq!(told("&DialAction=digits&DialDigits=1").kind, Kind::Progress);
    let end = told("&Event=DialHangup&DialBLegDuration=0&DialBLegHangupCause=USER_BUSY");
    assert_eq!(
        (end.kind, end.facts.b.cause.unwrap().class),
        (Kind::Ended, Class::Busy)
    );
    let end = told("&DialStatus=busy&DialHangupCause=USER_BUSY");
    assert_eq!(
        (end.kind, end.facts.b.cause.unwrap().class),
        (Kind::Ended, Class::Busy)
    );
    assert_eq!(end.facts.b.number, None);
    // A hung up while B rang: whether that was an end or a failure shows in whether B had answered.
    let end = told("&DialAction=hangup&DialBLegDuration=0&DialBLegHangupCause=NORMAL_CLEARING");
    assert_eq!(end.facts.b.cause.unwrap().class, Class::Cleared);
}

#[test]
fn only_the_answer_of_a_call_of_ours_wants_the_second_leg() {
    let asks = "CallUUID=a-1&ALegUUID=a-1&Direction=outbound&Event=StartApp&CallStatus=in-progress";
    assert_eq!(read(asks).wants, Wants::SecondLeg { answered: Leg::A });
    for (from, to) in [
        ("outbound", "inbound"),
        ("StartApp", "Redirect"),
        ("in-progress", "ringing"),
        ("ALegUUID=a-1", "ALegUUID=a-0"),
    ] {
        assert_eq!(
            read(&asks.replace(from, to)).wants,
            Wants::Acknowledgement,
            "{to}"
        );
    }
    let inbound = read(
        "CallUUID=a-1&Direction=inbound&Event=StartApp&CallStatus=ringing&From=14155550102&To=14155550100",
    );
    let facts = &inbound.heard[0].event.facts;
    assert_eq!(facts.direction, Some(Direction::Inbound));
    assert_eq!(facts.a.number.as_ref().unwrap().as_str(), "+14155550102");
    assert_eq!(facts.main_number.as_ref().unwrap().as_str(), "+14155550100");
}

#[test]
fn a_recording_is_ready_unless_its_length_is_still_open() {
    let recording = |more: &str| {
        let event = read(&format!(
            "CallUUID=a-1&RecordingID=r-1&RecordUrl=https%3A%2F%2Fx.example%2Fr-1.wav{more}"
        ));
        let event = event.heard.into_iter().next().unwrap().event;
        assert_eq!(event.kind, Kind::Recording);
        event.facts.recordings["r-1"].clone()
    };
    let ready = recording("&RecordingDuration=58&RecordingDurationMs=58999&RecordingStartMs=1795165214000");
    assert_eq!(
        (ready.state, ready.seconds),
        (Some(RecordingState::Ready), Some(58))
    );
    assert_eq!(ready.format.as_deref(), Some("wav"));
    let running = recording("&RecordingDuration=-1&RecordingDurationMs=-1&RecordingStartMs=-1");
    assert_eq!(
        (running.state, running.seconds, running.started_at),
        (Some(RecordingState::Running), None, None)
    );
}

#[test]
fn an_events_id_tells_steps_apart_and_not_deliveries() {
    let id = |body: &str| read(body).heard.remove(0).event.id;
    assert_eq!(id(BODY), id(BODY));
    assert_eq!(
        id("CallUUID=a&CallStatus=ringing&Event=Ring"),
        EventId::of(&["pl", "a", "a", "status", "Ring", "ringing"])
    );
    assert_ne!(id(BODY), id(&BODY.replace("ringing", "in-progress")));
    assert_ne!(id(BODY), id(&BODY.replace("a-1", "a-2")));
    assert_ne!(
        id("CallUUID=a&DialBLegUUID=b&DialAction=answer"),
        id("CallUUID=a&DialBLegUUID=c&DialAction=answer")
    );
    assert_ne!(
        id("CallUUID=a&DialBLegUUID=b&DialAction=answer"),
        id("CallUUID=a&DialBLegUUID=b&DialAction=hangup")
    );
}

#[test]
fn what_names_no_call_says_nothing_and_what_is_no_form_cannot_be_read() {
    assert_eq!(read("MessageUUID=1"), Reading::default());
    let plain = Settings::default();
    assert!(matches!(
        read_with("application/json", b"{}", &plain),
        Err(Unreadable::ContentType { .. })
    ));
    assert!(matches!(
        read_with(FORM, b"CallUUID=%ff", &plain),
        Err(Unreadable::Body { .. })
    ));
    assert!(matches!(
        read_with(FORM, b"CallUUID=\xe4", &plain),
        Err(Unreadable::Body { .. })
    ));
}

#[test]
fn the_document_records_from_bs_answer_and_leads_every_callback_to_the_calls_url() {
    let mut second = SecondLeg {
        number: "+14155550102",
        shown: "+14155550100",
        ring_seconds: 30,
        limit_seconds: 3600,
        record: true,
        announcement: None,
        events_url: URL,
        credential: None,
    };
    let answer = carrier("pl").unwrap().connect(&second).unwrap();
    assert_eq!(
        (answer.status, answer.content_type.as_deref()),
        (200, Some("text/xml"))
    );
    assert_eq!(
        answer.body,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Record startOnDialAnswer=\"true\" redirect=\"false\" \
             fileFormat=\"mp3\" maxLength=\"3600\" recordChannelType=\"stereo\" callbackUrl=\"{URL}\" \
             callbackMethod=\"POST\"/><Dial callerId=\"+14155550100\" timeout=\"30\" timeLimit=\"3600\" \
             callbackUrl=\"{URL}\" callbackMethod=\"POST\" action=\"{URL}\" method=\"POST\" redirect=\"false\">\
             <Number>+14155550102</Number></Dial></Response>"
        )
    );
    second.record = false;
    assert!(
        !carrier("pl")
            .unwrap()
            .connect(&second)
            .unwrap()
            .body
            .contains("Record")
    );
    assert!(
        carrier("pl")
            .unwrap()
            .acknowledgement()
            .body
            .ends_with("<Response/>")
    );
}

/// Fields that mean something, and values that mean something to some of them.
const NAMES: &[&str] = &[
    "CallUUID",
    "ALegUUID",
    "RequestUUID",
    "CallStatus",
    "Event",
    "Direction",
    "SessionStart",
    "StartTime",
    "AnswerTime",
    "EndTime",
    "Duration",
    "HangupCauseCode",
    "HangupCause",
    "DialAction",
    "DialStatus",
    "DialALegUUID",
    "DialBLegUUID",
    "DialBLegDuration",
    "DialBLegHangupCause",
    "RecordingID",
    "RecordUrl",
    "RecordingDuration",
    "RecordingStartMs",
    "From",
    "To",
];
const VALUES: &[&str] = &[
    "a-1",
    "b-1",
    "Ring",
    "StartApp",
    "Hangup",
    "DialHangup",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "failed",
    "timeout",
    "no-answer",
    "cancel",
    "answer",
    "connected",
    "hangup",
    "inbound",
    "outbound",
    "USER_BUSY",
    "NORMAL_CLEARING",
    "-1",
    "0",
    "58",
    "3010",
    "99999999999999999999",
    "1795165214000",
    "9223372036854775807",
    "+14155550101",
    "2026-11-20 09:00:00",
    "2026-11-20 14:30:00.5",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59",
];

proptest! {
    #[test]
    fn whatever_the_fields_say_the_order_of_events_does_not_matter(
        bodies in prop::collection::vec(
            prop::collection::btree_map(prop::sample::select(NAMES), prop::sample::select(VALUES), 0..9),
            0..6,
        )
    ) {
        let mut entries = Vec::new();
        for (seconds, fields) in (1_795_000_000..).zip(&bodies) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            entries.extend(read(&body).heard.into_iter().map(|heard| Entry {
                tenant: "t-1".to_owned(),
                carrier: "pl".to_owned(),
                account: "sample-account".to_owned(),
                received_at: Timestamp::from_second(seconds).unwrap(),
                event: heard.event,
            }));
        }
        let id = CallId::parse("sample-any").unwrap();
        let record = fold(&id, &entries);
        prop_assert_eq!(&fold(&id, entries.iter().rev()), &record);
        prop_assert_eq!(&fold(&id, entries.iter().chain(&entries)), &record);
    }
}
