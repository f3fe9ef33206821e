//! A call as the API shows it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ringback_calls::{
    CallId, CallRecord, Cause, CloseCause, Direction, LegRecord, Number, Page, RecordingFacts,
    RecordingState, State, Summary,
};
use serde::Serialize;

/// How numbers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// The last four characters.
    Masked,
    /// Whole.
    Whole,
}

impl Numbers {
    /// A line. Where nobody has named one it is made of the agent's number, which a digest hides from nobody who tries all
    /// numbers: that is for those who may see numbers.
    fn line(self, line: Option<&str>) -> Option<&str> {
        line.filter(|line| self == Self::Whole || !line.starts_with("agent:"))
    }

    fn show(self, number: Option<&Number>) -> Option<String> {
        number.map(|number| match self {
            Self::Masked => number.masked(),
            Self::Whole => number.as_str().to_owned(),
        })
    }
}

/// A call's record without what nobody outside needs: neither the carrier account's slug nor where a recording lies, at the
/// carrier or in the bucket; and of numbers the last four characters, unless whoever asks may see them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallView<'a> {
    id: &'a CallId,
    tenant: &'a str,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_call_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    main_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_reference: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    business_data: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<&'a str>,
    a: LegView<'a>,
    b: LegView<'a>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    bridged_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    talk_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ring_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_cause: Option<CloseCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_cause: Option<&'a Cause>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    recordings: BTreeMap<&'a str, RecordingView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ivr_text: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    inferred: &'a BTreeSet<String>,
    version: u64,
    updated_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LegView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ringing_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a Cause>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordingView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<RecordingState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived: Option<ArchivedView<'a>>,
    held: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at_carrier: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_refused: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArchivedView<'a> {
    bytes: u64,
    sha256: &'a str,
    content_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<Timestamp>,
}

impl<'a> CallView<'a> {
    pub(crate) fn of(record: &'a CallRecord, numbers: Numbers) -> Self {
        let recordings = record.recordings.iter();
        Self {
            id: &record.id,
            tenant: &record.tenant,
            state: record.state,
            carrier: record.carrier.as_deref(),
            carrier_call_id: record.carrier_call_id.as_deref(),
            carrier_state: record.carrier_state.as_deref(),
            direction: record.direction,
            main_number: numbers.show(record.main_number.as_ref()),
            extension: record.extension.as_deref(),
            agent: record.agent.as_deref(),
            customer: numbers.show(record.customer.as_ref()),
            business_reference: record.business_reference.as_deref(),
            business_data: &record.business_data,
            line: numbers.line(record.line.as_deref()),
            a: LegView::of(&record.a, numbers),
            b: LegView::of(&record.b, numbers),
            created_at: record.created_at,
            bridged_at: record.bridged_at,
            ended_at: record.ended_at,
            talk_seconds: record.talk_seconds,
            limit_seconds: record.limit_seconds,
            ring_seconds: record.ring_seconds,
            record: record.record,
            close_cause: record.close_cause,
            raw_cause: record.raw_cause.as_ref(),
            recordings: recordings
                .map(|(id, facts)| (id.as_str(), RecordingView::of(facts)))
                .collect(),
            ivr_text: record.ivr_text.as_deref(),
            inferred: &record.inferred,
            version: record.version,
            updated_at: record.updated_at,
        }
    }
}

impl<'a> LegView<'a> {
    fn of(leg: &'a LegRecord, numbers: Numbers) -> Self {
        Self {
            id: leg.id.as_deref(),
            number: numbers.show(leg.number.as_ref()),
            shown: numbers.show(leg.shown.as_ref()),
            dialled_at: leg.dialled_at,
            ringing_at: leg.ringing_at,
            answered_at: leg.answered_at,
            ended_at: leg.ended_at,
            cause: leg.cause.as_ref(),
        }
    }
}

impl<'a> RecordingView<'a> {
    fn of(facts: &'a RecordingFacts) -> Self {
        let archived = facts.archived.as_ref();
        Self {
            state: facts.state,
            format: facts.format.as_deref(),
            channels: facts.channels,
            seconds: facts.seconds,
            started_at: facts.started_at,
            archived: archived.map(|archived| ArchivedView {
                bytes: archived.bytes,
                sha256: &archived.sha256,
                content_type: &archived.content_type,
                archived_at: facts.archived_at,
            }),
            held: facts.held.unwrap_or_default(),
            given_up: facts.given_up.as_deref().filter(|_| archived.is_none()),
            deleted_at_carrier: facts.deleted_at_carrier,
            delete_refused: facts.delete_refused.as_deref(),
            problem: facts.problem.as_deref(),
        }
    }
}

/// A page of a list.
#[derive(Serialize)]
pub(crate) struct PageView<'a> {
    calls: Vec<LineView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

/// A call as a list shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineView<'a> {
    id: &'a CallId,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_reference: Option<&'a str>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    bridged_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    talk_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_cause: Option<CloseCause>,
    recordings: u64,
}

impl<'a> PageView<'a> {
    pub(crate) fn of(page: &'a Page<Summary>, numbers: Numbers) -> Self {
        let calls = page.items.iter();
        Self {
            calls: calls.map(|line| LineView::of(line, numbers)).collect(),
            next: page.next.as_deref(),
        }
    }
}

impl<'a> LineView<'a> {
    fn of(line: &'a Summary, numbers: Numbers) -> Self {
        Self {
            id: &line.id,
            state: line.state,
            carrier: line.carrier.as_deref(),
            direction: line.direction,
            agent: line.agent.as_deref(),
            customer: numbers.show(line.customer.as_ref()),
            business_reference: line.business_reference.as_deref(),
            created_at: line.created_at,
            bridged_at: line.bridged_at,
            ended_at: line.ended_at,
            talk_seconds: line.talk_seconds,
            close_cause: line.close_cause,
            recordings: line.recordings,
        }
    }
}
