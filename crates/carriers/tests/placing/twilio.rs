//! Twilio.

use std::collections::BTreeMap;

use ringback_calls::{Announcement, Class, CloseCause, Evidence, State, fold};
use ringback_carriers::{Accepted, CannotAsk, Fault, HungUp, Inquired, Placing, Refusing};
use serde_json::{Value, json};

use super::account::Account;
use super::asking::{
    LIVES, Lived, Sample, agrees, body, events, hang_up, hung_up, inquire, inquired, placed_at, placing,
    record_of, written,
};
use super::support::lives::at;
use super::support::requests::{entry, post};

const ACCOUNT: &str = "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001";
const BASIC: &str = "QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpzYW1wbGUtYXV0aC10b2tlbg==";
const A: &str = "CA00000000000000000000000000000001";
const B: &str = "CA00000000000000000000000000000002";

fn account() -> Account {
    Account::sample("tw")
}

/// The fields of a form, each with its values.
pub(crate) fn fields(form: &str) -> BTreeMap<String, Vec<String>> {
    let mut fields = BTreeMap::<_, Vec<_>>::new();
    for (name, value) in form_urlencoded::parse(form.as_bytes()) {
        fields
            .entry(name.into_owned())
            .or_default()
            .push(value.into_owned());
    }
    fields
}

/// A leg as the API has it.
fn leg(id: &str, parent: Option<&str>, lived: &Lived, status: &str) -> Value {
    let time = |time: &str| format!("Fri, 20 Nov 2026 {time} +0000");
    let (to, direction) = match parent {
        None => ("+14155550101", "outbound-api"),
        Some(_) => ("+14155550102", "outbound-dial"),
    };
    json!({
        "sid": id, "parent_call_sid": parent, "status": status, "direction": direction, "to": to,
        "from": "+14155550100", "start_time": time(lived.dialled), "end_time": time(lived.ended),
        "duration": lived.seconds().to_string(), "price": null, "price_unit": "USD", "queue_time": "0",
        "answered_by": null,
    })
}

/// What the two requests of an inquiry are answered with after a sample life. The carrier's language has other ids elsewhere.
pub(crate) fn answers([a_id, b_id]: [&str; 2], case: &str, a: &Lived, b: Option<&Lived>) -> [String; 2] {
    let status = |answered: bool| match case {
        "a-busy" => "busy",
        _ if answered => "completed",
        _ => "no-answer",
    };
    let first = leg(a_id, None, a, status(a.answered.is_some()));
    let second: Vec<_> = b
        .map(|b| leg(b_id, Some(a_id), b, status(b.answered.is_some())))
        .into_iter()
        .collect();
    let page = json!({"calls": second, "page": 0, "next_page_uri": null});
    [first.to_string(), page.to_string()]
}

#[test]
fn a_call_is_placed_with_the_document_that_dials_the_customer() {
    let sample = Sample::of("tw").announcing(Announcement::Text("Order <17> & \"more\"".to_owned()));
    let ask = sample.place(&account()).unwrap();
    let text = written(&ask);
    let head = format!(
        "POST {ACCOUNT}/Calls.json\ncontent-type: application/x-www-form-urlencoded\nauthorization: Basic {BASIC}\n\n"
    );
    assert!(text.starts_with(&head), "{text}");
    let fields = fields(body(&ask));
    let url = sample.events_url.as_str();
    for (name, values) in [
        ("To", &["+14155550101"][..]),
        ("From", &["+14155550100"]),
        ("Timeout", &["30"]),
        // The ring, an announcement and the conversation.
        ("TimeLimit", &["3750"]),
        ("StatusCallback", &[url]),
        ("StatusCallbackMethod", &["POST"]),
        (
            "StatusCallbackEvent",
            &["initiated", "ringing", "answered", "completed"],
        ),
    ] {
        assert_eq!(fields[name], values, "{name}");
    }
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say>Order &lt;17&gt; &amp; &quot;more&quot;</Say>\
         <Dial callerId=\"+14155550100\" answerOnBridge=\"true\" timeout=\"30\" timeLimit=\"3600\" action=\"{url}\">\
         <Number statusCallback=\"{url}\" statusCallbackEvent=\"initiated ringing answered completed\">+14155550102\
         </Number></Dial></Response>"
    );
    assert_eq!(fields["Twiml"], [document]);
    assert_eq!(fields.len(), 8);
    let url = Announcement::Url("https://media.example.com/a?b=1&c=2".to_owned());
    let played = Sample::of("tw").announcing(url).place(&account()).unwrap();
    let played = &fields_of(&played)["Twiml"][0];
    assert!(
        played.contains("<Response><Play>https://media.example.com/a?b=1&amp;c=2</Play><Dial "),
        "{played}"
    );
}

