//! Carriers that ask for documents: Twilio, `SignalWire`, Telnyx, Vonage, Plivo, Bandwidth.

use serde_json::json;

use super::values::*;
use super::{Field, Requests, flat, form, object};

/// Steps of a leg, ends of a `<Dial>`, recordings: Twilio's, and SignalWire's after it.
const TWIML: &[&[Field]] = &[
    &[
        ("CallSid", &["CA1", "CA1", "CA2"]),
        ("ParentCallSid", &["", "CA1"]),
        (
            "CallStatus",
            &[
                "queued",
                "initiated",
                "ringing",
                "in-progress",
                "completed",
                "busy",
                "failed",
                "no-answer",
                "canceled",
                "paused",
            ],
        ),
        ("Direction", &["", "inbound", "outbound-api", "outbound-dial"]),
        ("SequenceNumber", &["", "0", "1", "2", "3"]),
        ("CallbackSource", &["", "call-progress-events"]),
        ("Timestamp", MAIL_TIMES),
        ("CallDuration", SECONDS),
        ("SipResponseCode", SIP),
        ("Digits", &["", "", "1"]),
        ("From", NUMBERS),
        ("To", NUMBERS),
    ],
    &[
        ("CallSid", &["CA1"]),
        ("DialCallSid", &["", "CA2"]),
        (
            "DialCallStatus",
            &["completed", "answered", "busy", "no-answer", "failed", "canceled"],
        ),
        ("DialCallDuration", SECONDS),
        ("DialBridged", &["", "true", "false"]),
        ("RecordingUrl", URLS),
        ("CallStatus", &["in-progress", "completed"]),
    ],
    &[
        ("CallSid", &["CA1", "CA2"]),
        ("RecordingSid", RECORDINGS),
        (
            "RecordingStatus",
            &["in-progress", "completed", "absent", "failed"],
        ),
        ("RecordingSource", &["", "DialVerb", "OutboundAPI"]),
        ("RecordingUrl", URLS),
        ("RecordingDuration", SECONDS),
        ("RecordingStartTime", MAIL_TIMES),
        ("ErrorCode", &["", "0", "31200"]),
    ],
];

const fn twiml(code: &'static str, which: usize) -> Requests {
    Requests {
        code,
        content_type: FORM,
        fields: TWIML[which],
        body: form,
    }
}

pub(crate) const TWILIO: &[Requests] = &[twiml("tw", 0), twiml("tw", 1), twiml("tw", 2)];
pub(crate) const SIGNALWIRE: &[Requests] = &[twiml("sw", 0), twiml("sw", 1), twiml("sw", 2)];

/// `client_state` of A and of B: `{"call":"sample-any","leg":"A"}`.
const STATES: &[&str] = &[
    "",
    "eyJjYWxsIjoic2FtcGxlLWFueSIsImxlZyI6IkEifQ==",
    "eyJjYWxsIjoic2FtcGxlLWFueSIsImxlZyI6IkIifQ==",
];

pub(crate) const TELNYX: &[Requests] = &[
    Requests {
        code: "tx",
        content_type: JSON,
        fields: &[
            ("id", &["e-1", "e-2", "e-3", "e-4", "e-5", "e-6"]),
            (
                "event_type",
                &[
                    "call.initiated",
                    "call.answered",
                    "call.bridged",
                    "call.hangup",
                    "call.cost",
                    "call.recording.saved",
                    "call.recording.error",
                    "call.dtmf.received",
                ],
            ),
            ("occurred_at", TIMES),
            ("call_control_id", LEGS),
            ("call_session_id", &["s-1"]),
            ("client_state", STATES),
            ("direction", &["", "incoming", "outgoing"]),
            ("from", NUMBERS),
            ("to", NUMBERS),
            ("start_time", TIMES),
            ("end_time", TIMES),
            (
                "hangup_cause",
                &[
                    "",
                    "normal_clearing",
                    "user_busy",
                    "timeout",
                    "time_limit",
                    "unspecified",
                    "odd",
                ],
            ),
            ("sip_hangup_cause", SIP),
            ("recording_id", RECORDINGS),
            ("recording_started_at", TIMES),
            ("recording_ended_at", TIMES),
            ("channels", &["", "single", "dual"]),
        ],
        body: |fields| {
            let (outside, inside): (Vec<_>, Vec<_>) = fields
                .iter()
                .partition(|(name, _)| matches!(*name, "id" | "event_type" | "occurred_at"));
            let mut data = object(&outside);
            data["payload"] = object(&inside);
            json!({ "data": data }).to_string()
        },
    },
    Requests {
        code: "tx",
        content_type: FORM,
        fields: &[
            ("CallSid", LEGS),
            ("ParentCallSid", &["", "v3:a"]),
            (
                "CallStatus",
                &[
                    "initiated",
                    "ringing",
                    "in-progress",
                    "answered",
                    "completed",
                    "busy",
                    "no-answer",
                    "failed",
                    "canceled",
                    "odd",
                ],
            ),
            (
                "CallbackSource",
                &["", "call-progress-events", "call-cost-events"],
            ),
            ("SequenceNumber", &["", "0", "1", "2"]),
            ("Timestamp", TIMES),
            ("CallInitiatedAt", TIMES),
            ("AnsweredTime", TIMES),
            ("EndTime", TIMES),
            ("CallDuration", SECONDS),
            ("HangupCause", &["", "normal_clearing", "user_busy", "time_limit"]),
            ("From", NUMBERS),
            ("To", NUMBERS),
        ],
        body: form,
    },
    Requests {
        code: "tx",
        content_type: FORM,
        fields: &[
            ("CallSid", &["v3:a"]),
            ("DialCallSid", &["", "v3:b"]),
            ("DialCallStatus", &["", "completed", "busy", "no-answer"]),
            ("DialCallDuration", SECONDS),
            ("RecordingStatus", &["", "", "in-progress", "completed", "absent"]),
            ("RecordingSid", RECORDINGS),
            ("RecordingSource", &["", "DialVerb"]),
            ("RecordingDuration", SECONDS),
        ],
        body: form,
    },
];

