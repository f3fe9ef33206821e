//! Carriers that a file describes.

use std::collections::BTreeMap;

use ringback_calls::Announcement;
use ringback_carriers::{
    Accepted, Answered, Ask, CannotAsk, Carrier, HungUp, Inquired, Inquiry, Keys, Mapped, Placing, Settings,
    ability_of,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::account::now;
use super::asking::{LIVES, Sample, body, written};
use super::jiuyun;

const E9: &str = include_str!("../../../../infra/carriers/e9.toml");
const JY: &str = include_str!("../../../../infra/carriers/jy.toml");

/// A request of which the body is JSON, in whatever order its fields are.
fn same(one: &Ask, other: &Ask) {
    let head = |ask: &Ask| written(ask).split("\n\n").next().unwrap().to_owned();
    assert_eq!(head(one), head(other));
    let read = |ask: &Ask| serde_json::from_str::<Value>(body(ask)).unwrap();
    assert_eq!(read(one), read(other));
}

#[test]
fn jiuyun_described_asks_as_jiuyun_does() {
    let (mapped, account) = (Mapped::parse(E9).unwrap(), jiuyun::account());
    for (agent, country, record) in [
        ("+14155550101", "86", true),
        ("+8613912345678", "86", false),
        ("+8675512345678", "", false),
        ("+447700900101", "44", true),
    ] {
        let account = jiuyun::account().with("countryCode", country);
        let mut sample = Sample::of("e9");
        sample.record = record;
        let mut call = sample.new_call();
        (call.agent, call.second.limit_seconds) = (agent, 100_000);
        let ask = |carrier: &dyn Carrier| carrier.place(&call, &account.keys(), now()).unwrap();
        same(&ask(&mapped), &ask(account.carrier));
    }
    let sample = Sample::of("e9");
    let placed = sample.placed(Some(jiuyun::ID));
    let keys = account.keys();
    same(
        &mapped.inquire(&placed, &keys, now()).unwrap()[0],
        &account.carrier.inquire(&placed, &keys, now()).unwrap()[0],
    );
    same(
        &mapped.hang_up(&placed, &keys, now()).unwrap(),
        &account.carrier.hang_up(&placed, &keys, now()).unwrap(),
    );
    let unknown = mapped.inquire(&sample.placed(None), &keys, now()).unwrap_err();
    assert_eq!(unknown, CannotAsk::Unknown("its id of the call"));
    assert_eq!(mapped.longest(100_000), account.carrier.longest(100_000));
}

#[test]
fn jiuyun_described_reads_as_jiuyun_does() {
    let (mapped, account) = (Mapped::parse(E9).unwrap(), jiuyun::account());
    let sample = Sample::of("e9");
    for (status, body, expected) in jiuyun::answers() {
        let answer = answered(status, &body);
        assert_eq!(mapped.placed(&answer), expected, "{status} {body}");
    }
    for (status, body, expected) in jiuyun::hang_ups() {
        assert_eq!(
            mapped.hung_up(&answered(status, &body)),
            expected,
            "{status} {body}"
        );
    }
    let placed = sample.placed(Some(jiuyun::ID));
    for (status, body, expected) in jiuyun::inquiries() {
        let said = mapped.inquired(&placed, 0, &answered(status, &body));
        assert_eq!(said.map_err(drop), expected, "{status} {body}");
    }
    for (case, ..) in LIVES {
        let body = jiuyun::answer(case);
        let placed = sample.placed(None);
        let said = |carrier: &dyn Carrier| carrier.inquired(&placed, 0, &answered(200, &body)).unwrap();
        let told = said(account.carrier);
        assert!(
            matches!(&told, Inquired::Events(events) if events.len() == 1),
            "{case}"
        );
        assert_eq!(said(&mapped), told, "{case}");
    }
}

#[test]
fn jiuyun_described_can_do_what_jiuyun_can() {
    let described = Mapped::parse(E9).unwrap().ability().unwrap();
    let built_in = ability_of("e9").unwrap();
    assert_eq!(
        ringback_carriers::Ability {
            carrier: "e9",
            ..described
        },
        built_in
    );
}

fn answered(status: u16, body: &str) -> Answered<'_> {
    Answered {
        status,
        body: body.as_bytes(),
    }
}

/// A description that places calls in another way than the file's.
fn with(asking: &str) -> String {
    let (before, rest) = JY.split_once("# How it is asked for calls.").unwrap();
    let (_, after) = rest.split_once("[acknowledgement]").unwrap();
    format!("{before}{asking}\n[acknowledgement]{after}")
}