fn fields_of(ask: &ringback_carriers::Ask) -> BTreeMap<String, Vec<String>> {
    fields(body(ask))
}

#[test]
fn no_document_is_longer_than_it_may_be_and_no_call() {
    let text = |length| Sample::of("tw").announcing(Announcement::Text("ä".repeat(length)));
    let empty = fields_of(&text(0).place(&account()).unwrap())["Twiml"][0]
        .chars()
        .count();
    // `<Say/>` becomes `<Say></Say>`.
    let room = 4000 - empty - 5;
    assert_eq!(
        fields_of(&text(room).place(&account()).unwrap())["Twiml"][0]
            .chars()
            .count(),
        4000
    );
    let refused = text(room + 1).place(&account()).unwrap_err();
    assert_eq!(
        refused,
        CannotAsk::Unfit("a document of more than 4000 characters")
    );
    for (limit, whole) in [(14_300, "14400"), (14_400, "14400"), (20_000, "20000")] {
        let sample = Sample::of("tw");
        let mut call = sample.new_call();
        call.second.limit_seconds = limit;
        let account = account();
        let ask = account
            .carrier
            .place(&call, &account.keys(), placed_at())
            .unwrap();
        assert_eq!(fields_of(&ask)["TimeLimit"], [whole]);
    }
}

#[test]
fn calls_are_placed_in_the_region_of_the_account_and_nowhere_else() {
    let at = |host: &str| Sample::of("tw").place(&account().with("apiHost", host));
    let dublin = at("api.dublin.ie1.twilio.com").unwrap().url;
    assert!(
        dublin.starts_with("https://api.dublin.ie1.twilio.com/2010-04-01/Accounts/AC"),
        "{dublin}"
    );
    for other in [
        "api.example.com",
        "api.twilio.com.example.com",
        "api.twilio.com@example.com",
        "example.com/api.twilio.com",
        "example.com?api.twilio.com",
        "api.twilio.com:8080",
        "api.twilio.com/..",
    ] {
        let wrong = CannotAsk::Wrong {
            what: "apiHost",
            problem: "is no host of Twilio's API",
        };
        assert_eq!(at(other).unwrap_err(), wrong, "{other}");
    }
    let mut bare = account();
    bare.settings.0.clear();
    assert_eq!(
        Sample::of("tw").place(&bare).unwrap_err(),
        CannotAsk::Missing("accountSid")
    );
}

