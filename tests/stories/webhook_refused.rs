//! What is not taken: tampered, old, forged, too large, unreadable, or of a call that nobody placed.

use ringback_accounts::Slug;
use ringback_calls::CallId;
use ringback_local::sample_accounts::{SAMPLE_ACCOUNTS, SampleAccount};
use ringback_tests::{Exchange, Post, written};
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A request of each carrier that signs, as its sample life begins, to the sample account's call.
fn signed(exchange: &Exchange, carrier: &str) -> Post {
    let life = exchange.life(carrier, "normal").unwrap();
    let first = exchange.requests(&life).unwrap().remove(0);
    exchange.signed(first).unwrap()
}

async fn place_all(exchange: &Exchange) {
    for carrier in SAMPLE_ACCOUNTS.map(|account| account.carrier) {
        let life = exchange.life(carrier, "normal").unwrap();
        exchange.place(&life).await.unwrap();
    }
}

fn signing() -> impl Iterator<Item = &'static str> {
    let codes = SAMPLE_ACCOUNTS.map(|account| account.carrier);
    codes.into_iter().filter(|carrier| *carrier != "e9")
}

/// Whether a carrier's signature covers the body, the URL and a time.
fn covers(carrier: &str) -> (bool, bool, bool) {
    match carrier {
        "tw" | "sw" | "pl" => (true, true, false),
        "tx" | "vx" | "vg" => (true, false, true),
        // Its digest is over the URL and a time; numbers in the body are hints.
        "hw" => (false, true, true),
        "si" => (true, true, true),
        // A password, over TLS.
        "bw" => (false, false, false),
        _ => panic!("{carrier}"),
    }
}

#[tokio::test]
async fn what_was_tampered_with_on_the_way_is_refused() {
    let exchange = Exchange::start().await.unwrap();
    place_all(&exchange).await;
    for carrier in signing() {
        let (body, url, _) = covers(carrier);
        let good = signed(&exchange, carrier);
        assert!(
            (200..300).contains(&exchange.post(&good).await.unwrap().status),
            "{carrier}"
        );

        let mut changed = good.clone();
        // Something that is read as the same, so that only the signature can tell.
        let more: &[u8] = if changed.content_type == FORM {
            b"&Another=field"
        } else {
            b"\n"
        };
        changed.body.extend(more);
        let status = exchange.post(&changed).await.unwrap().status;
        assert_eq!(status == 401, body, "{carrier}: another body, {status}");

        let mut changed = good.clone();
        changed.path = changed.path.replace("/calls/call-", "/calls/call_");
        let status = exchange.post(&changed).await.unwrap().status;
        assert_eq!(status == 401, url, "{carrier}: another URL, {status}");

        let mut changed = good.clone();
        changed.path += "?another=query";
        let status = exchange.post(&changed).await.unwrap().status;
        // A query is signed by those who sign the URL whole; of all others it is refused, and never just dropped.
        assert!(matches!(status, 400 | 401), "{carrier}: a query, {status}");
    }
}

#[tokio::test]
async fn an_old_request_is_refused_where_its_time_is_signed_and_changes_nothing_elsewhere() {
    let exchange = Exchange::start().await.unwrap();
    place_all(&exchange).await;
    for carrier in signing() {
        let (_, _, time) = covers(carrier);
        let request = signed(&exchange, carrier);
        let life = exchange.life(carrier, "normal").unwrap();
        assert!(
            (200..300).contains(&exchange.post(&request).await.unwrap().status),
            "{carrier}"
        );
        let record = exchange.record(life.call.as_str()).await.unwrap().unwrap();
        let now = exchange.now();
        for (seconds, old) in [(0, false), (120, false), (24 * 3600, true), (-24 * 3600, true)] {
            exchange.set_now(now);
            exchange.pass(seconds);
            let status = exchange.post(&request).await.unwrap().status;
            assert_eq!(
                status == 401,
                old && time,
                "{carrier}: after {seconds} s, {status}"
            );
            let after = exchange.record(life.call.as_str()).await.unwrap().unwrap();
            assert_eq!((&after, after.version), (&record, record.version), "{carrier}");
        }
        exchange.set_now(now);
    }
}

