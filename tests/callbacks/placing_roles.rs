//! Who of a tenant may place calls, end them, and take accounts out of use.

use ringback_local::sample_accounts::{SampleAccount, TENANT};
use ringback_placing::public_id;
use ringback_tests::{Dialler, Wanted, customer};
use serde_json::{Value, json};

const DESK: &str = "arn:aws:iam::111122223333:role/desk";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/desk/session-1";

fn token(roles: &str) -> Value {
    json!({"jwt": {"claims": {"sub": "agent-a", "tenant": TENANT, "roles": roles}}})
}

fn principal(arn: &str) -> Value {
    json!({"iam": {"userArn": arn}})
}

/// What each of the tenant may ask for: to place a call, to end it, to take an account out of use and back into it.
async fn asked(dialler: &Dialler, by: &Value) -> [(u64, Value); 4] {
    let account = SampleAccount::of("tw").unwrap().account().unwrap();
    let disabled = format!("/carriers/{}/disabled", public_id(&account.slug));
    let call = "/calls/01900000-0000-7000-8000-00000000000a";
    let wanted = [
        Wanted::call(&customer(1)),
        Wanted::request("DELETE", call),
        Wanted::request("PUT", &disabled),
        Wanted::request("DELETE", &disabled),
    ];
    let mut answers = Vec::new();
    for wanted in wanted {
        let reply = dialler.ask(&wanted.by(by.clone())).await.unwrap();
        answers.push((reply.status, reply.body["detail"].clone()));
        // The line must be free for the next.
        dialler.carriers().settled().await;
    }
    answers.try_into().unwrap()
}

#[tokio::test]
async fn only_who_has_the_role_places_and_ends_calls_and_only_operators_switch_carriers() {
    let principals = json!({DESK: TENANT, "arn:aws:iam::111122223333:role/clerk": TENANT}).to_string();
    let settings = [
        ("TENANT_PRINCIPALS", principals.as_str()),
        ("ROLE_CLAIM", "roles"),
        ("PLACING_ROLE", &format!("caller,{DESK}")),
        ("OPERATOR_ROLE", "operator"),
    ];
    let dialler = Dialler::changed(&["tw"], &settings).await.unwrap();
    let (mut rung, callers, operators) = (
        0,
        "It takes one of these roles: role/desk, caller.",
        "It takes one of these roles: operator.",
    );
    for (by, places, operates) in [
        (token("caller"), true, false),
        (token("[clerk caller]"), true, false),
        (principal(SESSION), true, false),
        (token("operator"), false, true),
        (token("[caller operator]"), true, true),
        (token("clerk"), false, false),
        (token(""), false, false),
        // A word of a token is no principal, and a principal no word.
        (token("desk"), false, false),
        (
            principal("arn:aws:sts::111122223333:assumed-role/clerk/caller"),
            false,
            false,
        ),
    ] {
        let [placed, ended, disabled, enabled] = asked(&dialler, &by).await;
        rung += usize::from(places);
        assert_eq!(
            (placed.0, ended.0),
            if places { (201, 404) } else { (403, 403) },
            "{by}"
        );
        assert_eq!(
            (disabled.0, enabled.0),
            if operates { (200, 200) } else { (403, 403) },
            "{by}"
        );
        for (answer, may, detail) in [(placed, places, callers), (enabled, operates, operators)] {
            assert_eq!(answer.1 == detail, !may, "{by} {}", answer.1);
        }
        assert_eq!(dialler.carriers().times_rung(&customer(1)), rung);
        // How the carriers are is for everybody of the tenant.
        let carriers = Wanted::request("GET", "/carriers").by(by.clone());
        assert_eq!(dialler.ask(&carriers).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn without_roles_everybody_of_the_tenant_may() {
    let dialler = Dialler::changed(&["tw"], &[("PLACING_ROLE", "none")])
        .await
        .unwrap();
    let answers = asked(&dialler, &token("")).await;
    assert_eq!(answers.map(|(status, _)| status), [201, 404, 200, 200]);
}
