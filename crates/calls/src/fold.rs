//! From events to the record.
//!
//! Every field of the record is a *claim*, and of two claims one wins by an order that has no ties but between equals:
//! first by evidence, then by a rule of the field (the earliest answer, the latest end), last by the value itself.
//! Keeping the greater of two is commutative, associative and idempotent, so the record cannot depend on the order or
//! the number of deliveries. What needs more than one field (the state, the close cause) is concluded afterwards from
//! the claims that won.

mod claim;
mod ending;
mod leg;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::claim::{Basis, Claim, End, First, Last, Said, Start, claim, join, said_first, weight};
use self::leg::{LegHeard, RecordingHeard};
use crate::event::{Entry, Evidence, Kind};
use crate::facts::{Direction, Facts, Verdict};
use crate::id::CallId;
use crate::number::Number;
use crate::record::{CallRecord, State};

/// The record of a call, from its events in any order, each as often as it likes. None without events.
///
/// A call is asked for at several carriers only when one refuses, before any leg is dialled; the record shows the
/// carrier at which it has ended, of several or none the one that came furthest, and what we said of the call ourselves.
/// What a carrier tells that had refused counts only where none that was asked after it has the call.
pub fn fold<'a>(id: &CallId, entries: impl IntoIterator<Item = &'a Entry>) -> Option<CallRecord> {
    let mut whole = Whole::default();
    for entry in entries {
        whole.add(entry);
    }
    whole.into_record(id)
}

#[derive(Default)]
struct Whole {
    tenant: Claim<Reverse<String>>,
    own: Heard,
    carriers: BTreeMap<(String, String), Heard>,
    ids: BTreeSet<String>,
    created: Claim<Reverse<Timestamp>>,
    received: Claim<Reverse<Timestamp>>,
    updated: Claim<Timestamp>,
}

impl Whole {
    fn add(&mut self, entry: &Entry) {
        claim(&mut self.tenant, Reverse(entry.tenant.clone()));
        claim(&mut self.received, Reverse(entry.received_at));
        // Who listens again and again must not keep a call from being looked at that nobody closes.
        if !entry.event.kind.is_asked_of_us() {
            claim(&mut self.updated, entry.received_at);
        }
        if let Some(at) = entry.event.at {
            claim(&mut self.created, Reverse(at));
        }
        self.ids.insert(entry.event.id.as_str().to_owned());
        let heard = if entry.carrier == "own" {
            &mut self.own
        } else {
            let key = (entry.carrier.clone(), entry.account.clone());
            self.carriers.entry(key).or_default()
        };
        heard.add(entry);
    }

    fn into_record(self, id: &CallId) -> Option<CallRecord> {
        let Reverse(tenant) = self.tenant?;
        let Reverse(received) = self.received?;
        let own = self.own;
        let last_asked = self.carriers.values().filter_map(Heard::has_it_since).max();
        let furthest = self
            .carriers
            .into_iter()
            .map(|(key, heard)| (key, heard.told_by_leg(&own)))
            // After that the state: a call that has ended anywhere does not begin again elsewhere.
            .max_by_key(|(key, heard)| {
                let counts = !heard.is_passed_over(last_asked);
                (counts, heard.state(), heard.progress(), heard.first, key.clone())
            });
        let (key, mut heard) = furthest.map_or((None, Heard::default()), |(key, heard)| (Some(key), heard));
        heard.join(own);
        let (carrier, account) = key.unzip();
        let mut record = heard.into_record(id, tenant);
        record.carrier = carrier;
        record.account = account;
        record.created_at = self.created.map_or(received, |Reverse(at)| at);
        record.version = u64::try_from(self.ids.len()).unwrap_or(u64::MAX);
        record.updated_at = self.updated.unwrap_or(received);
        Some(record)
    }
}

/// What was heard from one carrier account, or from ourselves.
#[derive(Default)]
struct Heard {
    first: Option<Timestamp>,
    /// When the account was asked for the call.
    asked: Claim<Reverse<Timestamp>>,
    /// That it refused.
    refused: bool,
    /// That its carrier has told anything of the call.
    told: bool,
    carrier_call_id: Claim<First<String>>,
    state: Claim<(Timestamp, Option<u64>, String)>,
    direction: Claim<First<Direction>>,
    main_number: Claim<First<Number>>,
    extension: Claim<First<String>>,
    agent: Claim<Last<String>>,
    customer: Claim<First<Number>>,
    business_reference: Claim<First<String>>,
    business_data: BTreeMap<String, Claim<First<String>>>,
    line: Claim<First<String>>,
    /// Of what we know ourselves, the limit that the carrier was given counts, not the one that was wished: it may keep
    /// none as long, or none as short. Of equals the shortest.
    limit_seconds: Claim<(Evidence, bool, Reverse<u64>)>,
    ring_seconds: Claim<First<u64>>,
    record: Claim<First<bool>>,
    a: LegHeard,
    b: LegHeard,
    by_number: BTreeMap<Number, LegHeard>,
    bridged: Claim<Start>,
    ended: Claim<End>,
    said_over: Claim<Reverse<Timestamp>>,
    verdict: Claim<Said<Verdict>>,
    talk_seconds: Claim<(Evidence, u64)>,
    recordings: BTreeMap<String, RecordingHeard>,
    ivr_recording: Claim<First<String>>,
    ivr_text: Claim<First<String>>,
}