#[tokio::test]
async fn whoever_knows_no_secret_learns_nothing() {
    let exchange = Exchange::start().await.unwrap();
    place_all(&exchange).await;
    let mut answers = Vec::new();
    for carrier in signing() {
        let good = signed(&exchange, carrier);
        // Another account's secret.
        let secret = match carrier {
            "tx" => "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
            "hw" => "sample-app-key-hw:another",
            "bw" => "sample-user:another",
            "si" => "00000000-0000-4000-8000-000000000009:YW5vdGhlcg==",
            _ => "another",
        };
        let forged = exchange.signed_with(good.clone(), secret).unwrap();
        answers.push(exchange.post(&forged).await.unwrap());
        // No signature.
        let mut bare = good.clone();
        bare.headers.clear();
        answers.push(exchange.post(&bare).await.unwrap());
        // An account that there is not, one of another carrier, a slug that is none.
        for account in ["nobodys-account", "sample-account-xx", "-", ".."] {
            let mut wrong = good.clone();
            wrong.path = wrong.path.replace(&format!("sample-account-{carrier}"), account);
            answers.push(exchange.post(&wrong).await.unwrap());
        }
        let mut wrong = good.clone();
        let other = if carrier == "tw" { "sw" } else { "tw" };
        wrong.path = wrong
            .path
            .replace(&format!("/carriers/{carrier}/"), &format!("/carriers/{other}/"));
        answers.push(exchange.post(&wrong).await.unwrap());
    }
    let expected = answers[0].clone();
    assert_eq!(
        (expected.status, expected.body.as_str()),
        (401, r#"{"message":"Unauthorized"}"#)
    );
    let different = answers
        .iter()
        .find(|answer| answer.status != 404 && **answer != expected);
    assert_eq!(different, None, "all of them look the same");
    // A client resolves `..` before it asks, so those ask for another path.
    assert!(answers.iter().filter(|answer| answer.status == 404).count() <= 9);
}

#[tokio::test]
async fn a_signature_that_is_repeated_joined_or_endless_is_none() {
    let exchange = Exchange::start().await.unwrap();
    place_all(&exchange).await;
    for carrier in signing() {
        let good = signed(&exchange, carrier);
        for (at, (name, value)) in good.headers.iter().enumerate() {
            // Plivo itself sends several signatures in one header, and Huawei's realm says nothing.
            if (carrier == "pl" && name == "x-plivo-signature-v3")
                || (carrier == "hw" && name == "authorization")
            {
                continue;
            }
            let mut repeated = good.clone();
            repeated.headers.insert(at, (name.clone(), value.clone()));
            let mut joined = good.clone();
            joined.headers[at].1 = format!("{value},{value}");
            let mut endless = good.clone();
            endless.headers[at].1 = format!("{value}{}", "A".repeat(9000));
            let mut empty = good.clone();
            empty.headers[at].1 = String::new();
            for (what, request) in [
                ("repeated", repeated),
                ("joined", joined),
                ("endless", endless),
                ("empty", empty),
            ] {
                let status = exchange.post(&request).await.unwrap().status;
                assert_eq!(status, 401, "{carrier}: {name} {what}");
            }
        }
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_and_kept_for_an_engineer() {
    let exchange = Exchange::start().await.unwrap();
    // With an application to compare, what names none is refused before it is read.
    exchange.without_setting("e9", "appId").await.unwrap();
    place_all(&exchange).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE req [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><req><action>Hangup</action><callId>&b;</callId></req>"#;
    let file = r#"<!DOCTYPE req [<!ENTITY x SYSTEM "file:///etc/passwd">]><req><action>&x;</action></req>"#;
    let cases: [(&str, &str, &[u8], u16); 15] = [
        ("tx", JSON, b"{\"data\":{\"event_type\":\"call.hangup\"", 400),
        ("tx", JSON, b"", 400),
        ("tx", JSON, b"{\"data\":\"\xff\xfe\"}", 400),
        ("tx", JSON, deep.as_bytes(), 400),
        ("vg", JSON, b"[1, 2", 400),
        ("bw", JSON, b"not json", 400),
        ("si", JSON, b"{\"event\":", 400),
        ("vx", JSON, deep.as_bytes(), 400),
        ("e9", "application/xml", b"<req><action>Hangup", 400),
        ("e9", "application/xml", bomb.as_bytes(), 400),
        ("e9", "application/xml", file.as_bytes(), 400),
        ("hw", JSON, b"{\"eventType\":\"fee\",\"feeLst\":[{", 400),
        ("hw", JSON, b"{\"eventType\":\"fee\xff\xfe\"}", 400),
        ("hw", JSON, deep.as_bytes(), 400),
        ("hw", JSON, b"{\"eventType\":\"fee\",\"feeLst\":7}", 400),
    ];
    for (number, (carrier, content_type, body, status)) in cases.into_iter().enumerate() {
        let request = exchange.request(
            carrier,
            &format!("calls/call-{carrier}-normal/events"),
            content_type,
            body,
        );
        let answer = exchange.post(&exchange.signed(request).unwrap()).await.unwrap();
        assert_eq!(
            answer.status,
            status,
            "{carrier}: {} {answer:?}",
            String::from_utf8_lossy(&body[..body.len().min(60)])
        );
        assert!(
            !answer.body.contains("aaaaaaaaaa") && !answer.body.contains("root:"),
            "{answer:?}"
        );
        let letters = exchange.stack.dead_letters.letters();
        assert_eq!(letters.len(), number + 1, "{carrier}");
        assert_eq!(letters[number].origin, carrier);
        let event = exchange.events(&format!("call-{carrier}-normal")).await.unwrap();
        assert_eq!(event.len(), 2, "{carrier}: nothing but that we placed it");
    }
    let wrong_type = exchange.request("tx", "events", "text/plain", "{}");
    assert_eq!(exchange.send(wrong_type).await.unwrap(), 415);
    // Twilio signs the fields of a form, and of bytes that are no form there are none.
    let no_form = exchange.request("tw", "events", FORM, "CallSid=CA1&From=%ff%fe");
    assert_eq!(exchange.send(no_form).await.unwrap(), 401);
    assert_eq!(exchange.stack.dead_letters.letters().len(), 16);
}

#[tokio::test]
async fn a_form_that_is_broken_is_refused_unless_its_fields_are_signed_and_then_says_nothing() {
    let exchange = Exchange::start().await.unwrap();
    place_all(&exchange).await;
    let foreign = signed(&exchange, "pl").headers;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes();
    for (what, content_type, body) in [
        ("cut off", FORM, b"CallUUID=c-1&CallStatus=ring&From=%2".to_vec()),
        ("not UTF-8, escaped", FORM, b"CallUUID=c-1&From=%ff%fe".to_vec()),
        ("not UTF-8", FORM, b"CallUUID=\xff\xfe".to_vec()),
        ("deep", FORM, deep.clone()),
        ("another type", JSON, deep),
        ("no type", "", b"CallUUID=c-1".to_vec()),
    ] {
        let mut request = exchange.request("pl", "calls/call-pl-normal/events", content_type, body);
        if let Ok(signed) = exchange.signed(request.clone()) {
            let status = exchange.post(&signed).await.unwrap().status;
            assert!((200..500).contains(&status), "{what}: {status}");
        }
        request.headers.clone_from(&foreign);
        assert_eq!(exchange.post(&request).await.unwrap().status, 401, "{what}");
    }
    let record = exchange.record("call-pl-normal").await.unwrap().unwrap();
    assert_eq!((record.a.answered_at, record.ended_at), (None, None));
}

#[tokio::test]
async fn what_cannot_be_read_and_cannot_be_kept_comes_again() {
    let exchange = Exchange::start().await.unwrap();
    let broken = exchange.request("tx", "events", JSON, "{");
    exchange.stack.dead_letters.set_down(true);
    assert_eq!(exchange.send(broken.clone()).await.unwrap(), 503);
    exchange.stack.dead_letters.set_down(false);
    assert_eq!(exchange.send(broken).await.unwrap(), 400);
}

#[tokio::test]
async fn a_body_over_one_megabyte_is_refused_before_it_is_read() {
    let exchange = Exchange::start().await.unwrap();
    for (bytes, status) in [(1024 * 1024 + 1, 413), (9 * 1024 * 1024, 413)] {
        let request = exchange.request("tx", "events", JSON, vec![b' '; bytes]);
        assert_eq!(exchange.send(request).await.unwrap(), status);
    }
    let fits = [b"{\"data\":{}}".to_vec(), vec![b' '; 1024 * 1024 - 11]].concat();
    let status = exchange
        .send(exchange.request("tx", "events", JSON, fits))
        .await
        .unwrap();
    assert_ne!(status, 413);
}

#[tokio::test]
async fn a_word_that_nobody_knows_is_kept() {
    let exchange = Exchange::start().await.unwrap();
    let fields = [
        ("CallSid", "CA00000000000000000000000000000001"),
        ("CallStatus", "teleported"),
        ("Direction", "outbound-api"),
        ("CallDuration", "7"),
        ("SequenceNumber", "9"),
    ];
    let post = exchange.twilio("calls/our-call-1/events", &fields).unwrap();
    assert_eq!(exchange.post(&post).await.unwrap().status, 200);
    let record = exchange.record("our-call-1").await.unwrap().unwrap();
    assert_eq!(
        record.close_cause.map(ringback_calls::CloseCause::number),
        Some(255)
    );
    assert_eq!(record.carrier_state.as_deref(), Some("teleported"));
}

#[tokio::test]
async fn a_carrier_that_signs_nothing_is_believed_only_about_calls_that_we_placed() {
    let exchange = Exchange::start().await.unwrap();
    for carrier in ["e9", "hw"] {
        let life = exchange.life(carrier, "normal").unwrap();
        let first = exchange.requests(&life).unwrap().remove(0);
        assert_eq!(exchange.send(first.clone()).await.unwrap(), 404, "{carrier}");
        assert_eq!(
            exchange.events(life.call.as_str()).await.unwrap(),
            [],
            "{carrier}"
        );
        exchange.place(&life).await.unwrap();
        assert_eq!(exchange.send(first).await.unwrap(), 200, "{carrier}");
        assert_eq!(
            exchange.events(life.call.as_str()).await.unwrap().len(),
            3,
            "{carrier}"
        );
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_none_are_refused() {
    let exchange = Exchange::start().await.unwrap();
    let good = exchange.twilio("events", &[("CallSid", "CA1")]).unwrap();
    for path in [
        "/carriers/tw/sample-account-tw",
        "/carriers/tw/sample-account-tw/events/",
        "/carriers/tw/sample%2Daccount%2Dtw/events",
        "/carriers/tw/sample-account-tw/calls/x/events",
        "/carriers/tw/sample-account-tw/calls/our-call-1/../events",
    ] {
        let mut other = good.clone();
        path.clone_into(&mut other.path);
        let status = exchange.post(&other).await.unwrap().status;
        assert!(matches!(status, 404 | 401), "{path}: {status}");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let mut other = good.clone();
        method.clone_into(&mut other.method);
        assert_eq!(exchange.post(&other).await.unwrap().status, 405, "{method}");
    }
    // A GET has all it says in the query, which Twilio signs.
    let mut get = exchange.request("tw", "events", "", "");
    get.method = "GET".to_owned();
    get.path += &format!(
        "?{}",
        written(&[
            ("CallSid", "CA1"),
            ("CallStatus", "ringing"),
            ("Direction", "outbound-api")
        ])
    );
    assert_eq!(exchange.send(get).await.unwrap(), 200);
}

#[tokio::test]
async fn only_addresses_of_the_carrier_may_post() {
    let exchange = Exchange::start().await.unwrap();
    let slug = Slug::parse("sample-account-e9").unwrap();
    let life = exchange.life("e9", "normal").unwrap();
    exchange.place(&life).await.unwrap();
    let nets = |exchange: &Exchange, net: &str| {
        let (accounts, net) = (exchange.accounts.clone(), net.parse().unwrap());
        let slug = slug.clone();
        async move {
            let changed = accounts.change(&slug, |account| {
                account.allowed_ips = vec![net];
                Ok(())
            });
            changed.await.unwrap();
        }
    };
    nets(&exchange, "192.0.2.0/24").await;
    let first = exchange.requests(&life).unwrap().remove(0);
    let answer = exchange.post(&first).await.unwrap();
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (401, r#"{"message":"Unauthorized"}"#)
    );
    // The change is heard of within a minute: another instance has it now.
    nets(&exchange, "127.0.0.0/8").await;
    let app = exchange
        .stack
        .carrier_webhook(&[], ringback_lambda::emf_sink(exchange.metrics.clone()))
        .await
        .unwrap();
    let here = Exchange::of(exchange.stack, app, exchange.metrics).await.unwrap();
    assert_eq!(here.post(&first).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_header_that_the_carrier_does_not_sign_makes_no_event() {
    let exchange = Exchange::start().await.unwrap();
    let fields = [
        ("CallSid", "CA00000000000000000000000000000001"),
        ("CallStatus", "ringing"),
        ("Direction", "outbound-api"),
        ("SequenceNumber", "1"),
    ];
    for token in ["token-1", "token-2"] {
        let mut post = exchange.twilio("calls/our-call-1/events", &fields).unwrap();
        post.headers
            .push(("i-twilio-idempotency-token".to_owned(), token.to_owned()));
        assert_eq!(exchange.post(&post).await.unwrap().status, 200);
    }
    assert_eq!(exchange.events("our-call-1").await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_guesses_slugs_reads_little_and_disturbs_nobody() {
    let exchange = Exchange::start().await.unwrap();
    let good = exchange
        .twilio(
            "calls/our-call-1/events",
            &[("CallSid", "CA1"), ("CallStatus", "ringing")],
        )
        .unwrap();
    assert_eq!(exchange.post(&good).await.unwrap().status, 200);
    exchange.operations();
    let mut statuses = std::collections::BTreeMap::new();
    for number in 0..300 {
        let mut guess = good.clone();
        guess.path = format!("/carriers/tw/guessed-slug-{number:013}/events");
        *statuses
            .entry(exchange.post(&guess).await.unwrap().status)
            .or_insert(0) += 1;
    }
    let reads: u32 = exchange.operations().iter().map(|(_, count)| count).sum();
    assert!((100..=130).contains(&reads), "{reads} reads");
    // What is not looked up might be genuine, so it is put off and not refused.
    assert_eq!(statuses.keys().copied().collect::<Vec<_>>(), [401, 503]);
    assert_eq!(exchange.post(&good).await.unwrap().status, 200);
    // One slug again and again is one read.
    let mut again = good.clone();
    again.path = "/carriers/tw/guessed-slug-0000000000001/events".to_owned();
    for _ in 0..20 {
        assert_eq!(exchange.post(&again).await.unwrap().status, 401);
    }
    assert_eq!(exchange.operations(), [("PutItem".to_owned(), 1)]);
}

#[tokio::test]
async fn an_event_that_is_no_request_of_api_gateway_is_answered_too() {
    let exchange = Exchange::start().await.unwrap();
    let app = exchange
        .stack
        .carrier_webhook(&[], ringback_lambda::emf_sink(exchange.metrics.clone()))
        .await
        .unwrap();
    for event in [
        json!(null),
        json!([]),
        json!({"rawPath": 7}),
        json!({"rawPath": "/carriers/tw/sample-account-tw/events"}),
    ] {
        let answer: Value = app.take(&event, exchange.now()).await;
        assert!(
            matches!(answer["statusCode"].as_u64(), Some(404 | 405)),
            "{event}: {answer}"
        );
    }
    let sample = SampleAccount::of("tw").unwrap();
    let broken = json!({
        "rawPath": format!("/carriers/tw/{}/events", sample.slug), "isBase64Encoded": true, "body": "?",
        "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.1"}},
    });
    assert_eq!(app.take(&broken, exchange.now()).await["statusCode"], 400);
    assert!(CallId::parse("our-call-1").is_ok());
}
