//! What is broken on our side, secrets that change, and what is never said.

use ringback_accounts::Slug;
use ringback_lambda::emf_sink;
use ringback_local::gate::{Fault, Gate};
use ringback_local::sample_accounts::{SAMPLE_ACCOUNTS, SampleAccount};
use ringback_tests::{Exchange, Logs, Post};
use serde_json::Value;

fn ringing(exchange: &Exchange, sequence: &str) -> Post {
    let fields = [
        ("CallSid", "CA00000000000000000000000000000001"),
        ("CallStatus", "ringing"),
        ("Direction", "outbound-api"),
        ("From", "+14155550100"),
        ("To", "+14155550101"),
        ("SequenceNumber", sequence),
    ];
    exchange.twilio("calls/our-call-1/events", &fields).unwrap()
}

#[tokio::test]
async fn a_table_that_is_throttled_or_down_makes_the_carrier_come_again_and_nothing_is_lost() {
    let exchange = Exchange::start().await.unwrap();
    let gate = exchange.stack.gate().unwrap();
    // Cold: the account cannot be read. Warm: the event cannot be written.
    for (number, fault) in [Fault::Down, Fault::Throttled, Fault::Down, Fault::Throttled]
        .into_iter()
        .enumerate()
    {
        let request = ringing(&exchange, &number.to_string());
        gate.fail(Gate::EVERYTHING, fault);
        let answer = exchange.post(&request).await.unwrap();
        assert_eq!(answer.status, 503, "{fault:?}");
        gate.heal();
        assert_eq!(
            exchange.events("our-call-1").await.unwrap().len(),
            number,
            "{fault:?}"
        );
        assert_eq!(
            exchange.post(&request).await.unwrap().status,
            200,
            "its retry heals it"
        );
        assert_eq!(exchange.events("our-call-1").await.unwrap().len(), number + 1);
    }
}

#[tokio::test]
async fn a_second_leg_is_found_only_where_the_table_answers() {
    let exchange = Exchange::start().await.unwrap();
    let fields = [
        ("CallSid", "CA00000000000000000000000000000002"),
        ("RecordingSid", "RE00000000000000000000000000000001"),
        ("RecordingStatus", "completed"),
        ("RecordingSource", "StartCallRecordingAPI"),
    ];
    exchange.post(&ringing(&exchange, "0")).await.unwrap();
    let recording = exchange.twilio("events", &fields).unwrap();
    let gate = exchange.stack.gate().unwrap();
    gate.fail("GetItem", Fault::Down);
    assert_eq!(
        exchange.post(&recording).await.unwrap().status,
        503,
        "the way to the call is not known"
    );
    gate.heal();
    assert_eq!(exchange.post(&recording).await.unwrap().status, 200);
}

#[tokio::test]
async fn both_secrets_are_good_while_one_replaces_the_other() {
    let exchange = Exchange::start().await.unwrap();
    let slug = Slug::parse("sample-account-tw").unwrap();
    let next = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/tw-next";
    exchange.stack.simulated_secrets.set(next, "the-next-token");
    let (old, new) = (SampleAccount::of("tw").unwrap().signs_with, "the-next-token");
    // Each step as an instance sees it that was not there before.
    let sees = |exchange: Exchange| async {
        let app = exchange
            .stack
            .carrier_webhook(&[], emf_sink(exchange.metrics.clone()))
            .await
            .unwrap();
        let exchange = Exchange::of(exchange.stack, app, exchange.metrics).await.unwrap();
        let mut statuses = Vec::new();
        for secret in [old, new] {
            let request = exchange.signed_with(ringing(&exchange, "0"), secret).unwrap();
            statuses.push(exchange.post(&request).await.unwrap().status);
        }
        (exchange, statuses)
    };
    let (exchange, statuses) = sees(exchange).await;
    assert_eq!(statuses, [200, 401]);
    exchange
        .accounts
        .change(&slug, |account| account.begin_rotation(next))
        .await
        .unwrap();
    let (exchange, statuses) = sees(exchange).await;
    assert_eq!(statuses, [200, 200]);
    exchange
        .accounts
        .change(&slug, ringback_accounts::Account::finish_rotation)
        .await
        .unwrap();
    let (exchange, statuses) = sees(exchange).await;
    assert_eq!(statuses, [401, 200]);
    // The account is gone.
    exchange.accounts.remove(&slug).await.unwrap();
    let (_, statuses) = sees(exchange).await;
    assert_eq!(statuses, [401, 401]);
}