impl Heard {
    fn add(&mut self, entry: &Entry) {
        let event = &entry.event;
        let facts = &event.facts;
        let basis = Basis {
            evidence: event.evidence,
            at: event.at,
            received: entry.received_at,
        };
        match event.kind {
            Kind::Asked => claim(&mut self.asked, Reverse(entry.received_at)),
            Kind::Refused => self.refused = true,
            kind => self.told |= !kind.is_ours(),
        }
        let at = event.at.unwrap_or(entry.received_at);
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        if let Some(word) = &event.word {
            let at = event.at.unwrap_or(Timestamp::MIN);
            claim(&mut self.state, (at, event.sequence, word.clone()));
        }
        basis.first(&mut self.carrier_call_id, facts.carrier_call_id.as_ref());
        basis.first(&mut self.direction, facts.direction.as_ref());
        basis.first(&mut self.main_number, facts.main_number.as_ref());
        basis.first(&mut self.extension, facts.extension.as_ref());
        basis.last(&mut self.agent, facts.agent.as_ref());
        basis.first(&mut self.customer, facts.customer.as_ref());
        basis.first(&mut self.business_reference, facts.business_reference.as_ref());
        for (name, value) in &facts.business_data {
            basis.first(self.business_data.entry(name.clone()).or_default(), Some(value));
        }
        basis.first(&mut self.line, facts.line.as_ref());
        if let Some(limit) = facts.limit_seconds {
            let given = entry.carrier != "own";
            claim(&mut self.limit_seconds, (event.evidence, given, Reverse(limit)));
        }
        basis.first(&mut self.ring_seconds, facts.ring_seconds.as_ref());
        basis.first(&mut self.record, facts.record.as_ref());
        self.a.add(basis, &facts.a);
        self.b.add(basis, &facts.b);
        for (number, leg) in &facts.by_number {
            self.by_number.entry(number.clone()).or_default().add(basis, leg);
        }
        basis.start(&mut self.bridged, facts.bridged);
        basis.end(&mut self.ended, facts.ended);
        if facts.said_over {
            claim(&mut self.said_over, Reverse(at));
        }
        if let Some(verdict) = &facts.verdict {
            let new = (event.evidence, weight(&verdict.cause), verdict.clone());
            claim(&mut self.verdict, new);
        }
        if let Some(seconds) = facts.talk_seconds {
            claim(&mut self.talk_seconds, (event.evidence, seconds));
        }
        self.add_recordings(basis, facts);
        basis.first(&mut self.ivr_recording, facts.ivr_recording.as_ref());
        basis.first(&mut self.ivr_text, facts.ivr_text.as_ref());
    }

    fn add_recordings(&mut self, basis: Basis, facts: &Facts) {
        for (id, recording) in &facts.recordings {
            self.recordings
                .entry(id.clone())
                .or_default()
                .add(basis, recording);
        }
    }

    fn join(&mut self, other: Self) {
        join(&mut self.carrier_call_id, other.carrier_call_id);
        join(&mut self.state, other.state);
        join(&mut self.direction, other.direction);
        join(&mut self.main_number, other.main_number);
        join(&mut self.extension, other.extension);
        join(&mut self.agent, other.agent);
        join(&mut self.customer, other.customer);
        join(&mut self.business_reference, other.business_reference);
        for (name, value) in other.business_data {
            join(self.business_data.entry(name).or_default(), value);
        }
        join(&mut self.line, other.line);
        join(&mut self.limit_seconds, other.limit_seconds);
        join(&mut self.ring_seconds, other.ring_seconds);
        join(&mut self.record, other.record);
        self.a.join(other.a);
        self.b.join(other.b);
        for (number, leg) in other.by_number {
            self.by_number.entry(number).or_default().join(leg);
        }
        join(&mut self.bridged, other.bridged);
        join(&mut self.ended, other.ended);
        join(&mut self.said_over, other.said_over);
        join(&mut self.verdict, other.verdict);
        join(&mut self.talk_seconds, other.talk_seconds);
        for (id, recording) in other.recordings {
            self.recordings.entry(id).or_default().join(recording);
        }
        join(&mut self.ivr_recording, other.ivr_recording);
        join(&mut self.ivr_text, other.ivr_text);
    }

