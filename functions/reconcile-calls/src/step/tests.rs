use ringback_calls::{
    Asked, CallEvent, CallId, Entry, EventId, Evidence, Facts, Kind, NewEvent, Number, Placed, When,
    accepted, checked, refused, refused_the_call, said_over, second_leg_accepted, unplaced, unsure,
};
use ringback_calls::{Class, RecordingFacts, TakenOn};
use ringback_carriers::ability_of;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_795_165_200 + seconds)
}

fn call() -> CallId {
    CallId::parse("call-0001").unwrap()
}

/// An account of that carrier.
fn of(carrier: &str) -> Asked<'_> {
    Asked {
        carrier,
        account: "sample-account",
    }
}

/// The events of a call, written down as they come.
struct Story(Vec<Entry>);

impl Story {
    /// A call is decided at nine o'clock: ten minutes at most.
    fn placed() -> Self {
        let number = |text| Number::raw(text).unwrap();
        let placed = Placed {
            a: number("+14155550101"),
            b: number("+14155550102"),
            a_shown: None,
            b_shown: None,
            agent: None,
            main_number: None,
            extension: None,
            business_reference: None,
            business_data: Default::default(),
            line: Some("line-1".to_owned()),
            announcement: None,
            ring_seconds: Some(30),
            limit_seconds: Some(600),
            record: true,
        };
        Self(Vec::new()).own(0, placed.event(at(0)))
    }

    fn own(self, seconds: i64, event: CallEvent) -> Self {
        self.with("own", seconds, event)
    }

    fn with(mut self, carrier: &str, seconds: i64, event: CallEvent) -> Self {
        let new = match carrier {
            "own" => NewEvent::own("t-1", &call(), event, at(seconds)),
            carrier => NewEvent::of_account("t-1", &call(), of(carrier), event, at(seconds)),
        };
        self.0.push(new.entry);
        self
    }

    fn asked(self, carrier: &str, seconds: i64) -> Self {
        self.with(carrier, seconds, of(carrier).event(at(seconds)))
    }

    fn refused(self, carrier: &str, seconds: i64) -> Self {
        self.with(carrier, seconds, refused(of(carrier), "503", at(seconds)))
    }

    fn unsure(self, carrier: &str, seconds: i64) -> Self {
        self.with(carrier, seconds, unsure(of(carrier), at(seconds)))
    }

    fn said_over(self, carrier: &str, seconds: i64) -> Self {
        self.with(carrier, seconds, said_over(of(carrier), at(seconds)))
    }

    fn accepted(self, carrier: &str, seconds: i64) -> Self {
        let told = TakenOn {
            carrier_call_id: Some("call-of-the-carrier"),
            leg_a: Some("leg-a"),
            ..TakenOn::default()
        };
        self.with(carrier, seconds, accepted(of(carrier), told, at(seconds)))
    }

    /// The carrier tells something.
    fn told(self, carrier: &str, seconds: i64, kind: Kind, tell: impl FnOnce(&mut Facts)) -> Self {
        let id = EventId::of(&["told", &seconds.to_string()]);
        let mut event = CallEvent::new(id, kind, Evidence::Event);
        event.at = Some(at(seconds));
        tell(&mut event.facts);
        self.with(carrier, seconds, event)
    }

    fn a_answered(self, carrier: &str, seconds: i64) -> Self {
        self.told(carrier, seconds, Kind::Answered, |facts| {
            facts.a.answered = Some(When::Unreported)
        })
    }

    fn b_requested(self, carrier: &str, seconds: i64) -> Self {
        let id = EventId::of(&["second-leg-requested"]);
        self.with(
            carrier,
            seconds,
            CallEvent::new(id, Kind::SecondLegRequested, Evidence::Own),
        )
    }

    /// What is to be done then, of a call that has waited for as long as it must.
    fn next(&self, seconds: i64) -> Step {
        let situation = Situation::of(&call(), &self.0).unwrap();
        let ability = situation
            .holder
            .as_ref()
            .and_then(|holder| ability_of(holder.carrier));
        next(&situation, ability, at(seconds))
    }

    fn after(&self, answer: Answer, seconds: i64) -> Step {
        let situation = Situation::of(&call(), &self.0).unwrap();
        let ability = ability_of(situation.holder.as_ref().unwrap().carrier).unwrap();
        after(&situation, ability, answer, at(seconds))
    }
}

const HOUR: i64 = 3600;
/// Both ring for half a minute, talk for ten and five are given on top.
const LIFE: i64 = 30 + 30 + 600 + 300;

