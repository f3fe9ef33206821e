//! Whom a carrier is told to put A through to, and when nobody.

use ringback_accounts::Slug;
use ringback_calls::{CallId, Kind, Number};
use ringback_local::sample_accounts::SampleAccount;
use ringback_local::simulated_carriers::Life;
use ringback_tests::{Exchange, Post, written};
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";

/// The customer's number, however a document writes it.
const CUSTOMER: &str = "14155550102";

/// A call whose carrier asks: its question, and what it then tells of B.
struct Asking {
    what: &'static str,
    life: Life,
    question: Post,
    of_b: Vec<Post>,
}

/// A life's requests that have that in them.
fn having(exchange: &Exchange, life: &Life, text: &str) -> Vec<Post> {
    let mut requests = exchange.requests(life).unwrap();
    requests.retain(|request| String::from_utf8_lossy(&request.body).contains(text));
    assert!(!requests.is_empty(), "{}: {text}", life.carrier);
    requests
}

fn fields_of(body: &[u8], name: &str) -> String {
    let pairs = std::str::from_utf8(body).unwrap().split('&');
    let mut found = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.next().unwrap().to_owned()
}

/// What carriers like Twilio ask with.
fn form_question(session: &str) -> String {
    written(&[
        ("CallSid", session),
        ("CallStatus", "in-progress"),
        ("Direction", "outbound-api"),
        ("From", "+14155550100"),
        ("To", "+14155550101"),
    ])
}

