//! Jiuyun.

use ringback_calls::{Announcement, Evidence, State};
use ringback_carriers::{Accepted, CannotAsk, Fault, HungUp, Inquired, Line, Placing, Refusing};
use serde_json::{Value, json};

use super::account::Account;
use super::asking::{
    LIVES, Sample, body, events, hang_up, hung_up, inquire, inquired, placing, record_of, written,
};
use super::support::life;

pub(crate) const ID: &str = "00000000000000000000000000000001";

pub(crate) fn account() -> Account {
    Account::sample("e9").with("appId", "sample-app")
}

/// The record of a sample life as the API has it: what the last notice says, in JSON.
pub(crate) fn answer(case: &str) -> String {
    let last = life("e9", case).into_iter().rev().find_map(|line| match line {
        Line::Request(capture) => capture.body,
        Line::Placed(_) => None,
    });
    let mut fields = serde_json::Map::new();
    for part in last.unwrap().split("</").filter_map(|part| part.rsplit_once('<')) {
        let (name, value) = part.1.split_once('>').unwrap();
        fields.insert(name.to_owned(), Value::from(value));
    }
    fields.insert("type".to_owned(), Value::from(1));
    assert_eq!(fields["action"], "Hangup");
    json!({"resp": {"statusCode": "000000", "type": 1, "callNotify": fields}}).to_string()
}