#[test]
fn who_is_asked_about_an_open_call_and_when_it_is_closed_unasked() {
    let placed = Story::placed;
    let table: [(&str, Story, i64, Step); 28] = [
        (
            "it is younger than two minutes",
            placed().asked("tw", 0),
            119,
            Step::Nothing,
        ),
        (
            "nobody was asked",
            placed(),
            120,
            Step::Unplaced(Unplaced::NotAsked),
        ),
        (
            "all refused",
            placed()
                .asked("tw", 0)
                .refused("tw", 1)
                .asked("vg", 1)
                .refused("vg", 2),
            130,
            Step::Unplaced(Unplaced::Refused(Class::Server, "503".to_owned())),
        ),
        (
            "all refused, the first because of the call itself",
            placed()
                .asked("tw", 0)
                .with("tw", 1, refused_the_call(of("tw"), "21211", at(1)))
                .asked("vg", 1)
                .refused("vg", 2),
            130,
            Step::Unplaced(Unplaced::Refused(Class::Other, "503".to_owned())),
        ),
        (
            "it was closed a moment ago, and the index has not heard of it",
            placed().own(2, unplaced(Class::Server, "503", at(2))),
            3,
            Step::Nothing,
        ),
        (
            "it was closed long ago, and the index has still not heard of it",
            placed().own(2, unplaced(Class::Server, "503", at(2))),
            602,
            Step::LeftBehind,
        ),
        (
            "the same, and somebody has looked since",
            placed()
                .own(2, unplaced(Class::Server, "503", at(2)))
                .own(1002, checked(at(1002))),
            2001,
            Step::Nothing,
        ),
        (
            "one refused, and the next is unsure",
            placed()
                .asked("vx", 0)
                .refused("vx", 1)
                .asked("vg", 1)
                .unsure("vg", 2),
            130,
            Step::Wait,
        ),
        (
            "the carrier's id is known",
            placed().asked("tw", 0).accepted("tw", 1),
            130,
            Step::Ask,
        ),
        (
            "its events told the id",
            placed()
                .asked("tw", 0)
                .unsure("tw", 1)
                .told("tw", 3, Kind::Dialled, |facts| {
                    facts.carrier_call_id = Some("id".to_owned())
                }),
            130,
            Step::Ask,
        ),
        (
            "it refused, and tells of the call",
            placed()
                .asked("tw", 0)
                .refused("tw", 1)
                .told("tw", 3, Kind::Dialled, |facts| {
                    facts.carrier_call_id = Some("id".to_owned())
                }),
            130,
            Step::Ask,
        ),
        (
            "our id is enough",
            placed().asked("vx", 0).unsure("vx", 1),
            130,
            Step::Ask,
        ),
        (
            "its id was never told",
            placed().asked("vg", 0).unsure("vg", 1),
            LIFE - 1,
            Step::Soon,
        ),
        (
            "its id was never told, and it is over",
            placed().asked("vg", 0).unsure("vg", 1),
            LIFE,
            Step::Orphaned,
        ),
        (
            "its id was never told, and its carrier lists its calls",
            placed().asked("tw", 0).unsure("tw", 1),
            130,
            Step::Ask,
        ),
        (
            "its carrier says that there is nothing to end, and can be asked",
            placed().asked("tw", 0).accepted("tw", 1).said_over("tw", 130),
            130,
            Step::Ask,
        ),
        (
            "its carrier says that there is nothing to end, and cannot be asked",
            placed().asked("hw", 0).accepted("hw", 1).said_over("hw", 130),
            130,
            Step::Orphaned,
        ),
        (
            "the same, so early that the carrier may not have known it",
            placed().asked("hw", 0).accepted("hw", 1).said_over("hw", 60),
            119,
            Step::Wait,
        ),
        (
            "no request asks",
            placed().asked("hw", 0).accepted("hw", 1),
            130,
            Step::Wait,
        ),
        (
            "no request asks, and an hour later neither",
            placed().asked("hw", 0).accepted("hw", 1),
            LIFE + HOUR,
            Step::Wait,
        ),
        (
            "Huawei may still tell",
            placed().asked("hw", 0).accepted("hw", 1),
            LIFE + 7 * HOUR - 1,
            Step::Soon,
        ),
        (
            "Huawei tells no more",
            placed().asked("hw", 0).accepted("hw", 1),
            LIFE + 7 * HOUR,
            Step::Orphaned,
        ),
        (
            "the carrier has forgotten it",
            placed().asked("e9", 0).accepted("e9", 1),
            47 * HOUR,
            Step::Orphaned,
        ),
        (
            "the carrier remembers it",
            placed().asked("e9", 0).accepted("e9", 1),
            47 * HOUR - 1,
            Step::Ask,
        ),
        (
            "it places no calls that we know of",
            placed().asked("zz", 0).accepted("zz", 1),
            130,
            Step::Wait,
        ),
        (
            "the agent waits, and nobody can be asked",
            placed()
                .asked("si", 0)
                .unsure("si", 1)
                .a_answered("si", 10)
                .b_requested("si", 11),
            282,
            Step::HangUp,
        ),
        (
            "the agent waits, and the customer's telephone may still ring",
            placed()
                .asked("si", 0)
                .unsure("si", 1)
                .a_answered("si", 10)
                .b_requested("si", 11),
            281,
            Step::Wait,
        ),
        (
            "somebody looked",
            placed()
                .asked("tw", 0)
                .accepted("tw", 1)
                .own(130, checked(at(130))),
            240,
            Step::Nothing,
        ),
    ];
    for (what, story, seconds, expected) in table {
        assert_eq!(story.next(seconds), expected, "{what}");
    }
}