fn settings() -> Settings {
    let pairs = [("appId", "sample app/1"), ("space", "a b")];
    Settings(
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    )
}

fn placing(toml: &str, sample: &Sample) -> Result<Ask, CannotAsk> {
    let (carrier, settings) = (Mapped::parse(toml).unwrap(), settings());
    let secrets = [SecretString::from("sample-secret")];
    let keys = Keys {
        secrets: &secrets,
        settings: &settings,
    };
    carrier.place(&sample.new_call(), &keys, now())
}

const FORM: &str = r#"
[api]
format = "form"
numbers = "digits"
[api.values.sign]
text = "{call}{timestamp}{nonce}"
digest = "hmac"
hash = "sha256"
encoding = "hex-lower"
[api.values.basic]
text = "{secret}"
encoding = "base64"
[api.headers]
authorization = "Basic {basic}"
[place]
method = "PUT"
url = "https://api.example.com:8443/{space}/calls?key={secret}"
call = "$.id"
[place.body]
from = "{agent}"
to = "{customer}"
fromShown = "{agent-shown}"
toShown = "{customer-shown}"
minutes = "{limit-minutes}"
url = "{events-url}"
say = "{announcement-text}"
retries = 0
sign = "{sign}"
"#;

#[test]
fn a_form_is_written_as_one_and_what_the_call_does_not_have_is_left_out() {
    let ask = placing(&with(FORM), &Sample::of("jy")).unwrap();
    assert_eq!(ask.method, "PUT");
    assert_eq!(
        ask.url,
        "https://api.example.com:8443/a%20b/calls?key=sample-secret"
    );
    let head = written(&ask);
    assert!(
        head.contains("content-type: application/x-www-form-urlencoded\n"),
        "{head}"
    );
    assert!(
        head.contains("authorization: Basic c2FtcGxlLXNlY3JldA==\n"),
        "{head}"
    );
    let fields = |ask: &Ask| -> BTreeMap<String, String> {
        form_urlencoded::parse(body(ask).as_bytes())
            .into_owned()
            .collect()
    };
    let plain = fields(&ask);
    assert_eq!(plain["from"], "14155550101");
    assert_eq!(
        (plain["minutes"].as_str(), plain["retries"].as_str()),
        ("60", "0")
    );
    assert_eq!(plain["sign"].len(), 64);
    assert!(!plain.contains_key("say"));
    let said = Announcement::Text("a&b=c".to_owned());
    let ask = placing(&with(FORM), &Sample::of("jy").announcing(said)).unwrap();
    assert_eq!(fields(&ask)["say"], "a&b=c");
    let unfit = Announcement::Url("https://media.example.com/a.mp3".to_owned());
    let problem = placing(&with(FORM), &Sample::of("jy").announcing(unfit)).unwrap_err();
    assert_eq!(problem, CannotAsk::Unfit("an announcement as a URL"));
    let mut recorded = Sample::of("jy");
    recorded.record = true;
    assert_eq!(
        placing(&with(FORM), &recorded).unwrap_err(),
        CannotAsk::Unfit("a recording")
    );
}