fn asking(exchange: &Exchange, what: &'static str) -> Asking {
    let carrier = &what[..2];
    let mut life = exchange.life(carrier, "normal").unwrap();
    let rest = format!("calls/{}/events", life.call);
    let request = |content_type: &str, body: String| exchange.request(carrier, &rest, content_type, body);
    let (question, of_b) = match what {
        "tw" | "sw" => {
            let of_b = having(exchange, &life, "ParentCallSid");
            let session = fields_of(&of_b[0].body, "ParentCallSid");
            (request(FORM, form_question(&session)), of_b)
        }
        "tx TeXML" => {
            let step = |status: &str, sequence: &str| {
                let second = [
                    ("CallSid", "v3:second"),
                    ("ParentCallSid", "v3:first"),
                    ("CallStatus", status),
                    ("CallbackSource", "call-progress-events"),
                    ("SequenceNumber", sequence),
                    ("Timestamp", "2026-11-20T09:00:06Z"),
                    ("From", "+14155550100"),
                    ("To", "+14155550102"),
                ];
                request(FORM, written(&second))
            };
            let steps = ["initiated", "ringing", "in-progress", "completed"];
            let of_b = steps.iter().zip(["0", "1", "2", "3"]);
            let of_b = of_b.map(|(status, sequence)| step(status, sequence)).collect();
            life.requests.truncate(1);
            (request(FORM, form_question("v3:first")), of_b)
        }
        "vg" => {
            let of_b = having(exchange, &life, r#""to":"14155550102""#);
            let said: Value =
                serde_json::from_slice(&having(exchange, &life, "14155550101")[0].body).unwrap();
            let body = json!({
                "from": said["from"], "to": said["to"], "uuid": said["uuid"],
                "conversation_uuid": said["conversation_uuid"], "region_url": "https://api-eu.vonage.com",
            });
            (request("application/json", body.to_string()), of_b)
        }
        "pl" => {
            let question = having(exchange, &life, "Event=StartApp").remove(0);
            (question, having(exchange, &life, "DialAction="))
        }
        "bw" => {
            let question = having(exchange, &life, r#""eventType":"answer""#).remove(0);
            let mut of_b = having(exchange, &life, r#""eventType":"transfer"#);
            of_b.truncate(2);
            (question, of_b)
        }
        _ => panic!("{what}"),
    };
    Asking {
        what,
        life,
        question,
        of_b,
    }
}

const ALL: [&str; 6] = ["tw", "sw", "tx TeXML", "vg", "pl", "bw"];

async fn ask(exchange: &Exchange, question: &Post) -> String {
    let signed = exchange.signed(question.clone()).unwrap();
    let answer = exchange.post(&signed).await.unwrap();
    assert!((200..300).contains(&answer.status), "{answer:?}");
    answer.body
}

async fn change(exchange: &Exchange, carrier: &str, change: impl Fn(&mut ringback_accounts::Account)) {
    let slug = Slug::parse(&format!("sample-account-{carrier}")).unwrap();
    let changed = exchange.accounts.change(&slug, |account| {
        change(account);
        Ok(())
    });
    changed.await.unwrap();
}

#[tokio::test]
async fn while_b_rings_talks_or_has_gone_nobody_is_told_to_ring_them_again() {
    let exchange = Exchange::start().await.unwrap();
    for what in ALL {
        let Asking {
            what,
            life,
            question,
            of_b,
        } = asking(&exchange, what);
        exchange.place(&life).await.unwrap();
        let document = ask(&exchange, &question).await;
        assert!(document.contains(CUSTOMER), "{what}: {document}");
        assert_eq!(
            ask(&exchange, &question).await,
            document,
            "{what}: nobody rings yet"
        );
        assert!(of_b.len() > 1, "{what}");
        for (number, step) in of_b.into_iter().enumerate() {
            assert!((200..300).contains(&exchange.send(step).await.unwrap()), "{what}");
            let answer = ask(&exchange, &question).await;
            assert!(!answer.contains(CUSTOMER), "{what}, step {number}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_a_carrier_tells_of_a_number_that_is_not_the_agents_may_be_the_customer() {
    let exchange = Exchange::start().await.unwrap();
    let Asking { life, question, .. } = asking(&exchange, "vg");
    exchange.place(&life).await.unwrap();
    let mut other = having(&exchange, &life, r#""to":"14155550102""#).remove(0);
    let body = String::from_utf8(other.body).unwrap();
    other.body = body
        .replace("14155550102", "sip:customer@example.com")
        .into_bytes();
    assert!((200..300).contains(&exchange.send(other).await.unwrap()));
    assert!(!ask(&exchange, &question).await.contains(CUSTOMER));
}

#[tokio::test]
async fn only_an_account_that_was_asked_for_the_call_is_told_whom_to_ring() {
    let exchange = Exchange::start().await.unwrap();
    for what in ALL {
        let Asking { life, question, .. } = asking(&exchange, what);
        exchange.decide(&life.call, &life.placed).await.unwrap();
        // Another carrier was asked, and another account of this one.
        let (carrier, slug) = (life.carrier.as_str(), life.account().to_owned());
        exchange.ask(&life.call, "xx", &slug).await.unwrap();
        exchange
            .ask(&life.call, carrier, "another-account")
            .await
            .unwrap();
        assert!(!ask(&exchange, &question).await.contains(CUSTOMER), "{what}");
        exchange.ask(&life.call, carrier, &slug).await.unwrap();
        assert!(ask(&exchange, &question).await.contains(CUSTOMER), "{what}");
    }
    let metrics = exchange.metrics.text();
    assert!(metrics.contains(r#""Outcome":"withheld""#) && metrics.contains(r#""Reason":"not-asked""#));
}

#[tokio::test]
async fn a_request_of_one_call_that_is_sent_to_anothers_url_gets_no_document() {
    let exchange = Exchange::start().await.unwrap();
    for what in ["tx TeXML", "vg"] {
        let Asking { life, question, .. } = asking(&exchange, what);
        exchange.place(&life).await.unwrap();
        assert!(ask(&exchange, &question).await.contains(CUSTOMER), "{what}");
        let mut replayed = question.clone();
        let body = String::from_utf8(replayed.body).unwrap();
        let body = body.replace("first", "other").replace("CON-", "CON-other-");
        assert_ne!(body.as_bytes(), question.body, "{what}");
        replayed.body = body.into_bytes();
        assert!(!ask(&exchange, &replayed).await.contains(CUSTOMER), "{what}");
    }
    assert!(exchange.metrics.text().contains(r#""Reason":"another-call""#));
}

#[tokio::test]
async fn an_account_calls_only_its_prefixes_and_shows_only_its_numbers() {
    type Spoil = fn(&mut ringback_accounts::Account);
    let spoils: [(&str, Spoil); 4] = [
        ("prefix", |account| account.prefixes = vec!["+44".to_owned()]),
        ("prefix", |account| account.prefixes.clear()),
        ("shown-number", |account| account.numbers.clear()),
        ("shown-number", |account| {
            account.numbers = Number::raw("+14155550109").into_iter().collect();
        }),
    ];
    for (reason, spoil) in spoils {
        let exchange = Exchange::start().await.unwrap();
        for what in ["tw", "vg"] {
            let Asking { life, question, .. } = asking(&exchange, what);
            change(&exchange, &life.carrier, spoil).await;
            exchange.place(&life).await.unwrap();
            let answer = ask(&exchange, &question).await;
            assert!(!answer.contains(CUSTOMER), "{what}, {reason}: {answer}");
            let events = exchange.events(life.call.as_str()).await.unwrap();
            let requested = |entry: &ringback_calls::Entry| entry.event.kind == Kind::SecondLegRequested;
            assert!(!events.iter().any(requested), "{what}, {reason}");
        }
        let counted = format!(r#""Reason":"{reason}""#);
        assert!(exchange.metrics.text().contains(&counted), "{reason}");
    }
}

#[tokio::test]
async fn a_number_that_nobody_said_is_one_of_the_accounts() {
    let exchange = Exchange::start().await.unwrap();
    let Asking {
        mut life, question, ..
    } = asking(&exchange, "tw");
    (life.placed.b_shown, life.placed.a_shown) = (None, None);
    life.placed.main_number = Number::raw("+14155550188");
    exchange.place(&life).await.unwrap();
    let document = ask(&exchange, &question).await;
    assert!(
        document.contains("+14155550100") && !document.contains("+14155550188"),
        "{document}"
    );
}

#[tokio::test]
async fn the_limit_of_the_record_is_the_one_that_the_carrier_was_given() {
    let exchange = Exchange::start().await.unwrap();
    for (what, wished, given) in [
        ("tw", None, 4 * 3600),
        ("tw", Some(3600), 3600),
        ("vg", None, 7200),
        ("vg", Some(10_000), 7200),
        ("vg", Some(60), 60),
        ("tx TeXML", Some(100_000), 14_400),
        ("tx TeXML", Some(30), 60),
    ] {
        let mut asking = asking(&exchange, what);
        let name = format!("{}-{}", asking.life.call, wished.unwrap_or(0));
        asking.question.path = asking.question.path.replace(asking.life.call.as_str(), &name);
        asking.life.call = CallId::parse(&name).unwrap();
        asking.life.placed.limit_seconds = wished;
        exchange.place(&asking.life).await.unwrap();
        let document = ask(&exchange, &asking.question).await;
        assert!(
            document.contains(&given.to_string()),
            "{what}, {wished:?}: {document}"
        );
        let record = exchange.record(&name).await.unwrap().unwrap();
        assert_eq!(record.limit_seconds, Some(given), "{what}, {wished:?}");
    }
}

#[tokio::test]
async fn a_signature_that_does_not_cover_the_body_gets_no_document() {
    let exchange = Exchange::start().await.unwrap();
    let Asking { life, question, .. } = asking(&exchange, "pl");
    change(&exchange, "pl", |account| {
        account.settings.0.insert("allowV2".to_owned(), "true".to_owned());
    })
    .await;
    exchange.place(&life).await.unwrap();
    let account = SampleAccount::of("pl").unwrap();
    let signed = exchange.signed_with(question, account.signs_with).unwrap();
    let answer = exchange.post(&signed).await.unwrap();
    assert!(
        answer.status == 200 && !answer.body.contains(CUSTOMER),
        "{answer:?}"
    );
    assert!(exchange.metrics.text().contains(r#""Reason":"not-proven""#));
}
