//! Carriers that only tell: Jiuyun, Huawei, one described by a file, Voximplant, Sinch.

use serde_json::json;

use super::values::*;
use super::{Requests, flat, object};

pub(crate) const JIUYUN: &[Requests] = &[Requests {
    code: "e9",
    content_type: "application/xml",
    fields: &[
        ("callId", &["C-1"]),
        ("action", &["CallInvite", "CallInvite", "CallEstablish", "Hangup"]),
        ("userFlag", &["", "null", "0", "1", "2"]),
        ("caller", NUMBERS),
        ("called", NUMBERS),
        ("dateCreated", COMPACT),
        ("userData", &["", "null", "order-17"]),
        ("startTimeA", COMPACT),
        ("startTimeB", COMPACT),
        ("endTime", COMPACT),
        ("duration", SECONDS),
        (
            "byeType",
            &["", "null", "0", "1", "2", "3", "4", "5", "6", "7", "99", "x"],
        ),
        ("recordUrl", URLS),
    ],
    body: |fields| {
        let text: String = fields
            .iter()
            .map(|(name, value)| format!("<{name}>{value}</{name}>"))
            .collect();
        format!("<?xml version='1.0'?><req>{text}</req>")
    },
}];

pub(crate) const HUAWEI: &[Requests] = &[
    Requests {
        code: "hw",
        content_type: JSON,
        fields: &[
            (
                "eventType",
                &["callout", "alerting", "answer", "disconnect", "odd"],
            ),
            ("sessionId", &["s-1"]),
            ("timestamp", CIVIL),
            ("userData", &["", "order-17"]),
            ("caller", NUMBERS),
            ("called", NUMBERS),
            ("stateCode", &["", "0", "7102", "8010", "99999"]),
            ("stateDesc", &["", "The user releases the call."]),
        ],
        body: |fields| {
            let (kind, inside): (Vec<_>, Vec<_>) = fields.iter().partition(|(name, _)| *name == "eventType");
            let mut push = object(&kind);
            push["statusInfo"] = object(&inside);
            push.to_string()
        },
    },
    Requests {
        code: "hw",
        content_type: JSON,
        fields: &[
            ("sessionId", &["s-1"]),
            ("icid", &["", "i-1"]),
            ("callerNum", NUMBERS),
            ("calleeNum", NUMBERS),
            ("fwdDisplayNum", NUMBERS),
            ("fwdDstNum", NUMBERS),
            ("callOutStartTime", CIVIL),
            ("callOutAnswerTime", CIVIL),
            ("callOutUnaswRsn", &["", "0", "17", "31", "127"]),
            ("fwdStartTime", CIVIL),
            ("fwdAnswerTime", CIVIL),
            ("fwdUnaswRsn", &["", "0", "17", "19"]),
            ("callEndTime", CIVIL),
            ("failTime", CIVIL),
            ("ulFailReason", &["", "0", "513", "8010", "8100"]),
            ("sipStatusCode", SIP),
            ("recordFlag", &["0", "1"]),
            ("recordObjectName", &["", "R-1.wav"]),
            ("recordDomain", &["", "storage.example.com"]),
        ],
        body: |fields| json!({"eventType": "fee", "feeLst": [object(fields)]}).to_string(),
    },
];

/// A carrier that a file describes: `infra/carriers/jy.toml`.
pub(crate) const MAPPED: &[Requests] = &[Requests {
    code: "jy",
    content_type: JSON,
    fields: &[
        ("callId", &["C-1"]),
        ("status", &["1", "2", "3", "4", "5", "6", "99"]),
        ("userData", &["", "order-17"]),
        ("time", CIVIL),
        ("caller", NUMBERS),
        ("callee", NUMBERS),
        ("answerTimeA", CIVIL),
        ("answerTimeB", CIVIL),
        ("endTime", CIVIL),
        ("duration", SECONDS),
        ("cause", &["", "0", "17", "19", "34", "102", "odd"]),
        ("leg", &["", "0", "1", "2"]),
        ("recordUrl", URLS),
        ("recordId", RECORDINGS),
        ("recordSeconds", SECONDS),
    ],
    body: |fields| json!({"items": [object(fields)]}).to_string(),
}];
pub(crate) const VOXIMPLANT: &[Requests] = &[Requests {
    code: "vx",
    content_type: JSON,
    fields: &[
        ("v", &["1"]),
        ("call_id", &["", "sample-any"]),
        ("session_id", &["1005"]),
        ("seq", SEQUENCE),
        (
            "event",
            &[
                "started",
                "a_dialled",
                "a_ringing",
                "a_answered",
                "a_failed",
                "a_ended",
                "b_dialled",
                "b_ringing",
                "b_answered",
                "b_failed",
                "b_ended",
                "max_duration",
                "recording_started",
                "recording_ready",
                "recording_failed",
                "closed",
                "odd",
            ],
        ),
        ("leg", &["", "A", "B"]),
        ("ts", SOME_TIME),
        ("code", SIP),
        (
            "reason",
            &["", "legs", "stopped", "max-duration", "error", "Busy Here"],
        ),
        ("duration", SECONDS),
        ("number", NUMBERS_AS_TEXT),
        ("record_url", URLS),
    ],
    body: flat,
}];

/// The scenario is ours, and always writes a text.
const NUMBERS_AS_TEXT: &[&str] = &["", "+14155550101", "+14155550102"];

pub(crate) const SINCH: &[Requests] = &[Requests {
    code: "si",
    content_type: JSON,
    fields: &[
        ("event", &["ice", "ace", "ace", "dice", "dice", "notify", "pie"]),
        ("callid", &["i-a", "i-b"]),
        ("conferenceId", &["", "sample-any"]),
        ("timestamp", TIMES),
        ("custom", &["", "sample-any:A", "sample-any:B", "odd"]),
        ("result", &["", "ANSWERED", "BUSY", "NOANSWER", "FAILED", "N/A"]),
        (
            "reason",
            &[
                "",
                "CALLERHANGUP",
                "TIMEOUT",
                "CANCEL",
                "GENERALERROR",
                "BLOCKED",
                "odd",
            ],
        ),
        ("duration", SECONDS),
        ("cli", NUMBERS),
        ("from", NUMBERS),
        ("type", &["", "recording_finished", "recording_available", "odd"]),
        ("destination", URLS),
    ],
    body: flat,
}];
