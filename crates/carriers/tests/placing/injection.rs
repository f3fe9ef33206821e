//! Whatever stands in a number, a text, a URL or an id, it stays in its place: what is made of it has the shape that it has
//! for harmless ones, and the same value in the same places.

use proptest::prelude::*;
use ringback_calls::{Announcement, CallId};
use ringback_carriers::{
    Ask, CARRIERS, CannotAsk, Carrier, Keys, Mapped, NewCall, PlacedCall, SecondLeg, Settings,
};
use secrecy::SecretString;

use super::account::{Account, now};
use super::asking::{CALL, placed_at};
use super::comparing::{Comparing, Sent};

/// What may be anything.
#[derive(Debug, Clone)]
struct Given {
    agent: String,
    agent_shown: String,
    customer: String,
    customer_shown: String,
    text: String,
    audio: String,
    events: String,
    user: String,
    password: String,
    id: String,
}

impl Given {
    fn harmless() -> Self {
        Self {
            agent: "+14155550101".into(),
            agent_shown: "+14155550103".into(),
            customer: "+14155550102".into(),
            customer_shown: "+14155550104".into(),
            text: "harmless words".into(),
            audio: "https://media.example.com/harmless.mp3".into(),
            events: "https://calls.example.com/harmless/events".into(),
            user: "harmless-user".into(),
            password: "harmless-password".into(),
            id: "harmless-id".into(),
        }
    }

    /// Each harmless value, and what stands there instead. Carriers write numbers with and without the `+`.
    fn swaps(&self) -> Vec<(String, String)> {
        let digits = |number: &str| number.strip_prefix('+').unwrap().to_owned();
        let of = |given: &Self| {
            [
                digits(&given.agent),
                digits(&given.agent_shown),
                digits(&given.customer),
                digits(&given.customer_shown),
                given.text.clone(),
                given.audio.clone(),
                given.events.clone(),
                given.user.clone(),
                given.password.clone(),
                given.id.clone(),
            ]
        };
        of(&Self::harmless()).into_iter().zip(of(self)).collect()
    }
}

fn second<'a>(
    given: &'a Given,
    announcement: Option<&'a Announcement>,
    credential: &'a str,
    record: bool,
) -> SecondLeg<'a> {
    SecondLeg {
        number: &given.customer,
        shown: &given.customer_shown,
        ring_seconds: 30,
        limit_seconds: 3600,
        record,
        announcement,
        events_url: &given.events,
        credential: Some(credential),
    }
}

/// What a call may have beside the rest: nought for no announcement, one for a text.
#[derive(Debug, Clone, Copy, Default)]
struct Extras {
    announced: usize,
    record: bool,
}

fn extras() -> impl Strategy<Value = Extras> {
    (0_usize..3, any::<bool>()).prop_map(|(announced, record)| Extras { announced, record })
}

/// Everything that a carrier is sent for a call: requests, and the document of an answer.
fn sent(
    carrier: &dyn Carrier,
    keys: &Keys<'_>,
    given: &Given,
    extras: Extras,
) -> Vec<Result<Sent, CannotAsk>> {
    let call = CallId::parse(CALL).unwrap();
    let announcement = match extras.announced {
        0 => None,
        1 => Some(Announcement::Text(given.text.clone())),
        _ => Some(Announcement::Url(given.audio.clone())),
    };
    let credential = format!("{}:{}", given.user, given.password);
    let second = second(given, announcement.as_ref(), &credential, extras.record);
    let new = NewCall {
        call: &call,
        agent: &given.agent,
        agent_shown: &given.agent_shown,
        agent_ring_seconds: 30,
        second,
    };
    let control = "https://media.voximplant.com/request";
    let placed = PlacedCall {
        call: &call,
        carrier_call_id: Some(&given.id),
        leg_a: Some(&given.id),
        leg_b: Some(&given.id),
        control: Some(control),
        agent: Some(&given.agent),
        customer: Some(&given.customer),
        placed_at: placed_at(),
        limit_seconds: Some(3600),
    };
    let mut all = vec![
        carrier.place(&new, keys, now()),
        carrier.second_leg(&new, &given.id, keys, now()),
        carrier.hang_up(&placed, keys, now()),
    ];
    match carrier.inquire(&placed, keys, now()) {
        Ok(asks) => all.extend(asks.into_iter().map(Ok)),
        Err(problem) => all.push(Err(problem)),
    }
    let mut all: Vec<_> = all.into_iter().map(|ask| ask.map(Sent::Ask)).collect();
    if let Some(document) = carrier.connect(&second) {
        all.push(Ok(Sent::Document(document.body)));
    }
    all
}

/// An account with all that placing takes.
fn account(code: &str) -> Account {
    let account = Account::sample(code);
    match code {
        "tx" => account.with("connectionId", "1000000000000000001"),
        "e9" => account.with("appId", "sample-app"),
        "vx" => account.with("ruleId", "1001"),
        "bw" => account.with("applicationId", "00000000-0000-4000-8000-0000000000aa"),
        "si" => {
            let mut account = account;
            account.secrets = vec![SecretString::from("sample-key:c2FtcGxlLXNlY3JldA==")];
            account
        }
        _ => account,
    }
}