#[test]
fn one_request_has_both_numbers_and_our_id() {
    let mut sample = Sample::of("e9");
    sample.record = true;
    let ask = sample.place(&account()).unwrap();
    insta::assert_snapshot!(written(&ask), @r###"
    POST https://api.33e9cloud.com/2016-01-01/Accounts/sample-sid/Calls/callBack?sig=086840BD8BBF5EAC2FA13C9DF7028B3A
    content-type: application/json;charset=utf-8
    accept: application/json;charset=utf-8
    authorization: c2FtcGxlLXNpZDoyMDIzMTExNTA2MTMyMA==

    {"callback":{"appId":"sample-app","from":"0014155550101","fromSerNum":["0014155550100"],"maxCallTime":"3600","needRecord":"1","to":"0014155550102","toSerNum":["0014155550100"],"userData":"01900000-0000-7000-8000-00000000000a"}}
    "###);
    let said: Value = serde_json::from_str(body(&ask)).unwrap();
    assert_eq!(said["callback"]["userData"], sample.call.as_str());
}

#[test]
fn its_numbers_leave_the_country_out() {
    let sample = Sample::of("e9");
    let mut call = sample.new_call();
    (call.agent, call.second.number) = ("+8613912345678", "+8675512345678");
    let account = account();
    let now = super::account::now();
    let ask = account.carrier.place(&call, &account.keys(), now).unwrap();
    let said: Value = serde_json::from_str(body(&ask)).unwrap();
    assert_eq!(said["callback"]["from"], "13912345678");
    assert_eq!(said["callback"]["to"], "075512345678");
    assert_eq!(said["callback"]["toSerNum"], json!(["0014155550100"]));
    assert_eq!(account.carrier.longest(86_400), 28_800);
}

#[test]
fn what_it_cannot_do_and_what_is_missing_is_said() {
    let announcing = Sample::of("e9").announcing(Announcement::Text("One moment".to_owned()));
    assert_eq!(
        announcing.place(&account()).unwrap_err(),
        CannotAsk::Unfit("an announcement")
    );
    for setting in ["appId", "accountSid"] {
        let problem = Sample::of("e9").place(&account().with(setting, "")).unwrap_err();
        assert_eq!(problem, CannotAsk::Missing(setting));
    }
    let sample = Sample::of("e9");
    let unknown = CannotAsk::Unknown("its id of the call");
    assert_eq!(inquire(&account(), &sample.placed(None)).unwrap_err(), unknown);
    assert_eq!(hang_up(&account(), &sample.placed(None)).unwrap_err(), unknown);
}

/// Answers to a call, and what they mean. The described carrier reads the same.
pub(crate) fn answers() -> Vec<(u16, String, Placing)> {
    let accepted = Placing::Accepted(Accepted {
        carrier_call_id: Some(ID.to_owned()),
        ..Accepted::default()
    });
    let refused = |fault, word: &str| Placing::Refused(Refusing::new(fault, word));
    let coded = |code: &str| json!({"resp": {"statusCode": code, "represent": "+14155550102"}}).to_string();
    let good = json!({"resp": {"statusCode": "000000", "callId": ID, "dateCreated": "2026/11/20 17:00:00"}});
    let nameless = json!({"resp": {"statusCode": "000000"}});
    vec![
        (200, good.to_string(), accepted),
        (200, nameless.to_string(), Placing::Unsure),
        (502, good.to_string(), Placing::Unsure),
        (200, coded("900117"), refused(Fault::Account, "900117")),
        (200, coded("900111"), refused(Fault::Account, "900111")),
        (200, coded("900203"), refused(Fault::Call, "900203")),
        (200, coded("900098"), refused(Fault::Call, "900098")),
        (200, coded("900224"), refused(Fault::Carrier, "900224")),
        (200, coded("900001"), Placing::Unsure),
        // As those about a call begin, and in no list.
        (200, coded("900299"), Placing::Unsure),
        (400, coded("900001"), Placing::Unsure),
        (403, coded("000000"), Placing::Unsure),
        (500, coded("900117"), Placing::Unsure),
        (200, "<html>".to_owned(), Placing::Unsure),
        (200, "[]".to_owned(), Placing::Unsure),
        (500, String::new(), Placing::Unsure),
        (403, String::new(), refused(Fault::Account, "403")),
        (429, "busy".to_owned(), refused(Fault::Carrier, "429")),
    ]
}

#[test]
fn it_answers_200_with_an_error_inside() {
    for (status, body, expected) in answers() {
        assert_eq!(placing(&account(), status, &body), expected, "{status} {body}");
    }
}

#[test]
fn the_record_tells_what_the_last_notice_would_have_told() {
    for (case, limit, ..) in LIVES {
        let (sample, body) = (Sample::of("e9"), answer(case));
        let document: Value = serde_json::from_str(&body).unwrap();
        let id = document["resp"]["callNotify"]["callId"].as_str().unwrap();
        let mut placed = sample.placed(Some(id));
        placed.limit_seconds = Some(limit);
        let asks = inquire(&account(), &placed).unwrap();
        assert_eq!(asks.len(), 1);
        let said: Value = serde_json::from_str(super::asking::body(&asks[0])).unwrap();
        assert_eq!(said, json!({"req": {"callId": id, "type": 1}}));
        let event = events(&account(), &placed, &[&body]).remove(0);
        assert_eq!(event.evidence, Evidence::Cdr);
        let record = record_of(&account(), &placed, &[&body]);
        assert_eq!(record.state, State::Close);
        let expected = super::support::record("e9", case);
        assert_eq!(record.close_cause, expected.close_cause, "{case}");
        assert_eq!(record.ended_at, expected.ended_at, "{case}");
        assert_eq!(record.a.answered_at, expected.a.answered_at, "{case}");
        assert_eq!(record.talk_seconds, expected.talk_seconds, "{case}");
    }
}

/// Answers to a question, and what they say: whether there are events, or no such call, or nothing now.
pub(crate) fn inquiries() -> Vec<(u16, String, Result<Inquired, ()>)> {
    let coded = |code: &str| json!({"resp": {"statusCode": code}}).to_string();
    let without = |field: &str| {
        let mut document: Value = serde_json::from_str(&answer("normal")).unwrap();
        document["resp"]["callNotify"][field] = Value::Null;
        document.to_string()
    };
    let others = answer("normal").replace(ID, "00000000000000000000000000000002");
    vec![
        (200, coded("000000"), Ok(Inquired::Events(Vec::new()))),
        (200, without("byeType"), Ok(Inquired::Events(Vec::new()))),
        (200, coded("900219"), Ok(Inquired::NoSuchCall)),
        (200, coded("900217"), Ok(Inquired::NotNow)),
        (200, coded("900224"), Ok(Inquired::NotNow)),
        (404, String::new(), Ok(Inquired::NotNow)),
        (500, answer("normal"), Ok(Inquired::NotNow)),
        (200, "<html>".to_owned(), Err(())),
        (200, others, Err(())),
    ]
}

#[test]
fn what_it_does_not_know_yet_is_no_end() {
    let sample = Sample::of("e9");
    for (status, body, expected) in inquiries() {
        let said = inquired(&account(), &sample.placed(Some(ID)), 0, status, &body);
        assert_eq!(said.map_err(drop), expected, "{status} {body}");
    }
}

/// Answers to a hang-up.
pub(crate) fn hang_ups() -> Vec<(u16, String, HungUp)> {
    let coded = |code: &str| json!({"resp": {"statusCode": code}}).to_string();
    vec![
        (200, coded("000000"), HungUp::Done),
        (200, coded("900217"), HungUp::Over),
        (200, coded("900111"), HungUp::Refused),
        (200, coded("900001"), HungUp::Unsure),
        (200, String::new(), HungUp::Unsure),
        (500, String::new(), HungUp::Unsure),
        (403, String::new(), HungUp::Refused),
    ]
}

#[test]
fn a_call_is_ended_by_its_id() {
    let sample = Sample::of("e9");
    let ask = hang_up(&account(), &sample.placed(Some(ID))).unwrap();
    insta::assert_snapshot!(written(&ask), @r###"
    POST https://api.33e9cloud.com/2016-01-01/Accounts/sample-sid/Calls/CancelCallback?sig=086840BD8BBF5EAC2FA13C9DF7028B3A
    content-type: application/json;charset=utf-8
    accept: application/json;charset=utf-8
    authorization: c2FtcGxlLXNpZDoyMDIzMTExNTA2MTMyMA==

    {"req":{"appId":"sample-app","callId":"00000000000000000000000000000001"}}
    "###);
    for (status, body, expected) in hang_ups() {
        assert_eq!(hung_up(&account(), status, &body), expected, "{status} {body}");
    }
}
