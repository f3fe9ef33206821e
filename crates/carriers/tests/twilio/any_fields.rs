//! Whatever fields come together.

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{CallId, Entry, fold};

use super::read;

/// Fields that mean something, and values that mean something to some of them.
const NAMES: &[&str] = &[
    "CallSid",
    "ParentCallSid",
    "CallStatus",
    "Direction",
    "Timestamp",
    "SequenceNumber",
    "CallDuration",
    "SipResponseCode",
    "ErrorCode",
    "DialCallSid",
    "DialCallStatus",
    "DialCallDuration",
    "DialBridged",
    "RecordingSid",
    "RecordingUrl",
    "RecordingStatus",
    "RecordingSource",
    "RecordingDuration",
    "RecordingStartTime",
    "From",
    "To",
    "Digits",
];
const VALUES: &[&str] = &[
    "CA1",
    "CA2",
    "queued",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "failed",
    "no-answer",
    "canceled",
    "absent",
    "inbound",
    "outbound-api",
    "outbound-dial",
    "true",
    "-1",
    "0",
    "58",
    "486",
    "99999999999999999999",
    "DialVerb",
    "OutboundAPI",
    "https://a.example/RE1.wav",
    "+14155550101",
    "sip:agent@a.example",
    "Fri, 20 Nov 2026 09:00:00 +0000",
    "Mon, 99 Nov 2026 09:00:00 +0000",
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
                carrier: "tw".to_owned(),
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