#[test]
fn an_answer_says_who_takes_the_call_and_whose_fault_it_is() {
    let accepted = Placing::Accepted(Accepted {
        carrier_call_id: Some(A.to_owned()),
        leg_a: Some(A.to_owned()),
        control: None,
    });
    let queued = json!({"sid": A, "status": "queued", "direction": "outbound-api"}).to_string();
    assert_eq!(placing(&account(), 201, &queued), accepted);
    let error = |code: u32| json!({"code": code, "message": "no", "status": 400}).to_string();
    for (status, body, fault, word) in [
        (400, error(21211), Fault::Call, "21211"),
        (400, error(21215), Fault::Call, "21215"),
        (400, error(21210), Fault::Account, "21210"),
        (400, error(10004), Fault::Carrier, "10004"),
        (400, error(99999), Fault::Call, "99999"),
        (401, error(20003), Fault::Account, "20003"),
        (404, error(20404), Fault::Account, "20404"),
        (404, String::new(), Fault::Account, "404"),
        (429, error(20429), Fault::Carrier, "20429"),
        (429, "<html>".to_owned(), Fault::Carrier, "429"),
    ] {
        let refused = Placing::Refused(Refusing::new(fault, word));
        assert_eq!(placing(&account(), status, &body), refused, "{status} {body}");
    }
    for (status, body) in [
        (201, "{}".to_owned()),
        (200, "no JSON".to_owned()),
        (201, r#"{"sid": ""}"#.to_owned()),
        // It was begun already.
        (400, error(21204)),
        (408, error(21211)),
        (500, error(20500)),
        (503, String::new()),
        (302, String::new()),
    ] {
        assert_eq!(
            placing(&account(), status, &body),
            Placing::Unsure,
            "{status} {body}"
        );
    }
}

#[test]
fn an_inquiry_asks_for_both_legs_and_a_command_ends_the_call() {
    let (sample, account) = (Sample::of("tw"), account());
    let placed = sample.placed(Some(A));
    let asks: Vec<_> = inquire(&account, &placed).unwrap().iter().map(written).collect();
    assert_eq!(
        asks,
        [
            format!("GET {ACCOUNT}/Calls/{A}.json\nauthorization: Basic {BASIC}"),
            format!("GET {ACCOUNT}/Calls.json?ParentCallSid={A}\nauthorization: Basic {BASIC}"),
        ]
    );
    assert_eq!(
        written(&hang_up(&account, &placed).unwrap()),
        format!(
            "POST {ACCOUNT}/Calls/{A}.json\ncontent-type: application/x-www-form-urlencoded\n\
             authorization: Basic {BASIC}\n\nStatus=completed"
        )
    );
    let unknown = CannotAsk::Unknown("its id of the call");
    let placed = sample.placed(None);
    assert_eq!(inquire(&account, &placed).unwrap_err(), unknown);
    assert_eq!(hang_up(&account, &placed).unwrap_err(), unknown);
    let not_in_progress = json!({"code": 21220, "message": "no", "status": 400}).to_string();
    for (status, body, expected) in [
        (200, "{}", HungUp::Done),
        (400, not_in_progress.as_str(), HungUp::Over),
        (404, "", HungUp::Over),
        (400, r#"{"code": 20001}"#, HungUp::Refused),
        (401, "", HungUp::Refused),
        (500, "", HungUp::Unsure),
    ] {
        assert_eq!(hung_up(&account, status, body), expected, "{status} {body}");
    }
}

#[test]
fn a_call_of_which_only_an_inquiry_tells_has_the_record_that_its_events_would_give() {
    for (case, limit, a, b) in LIVES {
        let sample = Sample::of("tw");
        let mut placed = sample.placed(Some(A));
        placed.limit_seconds = Some(limit);
        let [first, second] = answers([A, B], case, &a, b.as_ref());
        let record = record_of(&account(), &placed, &[&first, &second]);
        agrees("tw", case, &record);
        assert_eq!(record.a.dialled_at, at(a.dialled));
        assert_eq!(record.b.dialled_at, b.and_then(|b| at(b.dialled)));
    }
}

#[test]
fn the_start_of_a_call_may_be_its_answer() {
    let (_, _, a, _) = LIVES[0];
    let mut first = leg(A, None, &a, "completed");
    first["start_time"] = json!("Fri, 20 Nov 2026 09:00:05 +0000");
    let sample = Sample::of("tw");
    let events = events(&account(), &sample.placed(Some(A)), &[&first.to_string()]);
    let leg = &events[0].facts.a;
    assert_eq!((leg.dialled, leg.seconds), (None, Some(67)));
    assert!(leg.answered.is_some() && events[0].evidence == Evidence::Cdr);
}

#[test]
fn a_call_that_goes_on_is_told_once_for_each_of_its_states() {
    let sample = Sample::of("tw");
    let placed = sample.placed(Some(A));
    let now = |status: &str, since: Value| {
        let first = json!({"sid": A, "status": status, "direction": "outbound-api", "start_time": since,
            "end_time": null, "duration": "7", "to": "+14155550101", "from": "+14155550100"});
        let events = events(&account(), &placed, &[&first.to_string(), r#"{"calls": []}"#]);
        let [event] = events.as_slice() else {
            panic!("{events:?}")
        };
        event.clone()
    };
    let since = || json!("Fri, 20 Nov 2026 09:00:00 +0000");
    let states = [
        now("queued", Value::Null),
        now("ringing", since()),
        now("in-progress", since()),
    ];
    let entries = states
        .iter()
        .rev()
        .map(|event| entry("tw", placed_at(), event.clone()));
    let entries: Vec<_> = entries.collect();
    let record = fold(&sample.call, &entries).unwrap();
    assert_eq!(record.state, State::Init);
    assert_eq!(record.carrier_state.as_deref(), Some("in-progress"));
    assert_eq!((record.version, record.a.ended_at), (3, None));
    assert_eq!(now("ringing", since()).id, states[1].id);
    assert!(states.iter().all(|event| event.evidence == Evidence::Event));
    // A word that nobody knows is no end while the call has none.
    assert!(now("parked", since()).facts.a.ended.is_none());
}

#[test]
fn why_a_leg_failed_is_what_its_callback_said_where_there_was_one() {
    let lived = Lived {
        dialled: "09:00:06",
        answered: None,
        ended: "09:00:36",
    };
    let (_, _, a, _) = LIVES[2];
    let first = leg(A, None, &a, "completed").to_string();
    let second = json!({"calls": [leg(B, Some(A), &lived, "failed")]}).to_string();
    let sample = Sample::of("tw");
    let placed = sample.placed(Some(A));
    let record = record_of(&account(), &placed, &[&first, &second]);
    assert_eq!(record.close_cause, Some(CloseCause::BUnreachable));
    let form = format!(
        "CallSid={B}&ParentCallSid={A}&CallStatus=failed&CallDuration=0&SipResponseCode=503&SequenceNumber=2\
         &Direction=outbound-dial&To=%2B14155550102&Timestamp=Fri%2C+20+Nov+2026+09%3A00%3A36+%2B0000"
    );
    let told = post(
        "tw",
        &sample.events_url,
        "application/x-www-form-urlencoded",
        form.as_bytes(),
    );
    let told = told.unwrap().heard.remove(0).event;
    let all = events(&account(), &placed, &[&first, &second])
        .into_iter()
        .chain([told]);
    let all: Vec<_> = all.map(|event| entry("tw", placed_at(), event)).collect();
    let record = fold(&sample.call, &all).unwrap();
    assert_eq!(record.close_cause, Some(CloseCause::NetworkError));
    assert_eq!(record.b.cause.unwrap().class, Class::Network);
}

#[test]
fn nothing_is_made_of_an_answer_about_another_call() {
    let sample = Sample::of("tw");
    let placed = sample.placed(Some(A));
    let (_, _, a, _) = LIVES[0];
    let other = leg(B, None, &a, "completed").to_string();
    let asked = |which, status, body: &str| inquired(&account(), &placed, which, status, body);
    assert!(asked(0, 200, &other).is_err());
    assert!(asked(0, 200, "{}").is_err());
    assert!(asked(0, 200, "no JSON +14155550101").is_err_and(|error| !error.to_string().contains("0101")));
    let page = json!({"calls": [leg("CA3", Some(B), &a, "completed"), leg("CA4", None, &a, "completed")]});
    assert_eq!(asked(1, 200, &page.to_string()), Ok(Inquired::NoSuchCall));
    for (which, status, expected) in [
        (0, 404, Inquired::NoSuchCall),
        (1, 404, Inquired::NoSuchCall),
        (0, 429, Inquired::NotNow),
        (1, 500, Inquired::NotNow),
        (0, 401, Inquired::NotNow),
    ] {
        assert_eq!(asked(which, status, ""), Ok(expected), "{which} {status}");
    }
}
