//! What no carrier may take for a refusal, because after a refusal another carrier rings.

use ringback_carriers::{CARRIERS, Placing, ability_of};

use super::account::Account;
use super::asking::placing;

/// Statuses that do not say that the request was not acted on: redirections, those that may come after the call was begun,
/// those of a proxy that lost patience or that no standard knows, and all errors of the carrier's own.
const OPEN: [u16; 17] = [
    100, 300, 301, 302, 303, 408, 409, 424, 444, 460, 499, 500, 502, 503, 504, 520, 599,
];

/// Bodies that say nothing, nothing that can be read, and that there was an error whose code nobody has listed.
const BODIES: [&str; 8] = [
    "",
    "<html><title>Bad Gateway</title></html>",
    "{",
    "[]",
    "null",
    "{}",
    r#"{"error":{"code":123456,"msg":"?"},"code":123456,"errorCode":123456,"message":"?"}"#,
    r#"{"resp":{"statusCode":"999999"},"resultcode":"9999999","type":"?","errors":[{"code":"99999"}]}"#,
];

/// A body with which a request is refused that was not acted on, where the status does not say otherwise.
const REFUSING: &str =
    r#"{"error":{"code":429},"resp":{"statusCode":"900117"},"resultcode":"1013001","code":20429}"#;

#[test]
fn an_answer_that_leaves_it_open_whether_somebody_is_rung_is_a_refusal_at_no_carrier() {
    let mut asked = 0;
    for code in CARRIERS.iter().map(|carrier| carrier.code()) {
        // Amazon Connect is asked by whoever has its SDK.
        if ability_of(code).is_none() || code == "ac" {
            continue;
        }
        asked += 1;
        let account = Account::sample(code);
        let unsure = |status: u16, body: &str| {
            assert_eq!(
                placing(&account, status, body),
                Placing::Unsure,
                "{code} {status} {body}"
            );
        };
        for body in BODIES {
            for status in OPEN.into_iter().chain([200, 201, 202]) {
                unsure(status, body);
            }
        }
        for status in OPEN.into_iter().filter(|status| !(400..500).contains(status)) {
            unsure(status, REFUSING);
        }
        let refused = placing(&account, 429, REFUSING);
        assert!(matches!(refused, Placing::Refused(_)), "{code}");
    }
    assert_eq!(asked, 10);
}