/// Parts that mean something somewhere: in XML, JSON, forms, URLs, headers, templates.
fn odd() -> impl Strategy<Value = String> {
    let parts = [
        "\"",
        "'",
        "<",
        ">",
        "&",
        "&amp;",
        "]]>",
        "<!--",
        "{",
        "}",
        "{agent}",
        "\\",
        "\\u0022",
        "\n",
        "\r\nX: 1",
        "=",
        "&To=%2B19005550199",
        "%22",
        "%2e%2e",
        "..",
        "/",
        "+",
        ";",
        ",",
        "#",
        "?",
        "@",
        ":",
        " ",
        "\t",
        "\u{0}",
        "\u{7f}",
        "${x}",
        "\u{2028}",
        "\u{fffe}",
        "é",
        "</Dial><Dial>+19005550199",
        "\",\"to\":\"+19005550199",
        "</Response>",
        "<?xml?>",
        "*",
        "|",
        "`",
    ];
    let part = prop_oneof![3 => prop::sample::select(parts.to_vec()).prop_map(str::to_owned), 1 => ".{0,6}"];
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

fn given() -> impl Strategy<Value = Given> {
    // One value or two are odd, so that one which is refused does not hide the others.
    (
        prop::collection::vec(any::<prop::sample::Index>(), 1..3),
        odd(),
        odd(),
    )
        .prop_map(|(which, one, other)| {
            let mut given = Given::harmless();
            for (which, odd) in which.iter().zip([one, other]) {
                let (number, url) = (format!("+1{odd}"), |host: &str| {
                    format!("https://{host}.example.com/{odd}")
                });
                match which.index(10) {
                    0 => given.agent = number,
                    1 => given.agent_shown = number,
                    2 => given.customer = number,
                    3 => given.customer_shown = number,
                    4 => given.text = odd,
                    5 => given.audio = url("media"),
                    6 => given.events = url("calls"),
                    7 => given.user = format!("u{}", odd.replace(':', "")),
                    8 => given.password = format!("p{odd}"),
                    _ => given.id = format!("i{odd}"),
                }
            }
            given
        })
}

fn stays_in_its_place(
    carrier: &dyn Carrier,
    keys: &Keys<'_>,
    given: &Given,
    extras: Extras,
) -> Result<(), String> {
    let harmless = sent(carrier, keys, &Given::harmless(), extras);
    let odd = sent(carrier, keys, given, extras);
    let swaps = given.swaps();
    let comparing = Comparing { swaps: &swaps };
    // The requests of an inquiry may be refused together, in the place of the first.
    for (harmless, odd) in harmless.iter().zip(&odd) {
        if let (Ok(harmless), Ok(odd)) = (harmless, odd) {
            comparing
                .sent(harmless, odd)
                .map_err(|problem| format!("{}: {problem}", carrier.code()))?;
        }
    }
    Ok(())
}

/// Descriptions of both forms, JSON and not.
const DESCRIBED: [&str; 2] = [
    include_str!("../../../../infra/carriers/jy.toml"),
    include_str!("../../../../infra/carriers/e9.toml"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_value_leaves_its_place_at_any_carrier(given in given(), extras in extras()) {
        for carrier in CARRIERS {
            let account = account(carrier.code());
            let kept = stays_in_its_place(*carrier, &account.keys(), &given, extras);
            prop_assert!(kept.is_ok(), "{}", kept.unwrap_err());
        }
    }

    #[test]
    fn no_value_leaves_its_place_at_a_described_carrier(given in given(), form in any::<bool>()) {
        for toml in DESCRIBED {
            let toml = if form && toml.contains("format = \"json\"            # confirm: or form") {
                toml.replace("format = \"json\"            # confirm: or form", "format = \"form\"")
            } else {
                toml.to_owned()
            };
            let carrier = Mapped::parse(&toml).unwrap();
            let pairs = [("accountSid", "sample-sid"), ("appId", "sample-app")];
            let settings = Settings(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
            let secrets = [SecretString::from("sample-secret")];
            let keys = Keys { secrets: &secrets, settings: &settings };
            let kept = stays_in_its_place(&carrier, &keys, &given, Extras::default());
            prop_assert!(kept.is_ok(), "{}", kept.unwrap_err());
        }
    }
}

#[test]
fn every_carrier_that_can_place_calls_takes_the_harmless_one() {
    for carrier in CARRIERS {
        let account = account(carrier.code());
        let all = sent(*carrier, &account.keys(), &Given::harmless(), Extras::default());
        assert_eq!(carrier.ability().is_some(), all[0].is_ok(), "{}", carrier.code());
        assert!(
            !all.iter().any(|sent| matches!(sent, Err(CannotAsk::Missing(_)))),
            "{}",
            carrier.code()
        );
    }
}

#[test]
fn a_value_that_leaves_its_place_is_seen() {
    const NUMBER: &str = "14155550102";
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    for (path, content_type, body, odd) in [
        ("NUMBER", json, "{}", "1/2"),
        ("NUMBER", json, "{}", "1?x=1"),
        ("x?to=NUMBER", json, "{}", "1&x=1"),
        ("x?to=NUMBER", json, "{}", "1+2"),
        ("x", json, r#"{"to":"NUMBER"}"#, r#"1","x":"1"#),
        ("x", json, r#"{"to":"NUMBER"}"#, "1\\u0022"),
        ("x", json, r#"{"document":"<a b='NUMBER'/>"}"#, "1'/><c d='"),
        ("x", json, r#"{"document":"<a>NUMBER</a>"}"#, "1<c/>"),
        ("x", form, "to=NUMBER", "1&to=2"),
        ("x", form, "to=NUMBER", "1%22"),
    ] {
        let ask = |number: &str| {
            Sent::Ask(Ask {
                method: "POST",
                url: format!("https://api.example.com/{}", path.replace("NUMBER", number)),
                headers: vec![("content-type", SecretString::from(content_type))],
                body: Some(SecretString::from(body.replace("NUMBER", number))),
            })
        };
        let swaps = [(NUMBER.to_owned(), odd.to_owned())];
        let seen = Comparing { swaps: &swaps }.sent(&ask(NUMBER), &ask(odd));
        assert!(seen.is_err(), "{path} {body} {odd}");
    }
}
