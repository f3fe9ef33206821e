//! What stands in the fields of many carriers.

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";

/// Clocks differ, by hours too, and some show nothing.
pub(super) const TIMES: &[&str] = &[
    "",
    "2026-11-20T09:00:00Z",
    "2026-11-20T09:00:05.250Z",
    "2026-11-20T09:00:14Z",
    "2026-11-20T12:01:12Z",
    "2026-11-20T17:01:14+08:00",
    "soon",
];
pub(super) const SOME_TIME: &[&str] = &[
    "2026-11-20T09:00:05Z",
    "2026-11-20T09:00:14Z",
    "2026-11-20T12:01:12Z",
];
pub(super) const MAIL_TIMES: &[&str] = &[
    "",
    "Fri, 20 Nov 2026 09:00:00 +0000",
    "Fri, 20 Nov 2026 09:00:14 +0000",
    "Fri, 20 Nov 2026 12:01:12 +0000",
    "soon",
];
pub(super) const CIVIL: &[&str] = &[
    "",
    "2026-11-20 09:00:00",
    "2026-11-20 09:00:14",
    "2026-11-20 12:01:12",
    "soon",
];
pub(super) const COMPACT: &[&str] = &[
    "",
    "null",
    "20261120170000",
    "20261120170014",
    "20261120200112",
    "soon",
];
pub(super) const NUMBERS: &[&str] = &[
    "",
    "+14155550101",
    "+14155550102",
    "14155550102",
    "0014155550101",
    "sip:agent@example.com",
];
pub(super) const SECONDS: &[&str] = &["", "0", "1", "58", "60", "7200"];
pub(super) const SEQUENCE: &[&str] = &["0", "1", "2", "3", "4"];
pub(super) const SIP: &[&str] = &["", "200", "404", "486", "503", "9"];
pub(super) const LEGS: &[&str] = &["v3:a", "v3:b"];
pub(super) const RECORDINGS: &[&str] = &["", "R-1", "R-2"];
pub(super) const URLS: &[&str] = &[
    "",
    "https://recordings.example.com/R-1.mp3",
    "https://recordings.example.com/R-2.wav",
];
