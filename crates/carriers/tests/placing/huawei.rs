//! Huawei.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ringback_calls::Announcement;
use ringback_carriers::{Accepted, CannotAsk, Fault, HungUp, Placing, Refusing};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::account::{Account, now};
use super::asking::{Sample, body, hang_up, hung_up, inquire, placing, written};

const SESSION: &str = "1200_1827_4294967295_20260123111640@callenabler246.huaweicaas.com";

#[test]
fn one_request_has_both_numbers_and_where_events_go() {
    let mut sample = Sample::of("hw");
    sample.record = true;
    let ask = sample.place(&Account::sample("hw")).unwrap();
    insta::assert_snapshot!(written(&ask), @r###"
    POST https://rtccall.cn-north-1.myhuaweicloud.cn/rest/httpsessions/click2Call/v2.0
    content-type: application/json;charset=UTF-8
    authorization: AKSK realm="SDP",profile="UsernameToken",type="Appkey"
    x-aksk: UsernameToken Username="sample-app-key", PasswordDigest="CGbr+IHxFYUNjdTJWYc96pCmgwGMMX7Wte4sxvzpCH8=", Nonce="bc1a4edc4376f561e90c02e7bf37c86a", Created="2023-11-14T22:13:20Z"

    {"calleeNbr":"+14155550102","callerNbr":"+14155550101","displayCalleeNbr":"+14155550100","displayNbr":"+14155550100","feeUrl":"aHR0cHM6Ly9jYWxscy5leGFtcGxlLmNvbS9jYXJyaWVycy9ody9zYW1wbGUtYWNjb3VudC9jYWxscy8wMTkwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMGEvZXZlbnRz","maxDuration":60,"partyTypeRequiredInDisconnect":"true","recordFlag":"true","statusUrl":"aHR0cHM6Ly9jYWxscy5leGFtcGxlLmNvbS9jYXJyaWVycy9ody9zYW1wbGUtYWNjb3VudC9jYWxscy8wMTkwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMGEvZXZlbnRz","userData":"01900000-0000-7000-8000-00000000000a"}
    "###);
    let said: Value = serde_json::from_str(body(&ask)).unwrap();
    let url = BASE64_STANDARD
        .decode(said["statusUrl"].as_str().unwrap())
        .unwrap();
    assert_eq!(url, sample.events_url.as_bytes());
}

#[test]
fn its_limit_is_in_minutes_no_more_than_were_asked_for_and_never_none() {
    let account = Account::sample("hw");
    for (seconds, minutes) in [
        (0, 1),
        (10, 1),
        (60, 1),
        (119, 1),
        (120, 2),
        (3600, 60),
        (1_000_000, 1440),
    ] {
        let sample = Sample::of("hw");
        let mut call = sample.new_call();
        call.second.limit_seconds = seconds;
        let ask = account.carrier.place(&call, &account.keys(), now()).unwrap();
        let said: Value = serde_json::from_str(body(&ask)).unwrap();
        assert_eq!(said["maxDuration"], minutes);
        assert_eq!(account.carrier.longest(seconds), minutes * 60);
    }
}

#[test]
fn the_time_is_signed_in_the_zone_that_the_account_says() {
    let created = |account: Account| {
        let ask = Sample::of("hw").place(&account)?;
        let (_, token) = ask
            .headers
            .into_iter()
            .find(|(name, _)| *name == "x-aksk")
            .unwrap();
        Ok::<_, CannotAsk>(
            token
                .expose_secret()
                .rsplit_once("Created=")
                .unwrap()
                .1
                .to_owned(),
        )
    };
    let zone = |zone| Account::sample("hw").with("requestZone", zone);
    assert_eq!(
        created(Account::sample("hw")).unwrap(),
        r#""2023-11-14T22:13:20Z""#
    );
    assert_eq!(created(zone("beijing")).unwrap(), r#""2023-11-15T06:13:20Z""#);
    let problem = created(zone("China")).unwrap_err();
    assert!(
        matches!(
            problem,
            CannotAsk::Wrong {
                what: "requestZone",
                ..
            }
        ),
        "{problem}"
    );
}

#[test]
fn what_it_cannot_do_and_what_is_missing_is_said() {
    let account = || Account::sample("hw");
    let announcing = Sample::of("hw").announcing(Announcement::Text("One moment".to_owned()));
    assert_eq!(
        announcing.place(&account()).unwrap_err(),
        CannotAsk::Unfit("an announcement")
    );
    let mut elsewhere = Sample::of("hw");
    elsewhere.events_url.push_str("?a=1");
    assert!(matches!(elsewhere.place(&account()), Err(CannotAsk::Unfit(_))));
    for setting in ["apiBase", "appKey"] {
        let problem = Sample::of("hw").place(&account().with(setting, "")).unwrap_err();
        assert_eq!(problem, CannotAsk::Missing(setting));
    }
    let sample = Sample::of("hw");
    assert_eq!(
        inquire(&account(), &sample.placed(Some(SESSION))).unwrap_err(),
        CannotAsk::NoWay
    );
    let unknown = CannotAsk::Unknown("its id of the call");
    assert_eq!(hang_up(&account(), &sample.placed(None)).unwrap_err(), unknown);
}

#[test]
fn its_codes_say_whether_it_places_the_call() {
    let account = Account::sample("hw");
    let refused = |fault, word: &str| Placing::Refused(Refusing::new(fault, word));
    let coded = |code: &str| json!({"resultcode": code, "resultdesc": "about +14155550102"}).to_string();
    let with_session =
        |code: &str| json!({"resultcode": code, "resultdesc": "Success", "sessionId": SESSION}).to_string();
    let good = with_session("0");
    let accepted = Placing::Accepted(Accepted {
        carrier_call_id: Some(SESSION.to_owned()),
        ..Accepted::default()
    });
    for (status, body, expected) in [
        (200, good, accepted),
        (200, coded("0"), Placing::Unsure),
        (400, coded("1023006"), refused(Fault::Account, "1023006")),
        (200, coded("1010002"), refused(Fault::Call, "1010002")),
        (403, coded("1013001"), refused(Fault::Carrier, "1013001")),
        (403, coded("1010040"), refused(Fault::Account, "1010040")),
        (400, coded("1023012"), refused(Fault::Account, "1023012")),
        (403, coded("1013118"), refused(Fault::Carrier, "1013118")),
        (200, coded("1010001"), Placing::Unsure),
        // "Internal error".
        (200, coded("1020002"), Placing::Unsure),
        // As the others begin, and in no list.
        (200, coded("1010099"), Placing::Unsure),
        (400, coded("1023099"), Placing::Unsure),
        (403, coded("0"), Placing::Unsure),
        (400, with_session("1010002"), Placing::Unsure),
        (200, coded("7"), Placing::Unsure),
        (400, coded("1023002"), Placing::Unsure),
        (500, coded("1012001"), Placing::Unsure),
        (200, "{}".to_owned(), Placing::Unsure),
        (401, "<html>".to_owned(), refused(Fault::Account, "401")),
    ] {
        assert_eq!(placing(&account, status, &body), expected, "{status} {body}");
    }
}

#[test]
fn a_call_is_ended_by_its_session() {
    let (account, sample) = (Account::sample("hw"), Sample::of("hw"));
    let ask = hang_up(&account, &sample.placed(Some(SESSION))).unwrap();
    assert_eq!(
        ask.url,
        "https://rtccall.cn-north-1.myhuaweicloud.cn/rest/httpsessions/callStop/v2.0"
    );
    let said: Value = serde_json::from_str(body(&ask)).unwrap();
    assert_eq!(said, json!({"sessionid": SESSION, "signal": "call_stop"}));
    for (status, body, expected) in [
        (200, r#"{"resultcode":"0"}"#, HungUp::Done),
        (200, r#"{"resultcode":"1020002"}"#, HungUp::Refused),
        (400, r#"{"resultcode":"1023006"}"#, HungUp::Refused),
        (200, "", HungUp::Unsure),
        (502, "", HungUp::Unsure),
        (404, "", HungUp::Over),
    ] {
        assert_eq!(hung_up(&account, status, body), expected, "{status} {body}");
    }
}
