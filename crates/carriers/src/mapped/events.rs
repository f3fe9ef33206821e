//! What a described carrier's requests say.

use jiff::Timestamp;
use ringback_calls::{
    CallEvent, CallId, Cause, Class, Evidence, Facts, Kind, Leg, LegFacts, Number, RecordingFacts,
    RecordingState, Verdict, When,
};
use serde_json_path::JsonPath;

use crate::content;
use crate::mapped::clock::Clock;
use crate::mapped::document::Item;
use crate::mapped::file::{Close, Event, EventKind, File, LegFields, Meaning, Moment, Recording, Unknown};
use crate::reading::{Heard, Reference, Unreadable};
use crate::settings::Settings;

/// Reads one event with a description.
pub(super) struct Reader<'a> {
    pub(super) file: &'a File,
    pub(super) clock: &'a Clock,
    pub(super) settings: &'a Settings,
    pub(super) item: Item<'a>,
    /// What whoever asked for the event knows of it.
    pub(super) known: Known<'a>,
}

/// What an answer to a question need not say again.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// The carrier's id of the call.
    pub(super) call: Option<&'a str>,
    /// The event's name in the description.
    pub(super) name: Option<&'a str>,
}

impl Reader<'_> {
    /// The event; none if the description does not know its kind.
    pub(super) fn heard(&self) -> Result<Option<Heard>, Unreadable> {
        let fields = &self.file.fields;
        let call = self.item.text(&fields.call)?;
        let call = call.or_else(|| self.known.call.map(str::to_owned));
        let call = call.ok_or_else(|| Unreadable::missing(&fields.call.to_string()))?;
        let Some((name, event)) = self.event()? else {
            return Ok(None);
        };
        let (kind, leg, happened) = match event {
            Some(event) => (event.kind.kind(), event.leg, event.happened.as_slice()),
            None => (Kind::Progress, None, [].as_slice()),
        };
        let at = self.time(fields.at.as_ref())?;
        let data = self.item.maybe(fields.user_data.as_ref())?;
        let own = data.as_deref().and_then(CallId::echoed);
        let reference = self.item.maybe(fields.business_reference.as_ref())?;
        let mut facts = Facts {
            business_reference: reference.or_else(|| data.filter(|_| own.is_none())),
            agent: self.item.maybe(fields.agent.as_ref())?,
            a: self.leg(&fields.a)?,
            b: self.leg(&fields.b)?,
            bridged: self.when(fields.bridged.as_ref())?,
            ended: self.when(fields.ended.as_ref())?,
            ..Facts::default()
        };
        for moment in happened {
            let slot = moment.of(&mut facts);
            *slot = slot.or(Some(When::maybe(at)));
        }
        // Nought seconds of a call that nobody answered are no talk.
        let seconds = self.item.whole(fields.talk_seconds.as_ref())?;
        facts.talk_seconds = seconds.filter(|_| facts.bridged.or(facts.b.answered).is_some());
        facts.verdict = self
            .file
            .close
            .as_ref()
            .map_or(Ok(None), |close| self.verdict(close))?;
        if let Some(recording) = &self.file.recording
            && let Some((id, recording)) = self.recording(recording, &call)?
        {
            facts.recordings.insert(id, recording);
        }
        facts.carrier_call_id = Some(call.clone());
        let evidence = match kind {
            Kind::Cdr => Evidence::Cdr,
            _ => Evidence::Event,
        };
        let event = CallEvent {
            leg,
            at,
            word: Some(name),
            facts,
            ..CallEvent::new(content::id(&self.file.code, self.item.value), kind, evidence)
        };
        let reference = Reference {
            own,
            ..Reference::session(call)
        };
        Ok(Some(Heard::new(reference, event)))
    }

    /// The event's own word, and what the description says of it.
    fn event(&self) -> Result<Option<(String, Option<&Event>)>, Unreadable> {
        let events = &self.file.events;
        let mut words: Vec<_> = self.known.name.map(str::to_owned).into_iter().collect();
        let fields = if words.is_empty() {
            events.fields.as_slice()
        } else {
            &[]
        };
        for path in fields {
            words.extend(self.item.text(path)?);
        }
        let Some(first) = words.first() else {
            return Ok(None);
        };
        let word: String = first.chars().take(100).collect();
        let known = (1..=words.len())
            .rev()
            .find_map(|many| events.map.get(&words.get(..many)?.join(" ")));
        Ok(match (known, events.unknown) {
            (None, Unknown::Ignore) => None,
            (known, _) => Some((word, known)),
        })
    }

    fn time(&self, path: Option<&JsonPath>) -> Result<Option<Timestamp>, Unreadable> {
        Ok(self.item.maybe(path)?.and_then(|text| self.clock.read(&text)))
    }

    fn when(&self, path: Option<&JsonPath>) -> Result<Option<When>, Unreadable> {
        Ok(self.time(path)?.map(When::At))
    }

    fn number(&self, path: Option<&JsonPath>) -> Result<Option<Number>, Unreadable> {
        let code = self
            .settings
            .get("countryCode")
            .or(self.file.country_code.as_deref());
        Ok(self.item.maybe(path)?.and_then(|text| match code {
            Some(code) => Number::national(&text, code),
            None => Number::international(&text),
        }))
    }

    fn leg(&self, fields: &LegFields) -> Result<LegFacts, Unreadable> {
        Ok(LegFacts {
            id: self.item.maybe(fields.id.as_ref())?,
            number: self.number(fields.number.as_ref())?,
            shown: self.number(fields.shown.as_ref())?,
            dialled: self.when(fields.dialled.as_ref())?,
            ringing: self.when(fields.ringing.as_ref())?,
            answered: self.when(fields.answered.as_ref())?,
            ended: self.when(fields.ended.as_ref())?,
            cause: None,
            seconds: self.item.whole(fields.seconds.as_ref())?,
        })
    }

    fn verdict(&self, close: &Close) -> Result<Option<Verdict>, Unreadable> {
        let Some(code) = self.item.text(&close.field)? else {
            return Ok(None);
        };
        let (class, leg) = match close.map.get(&code).copied().unwrap_or(close.default) {
            Meaning::Number(number) => number.0.parts(),
            Meaning::Word(class) => (class, self.close_leg(close, class)?),
        };
        let cause = Cause {
            code: Some(code.chars().take(100).collect()),
            ..Cause::of(class)
        };
        Ok(Some(Verdict { cause, leg }))
    }

    /// Only these depend on the leg.
    fn close_leg(&self, close: &Close, class: Class) -> Result<Option<Leg>, Unreadable> {
        if !matches!(class, Class::Busy | Class::Unreachable) {
            return Ok(None);
        }
        let leg = self.item.maybe(close.leg.as_ref())?;
        Ok(leg.and_then(|leg| close.legs.get(&leg).copied()))
    }

    fn recording(
        &self,
        recording: &Recording,
        call: &str,
    ) -> Result<Option<(String, RecordingFacts)>, Unreadable> {
        let Some(url) = self.item.text(&recording.url)? else {
            return Ok(None);
        };
        let id = self.item.maybe(recording.id.as_ref())?;
        let facts = RecordingFacts {
            state: Some(RecordingState::Ready),
            at_carrier: Some(url),
            format: recording.format.clone(),
            channels: recording.channels,
            seconds: self.item.whole(recording.seconds.as_ref())?,
            started_at: self.time(recording.started.as_ref())?,
            ..RecordingFacts::default()
        };
        Ok(Some((id.unwrap_or_else(|| call.to_owned()), facts)))
    }
}

impl EventKind {
    fn kind(self) -> Kind {
        match self {
            Self::Dialled => Kind::Dialled,
            Self::Ringing => Kind::Ringing,
            Self::Answered => Kind::Answered,
            Self::Bridged => Kind::Bridged,
            Self::Ended => Kind::Ended,
            Self::Cdr => Kind::Cdr,
            Self::Recording => Kind::Recording,
            Self::Progress => Kind::Progress,
        }
    }
}

impl Moment {
    /// The fact that the moment is.
    fn of(self, facts: &mut Facts) -> &mut Option<When> {
        match self {
            Self::ADialled => &mut facts.a.dialled,
            Self::ARinging => &mut facts.a.ringing,
            Self::AAnswered => &mut facts.a.answered,
            Self::AEnded => &mut facts.a.ended,
            Self::BDialled => &mut facts.b.dialled,
            Self::BRinging => &mut facts.b.ringing,
            Self::BAnswered => &mut facts.b.answered,
            Self::BEnded => &mut facts.b.ended,
            Self::Bridged => &mut facts.bridged,
            Self::Ended => &mut facts.ended,
        }
    }
}
