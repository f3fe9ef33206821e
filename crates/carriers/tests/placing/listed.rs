//! Calls whose id a carrier never told, in the lists of those that have one.

use jiff::{SignedDuration, Timestamp};
use ringback_carriers::{ABILITIES, Accepted, Answered, CannotAsk, Inquiry, Listing, LookedFor};
use serde_json::{Value, json};

use super::account::{Account, now};
use super::asking::{AGENT, OURS, placed_at, written};

const LOOKED_FOR: &[&str] = &[OURS];

fn wanted() -> LookedFor<'static> {
    LookedFor {
        agent: AGENT,
        shown: LOOKED_FOR,
        asked_at: placed_at(),
    }
}

fn at(seconds: i64) -> Timestamp {
    placed_at() + SignedDuration::from_secs(seconds)
}

/// A call as that carrier lists it, begun so many seconds after it was asked.
fn row(code: &str, id: &str, seconds: i64) -> Value {
    match code {
        "bw" => json!({
            "callId": id, "direction": "outbound", "to": AGENT, "from": OURS, "state": "answered",
            "enqueuedTime": at(seconds).to_string(), "startTime": at(seconds + 1).to_string(),
        }),
        _ => json!({
            "sid": id, "parent_call_sid": null, "direction": "outbound-api", "to": AGENT, "from": OURS,
            "status": "in-progress", "start_time": null,
            "date_created": at(seconds).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
        }),
    }
}

fn listing(code: &str, rows: &[Value]) -> Option<Listing> {
    let body = match code {
        "bw" => json!(rows),
        _ => json!({"calls": rows, "next_page_uri": null}),
    };
    let answer = Answered {
        status: 200,
        body: &serde_json::to_vec(&body).unwrap(),
    };
    Account::sample(code).carrier.listed(&answer).unwrap()
}

/// The ids of the calls that can be it.
fn candidates(code: &str, rows: &[Value]) -> Option<Vec<String>> {
    let candidates = wanted().candidates(listing(code, rows)?)?;
    let id = |ids: Accepted| {
        assert_eq!(ids.carrier_call_id, ids.leg_a);
        ids.leg_a.unwrap()
    };
    Some(candidates.into_iter().map(id).collect())
}

#[test]
fn the_calls_to_the_agent_are_asked_for() {
    let twilio = "https://api.twilio.com/2010-04-01/Accounts/";
    let space = "https://example.signalwire.com/api/laml/2010-04-01/Accounts/";
    let bandwidth = "https://voice.bandwidth.com/api/v2/accounts/";
    for (code, begins, ends) in [
        ("tw", twilio, "/Calls.json?To=%2B14155550101&PageSize=20"),
        ("sw", space, "/Calls.json?To=%2B14155550101&PageSize=20"),
        (
            "bw",
            bandwidth,
            "/calls?to=%2B14155550101&minStartTime=2026-11-20T08%3A59%3A30Z&pageSize=40",
        ),
    ] {
        let account = Account::sample(code);
        let ask = account.carrier.list(&wanted(), &account.keys(), now()).unwrap();
        assert!(
            ask.url.starts_with(begins) && ask.url.ends_with(ends),
            "{}",
            ask.url
        );
        assert!(ask.method == "GET" && written(&ask).contains("\nauthorization: Basic "));
    }
    for ability in ABILITIES
        .iter()
        .filter(|ability| ability.inquiry != Inquiry::Listed)
    {
        if ability.carrier != "ac" {
            let account = Account::sample(ability.carrier);
            let asked = account.carrier.list(&wanted(), &account.keys(), now());
            assert!(matches!(asked, Err(CannotAsk::NoWay)), "{}", ability.carrier);
        }
    }
}

#[test]
fn what_was_called_when_and_as_whom_says_which_calls_can_be_it() {
    for code in ["tw", "sw", "bw"] {
        let mut others = vec![row(code, "early", -31), row(code, "late", 61)];
        for (field, value) in [
            ("to", "+14155550103"),
            ("from", "+14155550199"),
            ("direction", "inbound"),
        ] {
            let mut other = row(code, field, 5);
            other[field] = json!(value);
            others.push(other);
        }
        let mut child = row(code, "child", 5);
        child["parent_call_sid"] = json!("parent");
        child["parentCallId"] = json!("parent");
        others.push(child);
        assert_eq!(candidates(code, &others), Some(Vec::new()), "{code}");
        others.extend([row(code, "first", -30), row(code, "second", 60)]);
        let both = ["first", "second"].map(str::to_owned).to_vec();
        assert_eq!(candidates(code, &others), Some(both), "{code}");
    }
}

#[test]
fn what_a_list_does_not_say_is_not_guessed() {
    for (code, time) in [
        ("tw", "date_created"),
        ("sw", "date_created"),
        ("bw", "enqueuedTime"),
    ] {
        for field in [time, "to", "from"] {
            let mut silent = row(code, "silent", 5);
            silent[field] = Value::Null;
            silent["startTime"] = Value::Null;
            assert_eq!(candidates(code, &[silent]), None, "{code} {field}");
        }
        let account = Account::sample(code);
        let listed = |status, body| account.carrier.listed(&Answered { status, body });
        for status in [404, 429, 500] {
            assert_eq!(listed(status, b"{}").unwrap(), None, "{code}");
        }
        assert!(listed(200, b"no list").is_err(), "{code}");
    }
}

#[test]
fn a_list_that_goes_on_says_enough_only_if_it_goes_back_far_enough() {
    for (oldest, expected) in [(-31, Some(1)), (-30, None)] {
        let rows = [row("tw", "it", 5), row("tw", "older", oldest)];
        let body = json!({"calls": rows, "next_page_uri": "/more"}).to_string();
        let answer = Answered {
            status: 200,
            body: body.as_bytes(),
        };
        let listing = Account::sample("tw").carrier.listed(&answer).unwrap().unwrap();
        assert!(!format!("{listing:?} {:?}", wanted()).contains("415555"));
        let found = wanted().candidates(listing);
        assert_eq!(found.map(|found| found.len()), expected);
    }
    let page: Vec<_> = (0..40).map(|_| row("bw", "it", 90)).collect();
    assert_eq!(candidates("bw", &page), None, "the page is full");
    assert_eq!(candidates("bw", &page[1..]), Some(Vec::new()));
}