#[tokio::test]
async fn a_secret_that_has_changed_is_read_again_when_a_signature_does_not_match() {
    let exchange = Exchange::start().await.unwrap();
    let sample = SampleAccount::of("tw").unwrap();
    assert_eq!(exchange.post(&ringing(&exchange, "0")).await.unwrap().status, 200);
    exchange
        .stack
        .simulated_secrets
        .set(&sample.secret_arn(), "changed-token");
    let changed = exchange
        .signed_with(ringing(&exchange, "1"), "changed-token")
        .unwrap();
    assert_eq!(exchange.post(&changed).await.unwrap().status, 200, "read again");
    // Not again within a minute, so that forgeries cost nothing.
    exchange
        .stack
        .simulated_secrets
        .set(&sample.secret_arn(), "changed-again");
    let forged = exchange
        .signed_with(ringing(&exchange, "2"), "changed-again")
        .unwrap();
    assert_eq!(exchange.post(&forged).await.unwrap().status, 401);
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_makes_the_carrier_come_again() {
    let exchange = Exchange::start().await.unwrap();
    let slug = Slug::parse("sample-account-tw").unwrap();
    let gone = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/gone";
    let changed = exchange.accounts.change(&slug, |account| {
        account.secret_arns.current = Some(gone.to_owned());
        Ok(())
    });
    changed.await.unwrap();
    assert_eq!(exchange.post(&ringing(&exchange, "0")).await.unwrap().status, 503);
    // One of the two is enough.
    let kept = SampleAccount::of("tw").unwrap().secret_arn();
    exchange
        .accounts
        .change(&slug, |account| account.begin_rotation(&kept))
        .await
        .unwrap();
    let app = exchange
        .stack
        .carrier_webhook(&[], emf_sink(exchange.metrics.clone()))
        .await
        .unwrap();
    let exchange = Exchange::of(exchange.stack, app, exchange.metrics).await.unwrap();
    assert_eq!(exchange.post(&ringing(&exchange, "0")).await.unwrap().status, 200);
}

#[tokio::test]
async fn no_log_line_or_metric_says_a_number_a_secret_a_slug_or_a_body() {
    let logs = Logs::capture(tracing::Level::INFO);

    let exchange = Exchange::start().await.unwrap();
    let mut said = String::new();
    for carrier in SAMPLE_ACCOUNTS.map(|account| account.carrier) {
        let life = exchange.life(carrier, "recording").unwrap();
        for placed in [false, true] {
            if placed {
                exchange.place(&life).await.unwrap();
            }
            for request in exchange.requests(&life).unwrap() {
                let good = exchange.signed(request).unwrap();
                let mut others = vec![
                    good.clone(),
                    good.clone(),
                    good.clone(),
                    good.clone(),
                    good.clone(),
                ];
                others[1].headers.clear();
                others[2].body = b"{\"to\": \"+14155550101\", <".to_vec();
                others[2] = exchange.signed(others[2].clone()).unwrap();
                others[3].path += "?to=+14155550101";
                others[4].path = format!("/carriers/{carrier}/guessed-account-slug/events");
                for request in others {
                    said += &exchange
                        .post(&request)
                        .await
                        .unwrap()
                        .body
                        .replace("+14155550102", "");
                }
            }
        }
    }
    for fault in [Fault::Down, Fault::Throttled] {
        exchange.stack.gate().unwrap().fail(Gate::EVERYTHING, fault);
        exchange.post(&ringing(&exchange, "0")).await.unwrap();
    }
    said += &exchange
        .stack
        .dead_letters
        .letters()
        .iter()
        .map(|letter| letter.reason.clone())
        .collect::<String>();
    let (logs, metrics) = (logs.text(), exchange.metrics.text());
    assert!(logs.lines().count() > 300, "{}", logs.lines().count());
    for secret in SAMPLE_ACCOUNTS
        .iter()
        .flat_map(|sample| [sample.slug, sample.signs_with])
        .chain([
            "415555",
            "sample-app-secret-hw",
            "guessed-account-slug",
            "order-17",
            "recordings/",
            "https://",
        ])
    {
        for (what, text) in [("log", &logs), ("metric", &metrics), ("answer", &said)] {
            // The documents that place the second leg name the call's URL, and must.
            let allowed = what == "answer"
                && (secret.starts_with("sample-") || secret == "https://" || secret == "415555");
            let line = text
                .lines()
                .find(|line| !secret.is_empty() && line.contains(secret));
            assert!(
                line.is_none() || allowed,
                "{secret} in a {what}: {}",
                line.unwrap_or_default()
            );
        }
    }
    let mut dimensions: Vec<_> = metrics
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .flat_map(|line| {
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
                .as_array()
                .unwrap()
                .clone()
        })
        .map(|set| set.to_string())
        .collect();
    dimensions.sort();
    dimensions.dedup();
    let expected = [
        r#"["Function","Carrier","Outcome"]"#,
        r#"["Function","Reason"]"#,
        r#"["Function"]"#,
    ];
    assert_eq!(dimensions, expected);
}
