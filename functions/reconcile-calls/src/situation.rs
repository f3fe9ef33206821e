//! What is known of a call that nobody has closed: who has it, since when, and how long it can last.

use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    CallId, CallRecord, Class, Entry, Holder, Kind, LONGEST, Placed, RING, fold, heard_of_second_leg,
};
use ringback_carriers::{Ability, Second};

/// How long an agent's telephone rings at most: what every carrier is asked for.
const AGENT_RING: SignedDuration = SignedDuration::from_secs(30);
/// How much longer a conversation may last than its limit before it is ended: clocks differ, and carriers round.
const OVER_LIMIT: SignedDuration = SignedDuration::from_mins(1);
/// What carriers may take on top: to dial, to announce, to tell.
const GRACE: SignedDuration = SignedDuration::from_mins(5);
/// Huawei has no request that asks for a call, and sends a call detail record again for six hours: only after that, and
/// an hour for clocks and for the last of them, nothing will come any more.
const HUAWEI_TELLS_FOR: SignedDuration = SignedDuration::from_hours(7);
/// How long B may be silent after we asked for it, and the agent wait.
const SECOND_LEG: SignedDuration = SignedDuration::from_mins(2);
/// What of that is not B's ring, where the carrier is not told how long B may ring and tells of nothing before the answer.
const NOT_RINGING: SignedDuration = SignedDuration::from_secs(90);

/// How long an announcement may take before that: Twilio is given as much for it.
const ANNOUNCEMENT: SignedDuration = SignedDuration::from_mins(2);

/// How long after it was asked a carrier may not know a call yet.
pub(crate) const NOT_KNOWN_YET: SignedDuration = SignedDuration::from_mins(2);

/// A call as its events tell it.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    /// All events.
    pub(crate) entries: &'a [Entry],
    /// What they fold to.
    pub(crate) record: CallRecord,
    /// The account that has the call: the one asked last that has not refused. None where nobody was asked, or all have
    /// refused, or the call is none that we placed.
    pub(crate) holder: Option<Holder<'a>>,
}

impl<'a> Situation<'a> {
    /// None where nothing is known of the call, or not any more.
    pub(crate) fn of(call: &CallId, entries: &'a [Entry]) -> Option<Self> {
        Some(Self {
            record: fold(call, entries)?,
            holder: Holder::of(call, entries),
            entries,
        })
    }

    /// Whether we placed it: others are told of to us, and nobody was asked for them.
    pub(crate) fn is_placed(&self) -> bool {
        let placed = Placed::event_id();
        self.entries
            .iter()
            .any(|entry| entry.event.id == placed || entry.event.kind == Kind::Asked)
    }

    /// When the call must be over, and everybody who may tell of it has: as long as both may ring and talk, some minutes,
    /// and for as long as the carrier says again what was not heard. `ability` is that of the carrier that has it.
    pub(crate) fn ends_by(&self, ability: Option<Ability>) -> Timestamp {
        let seconds = |seconds: Option<u64>, unknown| {
            let known = seconds.and_then(|seconds| i64::try_from(seconds).ok());
            known.map_or(unknown, SignedDuration::from_secs)
        };
        let begun = self
            .holder
            .as_ref()
            .map_or(self.record.created_at, |holder| holder.asked_at);
        let carrier = self.holder.as_ref().map(|holder| holder.carrier);
        let late = match carrier.or(self.record.carrier.as_deref()) {
            Some("hw") => HUAWEI_TELLS_FOR,
            _ => SignedDuration::ZERO,
        };
        let parts = [
            AGENT_RING.max(longest_ring(ability)),
            seconds(self.record.ring_seconds, RING).max(longest_ring(ability)),
            seconds(self.record.limit_seconds, LONGEST),
            GRACE,
            late,
        ];
        let life = parts
            .into_iter()
            .fold(SignedDuration::ZERO, SignedDuration::saturating_add);
        // A limit that nobody could live to see ends in the last of all times.
        begun.checked_add(life).unwrap_or(Timestamp::MAX)
    }

