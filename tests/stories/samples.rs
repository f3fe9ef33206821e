//! The samples of `events/` that functions are tried with: every one is taken.

use std::path::Path;

use ringback_local::marketplace::{self, MARKETPLACE};
use ringback_tests::{Desk, Exchange, noon};
use serde_json::Value;

fn samples(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../events")
        .join(folder);
    let mut samples: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    samples.sort_by(|a, b| a.0.cmp(&b.0));
    samples
}

#[tokio::test]
async fn every_request_of_the_api_is_answered_and_every_change_on_the_bus_is_made() {
    let desk = Desk::with(&[]).await.unwrap();
    marketplace::fill(&desk.stack, MARKETPLACE, noon()).await.unwrap();
    let mut order: Vec<_> = samples("api");
    order.retain(|(_, event)| event["rawPath"].as_str().unwrap().starts_with("/directory/"));
    // An order is closed after it was placed.
    order.sort_by_key(|(name, _)| name == "close-order");
    for (name, event) in order {
        let (status, body) = desk.api_event(&event).await.unwrap();
        assert_eq!(status, 200, "{name}: {body}");
        assert!(
            body["kept"] == "stored"
                || body["customerId"] == "c-1"
                || body["people"][0]["customerId"] == "c-1",
            "{name}: {body}"
        );
    }
    assert_eq!(desk.directory.order("A-30").await.unwrap(), None);
    for (name, event) in samples("bus") {
        desk.manage_callers.take(&event, noon()).await.unwrap();
        assert!(desk.stack.dead_letters.letters().is_empty(), "{name}");
    }
    assert!(desk.directory.order("A-31").await.unwrap().is_some());
    assert!(desk.directory.order("A-18").await.unwrap().is_none());
    assert!(desk.directory.person("c-4").await.unwrap().is_none());
}

#[tokio::test]
async fn every_step_is_told_to_the_chat_or_passed_over_and_none_is_a_dead_letter() {
    let desk = Desk::with(&[]).await.unwrap();
    let notify = desk
        .stack
        .notify(&[], ringback_lambda::emf_sink(std::io::sink()))
        .await
        .unwrap();
    let mut batches = samples("sqs");
    batches.retain(|(name, _)| name == "call-steps");
    for (_, event) in batches {
        let answer = notify.take(&event, noon()).await.unwrap();
        assert_eq!(answer["batchItemFailures"].as_array().map(Vec::len), Some(0));
    }
    assert_eq!(desk.stack.simulated_chat.take_posted().len(), 2);
    for (name, event) in samples("ringback")
        .into_iter()
        .filter(|(name, _)| !name.contains("schema"))
    {
        let answer = notify.take(&event, noon()).await.unwrap();
        assert!(
            answer["outcome"] == "told" || answer["outcome"] == "filtered",
            "{name}: {answer}"
        );
    }
    // `chose` is not told, and two are in the batch above already; the shop's channel hears of the transfer too.
    let told = desk.stack.simulated_chat.take_posted();
    let texts: Vec<_> = told
        .iter()
        .map(|message| format!("#{} {}", message.channel, message.text()))
        .collect();
    insta::assert_debug_snapshot!(texts);
    assert!(desk.stack.dead_letters.letters().is_empty());
}

#[tokio::test]
async fn every_request_of_a_carrier_is_genuine_and_becomes_an_event() {
    let exchange = Exchange::start().await.unwrap();
    let app = exchange
        .stack
        .carrier_webhook(&[], ringback_lambda::emf_sink(exchange.metrics.clone()))
        .await
        .unwrap();
    let mut requests = samples("api");
    requests.retain(|(name, _)| name.starts_with("carrier-"));
    assert!(requests.len() >= 3);
    for (name, event) in requests {
        let call = event["pathParameters"]["callId"].as_str().unwrap();
        let answer = app.take(&event, noon()).await;
        assert!(
            matches!(answer["statusCode"].as_u64(), Some(200 | 204)),
            "{name}: {answer}"
        );
        assert_eq!(exchange.events(call).await.unwrap().len(), 1, "{name}");
    }
}
