//! What is known of a call that nobody has closed: who has it, since when, and how long it can last.

use jiff::{SignedDuration, Timestamp};
use ringback_accounts::AMAZON_CONNECT;
use ringback_calls::{
    CallId, CallRecord, Class, Entry, Kind, LONGEST, Number, Placed, RING, fold, heard_of_second_leg,
};
use ringback_carriers::{PlacedCall, Second};

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

/// How long an announcement may take before that: Twilio is given as much for it.
const ANNOUNCEMENT: SignedDuration = SignedDuration::from_mins(2);

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

/// The carrier account that has a call.
#[derive(Debug)]
pub(crate) struct Holder<'a> {
    /// The carrier's code.
    pub(crate) carrier: &'a str,
    /// The account's slug.
    pub(crate) account: &'a str,
    /// When it was asked for the call.
    pub(crate) asked_at: Timestamp,
    /// The call as this account and we ourselves tell it.
    pub(crate) view: CallRecord,
    /// The URL that the carrier gave for commands.
    control: Option<&'a str>,
    /// Whether the carrier itself has told anything of the call.
    pub(crate) told: bool,
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
    /// and for as long as the carrier says again what was not heard.
    pub(crate) fn ends_by(&self) -> Timestamp {
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
            AGENT_RING,
            seconds(self.record.ring_seconds, RING),
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
    /// bring about, and it was refused, or nobody has said a word of it for two minutes and an announcement.
    pub(crate) fn agent_waits_in_vain(&self, second: Second, now: Timestamp) -> bool {
        let Some(holder) = &self.holder else { return false };
        let Some(answered_at) = holder.view.a.answered_at else {
            return false;
        };
        let of_kind = |kind: Kind| self.entries.iter().find(move |entry| entry.event.kind == kind);
        let requested = of_kind(Kind::SecondLegRequested);
        if second == Second::Placed && requested.is_none() {
            return false;
        }
        let since = requested.map_or(answered_at, |entry| entry.received_at);
        let refused = of_kind(Kind::SecondLegRefused).is_some();
        // Where the legs are calls of their own, nobody else ends the agent's when the customer's has ended.
        let left = second == Second::Command && holder.view.a.ended_at.is_none();
        if let Some(ended_at) = holder.view.b.ended_at.filter(|_| left) {
            return now.duration_since(ended_at) > SECOND_LEG;
        }
        let silent = !heard_of_second_leg(&holder.view, self.entries);
        let announced = self
            .entries
            .iter()
            .any(|entry| entry.event.facts.announcement.is_some());
        let patience = SECOND_LEG
            + if announced {
                ANNOUNCEMENT
            } else {
                SignedDuration::ZERO
            };
        (refused || silent) && now.duration_since(since) > patience
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

impl<'a> Holder<'a> {
    fn of(call: &CallId, entries: &'a [Entry]) -> Option<Self> {
        let of_same = |asked: &Entry| {
            let (carrier, account) = (asked.carrier.clone(), asked.account.clone());
            // The records of Amazon Connect's contacts are filed under the instance.
            move |entry: &&Entry| {
                entry.carrier == carrier && (entry.account == account || carrier == AMAZON_CONNECT)
            }
        };
        let told = |asked: &Entry| {
            let mut same = entries.iter().filter(of_same(asked));
            same.any(|entry| !entry.event.kind.is_ours())
        };
        // An account that refused and tells of the call all the same has it.
        let has_it = |asked: &&Entry| {
            let mut same = entries.iter().filter(of_same(asked));
            !same.any(|entry| entry.event.kind == Kind::Refused) || told(asked)
        };
        let asked = entries.iter().filter(|entry| entry.event.kind == Kind::Asked);
        let last = asked.filter(has_it).max_by_key(|asked| asked.received_at)?;
        let same = of_same(last);
        let seen = entries
            .iter()
            .filter(|entry| entry.carrier == "own" || same(entry));
        let mut controls = entries.iter().filter(of_same(last));
        Some(Self {
            carrier: &last.carrier,
            account: &last.account,
            asked_at: last.event.at.unwrap_or(last.received_at),
            view: fold(call, seen)?,
            control: controls.find_map(|entry| entry.event.facts.control.as_deref()),
            told: told(last),
        })
    }

    /// The call as its carrier is asked about it.
    pub(crate) fn placed_call(&self) -> PlacedCall<'_> {
        let view = &self.view;
        PlacedCall {
            call: &view.id,
            carrier_call_id: view.carrier_call_id.as_deref(),
            leg_a: view.a.id.as_deref(),
            leg_b: view.b.id.as_deref(),
            control: self.control,
            agent: view.a.number.as_ref().map(Number::as_str),
            customer: view.b.number.as_ref().map(Number::as_str),
            placed_at: self.asked_at,
            limit_seconds: view.limit_seconds,
        }
    }
}
