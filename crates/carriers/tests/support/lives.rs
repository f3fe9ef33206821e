//! The story of the sample lives, which is the same for all carriers: A is dialled at 09:00:00 and answers five seconds
//! later, B is dialled a second after that and answers at 09:00:14, and they talk for 58 seconds; or it goes wrong.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringback_calls::{CallRecord, CloseCause, Direction, RecordingState, State};

use super::{life_entries, record};

/// All of them.
pub const CASES: [&str; 5] = ["normal", "a-busy", "b-no-answer", "max-duration", "recording"];

/// A time of the day of the sample lives.
pub fn at(time: &str) -> Option<Timestamp> {
    Some(format!("2026-11-20T{time}Z").parse().unwrap())
}

/// What one carrier tells of the story: where it differs from what all tell. Times are those of A and of B.
#[derive(Clone, Copy)]
pub struct Story {
    pub code: &'static str,
    /// The carrier's last word on a call in which the two talked.
    pub word: &'static str,
    /// The carrier's id of the call, where the lives share one.
    pub call: Option<&'static str>,
    /// Its ids of the legs.
    pub legs: [Option<&'static str>; 2],
    pub dialled: [Option<&'static str>; 2],
    pub ringing: [Option<&'static str>; 2],
    pub b_answered: &'static str,
    pub bridged: &'static str,
    /// When B's leg ended without an answer.
    pub b_gave_up: Option<&'static str>,
    /// The times that stand in for what was not told.
    pub inferred: &'static [&'static str],
}

/// A life's recording.
pub struct Recorded {
    pub id: &'static str,
    pub at_carrier: &'static str,
    pub seconds: Option<u64>,
    pub channels: Option<u64>,
    pub format: Option<&'static str>,
    pub started_at: Option<&'static str>,
}

impl Story {
    /// The whole story, as a carrier tells it that leaves out nothing but ids.
    pub const fn of(code: &'static str, word: &'static str) -> Self {
        Self {
            code,
            word,
            call: None,
            legs: [None, None],
            dialled: [Some("09:00:00"), Some("09:00:06")],
            ringing: [Some("09:00:01"), Some("09:00:08")],
            b_answered: "09:00:14",
            bridged: "09:00:14",
            b_gave_up: Some("09:00:36"),
            inferred: &[],
        }
    }

    /// The record of a life, which is the story's, or this panics.
    pub fn record(&self, case: &str) -> CallRecord {
        let record = record(self.code, case);
        self.is_told_by(case, &record);
        record
    }

    /// The record of the life with a recording, which is the one given, or this panics.
    pub fn recording(&self, expected: &Recorded) -> CallRecord {
        let record = self.record("recording");
        assert_eq!(record.recordings.len(), 1);
        let recording = &record.recordings[expected.id];
        assert_eq!(recording.state, Some(RecordingState::Ready));
        assert_eq!(recording.at_carrier.as_deref(), Some(expected.at_carrier));
        assert_eq!(
            (recording.seconds, recording.channels),
            (expected.seconds, expected.channels)
        );
        assert_eq!(recording.format.as_deref(), expected.format);
        assert_eq!(recording.started_at, expected.started_at.and_then(at));
        record
    }

    /// Panics where the record of a life is not the story's.
    pub fn is_told_by(&self, case: &str, record: &CallRecord) {
        let told = format!("{}/{case}", self.code);
        let (cause, ended, talked) = match case {
            "a-busy" => (CloseCause::ABusy, "09:00:03", None),
            "b-no-answer" => (CloseCause::BUnreachable, "09:00:37", None),
            "max-duration" => (CloseCause::MaxDuration, "09:01:14", Some(60)),
            _ => (CloseCause::Normal, "09:01:12", Some(58)),
        };
        assert_eq!(
            (record.state, record.close_cause),
            (State::Close, Some(cause)),
            "{told}"
        );
        assert_eq!(
            (record.ended_at, record.talk_seconds),
            (at(ended), talked),
            "{told}"
        );
        self.has_its_parties(record, &told);
        match case {
            "a-busy" => self.stops_at_a(record, &told),
            "b-no-answer" => self.stops_at_b(record, &told),
            _ => self.is_talked(record, &told),
        }
        if case != "recording" {
            assert!(record.recordings.is_empty(), "{told}");
        }
    }

    /// Who is in it does not depend on how it went.
    fn has_its_parties(&self, record: &CallRecord, told: &str) {
        let number = |number: &Option<ringback_calls::Number>| {
            number.as_ref().map(|number| number.as_str().to_owned()).unwrap()
        };
        assert_eq!(record.carrier.as_deref(), Some(self.code), "{told}");
        assert_eq!(record.direction, Some(Direction::Callback), "{told}");
        assert_eq!(number(&record.a.number), "+14155550101", "{told}");
        assert_eq!(number(&record.b.number), "+14155550102", "{told}");
        assert_eq!(number(&record.b.shown), "+14155550100", "{told}");
        assert_eq!(record.agent.as_deref(), Some("agent-a"), "{told}");
        assert_eq!(record.business_reference.as_deref(), Some("order-17"), "{told}");
        assert_eq!(record.a.id.as_deref(), self.legs[0], "{told}");
        assert_eq!(record.a.dialled_at, self.dialled[0].and_then(at), "{told}");
        if self.call.is_some() {
            assert_eq!(record.carrier_call_id.as_deref(), self.call, "{told}");
        }
    }

    fn stops_at_a(&self, record: &CallRecord, told: &str) {
        assert_eq!(
            (record.a.answered_at, record.bridged_at, record.b.dialled_at),
            (None, None, None),
            "{told}"
        );
        self.infers(record, |name| name.starts_with("a."), told);
    }

    fn stops_at_b(&self, record: &CallRecord, told: &str) {
        self.reaches_b(record, told);
        assert_eq!((record.b.answered_at, record.bridged_at), (None, None), "{told}");
        assert_eq!(record.b.ended_at, self.b_gave_up.and_then(at), "{told}");
        let there = |name: &str| !["b.answeredAt", "bridgedAt"].contains(&name);
        self.infers(record, there, told);
    }

    fn is_talked(&self, record: &CallRecord, told: &str) {
        self.reaches_b(record, told);
        assert_eq!(record.b.answered_at, at(self.b_answered), "{told}");
        assert_eq!(record.bridged_at, at(self.bridged), "{told}");
        assert_eq!(record.carrier_state.as_deref(), Some(self.word), "{told}");
        self.infers(record, |_| true, told);
    }

    fn reaches_b(&self, record: &CallRecord, told: &str) {
        assert_eq!(record.b.id.as_deref(), self.legs[1], "{told}");
        assert_eq!(record.a.answered_at, at("09:00:05"), "{told}");
        assert_eq!(record.b.dialled_at, self.dialled[1].and_then(at), "{told}");
        assert_eq!(
            [record.a.ringing_at, record.b.ringing_at],
            self.ringing.map(|time| time.and_then(at)),
            "{told}"
        );
    }

    /// The record says which of its times were not told, and no others.
    fn infers(&self, record: &CallRecord, there: impl Fn(&str) -> bool, told: &str) {
        let expected: BTreeSet<_> = self.inferred.iter().copied().filter(|name| there(name)).collect();
        let inferred: BTreeSet<_> = record.inferred.iter().map(String::as_str).collect();
        assert_eq!(inferred, expected, "{told}");
    }
}

/// No two events of a life have one id.
pub fn every_event_of_a_life_is_another(code: &str) {
    for case in CASES {
        let (_, entries) = life_entries(code, case);
        let ids: BTreeSet<_> = entries.iter().map(|entry| entry.event.id.as_str()).collect();
        assert_eq!(ids.len(), entries.len(), "{code}/{case}");
    }
}