    /// What was told of a number becomes what was told of its leg, once everything is heard. Numbers of neither leg
    /// tell nothing, and where both legs have the same number it names none of them.
    fn told_by_leg(mut self, own: &Self) -> Self {
        let known =
            |heard: &LegHeard, own: &LegHeard| said_first(own.number.clone().max(heard.number.clone()));
        if self.by_number.is_empty() {
            return self;
        }
        let (a, b) = (known(&self.a, &own.a), known(&self.b, &own.b));
        if a == b {
            return self;
        }
        for (number, leg) in std::mem::take(&mut self.by_number) {
            if a.as_ref() == Some(&number) {
                self.a.join(leg);
            } else if b.as_ref() == Some(&number) {
                self.b.join(leg);
            }
        }
        self
    }

    /// When the account was asked for a call that it may have: it has not refused it, or tells of it all the same.
    fn has_it_since(&self) -> Option<Timestamp> {
        let Reverse(asked) = self.asked?;
        (!self.refused || self.told).then_some(asked)
    }

    /// Whether the account refused, and another has the call that was asked after it, at that time.
    fn is_passed_over(&self, last_asked: Option<Timestamp>) -> bool {
        self.refused && self.asked.map(|Reverse(asked)| asked) < last_asked
    }

    fn state(&self) -> State {
        match (self.ended.is_some() || self.a.ended.is_some(), self.talked()) {
            (true, _) => State::Close,
            (false, true) => State::Conn,
            (false, false) => State::Init,
        }
    }

    /// How far it came: nothing, somebody answered, both talked.
    fn progress(&self) -> u8 {
        match (self.talked(), self.a.answered.is_some()) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        }
    }

    fn talked(&self) -> bool {
        self.bridged.is_some() || self.b.answered.is_some()
    }

    fn into_record(self, id: &CallId, tenant: String) -> CallRecord {
        let mut inferred = BTreeSet::new();
        // The end of leg A ends the call; where the carrier tells of both, the better evidence counts.
        let ended = self.ended.max(self.a.ended);
        let bridged = self.bridged.or(self.b.answered);
        let state = self.state();
        let talk_seconds = self
            .talk_seconds
            .map(|(_, seconds)| seconds)
            .or_else(|| self.length(bridged, ended));
        let limit_seconds = self.limit_seconds.map(|(_, _, Reverse(limit))| limit);
        // The limit is on the conversation; leg A's time, in which B rings, says it only where nothing else does.
        let leg_seconds = |leg: &LegHeard| leg.seconds.map(|(_, seconds)| seconds);
        let lasted = talk_seconds
            .max(leg_seconds(&self.b))
            .or_else(|| leg_seconds(&self.a));
        let used_up = limit_seconds
            .zip(lasted)
            .is_some_and(|(limit, lasted)| lasted.saturating_add(1) >= limit);
        let ending = (state == State::Close).then(|| self.ending(used_up));
        let (close_cause, raw_cause) = ending.unzip();
        let mut note = |name: &str, evidence: Evidence, at: Timestamp| {
            if evidence == Evidence::Inferred {
                inferred.insert(name.to_owned());
            }
            at
        };
        let bridged_at = bridged.map(|(evidence, Reverse(at))| note("bridgedAt", evidence, at));
        let ended_at = ended.map(|(evidence, at)| note("endedAt", evidence, at));
        let a = self.a.into_record("a", &mut note);
        let b = self.b.into_record("b", &mut note);
        let direction = said_first(self.direction);
        let customer = said_first(self.customer).or_else(|| match direction? {
            Direction::Inbound => a.number.clone(),
            Direction::Callback | Direction::Outbound => b.number.clone(),
        });
        CallRecord {
            id: id.clone(),
            tenant,
            state,
            carrier: None,
            account: None,
            carrier_call_id: said_first(self.carrier_call_id),
            carrier_state: self.state.map(|(_, _, word)| word),
            direction,
            main_number: said_first(self.main_number),
            extension: said_first(self.extension),
            agent: self.agent.map(|(_, _, agent)| agent),
            customer,
            business_reference: said_first(self.business_reference),
            business_data: self
                .business_data
                .into_iter()
                .filter_map(|(name, value)| Some((name, said_first(value)?)))
                .collect(),
            line: said_first(self.line),
            a,
            b,
            created_at: Timestamp::UNIX_EPOCH,
            bridged_at,
            ended_at,
            said_over_at: self
                .said_over
                .map(|Reverse(at)| at)
                .filter(|_| state != State::Close),
            talk_seconds,
            limit_seconds,
            ring_seconds: said_first(self.ring_seconds),
            record: said_first(self.record),
            close_cause,
            raw_cause: raw_cause.flatten(),
            recordings: self
                .recordings
                .into_iter()
                .map(|(id, recording)| {
                    let facts = recording.into_facts(&id);
                    (id, facts)
                })
                .collect(),
            ivr_recording: said_first(self.ivr_recording),
            ivr_text: said_first(self.ivr_text),
            inferred,
            version: 0,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }
}