#[test]
fn what_follows_from_the_carriers_answer() {
    let told = || Story::placed().asked("tx", 0).accepted("tx", 1);
    let waits = || told().a_answered("tx", 10);
    let table: [(&str, Story, Answer, i64, Step); 23] = [
        ("it goes on", told(), Answer::Told, 130, Step::Wait),
        (
            "it may not be asked again now",
            told(),
            Answer::NotYet,
            130,
            Step::Soon,
        ),
        ("it does not say", told(), Answer::NotNow, 130, Step::Wait),
        (
            "it says for a day that it goes on",
            told(),
            Answer::Told,
            LIFE + 24 * HOUR - 1,
            Step::Wait,
        ),
        (
            "it says for longer",
            told(),
            Answer::Told,
            LIFE + 24 * HOUR,
            Step::Orphaned,
        ),
        (
            "it has not said for longer",
            told(),
            Answer::NotNow,
            LIFE + 24 * HOUR,
            Step::Orphaned,
        ),
        (
            "it may not know it yet",
            told(),
            Answer::NoSuchCall,
            119,
            Step::Soon,
        ),
        (
            "it does not know it",
            told(),
            Answer::NoSuchCall,
            120,
            Step::Orphaned,
        ),
        (
            "it does not list it yet",
            told(),
            Answer::NotListed,
            299,
            Step::Soon,
        ),
        (
            "it does not list it",
            told(),
            Answer::NotListed,
            300,
            Step::Orphaned,
        ),
        (
            "what it lists may be several calls",
            told(),
            Answer::Unclear,
            LIFE - 1,
            Step::Soon,
        ),
        (
            "what it lists may be several calls, and it is over",
            told(),
            Answer::Unclear,
            LIFE,
            Step::Orphaned,
        ),
        (
            "it does not know what it told of, and has said that there is nothing to end",
            waits().said_over("tx", 125),
            Answer::NoSuchCall,
            125,
            Step::Orphaned,
        ),
        (
            "it has said that there is nothing to end, and that it goes on",
            waits().said_over("tx", 125),
            Answer::Told,
            125,
            Step::Wait,
        ),
        (
            "B was taken on, and the carrier that is asked says that it goes on",
            waits()
                .b_requested("tx", 11)
                .with("tx", 12, second_leg_accepted(of("tx"), "leg-b", at(12))),
            Answer::Told,
            400,
            Step::Wait,
        ),
        (
            "it does not know what it told of",
            waits(),
            Answer::NoSuchCall,
            120,
            Step::Wait,
        ),
        (
            "it does not know what it told of, and it is over",
            waits(),
            Answer::NoSuchCall,
            LIFE,
            Step::Orphaned,
        ),
        (
            "it cannot be asked",
            told(),
            Answer::CannotBeAsked,
            130,
            Step::Wait,
        ),
        (
            "it cannot be asked, and it is over",
            told(),
            Answer::CannotBeAsked,
            LIFE,
            Step::Orphaned,
        ),
        (
            "the agent waits, not yet for long",
            waits().b_requested("tx", 11),
            Answer::Told,
            131,
            Step::Wait,
        ),
        (
            "the agent waits",
            waits().b_requested("tx", 11),
            Answer::Told,
            132,
            Step::HangUp,
        ),
        (
            "nobody even asked for B",
            waits(),
            Answer::Told,
            131,
            Step::HangUp,
        ),
        (
            "B is being called",
            waits()
                .b_requested("tx", 11)
                .told("tx", 12, Kind::Dialled, |facts| {
                    facts.b.dialled = Some(When::Unreported)
                }),
            Answer::Told,
            300,
            Step::Wait,
        ),
    ];
    for (what, story, answer, seconds, expected) in table {
        assert_eq!(story.after(answer, seconds), expected, "{what}");
    }
    let refused = ringback_calls::second_leg_refused(of("tx"), Class::Server, "90015", at(12));
    let refused = waits().b_requested("tx", 11).with("tx", 12, refused);
    assert_eq!(
        refused.after(Answer::Told, 300),
        Step::HangUp,
        "B was refused, and A is still there"
    );
    let announced = waits()
        .b_requested("tx", 11)
        .told("tx", 9, Kind::Progress, |facts| {
            facts.announcement = Some(ringback_calls::Announcement::Text(
                "A customer wants to hear of order 17.".to_owned(),
            ));
        });
    assert_eq!(
        announced.after(Answer::Told, 251),
        Step::Wait,
        "it is played first"
    );
    assert_eq!(announced.after(Answer::Told, 252), Step::HangUp);
    let over = told().told("tx", 20, Kind::Ended, |facts| {
        facts.ended = Some(When::Unreported)
    });
    assert_eq!(over.after(Answer::Told, 300), Step::Nothing);
}

