//! The description of a carrier that is also written in Rust.

use proptest::prelude::*;
use ringback_carriers::{Capture, Carrier, Headers, Keys, Line, Mapped, Reading, Request, Settings, carrier};

use super::support::{self, life};
use super::{NOW, URL, at, read_with, record, settings};

const E9: &str = include_str!("../../../../infra/carriers/e9.toml");
const CASES: [&str; 5] = ["normal", "a-busy", "b-no-answer", "max-duration", "recording"];

fn captures(code: &str, case: &str) -> Vec<Capture> {
    let requests = life(code, case).into_iter().filter_map(|line| match line {
        Line::Request(capture) => Some(*capture),
        Line::Placed(_) => None,
    });
    requests.collect()
}

#[test]
fn the_described_e9_gives_the_records_of_the_built_in_one() {
    let mapped = Mapped::parse(E9).unwrap();
    for case in CASES {
        assert_eq!(record(&mapped, "e9", case), support::record("e9", case), "{case}");
    }
}

#[test]
fn the_described_e9_gives_the_events_of_the_built_in_one() {
    let (mapped, built_in) = (Mapped::parse(E9).unwrap(), carrier("e9").unwrap());
    for capture in CASES.into_iter().flat_map(|case| captures("e9", case)) {
        let body = capture.body.unwrap();
        for settings in [Settings::default(), settings(&[("countryCode", "44")])] {
            let expected = read_with(built_in, "application/xml", body.as_bytes(), &settings).unwrap();
            assert_eq!(expected.heard.len(), 1);
            assert_eq!(
                read_with(&mapped, "application/xml", body.as_bytes(), &settings),
                Ok(expected)
            );
        }
    }
}

#[test]
fn the_described_e9_trusts_verifies_and_answers_as_the_built_in_one() {
    let (mapped, built_in) = (Mapped::parse(E9).unwrap(), carrier("e9").unwrap());
    assert_eq!((mapped.code(), mapped.name()), (built_in.code(), built_in.name()));
    assert_eq!(mapped.acknowledgement(), built_in.acknowledgement());
    assert_eq!(mapped.again(), built_in.again());
    let notice = captures("e9", "normal").remove(0).body.unwrap();
    let nameless = notice.replace("feff3cbd52c041a1baab0492bee56423", "");
    for settings in [
        Settings::default(),
        settings(&[("appId", "feff3cbd52c041a1baab0492bee56423")]),
        settings(&[("appId", "another")]),
    ] {
        let keys = Keys {
            secrets: &[],
            settings: &settings,
        };
        assert_eq!(mapped.trust(&keys), built_in.trust(&keys));
        for body in [notice.as_str(), &nameless, "", "<req>"] {
            let headers = Headers::default();
            let request = Request {
                method: "POST",
                url: URL,
                headers: &headers,
                body: body.as_bytes(),
            };
            let reason = |carrier: &dyn Carrier| {
                carrier
                    .verify(&request, &keys, at(NOW))
                    .map_err(|error| error.reason())
            };
            assert_eq!(reason(&mapped), reason(built_in), "{body}");
        }
    }
}

/// A notice of e9, right or nearly so.
fn notice() -> impl Strategy<Value = String> {
    let times = || {
        prop::sample::select(vec![
            "",
            "null",
            "20261120170005",
            "20261120170114",
            "2026",
            "soon",
        ])
    };
    let fields = (
        prop::sample::select(vec![
            "CallInvite",
            "CallEstablish",
            "Hangup",
            "VoiceNotify",
            "",
            "null",
        ]),
        prop::sample::select(vec![
            "",
            "<userFlag></userFlag>",
            "<userFlag>0</userFlag>",
            "<userFlag>1</userFlag>",
            "<userFlag>2</userFlag>",
            "<userFlag>null</userFlag>",
        ]),
        prop::sample::select(vec!["00000000000000000000000000000001", "null", ""]),
        prop::sample::select(vec![
            "13912345678",
            "0014155550101",
            "010 123",
            "075512345678",
            "null",
            "10086",
        ]),
        prop::sample::select(vec![
            "sample-normal",
            "order 17",
            "null",
            "",
            "a &amp; b",
            "<![CDATA[order <17>]]>",
        ]),
        times(),
        (times(), times(), times()),
        prop::sample::select(vec!["", "null", "0", "58", "-1", "x"]),
        prop::sample::select(vec!["", "null", "http://d1.33e9cloud.com/a.mp3"]),
        prop::sample::select(vec![
            "", "null", "0", "1", "2", "3", "4", "5", "6", "7", "8", "200", "255", "-1", "x",
        ]),
    );
    fields.prop_map(|(action, flag, call, number, data, created, (a, b, end), duration, url, bye)| {
        let ending = match action {
            "Hangup" => format!(
                "<startTimeA>{a}</startTimeA><startTimeB>{b}</startTimeB><endTime>{end}</endTime>\
                 <duration>{duration}</duration><recordUrl>{url}</recordUrl><byeType>{bye}</byeType>"
            ),
            _ => String::new(),
        };
        format!(
            "<req><action>{action}</action><caller>{number}</caller><called>0014155550102</called>{flag}\
             <callId>{call}</callId><dateCreated>{created}</dateCreated><userData>{data}</userData>{ending}</req>"
        )
    })
}

proptest! {
    #[test]
    fn whatever_e9_sends_the_description_reads_like_the_code(body in notice()) {
        let (mapped, built_in) = (Mapped::parse(E9).unwrap(), carrier("e9").unwrap());
        let settings = Settings::default();
        let expected = read_with(built_in, "text/xml", body.as_bytes(), &settings);
        let described = read_with(&mapped, "text/xml", body.as_bytes(), &settings);
        match expected {
            Ok(expected) => prop_assert_eq!(described, Ok(expected)),
            Err(_) => prop_assert!(described.is_err() || described == Ok(Reading::default())),
        }
    }
}
