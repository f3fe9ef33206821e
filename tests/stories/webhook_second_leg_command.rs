//! Second legs that a carrier takes by a request of ours, once it has told that A answered.

use std::time::Duration;

use ringback_calls::{Asked, CallEvent, NewEvent, State};
use ringback_calls::{CloseCause, Entry, EventId, Evidence, Kind, Leg};
use ringback_local::sample_accounts::TENANT;
use ringback_local::simulated_carriers::Life;
use ringback_tests::{Exchange, Post};
use serde_json::{Value, json};
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A carrier whose call's agent answers, and a server in its place.
struct Answering {
    exchange: Exchange,
    api: MockServer,
    life: Life,
    /// What it posts when A has answered.
    answered: Post,
}

const CARRIERS: [&str; 2] = ["tx", "si"];

async fn answering(carrier: &str) -> Answering {
    let api = MockServer::start().await;
    let exchange = Exchange::with(&[("SIMULATED_CARRIERS", &api.uri())])
        .await
        .unwrap();
    let life = exchange.life(carrier, "normal").unwrap();
    exchange.place(&life).await.unwrap();
    let name = if carrier == "tx" {
        "call.answered"
    } else {
        r#""ace""#
    };
    let mut posts = exchange.requests(&life).unwrap().into_iter();
    let answered = posts.find(|post| String::from_utf8_lossy(&post.body).contains(name));
    Answering {
        answered: answered.unwrap(),
        exchange,
        api,
        life,
    }
}

impl Answering {
    /// The carrier answers requests for a leg so.
    async fn takes(&self, answer: ResponseTemplate) {
        let dials = path_regex("^(/v2/calls|/calling/v1/callouts)$");
        Mock::given(method("POST"))
            .and(dials)
            .respond_with(answer)
            .mount(&self.api)
            .await;
    }

    /// It says that A answered; the status that it hears.
    async fn tells(&self) -> u16 {
        self.exchange.send(self.answered.clone()).await.unwrap()
    }

    async fn sent(&self) -> Vec<(String, Value)> {
        let requests = self.api.received_requests().await.unwrap();
        let sent = requests.into_iter().map(|request| {
            let body = serde_json::from_slice(&request.body).unwrap_or_default();
            (request.url.path().to_owned(), body)
        });
        sent.collect()
    }

    async fn events(&self) -> Vec<Entry> {
        self.exchange.events(self.life.call.as_str()).await.unwrap()
    }

    async fn has(&self, kind: Kind) -> bool {
        self.events().await.iter().any(|entry| entry.event.kind == kind)
    }

    /// What is in the table when the function was killed after it wrote that B is requested.
    async fn was_cut_off(&self) {
        let id = EventId::of(&["second-leg-requested"]);
        let event = CallEvent {
            leg: Some(Leg::B),
            ..CallEvent::new(id, Kind::SecondLegRequested, Evidence::Own)
        };
        let asked = Asked {
            carrier: &self.life.carrier,
            account: self.life.account(),
        };
        let new = NewEvent::of_account(TENANT, &self.life.call, asked, event, self.exchange.now());
        self.exchange.calls.put(&new).await.unwrap();
    }
}

fn accepted() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "callId": "00000000-0000-4000-8000-00000000000b_1",
        "data": {"call_control_id": "v3:sample-leg-b", "call_session_id": "00000000-0000-4000-8000-000000000001"},
    }))
}

