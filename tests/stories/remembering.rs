//! Who spoke with whom, and who is offered again.

use ringback_tests::{Leg, Story, agent_arn, queue_arn};
use serde_json::{Value, json};

/// An hour after the first call.
const LATER: i64 = 3600;

fn offered(answer: &Value) -> &str {
    answer["agentId"].as_str().unwrap_or(answer["reason"].as_str().unwrap())
}

#[tokio::test]
async fn a_returning_caller_is_offered_the_agent_who_knows_them() {
    let story = Story::start().await.unwrap();
    story.lives(&Leg::inbound("first", 0).attribute("CustomerRating", "5")).await.unwrap();

    let answer = story.asks(&Leg::inbound("second", LATER)).await;

    let expected = json!({
        "status": "found",
        "reason": "last-agent",
        "source": "index",
        "mode": "same-first",
        "agentId": "ada",
        "agentArn": agent_arn("ada"),
        "queueId": "orders",
        "queueArn": queue_arn("orders"),
        "contactId": "first",
        "contactAgeSeconds": "3580",
        "channel": "VOICE",
        "rating": "5",
    });
    assert_eq!(answer, expected);
}