#[test]
fn what_was_told_to_us_unasked_is_closed_when_it_must_be_over() {
    let inbound = Story(Vec::new()).told("tw", 0, Kind::Dialled, |facts| {
        facts.carrier_call_id = Some("id".to_owned());
        facts.ring_seconds = Some(30);
    });
    assert_eq!(inbound.next(600), Step::Wait);
    assert_eq!(inbound.next(4 * HOUR), Step::Soon);
    assert_eq!(inbound.next(4 * HOUR + 360), Step::Orphaned);
}

/// A call that was recorded, ended a minute after nine, and of whose recordings that is known.
fn ended(recordings: &[(&str, Option<RecordingState>)]) -> Story {
    let story = Story::placed().asked("tw", 0).accepted("tw", 1);
    story.told("tw", 60, Kind::Ended, |facts| {
        facts.bridged = Some(When::At(at(30)));
        facts.ended = Some(When::At(at(60)));
        for (id, state) in recordings {
            let facts_of = RecordingFacts {
                state: *state,
                ..RecordingFacts::default()
            };
            facts.recordings.insert((*id).to_owned(), facts_of);
        }
    })
}

#[test]
fn a_recording_is_asked_for_again_ever_more_rarely_and_not_for_ever() {
    let ready = || ended(&[("RE1", Some(RecordingState::Ready))]);
    assert_eq!(ready().next(60 + HOUR - 1), Step::Nothing, "it has an hour");
    let mut story = ready();
    let mut sent = Vec::new();
    for hour in 1..=12 {
        let Step::Recordings(owed) = story.next(60 + hour * HOUR) else {
            panic!("{hour}");
        };
        assert!(owed.more && owed.given_up.is_empty());
        sent.extend(owed.again.iter().map(|_| hour));
        let seconds = 60 + hour * HOUR;
        story = story.own(seconds, checked(at(seconds)));
    }
    assert_eq!(sent, [1, 2, 4, 8]);
    let given_up = |story: Story, seconds| match story.next(seconds) {
        Step::Recordings(owed) => (owed.given_up, owed.again.len(), owed.more),
        step => panic!("{step:?}"),
    };
    let day = 60 + 24 * HOUR;
    assert_eq!(given_up(ready(), day).0, []);
    assert_eq!(
        given_up(ready(), 60 + 7 * 24 * HOUR),
        (vec![("RE1".to_owned(), "overdue")], 0, false)
    );
    let nothing = || ended(&[]);
    assert_eq!(given_up(nothing(), day - 1), (Vec::new(), 0, true));
    assert_eq!(
        given_up(nothing(), day),
        (vec![("unknown".to_owned(), "not-told")], 0, false)
    );
    let running = ended(&[
        ("RE1", Some(RecordingState::Running)),
        ("RE2", Some(RecordingState::Ready)),
    ]);
    assert_eq!(
        given_up(running, day),
        (vec![("RE1".to_owned(), "not-told")], 1, true)
    );
}

#[test]
fn a_limit_beyond_all_times_closes_nothing() {
    let story = Story::placed().asked("hw", 0);
    let story = story.told("hw", 1, Kind::Dialled, |facts| {
        facts.limit_seconds = Some(u64::MAX)
    });
    assert_eq!(story.next(1000), Step::Wait);
}