    /// Whether the agent waits for a customer who is not coming: the agent has answered, the customer's leg is ours to
    /// bring about, and it was refused, or nobody has said a word of it for two minutes and an announcement. That the carrier
    /// took it on is a word, with its id: from then on the carrier is asked about that leg.
    pub(crate) fn agent_waits_in_vain(&self, ability: Ability, now: Timestamp) -> bool {
        let Some(holder) = &self.holder else { return false };
        let Some(answered_at) = holder.view.a.answered_at else {
            return false;
        };
        let of_kind = |kind: Kind| self.entries.iter().find(move |entry| entry.event.kind == kind);
        let requested = of_kind(Kind::SecondLegRequested);
        if ability.second == Second::Placed && requested.is_none() {
            return false;
        }
        let since = requested.map_or(answered_at, |entry| entry.received_at);
        let refused = of_kind(Kind::SecondLegRefused).is_some();
        // Where the legs are calls of their own, nobody else ends the agent's when the customer's has ended.
        let left = ability.second == Second::Command && holder.view.a.ended_at.is_none();
        if let Some(ended_at) = holder.view.b.ended_at.filter(|_| left) {
            return now.duration_since(ended_at) > SECOND_LEG;
        }
        let silent = !heard_of_second_leg(&holder.view, self.entries);
        let announced = self
            .entries
            .iter()
            .any(|entry| entry.event.facts.announcement.is_some());
        let announcement = if announced {
            ANNOUNCEMENT
        } else {
            SignedDuration::ZERO
        };
        let patience = match longest_ring(Some(ability)) {
            ring if silent && !refused => SECOND_LEG.max(ring + NOT_RINGING),
            _ => SECOND_LEG,
        };
        (refused || silent) && now.duration_since(since) > patience + announcement
    }

    /// Whether the conversation lasts longer than it may. Carriers end it by themselves, but for those that keep no limit
    /// (Bandwidth, Amazon Connect), and those that did not do what they were asked.
    pub(crate) fn is_over_its_limit(&self, now: Timestamp) -> bool {
        let limit = self.record.limit_seconds;
        let limit = limit.and_then(|seconds| i64::try_from(seconds).ok());
        let begun = self.record.bridged_at.or(self.record.b.answered_at);
        limit.zip(begun).is_some_and(|(limit, begun)| {
            now.duration_since(begun) > SignedDuration::from_secs(limit).saturating_add(OVER_LIMIT)
        })
    }

    /// Whether its carrier has said that there is nothing to end, long enough after it was asked for the call to know it.
    pub(crate) fn is_said_over(&self, now: Timestamp) -> bool {
        let asked_at = self.holder.as_ref().map(|holder| holder.asked_at);
        self.record.said_over_at.is_some()
            && asked_at.is_some_and(|asked_at| now.duration_since(asked_at) >= NOT_KNOWN_YET)
    }

    /// When the call was closed, as far as somebody says.
    pub(crate) fn closed_at(&self) -> Timestamp {
        let ended = self.record.ended_at.or(self.record.a.ended_at);
        ended.unwrap_or(self.record.created_at)
    }

    /// How often somebody has looked at the call since then and found nothing new.
    pub(crate) fn looks_since(&self, since: Timestamp) -> u32 {
        let looks = self
            .entries
            .iter()
            .filter(|entry| entry.event.kind == Kind::Checked && entry.received_at >= since);
        u32::try_from(looks.count()).unwrap_or(u32::MAX)
    }

    /// The word with which the last account refused the call, and whose fault it is: the call's where any account said so,
    /// as for whoever waited for the answer. None where nobody was asked.
    pub(crate) fn refusal(&self) -> Option<(Class, &'a str)> {
        let refused = || {
            let entries = self.entries.iter();
            entries.filter(|entry| entry.event.kind == Kind::Refused)
        };
        let last = refused().max_by_key(|entry| entry.received_at)?;
        let of_call = refused().any(|entry| entry.event.facts.of_call);
        let class = if of_call { Class::Other } else { Class::Server };
        Some((class, last.event.word.as_deref().unwrap_or("refused")))
    }
}

fn longest_ring(ability: Option<Ability>) -> SignedDuration {
    let longest = ability.and_then(|ability| ability.longest_ring);
    let longest = longest.and_then(|ring| SignedDuration::try_from(ring).ok());
    longest.unwrap_or_default()
}