pub(crate) const VONAGE: &[Requests] = &[
    Requests {
        code: "vg",
        content_type: JSON,
        fields: &[
            ("conversation_uuid", &["CON-1"]),
            ("uuid", &["u-a", "u-b", ""]),
            (
                "status",
                &[
                    "started",
                    "ringing",
                    "answered",
                    "completed",
                    "busy",
                    "timeout",
                    "unanswered",
                    "rejected",
                    "failed",
                    "cancelled",
                    "machine",
                    "",
                ],
            ),
            (
                "detail",
                &["", "declined", "restricted", "cannot_route", "internal_error"],
            ),
            ("direction", &["", "outbound", "outbound", "inbound"]),
            ("from", NUMBERS),
            ("to", NUMBERS),
            ("timestamp", TIMES),
            ("start_time", TIMES),
            ("end_time", TIMES),
            ("duration", SECONDS),
        ],
        body: flat,
    },
    Requests {
        code: "vg",
        content_type: JSON,
        fields: &[
            ("conversation_uuid", &["CON-1"]),
            ("recording_uuid", &["R-1", "R-2"]),
            ("recording_url", URLS),
            ("start_time", TIMES),
            ("end_time", TIMES),
        ],
        body: flat,
    },
];

pub(crate) const PLIVO: &[Requests] = &[
    Requests {
        code: "pl",
        content_type: FORM,
        fields: &[
            ("CallUUID", &["u-a", "u-a", "u-b"]),
            ("ALegUUID", &["u-a"]),
            ("Event", &["", "Ring", "StartApp", "Hangup"]),
            (
                "CallStatus",
                &[
                    "ringing",
                    "in-progress",
                    "completed",
                    "busy",
                    "failed",
                    "timeout",
                    "no-answer",
                    "cancel",
                    "odd",
                ],
            ),
            ("Direction", &["", "inbound", "outbound"]),
            ("SessionStart", CIVIL),
            ("StartTime", CIVIL),
            ("AnswerTime", CIVIL),
            ("EndTime", CIVIL),
            ("Duration", SECONDS),
            ("HangupCauseCode", &["", "0", "3010", "4000", "6010"]),
            ("From", NUMBERS),
            ("To", NUMBERS),
        ],
        body: form,
    },
    Requests {
        code: "pl",
        content_type: FORM,
        fields: &[
            ("CallUUID", &["u-a"]),
            ("DialALegUUID", &["u-a"]),
            ("DialBLegUUID", &["", "u-b"]),
            ("DialAction", &["", "ring", "answer", "connected", "hangup"]),
            ("DialStatus", &["", "completed", "busy", "no-answer", "timeout"]),
            ("DialBLegStatus", &["", "hangup", "busy"]),
            ("DialBLegDuration", SECONDS),
            ("DialBLegTo", NUMBERS),
            ("RecordingID", RECORDINGS),
            ("RecordUrl", URLS),
            ("RecordingDuration", &["", "-1", "58"]),
        ],
        body: form,
    },
];

pub(crate) const BANDWIDTH: &[Requests] = &[
    Requests {
        code: "bw",
        content_type: JSON,
        fields: &[
            (
                "eventType",
                &[
                    "initiate",
                    "answer",
                    "transferAnswer",
                    "transferDisconnect",
                    "transferComplete",
                    "disconnect",
                    "bridgeComplete",
                    "odd",
                ],
            ),
            ("callId", &["c-a", "c-b"]),
            ("parentCallId", &["", "c-a"]),
            ("eventTime", TIMES),
            ("tag", &["", "order-17"]),
            ("from", NUMBERS),
            ("to", NUMBERS),
            ("direction", &["", "inbound", "outbound"]),
            ("transferCallerId", NUMBERS),
            ("transferTo", NUMBERS),
            ("startTime", TIMES),
            ("answerTime", TIMES),
            ("endTime", TIMES),
            (
                "cause",
                &[
                    "", "hangup", "busy", "timeout", "cancel", "rejected", "error", "odd",
                ],
            ),
            ("sipResponseCode", SIP),
            ("errorId", &["", "e-1"]),
        ],
        body: flat,
    },
    Requests {
        code: "bw",
        content_type: JSON,
        fields: &[
            ("eventType", &["recordingComplete", "recordingAvailable"]),
            ("callId", &["c-a", "c-b"]),
            ("eventTime", TIMES),
            ("recordingId", RECORDINGS),
            ("mediaUrl", URLS),
            ("duration", &["", "PT58S", "58"]),
            ("startTime", TIMES),
            ("endTime", TIMES),
            ("channels", &["", "1", "2"]),
            ("status", &["", "complete", "partial", "error", "deleted"]),
        ],
        body: flat,
    },
];
