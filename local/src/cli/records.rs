//! How the records of calls look in a terminal: a line each, with a number for why the call ended.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ringback_calls::{CallRecord, CloseCause, Number, RecordingState, State};
use ringback_local::replay::visible;

use super::show;

/// The columns; each as wide as what stands in it.
const COLUMNS: [&str; 12] = [
    "call",
    "carrier",
    "state",
    "cause",
    "A",
    "B",
    "began (UTC)",
    "A up",
    "B up",
    "ended",
    "talk",
    "recording",
];

/// A table of records with a heading; its lines, without styles.
pub(crate) fn table<'r>(records: impl IntoIterator<Item = &'r CallRecord>) -> Vec<String> {
    let rows: Vec<_> = records.into_iter().map(row).collect();
    show::columns(&COLUMNS, &rows)
}

/// Shows records as a table.
pub(crate) fn print<'r>(records: impl IntoIterator<Item = &'r CallRecord>) {
    let lines = table(records);
    if let [heading, rows @ ..] = lines.as_slice() {
        if rows.is_empty() {
            return;
        }
        show::note(heading);
        rows.iter().for_each(|row| anstream::println!("{row}"));
    }
}

/// A record in a line of its own, for one that stands among other lines.
pub(crate) fn line(record: &CallRecord) -> String {
    let [
        call,
        carrier,
        state,
        cause,
        a,
        b,
        began,
        a_up,
        b_up,
        ended,
        talk,
        recording,
    ] = row(record);
    format!(
        "call {call} ({carrier}) {state}, {cause}: A {a}, B {b}, began {began}, A up {a_up}, B up {b_up}, ended {ended}, \
         talk {talk}, recording {recording}"
    )
}

fn row(record: &CallRecord) -> [String; COLUMNS.len()] {
    let began = record.created_at;
    let number = |number: &Option<Number>| {
        number
            .as_ref()
            .map_or_else(none, |number| visible(number.as_str()))
    };
    let time = |name: &str, at: Option<Timestamp>| {
        let guessed = record.inferred.contains(name);
        at.map_or_else(none, |at| {
            format!("{}{}", if guessed { "~" } else { "" }, clock(began, at))
        })
    };
    [
        record.id.to_string(),
        record.carrier.as_deref().map_or_else(none, visible),
        state(record.state).to_owned(),
        record.close_cause.map_or_else(none, cause),
        number(&record.a.number),
        number(&record.b.number),
        utc(began, "%Y-%m-%d %H:%M:%S"),
        time("a.answeredAt", record.a.answered_at),
        time("bridgedAt", record.bridged_at),
        time("endedAt", record.ended_at),
        record
            .talk_seconds
            .map_or_else(none, |seconds| format!("{seconds} s")),
        recording(record),
    ]
}

fn none() -> String {
    "-".to_owned()
}

fn utc(at: Timestamp, format: &str) -> String {
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// The time of day; with its date where that is another than the call began on.
fn clock(began: Timestamp, at: Timestamp) -> String {
    let day = |at| utc(at, "%Y-%m-%d");
    let format = if day(began) == day(at) {
        "%H:%M:%S"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    utc(at, format)
}

fn state(state: State) -> &'static str {
    match state {
        State::Init => "init",
        State::Conn => "conn",
        State::Close => "close",
    }
}

fn cause(cause: CloseCause) -> String {
    let words = match cause {
        CloseCause::Normal => "normal",
        CloseCause::AUnreachable => "A unreachable",
        CloseCause::BUnreachable => "B unreachable",
        CloseCause::ABusy => "A busy",
        CloseCause::BBusy => "B busy",
        CloseCause::MaxDuration => "longest duration",
        CloseCause::ServerError => "carrier error",
        CloseCause::NetworkError => "network error",
        CloseCause::Other => "other",
    };
    format!("{cause} {words}")
}

fn recording(record: &CallRecord) -> String {
    let states = record.recordings.values().filter_map(|recording| {
        let archived = recording.archived.as_ref().map(|_| "archived");
        archived.or_else(|| recording.state.map(recording_state))
    });
    let states: Vec<_> = states.collect();
    if states.is_empty() {
        none()
    } else {
        states.join("+")
    }
}

fn recording_state(state: RecordingState) -> &'static str {
    match state {
        RecordingState::Running => "running",
        RecordingState::Absent => "absent",
        RecordingState::Failed => "failed",
        RecordingState::Ready => "ready",
    }
}