#[tokio::test]
async fn the_answer_of_a_told_twice_and_at_once_rings_the_customer_once() {
    for carrier in CARRIERS {
        let story = answering(carrier).await;
        story.takes(accepted()).await;
        let statuses = tokio::join!(story.tells(), story.tells(), story.tells());
        let statuses = [statuses.0, statuses.1, statuses.2];
        assert!(
            statuses.iter().all(|status| (200..300).contains(status)),
            "{statuses:?}"
        );
        let sent = story.sent().await;
        assert_eq!(sent.len(), 1, "{carrier}: {sent:?}");
        let body = sent[0].1.to_string();
        assert!(
            body.contains("+14155550102") && body.contains(story.life.call.as_str()),
            "{carrier}"
        );
        assert!(story.has(Kind::SecondLegRequested).await);
        let metrics = story.exchange.metrics.text();
        assert!(metrics.contains(r#""Outcome":"connected""#), "{metrics}");
        assert!(!metrics.contains("415555"));
    }
}

#[tokio::test]
async fn a_request_that_may_have_been_cut_off_is_sent_again_only_where_the_carrier_ignores_repetitions() {
    for (carrier, seconds, expected) in [("tx", 49, 1), ("tx", 50, 0), ("si", 1, 0)] {
        let story = answering(carrier).await;
        story.takes(accepted()).await;
        story.was_cut_off().await;
        story.exchange.pass(seconds);
        assert!((200..300).contains(&story.tells().await));
        assert_eq!(
            story.sent().await.len(),
            expected,
            "{carrier} after {seconds} seconds"
        );
    }
    let story = answering("tx").await;
    // Nobody knows whether it has the first.
    story.takes(ResponseTemplate::new(500)).await;
    story.tells().await;
    story.tells().await;
    let ids: Vec<_> = story
        .sent()
        .await
        .into_iter()
        .map(|(_, body)| body["command_id"].clone())
        .collect();
    assert!(
        ids.len() == 2 && ids[0] == ids[1] && ids[0].is_string(),
        "{ids:?}"
    );
}

#[tokio::test]
async fn a_second_leg_that_is_refused_ends_the_agents_leg() {
    for (carrier, hang_up) in [("tx", "/actions/hangup"), ("si", "/calling/v1/calls/id/")] {
        let story = answering(carrier).await;
        story
            .takes(ResponseTemplate::new(403).set_body_json(json!({})))
            .await;
        Mock::given(path_regex(hang_up))
            .respond_with(ResponseTemplate::new(200))
            .mount(&story.api)
            .await;
        assert!((200..300).contains(&story.tells().await));
        let sent = story.sent().await;
        assert!(
            sent.len() == 2 && sent[1].0.contains(hang_up),
            "{carrier}: {sent:?}"
        );
        assert!(story.has(Kind::SecondLegRefused).await);
        assert!(
            story
                .exchange
                .metrics
                .text()
                .contains(r#""Reason":"second-leg-refused""#)
        );
        // Told again, it changes nothing.
        story.tells().await;
        assert_eq!(story.sent().await.len(), 2);
        let ended = exchange_ended(&story, carrier);
        assert!((200..300).contains(&story.exchange.send(ended).await.unwrap()));
        let record = story
            .exchange
            .record(story.life.call.as_str())
            .await
            .unwrap()
            .unwrap();
        let said = (record.state, record.close_cause);
        assert_eq!(said, (State::Close, Some(CloseCause::ServerError)), "{carrier}");
    }
}

/// What the carrier posts when A's leg has ended: the last end of its life.
fn exchange_ended(story: &Answering, carrier: &str) -> Post {
    let ended = if carrier == "tx" {
        "call.hangup"
    } else {
        r#""dice""#
    };
    let mut posts = story.exchange.requests(&story.life).unwrap().into_iter();
    let has = |post: &Post| String::from_utf8_lossy(&post.body).contains(ended);
    posts.rfind(has).unwrap()
}

#[tokio::test]
async fn where_nobody_knows_the_customer_is_not_rung_again_and_the_carrier_has_its_answer_in_time() {
    let story = answering("si").await;
    story.takes(accepted().set_delay(Duration::from_secs(30))).await;
    let begun = std::time::Instant::now();
    assert!((200..300).contains(&story.tells().await));
    assert!(begun.elapsed() < Duration::from_secs(10));
    story.tells().await;
    assert_eq!(story.sent().await.len(), 1);
    assert!(!story.has(Kind::SecondLegRefused).await);
    assert!(
        story
            .exchange
            .metrics
            .text()
            .contains(r#""Reason":"second-leg-unsure""#)
    );
}

#[tokio::test]
async fn a_customer_whom_the_account_may_not_call_is_not_rung_and_the_agent_does_not_wait() {
    let story = answering("tx").await;
    story.takes(accepted()).await;
    let slug = ringback_accounts::Slug::parse("sample-account-tx").unwrap();
    let changed = story.exchange.accounts.change(&slug, |account| {
        account.prefixes = vec!["+44".to_owned()];
        Ok(())
    });
    changed.await.unwrap();
    assert!((200..300).contains(&story.tells().await));
    let paths: Vec<_> = story.sent().await.into_iter().map(|(path, _)| path).collect();
    assert!(
        paths.len() == 1 && paths[0].ends_with("/actions/hangup"),
        "{paths:?}"
    );
    assert!(!story.has(Kind::SecondLegRequested).await);
}

#[tokio::test]
async fn without_the_secret_to_ask_with_nothing_is_written_and_the_carrier_comes_again() {
    let story = answering("tx").await;
    story.takes(accepted()).await;
    let slug = ringback_accounts::Slug::parse("sample-account-tx").unwrap();
    let arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/none";
    let changed = story.exchange.accounts.change(&slug, |account| {
        account.secret_arns.api = Some(arn.to_owned());
        Ok(())
    });
    changed.await.unwrap();
    assert_eq!(story.tells().await, 503);
    assert!(!story.has(Kind::SecondLegRequested).await);
    assert!(story.sent().await.is_empty());
}

/// A call whose customer does not answer, up to that; what the carrier posts to tell it comes last.
async fn customer_does_not_answer(carrier: &str) -> (Answering, Post) {
    let mut story = answering(carrier).await;
    story.takes(accepted()).await;
    let life = story.exchange.life(carrier, "b-no-answer").unwrap();
    story.exchange.place(&life).await.unwrap();
    let posts = story.exchange.requests(&life).unwrap();
    story.life = life;
    for post in posts {
        let before = story.record().await;
        let ends = |post: &Post| {
            let body = String::from_utf8_lossy(&post.body).into_owned();
            body.contains("call.hangup") || body.contains(r#""dice""#)
        };
        if ends(&post) {
            assert!(before.unwrap().a.answered_at.is_some());
            return (story, post);
        }
        assert!((200..300).contains(&story.exchange.send(post).await.unwrap()));
    }
    panic!("{carrier}: no leg ends");
}

impl Answering {
    async fn record(&self) -> Option<ringback_calls::CallRecord> {
        self.exchange.record(self.life.call.as_str()).await.unwrap()
    }

    /// How often a leg was told to end, and which.
    async fn ended(&self) -> Vec<String> {
        let ends = |path: &String| path.ends_with("/actions/hangup") || path.contains("/calls/id/");
        self.sent()
            .await
            .into_iter()
            .map(|(path, _)| path)
            .filter(ends)
            .collect()
    }
}

#[tokio::test]
async fn an_agent_whose_customer_does_not_answer_is_not_left_alone() {
    for (carrier, verb) in [("tx", "POST"), ("si", "PATCH")] {
        let (story, b_ends) = customer_does_not_answer(carrier).await;
        let hangs_up = path_regex("/actions/hangup$|/calls/id/");
        let down = Mock::given(method(verb)).and(hangs_up);
        let down = down
            .respond_with(ResponseTemplate::new(500))
            .mount_as_scoped(&story.api);
        let down = down.await;
        // Nobody knows whether the carrier has heard, so it shall tell again.
        assert_eq!(
            story.exchange.send(b_ends.clone()).await.unwrap(),
            503,
            "{carrier}"
        );
        drop(down);
        let before = story.ended().await.len();
        Mock::given(method(verb))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": {"result": "ok"}})))
            .mount(&story.api)
            .await;
        assert!(
            (200..300).contains(&story.exchange.send(b_ends).await.unwrap()),
            "{carrier}"
        );
        let ended = story.ended().await;
        assert_eq!(ended.len(), before + 1, "{carrier}: {ended:?}");
        let record = story.record().await.unwrap();
        let a = record.a.id.unwrap();
        let last = ended.last().unwrap().replace("%3A", ":");
        assert!(last.contains(&a), "{carrier}: {last} is not A's leg {a}");
        assert!(story.exchange.metrics.text().contains("leg-not-ended"));
    }
}

/// The carrier's ids of B's leg, as [`accepted`] has them.
fn leg_b(carrier: &str) -> &'static str {
    match carrier {
        "tx" => "v3:sample-leg-b",
        _ => "00000000-0000-4000-8000-00000000000b_1",
    }
}

impl Answering {
    /// The carrier answers requests to end a leg so, as long as that lives.
    async fn ends(&self, answer: ResponseTemplate) -> wiremock::MockGuard {
        let hangs_up = Mock::given(path_regex("/actions/hangup$|/calls/id/"));
        hangs_up.respond_with(answer).mount_as_scoped(&self.api).await
    }

    /// How often B's leg was told to end.
    async fn ended_b(&self) -> usize {
        let ended = self.ended().await.into_iter();
        let id = leg_b(&self.life.carrier);
        ended.filter(|path| path.replace("%3A", ":").contains(id)).count()
    }

    /// Until B was asked for.
    async fn asked_for_b(&self) {
        while self.sent().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What the carrier posts of B, when that happens.
    fn of_b(&self, happens: &str, which: usize) -> Post {
        let posts = self.exchange.requests(&self.life).unwrap().into_iter();
        let has = |post: &Post| String::from_utf8_lossy(&post.body).contains(happens);
        posts.filter(has).nth(which).unwrap()
    }
}

#[tokio::test]
async fn the_agent_hangs_up_while_the_customers_telephone_rings_and_the_customers_call_is_ended() {
    for carrier in CARRIERS {
        let story = answering(carrier).await;
        story.takes(accepted()).await;
        assert!((200..300).contains(&story.tells().await), "{carrier}");
        let record = story.record().await.unwrap();
        assert_eq!(record.b.id.as_deref(), Some(leg_b(carrier)), "{carrier}");
        assert_eq!(story.ended_b().await, 0, "{carrier}: the agent is there");
        let gone = exchange_ended(&story, carrier);
        // Nobody knows whether the carrier has heard, so it shall tell again.
        let down = story.ends(ResponseTemplate::new(500)).await;
        assert_eq!(story.exchange.send(gone.clone()).await.unwrap(), 503, "{carrier}");
        drop(down);
        let _ended = story.ends(ResponseTemplate::new(200)).await;
        let before = story.ended_b().await;
        assert!((200..300).contains(&story.exchange.send(gone).await.unwrap()));
        assert_eq!(story.ended_b().await, before + 1, "{carrier}");
    }
}

#[tokio::test]
async fn the_agent_hangs_up_before_the_carrier_has_said_what_it_calls_the_customers_leg() {
    for carrier in CARRIERS {
        let story = answering(carrier).await;
        story
            .takes(accepted().set_delay(Duration::from_millis(400)))
            .await;
        let _ended = story.ends(ResponseTemplate::new(200)).await;
        let gone = async {
            story.asked_for_b().await;
            story
                .exchange
                .send(exchange_ended(&story, carrier))
                .await
                .unwrap()
        };
        let (told, gone) = tokio::join!(story.tells(), gone);
        assert!(
            (200..300).contains(&told) && (200..300).contains(&gone),
            "{carrier}"
        );
        assert_eq!(story.ended_b().await, 1, "{carrier}");
    }
}

#[tokio::test]
async fn somebody_asks_for_the_end_while_the_customer_is_asked_for() {
    for carrier in CARRIERS {
        let story = answering(carrier).await;
        story
            .takes(accepted().set_delay(Duration::from_millis(400)))
            .await;
        let down = story.ends(ResponseTemplate::new(500)).await;
        let asks = async {
            story.asked_for_b().await;
            let requester = ringback_calls::Requester {
                by: "operator-1",
                request: "request-1",
            };
            let now = story.exchange.now();
            let event = ringback_calls::hang_up_asked(requester, now);
            let new = NewEvent::own(TENANT, &story.life.call, event, now);
            story.exchange.calls.put(&new).await.unwrap();
        };
        let (told, ()) = tokio::join!(story.tells(), asks);
        assert_eq!((told, story.ended_b().await), (503, 1), "{carrier}");
        drop(down);
        let _ended = story.ends(ResponseTemplate::new(200)).await;
        assert!((200..300).contains(&story.tells().await), "{carrier}");
        let dialled = story.sent().await.len() - story.ended().await.len();
        assert_eq!((dialled, story.ended_b().await), (1, 2), "{carrier}");
    }
}

#[tokio::test]
async fn a_leg_whose_id_cannot_be_kept_is_ended_while_it_is_known() {
    for carrier in CARRIERS {
        let story = answering(carrier).await;
        story
            .takes(accepted().set_delay(Duration::from_millis(400)))
            .await;
        let _ended = story.ends(ResponseTemplate::new(200)).await;
        let gate = story.exchange.stack.gate().unwrap();
        let breaks = async {
            story.asked_for_b().await;
            gate.fail("PutItem", ringback_local::gate::Fault::Down);
        };
        let (told, ()) = tokio::join!(story.tells(), breaks);
        gate.heal();
        assert!(told >= 500, "{carrier}: it shall tell again");
        assert_eq!(story.ended_b().await, 1, "{carrier}");
    }
}

#[tokio::test]
async fn a_customer_who_answers_after_the_agent_has_gone_is_not_left_alone() {
    // Nobody knows what the carrier calls B's leg until it tells.
    for (carrier, happens, which) in [("tx", "call.initiated", 1), ("si", r#""ace""#, 1)] {
        let story = answering(carrier).await;
        story.takes(ResponseTemplate::new(500)).await;
        let _ended = story.ends(ResponseTemplate::new(200)).await;
        story.tells().await;
        let gone = exchange_ended(&story, carrier);
        assert!((200..300).contains(&story.exchange.send(gone).await.unwrap()));
        assert!(story.ended().await.is_empty(), "{carrier}: nobody knows of B");
        let told = story.exchange.signed(story.of_b(happens, which)).unwrap();
        let answer = story.exchange.post(&told).await.unwrap();
        assert_eq!(answer.status, 200, "{carrier}: {answer:?}");
        if carrier == "si" {
            assert_eq!(answer.body, r#"{"action":{"name":"hangup"}}"#);
            let metrics = story.exchange.metrics.text();
            assert!(metrics.contains(r#""Reason":"agent-gone""#), "{metrics}");
            assert!(story.ended().await.is_empty(), "the answer has ended it");
        } else {
            let b = story.record().await.unwrap().b.id.unwrap();
            let ended = story.ended().await;
            assert!(
                ended.len() == 1 && ended[0].replace("%3A", ":").contains(&b),
                "{ended:?}"
            );
        }
    }
}

#[tokio::test]
async fn while_both_are_there_nobody_is_ended() {
    for carrier in CARRIERS {
        let story = answering(carrier).await;
        story.takes(accepted()).await;
        let posts = story.exchange.requests(&story.life).unwrap();
        let ends = |post: &Post| {
            let body = String::from_utf8_lossy(&post.body).into_owned();
            body.contains("call.hangup") || body.contains(r#""dice""#)
        };
        for post in posts.into_iter().take_while(|post| !ends(post)) {
            let answer = story
                .exchange
                .post(&story.exchange.signed(post).unwrap())
                .await
                .unwrap();
            assert!((200..300).contains(&answer.status) && !answer.body.contains("hangup"));
        }
        assert!(story.ended().await.is_empty(), "{carrier}");
    }
}
