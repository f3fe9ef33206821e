//! Huawei `VoiceCall`: both legs in one request, and nothing that could be asked afterwards.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party, ours};
use super::shape::{Order, Post, Said, Shape, Want};
use crate::simulated_carriers::media::hosts::Asked;

pub(super) struct Huawei;

impl Shape for Huawei {
    fn code(&self) -> &'static str {
        "hw"
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        let what = asked.path.strip_prefix("/rest/httpsessions/")?;
        let body = asked.json()?;
        Some(match (asked.method.as_str(), what) {
            ("POST", "click2Call/v2.0") => {
                order(&body).map_or(Want::Nonsense, |order| Want::Place(Box::new(order)))
            }
            ("POST", "callStop/v2.0") => {
                let session = body.get("sessionid").and_then(Value::as_str).unwrap_or_default();
                let number = session.split('_').nth(1).and_then(|number| number.parse().ok());
                Want::HangUp(number.unwrap_or_default())
            }
            _ => Want::Nonsense,
        })
    }

    fn accepted(&self, call: &Call) -> Said {
        let body = json!({"resultcode": "0", "resultdesc": "Success", "sessionId": session(call)});
        Said::json(200, &body)
    }

    fn refused(&self, status: u16) -> Said {
        let code = match status {
            400 => "1010002",
            401 | 403 => "1023006",
            404 => "1012006",
            429 => "1013001",
            _ => "1000001",
        };
        Said::json(status, &json!({"resultcode": code, "resultdesc": "made up"}))
    }

    fn error_inside(&self) -> Said {
        Said {
            status: 200,
            ..self.refused(400)
        }
    }

    fn became(&self, _call: &Call, _asked: &Asked) -> Said {
        self.refused(404)
    }

    fn hung_up(&self, _call: &Call) -> Said {
        Said::json(200, &json!({"resultcode": "0", "resultdesc": "Success"}))
    }

    fn tell(&self, call: &Call, moment: Moment) -> Vec<Post> {
        match moment {
            Moment::Dialled(party) => vec![status(call, party, "callout")],
            Moment::Ringing(party) => vec![status(call, party, "alerting")],
            Moment::Answered(party) => vec![status(call, party, "answer")],
            Moment::Ended(Party::Agent) => {
                let dialled = call.customer.as_ref().is_some_and(|leg| leg.dialled.is_some());
                let party = if dialled { Party::Customer } else { Party::Agent };
                vec![status(call, party, "disconnect")]
            }
            Moment::Afterwards => vec![fee(call)],
            Moment::Ended(Party::Customer) | Moment::Bridged => Vec::new(),
        }
    }
}

fn order(body: &Value) -> Option<Order> {
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    let events_url = String::from_utf8(BASE64_STANDARD.decode(text("statusUrl")?).ok()?).ok()?;
    let leg = |number: &str, shown: &str| {
        Some(Leg {
            number: text(number)?,
            shown: text(shown)?,
            echo: text("userData").unwrap_or_default(),
            recorded: text("recordFlag").as_deref() == Some("true"),
            ..Leg::default()
        })
    };
    Some(Order {
        agent: leg("callerNbr", "displayNbr")?,
        customer: Some(leg("calleeNbr", "displayCalleeNbr")?),
        ours: ours(&events_url).or_else(|| text("userData"))?,
        events_url,
    })
}

fn session(call: &Call) -> String {
    format!(
        "1200_{}_4294967295_20261120090000@callenabler.example.com",
        call.number
    )
}

fn at(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn post(body: &Value) -> Post {
    Post {
        content_type: "application/json;charset=UTF-8",
        body: body.to_string(),
    }
}

fn status(call: &Call, party: Party, kind: &str) -> Post {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let mut info = json!({
        "timestamp": at(Some(Timestamp::now())),
        "userData": call.agent.echo,
        "sessionId": session(call),
        "caller": call.agent.shown,
        "called": leg.number,
    });
    if let (true, Some(info)) = (kind == "disconnect", info.as_object_mut()) {
        info.insert("stateCode".to_owned(), json!(0));
        info.insert("stateDesc".to_owned(), json!("The user releases the call."));
    }
    post(&json!({"eventType": kind, "statusInfo": info}))
}

/// Why a leg was not answered, as Q.850 has it.
fn reason(leg: &Leg) -> u32 {
    match leg.ended.map(|(_, how)| how) {
        Some(End::Busy) => 17,
        Some(End::NoAnswer) => 19,
        Some(End::Cancelled) => 16,
        Some(End::Over) | None => 0,
    }
}

/// The call's detail record.
fn fee(call: &Call) -> Post {
    let (a, b) = (&call.agent, call.customer.clone().unwrap_or_default());
    let ended = a.ended.map(|(at, _)| at);
    let talked = b.answered.is_some();
    post(&json!({
        "eventType": "fee",
        "feeLst": [{
            "direction": 0,
            "spId": "sample-sp",
            "appKey": "sample-app-key-hw",
            "icid": format!("sample-icid.{}", call.number),
            "bindNum": a.shown,
            "sessionId": session(call),
            "callerNum": a.shown,
            "calleeNum": a.number,
            "fwdDisplayNum": b.shown,
            "fwdDstNum": b.number,
            "callOutStartTime": at(a.dialled),
            "callOutAlertingTime": at(a.ringing),
            "callOutAnswerTime": at(a.answered),
            "callOutUnaswRsn": reason(a),
            "fwdStartTime": at(b.dialled),
            "fwdAlertingTime": at(b.ringing),
            "fwdAnswerTime": at(b.answered),
            "fwdUnaswRsn": reason(&b),
            "callEndTime": at(ended),
            "failTime": if talked { String::new() } else { at(ended) },
            "ulFailReason": if talked { 0 } else { 518 },
            "sipStatusCode": 0,
            "recordFlag": u8::from(call.is_recorded()),
            "recordStartTime": at(b.answered),
            "recordObjectName": format!("1200_{}_20261120090014.wav", call.number),
            "recordBucketName": "sample-bucket",
            "recordDomain": "ostor.example.com",
            "recordFileDownloadUrl": "",
            "serviceType": "002",
            "hostName": "callenabler.example.com",
            "userData": a.echo,
        }],
    }))
}