#[test]
fn the_assumed_jiya_asks_and_reads() {
    let carrier = Mapped::parse(JY).unwrap();
    let ask = placing(JY, &Sample::of("jy")).unwrap();
    let said: Value = serde_json::from_str(body(&ask)).unwrap();
    assert_eq!(said["maxDuration"], json!(3600), "a number");
    assert_eq!(said["caller"], "0014155550101");
    let accepted = Placing::Accepted(Accepted {
        carrier_call_id: Some("17".to_owned()),
        ..Accepted::default()
    });
    let good = r#"{"code":0,"data":{"callId":17}}"#;
    assert_eq!(carrier.placed(&answered(200, good)), accepted);
    assert_eq!(carrier.placed(&answered(200, r#"{"code":500}"#)), Placing::Unsure);
    let refused = carrier.placed(&answered(200, r#"{"code":"401"}"#));
    assert!(matches!(refused, Placing::Refused(_)));
    let (sample, settings) = (Sample::of("jy"), settings());
    let placed = sample.placed(Some("17"));
    let secrets = [SecretString::from("sample-secret")];
    let keys = Keys {
        secrets: &secrets,
        settings: &settings,
    };
    let asks = carrier.inquire(&placed, &keys, now()).unwrap();
    assert_eq!(
        (asks[0].method, asks[0].url.as_str()),
        ("GET", "https://api.example.com/calls/17")
    );
    let over = r#"{"code":0,"data":{"callId":17,"status":5,"endTime":"2026-11-20 17:01:12","cause":"16"}}"#;
    for (status, body, events) in [
        (200, over, Some(1)),
        (200, r#"{"code":0,"data":{"callId":17,"status":4}}"#, Some(0)),
        (200, r#"{"code":9}"#, None),
    ] {
        let told = match carrier.inquired(&placed, 0, &answered(status, body)).unwrap() {
            Inquired::Events(events) => Some(events.len()),
            _ => None,
        };
        assert_eq!(told, events, "{body}");
    }
    let gone = carrier.inquired(&placed, 0, &answered(404, "")).unwrap();
    assert_eq!(gone, Inquired::NoSuchCall, "of a call's own URL");
    assert_eq!(carrier.hung_up(&answered(200, r#"{"code":0}"#)), HungUp::Done);
    assert_eq!(carrier.ability().unwrap().inquiry, Inquiry::ById);
}

#[test]
fn what_no_header_or_url_may_hold_goes_nowhere() {
    for (secret, space) in [("a\r\nx-evil: 1", "a"), ("ü", "a"), ("a", ".."), ("", "a")] {
        let carrier = Mapped::parse(&with(FORM).replace("{basic}", "{secret}")).unwrap();
        let settings = Settings([("space".to_owned(), space.to_owned())].into());
        let secrets = [SecretString::from(secret)];
        let keys = Keys {
            secrets: &secrets,
            settings: &settings,
        };
        let sample = Sample::of("jy");
        assert!(
            carrier.place(&sample.new_call(), &keys, now()).is_err(),
            "{secret:?} {space}"
        );
    }
}

#[test]
fn a_description_that_places_nothing_can_do_nothing() {
    let carrier = Mapped::parse(&with("")).unwrap();
    assert_eq!(carrier.ability(), None);
    assert_eq!(
        placing(&with(""), &Sample::of("jy")).unwrap_err(),
        CannotAsk::NoWay
    );
}

#[test]
fn a_description_that_cannot_be_used_is_refused_with_the_place() {
    let changed = |from: &str, to: &str| {
        assert!(FORM.contains(from), "{from}");
        FORM.replace(from, to)
    };
    for (text, path) in [
        (
            changed("https://api.example.com:8443/", "http://api.example.com/"),
            "place.url",
        ),
        (
            changed("api.example.com:8443/", "{space}.example.com/"),
            "place.url",
        ),
        (changed("api.example.com:8443/{space}", "{space}"), "place.url"),
        (changed("api.example.com:8443/", "10.0.0.1/"), "place.url"),
        (
            changed("api.example.com:8443/", "a@api.example.com/"),
            "place.url",
        ),
        (changed("\"{agent}\"", "\"{agent\""), "place.body"),
        (changed("\"{agent}\"", "\"{agent-nr}\""), "place.url"),
        (changed("from = \"{agent}\"", ""), "place"),
        (changed("toShown = \"{customer-shown}\"", ""), "place"),
        (changed("minutes = \"{limit-minutes}\"", ""), "place"),
        (changed("{events-url}", "x").replace("{call}", "x"), "place"),
        (changed("retries = 0", "retries = [0]"), "place.body"),
        (changed("\"PUT\"", "\"GET\""), "place.body"),
        (changed("\"PUT\"", "\"HEAD\""), "place.method"),
        (changed("authorization =", "host ="), "api.headers.host"),
        (changed("{call}{timestamp}", "{secret}"), "api.values.sign"),
        (changed("hash = \"sha256\"\n", ""), "api.values.sign"),
        (
            changed("[api.values.basic]", "[api.values.secret]"),
            "api.values.secret",
        ),
        (format!("{FORM}\n[api.answer]\ngood = [\"0\"]"), "api.answer.code"),
        (
            format!("{FORM}\n[api.answer]\ncode = \"$.c\"\ngood = [\"0\"]\nrefused = {{ 0 = \"call\" }}"),
            "api.answer.refused.0",
        ),
        (
            format!("{FORM}\n[hang-up]\nurl = \"https://a.example.com/{{agent-shown}}\""),
            "hang-up.url",
        ),
        (
            format!(
                "{FORM}\n[inquire]\nurl = \"https://a.example.com/\"\nevent = \"$\"\nper-minute = 1\nremembers-hours = 1"
            ),
            "inquire",
        ),
        ("[hang-up]\nurl = \"https://a.example.com/\"".to_owned(), "place"),
    ] {
        let problem = Mapped::parse(&with(&text)).unwrap_err();
        assert_eq!(problem.path, path, "{text}: {problem}");
    }
}
